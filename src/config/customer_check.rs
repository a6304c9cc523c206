//! Responsible for checking a customer that is not in a file, with the checks for files.

use super::LoadOptions;
use super::code::Code;
use super::document;
use super::findings::StagedFindings;
use super::origin::{Origin, PathStep};
use super::validate::{self, CheckedFiles, Declaration, Permissions, Scope, reserved_customer};
use crate::catalog::TypesLock;
use crate::model::{DesiredTemplates, RotationMode, SharedTexts};
use serde_json::Value;
use std::cell::RefCell;
use std::path::Path;

/// An error in a customer, with the steps from the customer to the value that the error concerns.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Problem {
    pub(crate) steps: Vec<PathStep>,
    pub(crate) code: Code,
    pub(crate) message: String,
}

/// The errors of a customer, sorted by the path of the value. The check assumes a project in the
/// current directory that lists every store.
pub(crate) fn check_customer(customer: &Value, options: &LoadOptions) -> Vec<Problem> {
    let origin = Origin::from_value(customer);
    let scope = Scope {
        project: Path::new("."),
        secret_access: &options.secret_access,
        permissions: Permissions::all(),
        rotation: RotationMode::default(),
        types: &TypesLock::default(),
        source_templates: &DesiredTemplates::new(),
        links: &RefCell::default(),
        checked_files: CheckedFiles::default(),
        texts: SharedTexts::default(),
    };
    let mut findings = StagedFindings::default();
    if let Some(declared) = document::customer(origin, &mut findings.load) {
        let name = declared.raw.name.clone();
        let names = &mut findings.customer_names;
        reserved_customer(&name, origin, names);
        Declaration::new(&name, None, origin, names);
        validate::customer(declared, &scope, &mut findings);
    }
    let mut problems: Vec<Problem> = findings
        .into_findings()
        .into_errors()
        .into_iter()
        .map(|(steps, finding)| Problem {
            steps,
            code: finding.code,
            message: finding.message,
        })
        .collect();
    problems.sort_by(|a, b| order(a).cmp(&order(b)));
    problems.dedup();
    problems
}

fn order(problem: &Problem) -> (&[PathStep], &str, &str) {
    (&problem.steps, problem.code.as_str(), &problem.message)
}
