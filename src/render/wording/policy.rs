//! Responsible for the sentences about rules of the policy file.

use crate::model::PolicyRule;
use crate::plan::PolicyViolation;
use crate::render::labels;

/// What violates a rule, and what to do about it.
pub(super) fn violated(violation: &PolicyViolation) -> String {
    let PolicyViolation {
        rule,
        subject,
        impact,
        count,
        allowed,
        objects,
    } = violation;
    let objects: Vec<String> = objects.iter().map(ToString::to_string).collect();
    let named = match usize::try_from(*count) {
        Ok(count) if count == objects.len() => objects.join(", "),
        _ => format!("{}, …", objects.join(", ")),
    };
    let number = |what: &str| {
        let impact = impact.map_or("", labels::impact);
        let allowed = allowed.unwrap_or_default();
        format!("the plan has {count} {impact} {what}, and the policy file allows {allowed}")
    };
    let what = match rule {
        PolicyRule::RunLimit => number("in this run"),
        PolicyRule::CustomerLimit => number(&format!("of customer {subject:?}")),
        PolicyRule::TypeLimit => number(&format!("of type {subject:?}")),
        PolicyRule::AllowedTypes => format!("the policy file does not allow the type {subject:?}"),
        PolicyRule::AllowedRegions => {
            format!("the policy file does not allow the region {subject:?} for new customers")
        }
        PolicyRule::CustomerNames => {
            format!("the policy file requires that the name of a customer matches {subject}")
        }
        PolicyRule::ConnectorNames => {
            format!("the policy file requires that the name of a connector matches {subject}")
        }
    };
    format!("{what}: {named}; change the files, or ask the owner of the policy file")
}
