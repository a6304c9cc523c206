//! Responsible for the source templates that the files ask for: which of the vendor's are copied, and which are missing.

use super::Refusal;
use crate::model::{DefinitionId, Desired, DesiredTemplate, TemplateId, TemplateRule};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A source template of the vendor that apply copies into the organization.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct TemplateCopy {
    /// The type's name.
    pub kind: String,
    /// The type's definition.
    pub definition_id: DefinitionId,
}

/// A source template that the organization cannot offer as the files ask for it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct TemplateProblem {
    /// The type's name.
    pub kind: String,
    /// Why not.
    pub cause: TemplateCause,
}

/// Why an organization cannot offer a source template.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplateCause {
    /// The organization has none of the type.
    Missing,
    /// The organization has no template of this id for the type.
    NoSuchTemplate(TemplateId),
    /// The organization has several, and connectors of the type choose none.
    Several(Vec<TemplateId>),
    /// The policy file does not allow the type of a template to copy.
    NotAllowed,
    /// The vendor has no template of the type to copy.
    NotOffered,
}

/// Compares the templates that the files ask for with those of the organization. `allowed` are the types of the policy
/// file.
pub fn source_templates(
    desired: &Desired,
    own: &BTreeMap<DefinitionId, Vec<TemplateId>>,
    allowed: Option<&BTreeSet<DefinitionId>>,
) -> (Vec<TemplateCopy>, Vec<Refusal>) {
    let mut copies = Vec::new();
    let mut refusals = Vec::new();
    for (definition_id, DesiredTemplate { kind, rule }) in &desired.source_templates {
        let ids = own.get(definition_id).map_or(&[][..], Vec::as_slice);
        let is_allowed = allowed.is_none_or(|types| types.contains(definition_id));
        let cause = match (rule, ids) {
            (TemplateRule::Chosen(id), ids) if ids.contains(id) => continue,
            (TemplateRule::Chosen(id), _) => TemplateCause::NoSuchTemplate(*id),
            (TemplateRule::Require, []) => TemplateCause::Missing,
            (TemplateRule::Clone, []) if !is_allowed => TemplateCause::NotAllowed,
            (TemplateRule::Clone, []) => {
                copies.push(TemplateCopy {
                    kind: kind.to_string(),
                    definition_id: *definition_id,
                });
                continue;
            }
            (_, [_]) => continue,
            (_, several) if chooses_none(desired, *definition_id) => {
                TemplateCause::Several(several.to_vec())
            }
            _ => continue,
        };
        refusals.push(Refusal::SourceTemplate(TemplateProblem {
            kind: kind.to_string(),
            cause,
        }));
    }
    copies.sort_by(|left, right| left.kind.cmp(&right.kind));
    (copies, refusals)
}

/// Whether a connector of the type has no `template_id`.
fn chooses_none(desired: &Desired, definition: DefinitionId) -> bool {
    desired.connectors().any(|(_, connector)| {
        connector.kind.definition_id == Some(definition) && connector.template_id.is_none()
    })
}

#[cfg(test)]
mod tests {
    use super::{TemplateCause, source_templates};
    use crate::model::{
        DefinitionId, Desired, DesiredTemplate, DesiredTemplates, TemplateId, TemplateRule,
    };
    use crate::plan::Refusal;
    use std::collections::{BTreeMap, BTreeSet};
    use uuid::Uuid;

    const KIND: DefinitionId = DefinitionId(Uuid::from_u128(1));

    /// The number of copies, and the causes of refusals.
    fn compared(
        rule: TemplateRule,
        own: &[TemplateId],
        allowed: Option<&BTreeSet<DefinitionId>>,
    ) -> (usize, Vec<TemplateCause>) {
        let template = DesiredTemplate {
            kind: "hubspot".into(),
            rule,
        };
        let desired = Desired {
            source_templates: DesiredTemplates::from([(KIND, template)]),
            ..Desired::default()
        };
        let own = BTreeMap::from([(KIND, own.to_vec())]);
        let (copies, refusals) = source_templates(&desired, &own, allowed);
        let causes = refusals.into_iter().filter_map(|refusal| match refusal {
            Refusal::SourceTemplate(problem) => Some(problem.cause),
            _ => None,
        });
        (copies.len(), causes.collect())
    }

    #[test]
    fn source_templates_are_copied_required_or_chosen() {
        let ids = [1, 2].map(|id| TemplateId(Uuid::from_u128(id)));
        let chosen = TemplateRule::Chosen(ids[1]);
        let nothing = (0, Vec::new());
        for (rule, own, expected) in [
            (TemplateRule::Clone, &[][..], (1, Vec::new())),
            (TemplateRule::Clone, &ids[..1], nothing.clone()),
            (
                TemplateRule::Require,
                &[],
                (0, vec![TemplateCause::Missing]),
            ),
            (TemplateRule::Require, &ids[..1], nothing.clone()),
            // No connector needs a choice.
            (TemplateRule::Require, &ids, nothing.clone()),
            (chosen, &ids, nothing),
            (
                chosen,
                &ids[..1],
                (0, vec![TemplateCause::NoSuchTemplate(ids[1])]),
            ),
        ] {
            assert_eq!(compared(rule, own, None), expected, "{rule:?} {own:?}");
        }
    }

    #[test]
    fn source_template_of_a_type_that_the_policy_forbids_is_not_copied() {
        let none = BTreeSet::new();
        let refused = compared(TemplateRule::Clone, &[], Some(&none));
        assert_eq!(refused, (0, vec![TemplateCause::NotAllowed]));
        let types = BTreeSet::from([KIND]);
        assert_eq!(compared(TemplateRule::Clone, &[], Some(&types)).0, 1);
    }
}
