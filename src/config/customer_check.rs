//! Responsible for checking a customer that stands in no file, with the checks of the files.

use super::code::Code;
use super::document;
use super::findings::StagedFindings;
use super::origin::{Origin, Step};
use super::validate::{self, CUSTOMER, Names, Permissions, Scope, reserved_customer};
use crate::model::RotationMode;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// An error in a customer, with the steps from the customer to what it is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Problem {
    pub(crate) steps: Vec<Step>,
    pub(crate) code: Code,
    pub(crate) message: String,
}

/// The errors of a customer, in the order of what they are about. A project that lists every store
/// holds it, in the current directory.
pub(crate) fn check_customer(customer: &Value, secret_roots: &[PathBuf]) -> Vec<Problem> {
    let origin = Origin::of_value(customer);
    let scope = Scope {
        project: Path::new("."),
        secret_roots,
        permissions: Permissions::all(),
        rotation: RotationMode::default(),
    };
    let mut findings = StagedFindings::default();
    if let Some(declared) = document::customer(origin, &mut findings.load) {
        let name = declared.raw.name.clone();
        let names = &mut findings.customer_names;
        reserved_customer(&name, origin, names);
        Names::new(&CUSTOMER).declare(&name, None, origin, names);
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

fn order(problem: &Problem) -> (&[Step], &str, &str) {
    (&problem.steps, problem.code.as_str(), &problem.message)
}
