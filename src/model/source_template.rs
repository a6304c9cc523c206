//! Responsible for the source templates that the files ask for. With a source template, an organization offers a
//! connector type.

use super::{DefinitionId, SharedText, TemplateId};
use std::collections::BTreeMap;

/// The source templates that the files ask for, by the definition of their type.
pub type DesiredTemplates = BTreeMap<DefinitionId, DesiredTemplate>;

/// The source template of a connector type.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DesiredTemplate {
    /// The connector type's name.
    pub kind: SharedText,
    /// What the files ask for.
    pub rule: TemplateRule,
}

/// What the files ask for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TemplateRule {
    /// The organization has a template of the type.
    Require,
    /// The same; `apply` copies the vendor's template if there is none.
    Clone,
    /// The organization has this template. Connectors of the type without `template_id` use it.
    Chosen(TemplateId),
}

impl TemplateRule {
    /// The template that connectors without `template_id` use.
    pub fn chosen(self) -> Option<TemplateId> {
        match self {
            Self::Chosen(id) => Some(id),
            Self::Require | Self::Clone => None,
        }
    }
}
