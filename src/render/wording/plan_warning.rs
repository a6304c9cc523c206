//! Responsible for the sentences about what a reviewer of a plan should check.

use crate::model::{Address, Resemblance, escaped};
use crate::plan::{ClosedWindow, ExistingKind, ExistingObject, PlanWarning};
use crate::render::Safe;
use crate::render::command_line;

/// A warning in words.
#[derive(Debug)]
pub(crate) struct WordedWarning {
    /// What to check.
    pub(crate) problem: String,
    /// What to write if the plan is not meant, one line each.
    pub(crate) advice: Vec<String>,
}

impl WordedWarning {
    /// The warning as one text.
    pub(crate) fn text(&self) -> String {
        let Self { problem, advice } = self;
        if advice.is_empty() {
            return problem.clone();
        }
        format!("{problem}; {}", advice.join(", or "))
    }
}

/// What to check, and what to write if it is not meant.
pub(crate) fn plan_warning(warning: &PlanWarning) -> WordedWarning {
    match warning {
        PlanWarning::GuardLoosened {
            setting,
            before,
            now,
        } => WordedWarning {
            problem: format!(
                "`guards.{setting}` is {} in the files, and was {before} at the last apply: the \
                 files allow more than before; check who changed it",
                now.map_or_else(|| "not set".to_owned(), |now| now.to_string())
            ),
            advice: Vec::new(),
        },
        PlanWarning::RegionIgnored {
            address,
            created_in,
            declared,
        } => WordedWarning {
            problem: format!(
                "{:?} has `region: {declared}` in the files, and its workspace was created with \
                 {created_in}: a workspace cannot move, so the region in the files has no effect",
                address.customer
            ),
            advice: vec![format!("write `region: {created_in}`")],
        },
        PlanWarning::ResemblesExisting { address, existing } => resembles(address, existing),
        PlanWarning::ProbableRename { address, previous } => probable_rename(address, previous),
        PlanWarning::SettingNotKept { address, paths } => WordedWarning {
            problem: format!(
                "the API does not keep the declared value of {} of {:?}, so airlift does not send \
                 it again",
                paths.join(", "),
                address.to_string()
            ),
            advice: vec!["correct or remove the setting in the files".to_owned()],
        },
        PlanWarning::ChangeWindow { closed } => WordedWarning {
            problem: format!("{}, so `apply` would stop now", closed_window(*closed)),
            advice: vec!["apply in a window, or with `--override-window REASON`".to_owned()],
        },
    }
}

/// Why a run may not start now.
pub(crate) fn closed_window(closed: ClosedWindow) -> &'static str {
    match closed {
        ClosedWindow::Denied => "the policy file denies changes at this time",
        ClosedWindow::Outside => "this time is in no change window of the policy file",
    }
}

fn resembles(address: &Address, existing: &[ExistingObject]) -> WordedWarning {
    let objects: Vec<String> = existing.iter().map(object).collect();
    WordedWarning {
        problem: format!("similar to {}", objects.join(" and to ")),
        advice: existing
            .first()
            .map(|first| advice(noun(address), first))
            .unwrap_or_default(),
    }
}

fn object(existing: &ExistingObject) -> String {
    let ExistingObject {
        name,
        id,
        resemblance,
        kind,
    } = existing;
    let kind = match kind {
        ExistingKind::NotInConfig => "is managed, no longer in the files",
        ExistingKind::Unmanaged => "exists, is not managed",
        ExistingKind::OtherType => "exists with another type, is not managed",
        ExistingKind::RefusedConsent => {
            "another browser gave its consent than the one that opened the link, so it is not managed"
        }
    };
    let name = match resemblance {
        Resemblance::Normalization | Resemblance::Appearance => {
            escaped_name(name).as_str().to_owned()
        }
        _ => format!("{name:?}"),
    };
    format!("{name} ({id}: {kind}, {})", difference(*resemblance))
}

/// A name in quotes, with escapes in place of characters outside of ASCII.
pub(crate) fn escaped_name(name: &str) -> Safe {
    Safe::new(format_args!("\"{}\"", name.escape_default()))
}

fn difference(resemblance: Resemblance) -> &'static str {
    match resemblance {
        Resemblance::Equal => "has the same name",
        Resemblance::Normalization => "differs only in Unicode normalization",
        Resemblance::Appearance => "has other characters that look the same",
        Resemblance::Case => "differs only in case",
        Resemblance::Separators => "differs only in case, spaces and punctuation",
        Resemblance::Letter => "differs in one letter",
    }
}

fn advice(noun: &str, existing: &ExistingObject) -> Vec<String> {
    let name = scalar(&existing.name);
    match existing.kind {
        ExistingKind::NotInConfig => vec![rename_advice(noun, &existing.name)],
        ExistingKind::Unmanaged => vec![
            format!("write `name: {name}` to adopt that {noun}"),
            format!("write `previous_name: {name}` to adopt and rename it, with `--adopt`"),
        ],
        ExistingKind::OtherType => Vec::new(),
        ExistingKind::RefusedConsent => vec![
            format!(
                "run `airlift adopt {}` if the account is the customer's",
                existing.id
            ),
            "else delete it, because it may be the account of someone else".to_owned(),
        ],
    }
}

fn rename_advice(noun: &str, name: &str) -> String {
    let name = scalar(name);
    format!("write `previous_name: {name}` if the files rename that {noun}")
}

fn probable_rename(address: &Address, previous: &[String]) -> WordedWarning {
    let noun = noun(address);
    let names: Vec<String> = previous.iter().map(|name| format!("{name:?}")).collect();
    let same = match (noun, previous) {
        ("connector", _) => "is no longer in the files and has the same type",
        (_, [_]) => "is no longer in the files and has the same connectors",
        _ => "are no longer in the files and have the same connectors",
    };
    WordedWarning {
        problem: format!("{} {same}", names.join(" and ")),
        advice: previous
            .iter()
            .map(|name| rename_advice(noun, name))
            .collect(),
    }
}

fn noun(address: &Address) -> &'static str {
    match address.connector {
        None => "customer",
        Some(_) => "connector",
    }
}

/// What `protect: confirm` of a customer asks for.
pub(super) fn confirmation_needed(customer: &str) -> String {
    // The option would take a name with `-` in front for another option.
    let option = if customer.starts_with('-') {
        command_line(&[format!("--confirm={customer}")])
    } else {
        command_line(&["--confirm", customer])
    };
    format!(
        "`protect: confirm` of the customer allows it only in a run that names the customer: {option}"
    )
}

/// A name as a YAML value: plain if it can only be read as this text, else quoted.
pub(super) fn scalar(name: &str) -> String {
    const OTHER_TYPES: [&str; 8] = ["true", "false", "yes", "no", "on", "off", "null", "y"];
    let is_plain = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && !name.ends_with(' ')
        && name
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "-_. ".contains(character))
        && !OTHER_TYPES.contains(&name.to_lowercase().as_str());
    if is_plain {
        name.to_owned()
    } else {
        serde_json::Value::from(escaped(name)).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::{confirmation_needed, plan_warning, scalar};
    use crate::model::{Address, Resemblance};
    use crate::plan::{ExistingKind, ExistingObject, PlanWarning};
    use uuid::Uuid;

    fn existing(kind: ExistingKind) -> ExistingObject {
        ExistingObject {
            name: "acme-corp".into(),
            id: Uuid::nil(),
            resemblance: Resemblance::Case,
            kind,
        }
    }

    fn worded(address: Address, kind: ExistingKind) -> String {
        let warning = plan_warning(&PlanWarning::ResemblesExisting {
            address,
            existing: vec![existing(kind), existing(ExistingKind::Unmanaged)],
        });
        warning.text()
    }

    #[test]
    fn confirmation_needed_of_name_that_looks_like_an_option_joins_both() {
        for (name, option) in [
            ("acme", "--confirm acme"),
            ("acme inc", "--confirm 'acme inc'"),
            ("-acme", "--confirm=-acme"),
            ("--prune all", "'--confirm=--prune all'"),
        ] {
            let text = confirmation_needed(name);
            assert!(text.ends_with(&format!(": {option}")), "{text}");
        }
    }

    #[test]
    fn resembles_existing_says_what_to_write() {
        let customer = Address::customer("Acme-Corp");
        let text = worded(customer.clone(), ExistingKind::Unmanaged);
        assert!(text.contains("differs only in case"), "{text}");
        assert!(
            text.contains("write `name: acme-corp` to adopt that customer"),
            "{text}"
        );
        assert!(
            text.contains("or write `previous_name: acme-corp`"),
            "{text}"
        );
        let text = worded(customer, ExistingKind::NotInConfig);
        assert!(text.contains("no longer in the files"), "{text}");
        assert!(
            text.ends_with("write `previous_name: acme-corp` if the files rename that customer"),
            "{text}"
        );
        let connector = Address::connector("a", "Acme-Corp");
        let text = worded(connector, ExistingKind::OtherType);
        assert!(
            text.contains("another type") && !text.contains("write"),
            "{text}"
        );
    }

    #[test]
    fn resembles_existing_in_another_normalization_shows_the_difference() {
        let warning = plan_warning(&PlanWarning::ResemblesExisting {
            address: Address::customer("caf\u{e9}"),
            existing: vec![ExistingObject {
                name: "cafe\u{301}".into(),
                resemblance: Resemblance::Normalization,
                ..existing(ExistingKind::Unmanaged)
            }],
        });
        let problem = warning.problem;
        assert!(
            problem.contains(r#"similar to "cafe\u{301}" ("#),
            "{problem}"
        );
    }

    #[test]
    fn probable_rename_names_each_line_to_write() {
        let warning = plan_warning(&PlanWarning::ProbableRename {
            address: Address::customer("new"),
            previous: vec!["old".into(), "no".into()],
        });
        assert!(
            warning
                .problem
                .starts_with("\"old\" and \"no\" are no longer")
        );
        let [old, no] = &warning.advice[..] else {
            panic!("{warning:?}");
        };
        assert!(old.starts_with("write `previous_name: old` if"), "{old}");
        assert!(no.starts_with("write `previous_name: \"no\"` if"), "{no}");
    }

    #[test]
    fn scalar_quotes_what_yaml_reads_differently() {
        for name in ["acme", "Acme Corp", "a-b_c.d"] {
            assert_eq!(scalar(name), name);
        }
        for name in [
            "1", "Yes", "null", "a: b", "#a", "- a", "a ", "Zo\u{eb}", "",
        ] {
            assert_eq!(scalar(name), format!("\"{name}\""));
        }
    }
}
