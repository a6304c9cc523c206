//! Responsible for validating `source_templates`: known types, and what the files ask for.

use crate::catalog;
use crate::config::code::Code;
use crate::config::document::Document;
use crate::config::findings::Findings;
use crate::config::redaction::{did_you_mean, named};
use crate::model::{DefinitionId, DesiredTemplate, DesiredTemplates, TemplateRule};

/// Validates the source templates of the project file.
pub(super) fn source_templates(document: &Document, findings: &mut Findings) -> DesiredTemplates {
    let templates = document.head.source_templates.iter().flatten();
    let origins = document.key("source_templates").fields();
    let mut valid = DesiredTemplates::new();
    for (name, text) in templates {
        let origin = origins.key(name);
        let known = catalog::find(name);
        let kind = known.map_or(name.as_str(), |known| &known.name);
        let definition: Option<DefinitionId> =
            known.map_or_else(|| name.parse().ok(), |known| Some(known.definition_id));
        let Some(definition) = definition else {
            let message = format!("type {} is not in the catalog", named(name));
            let names = catalog::all().iter().map(|kind| kind.name.as_str());
            let help = did_you_mean(name, names)
                .or_else(|| Some("write the id of its definition as the type".to_owned()));
            findings.at(origin, Code::InvalidValue, message, help);
            continue;
        };
        let Some(rule) = rule(text) else {
            let message = format!(
                "{} takes `require`, `clone` or a template's UUID",
                named(name)
            );
            findings.at(origin, Code::InvalidValue, message, None);
            continue;
        };
        let template = DesiredTemplate {
            kind: kind.into(),
            rule,
        };
        if valid.insert(definition, template).is_some() {
            let message = format!("{} has two entries", named(kind));
            let help = "the name and the definition id of a type mean the same: keep one";
            findings.at(origin, Code::DuplicateKey, message, Some(help.to_owned()));
        }
    }
    valid
}

fn rule(text: &str) -> Option<TemplateRule> {
    match text {
        "require" => Some(TemplateRule::Require),
        "clone" => Some(TemplateRule::Clone),
        id => id.parse().ok().map(TemplateRule::Chosen),
    }
}
