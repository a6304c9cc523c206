//! Responsible for the environments of a project file: chooses the one of this run, and replaces settings of the
//! project by those of the environment.

use super::code::Code;
use super::document::Document;
use super::findings::Findings;
use super::origin::Origin;
use super::raw::{RawEnvironment, RawFile, RawGuards};
use super::redaction::{did_you_mean, named};
use super::source::Source;
use super::variables::{Variables, is_in_name};
use crate::model::OrganizationId;
use std::sync::Arc;

/// The most bytes of an environment's name, which names a directory.
const LONGEST_NAME: usize = 40;

/// The environment of this run. Empty if the project has no environments.
#[derive(Debug, Default)]
pub(super) struct Environment {
    pub(super) name: Option<String>,
    /// The names of all environments.
    pub(super) declared: Vec<String>,
    pub(super) variables: Arc<Variables>,
    settings: Option<RawEnvironment>,
}

impl Environment {
    /// The environment of a project file that `chosen` names. After an error, the first environment, so that the files
    /// can be checked.
    pub(super) fn choose(
        document: &Document,
        chosen: Option<&str>,
        findings: &mut Findings,
    ) -> Self {
        let origin = document.key("environments");
        let Some(declared) = &document.head.environments else {
            if chosen.is_some() && !is_declared(document) {
                let message = "`--env` or AIRLIFT_ENV chooses an environment, and the project file has no `environments`";
                findings.at(
                    document.source.root(),
                    Code::UnknownEnvironment,
                    message,
                    None,
                );
            }
            return Self::default();
        };
        for (name, environment) in declared {
            check(name, environment, origin.key(name), findings);
        }
        let names: Vec<String> = declared.keys().map(|name| named(name)).collect();
        let names = names.join(", ");
        let chosen = match chosen {
            None => {
                let message =
                    format!("the project has the environments {names}, and the run chooses none");
                let help = Some("choose one with `--env NAME` or AIRLIFT_ENV".to_owned());
                findings.at(origin, Code::EnvironmentNotChosen, message, help);
                None
            }
            Some(chosen) => {
                let entry = declared.get_key_value(chosen);
                if entry.is_none() {
                    let message = format!(
                        "the project has no environment {}; it has {names}",
                        named(chosen)
                    );
                    let help = did_you_mean(chosen, declared.keys().map(String::as_str));
                    findings.at(origin, Code::UnknownEnvironment, message, help);
                }
                entry
            }
        };
        let Some((name, environment)) = chosen.or_else(|| declared.first_key_value()) else {
            return Self::default();
        };
        let variables = environment.variables.clone().unwrap_or_default();
        Self {
            name: Some(name.clone()),
            declared: declared.keys().cloned().collect(),
            variables: Arc::new(Variables::new(&variables)),
            settings: Some(environment.clone()),
        }
    }

    /// The project file with the values of its variables, or `None` if it has no variable.
    pub(super) fn with_values(&self, document: &Document) -> Option<Document> {
        if !Variables::are_in(&document.source.text) {
            return None;
        }
        let source = Source::new(
            document.source.name.to_string(),
            document.source.text.clone(),
        );
        let source = source.with_variables(&self.variables);
        // The findings are those of the pass that reads the customers.
        Some(Document::parse(
            &document.path,
            source,
            &mut Findings::default(),
        ))
    }

    /// Replaces settings of the project by those of the environment.
    pub(super) fn replace_settings(&self, head: &mut RawFile) {
        let Some(settings) = &self.settings else {
            return;
        };
        // The finding about an invalid organization names the environment.
        if let Some(organization) = &settings.organization_id {
            head.organization_id = organization
                .parse::<OrganizationId>()
                .is_ok()
                .then(|| organization.clone());
        }
        if let Some(stores) = &settings.stores {
            head.stores = Some(stores.clone());
        }
        if let Some(guards) = settings.guards {
            let whole = head.guards.unwrap_or(RawGuards {
                max_deletes: None,
                max_delete_percent: None,
                max_id_changes: None,
            });
            head.guards = Some(RawGuards {
                max_deletes: guards.max_deletes.or(whole.max_deletes),
                max_delete_percent: guards.max_delete_percent.or(whole.max_delete_percent),
                max_id_changes: guards.max_id_changes.or(whole.max_id_changes),
            });
        }
    }
}

/// Whether the file has the key. If so, its value is invalid and has a finding.
fn is_declared(document: &Document) -> bool {
    document.project_keys().any(|key| key == "environments")
}

fn check(name: &str, environment: &RawEnvironment, origin: Origin<'_>, findings: &mut Findings) {
    let starts_well = name.starts_with(|first: char| first.is_ascii_alphanumeric());
    if !starts_well || name.len() > LONGEST_NAME || !name.chars().all(is_in_name) {
        let message = format!(
            "the name of an environment has letters, digits, `_` and `-`, starts with a letter or digit, and has up to {LONGEST_NAME} characters"
        );
        findings.at(origin, Code::InvalidName, message, None);
    }
    let organization = environment.organization_id.as_deref();
    if organization.is_some_and(|id| id.parse::<OrganizationId>().is_err()) {
        let message = "`organization_id` takes an organization's UUID";
        findings.at(
            origin.key("organization_id"),
            Code::InvalidFormat,
            message,
            None,
        );
    }
    let variables = origin.key("variables");
    for (name, value) in environment.variables.iter().flatten() {
        let origin = variables.key(name);
        if name.is_empty() || !name.chars().all(is_in_name) {
            let message = "the name of a variable has letters, digits, `_` and `-`";
            findings.at(origin, Code::InvalidName, message, None);
        }
        if value.as_str().is_some_and(Variables::are_in) {
            let message = "the value of a variable cannot contain a variable";
            findings.at(origin, Code::InvalidValue, message, None);
        }
    }
}
