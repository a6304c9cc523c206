//! Responsible for findings and problems of a plan in the formats of CI systems: SARIF, `JUnit`, and
//! the annotations of GitHub Actions.

mod annotations;
mod junit;
mod sarif;

pub use annotations::annotations;
pub use junit::junit;
pub use sarif::sarif;

use super::{Safe, labels, wording};
use crate::config::diagnostic::{Finding, Location, Report, Severity};
use crate::model::Address;
use crate::plan::{Plan, SecretNeed};

/// What a CI system shows at a place in a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// Whether it stops a run, or blocks a part of it.
    severity: Severity,
    /// The stable code, which `airlift explain` knows.
    code: String,
    /// What is wrong, on one line.
    message: Safe,
    /// Where, if a place in the files is known.
    location: Option<Location>,
}

/// The problems of one run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problems {
    /// The command.
    command: &'static str,
    entries: Vec<Problem>,
}

impl Problems {
    /// The findings about the files.
    pub fn from_report(report: &Report) -> Self {
        Self {
            command: "validate",
            entries: report.findings.iter().map(Problem::from_finding).collect(),
        }
    }

    /// What a plan refuses, blocks and warns of. `place` finds the declaration of an object.
    pub fn from_plan(plan: &Plan, place: impl Fn(&Address) -> Option<Location>) -> Self {
        let refusals = plan.refusals.iter().map(|refusal| Problem {
            severity: Severity::Error,
            code: labels::code(refusal.code()),
            message: Safe::new(wording::refused(refusal)),
            location: None,
        });
        let blocked = plan.blocked.iter().map(|blocked| {
            let address = Safe::address(&blocked.address);
            let cause = wording::blocked(&blocked.reason);
            Problem {
                severity: Severity::Error,
                code: labels::code(blocked.code()),
                message: Safe::new(format_args!("{address}: {cause}")),
                location: place(&blocked.address),
            }
        });
        let warnings = plan.warnings.iter().map(|warning| Problem {
            severity: Severity::Warning,
            code: labels::code(warning.code()),
            message: Safe::new(wording::plan_warning(warning).text()),
            location: warning.address().and_then(&place),
        });
        let needed = plan.unverified.iter().filter_map(|unverified| {
            let cause = unverified
                .cause
                .filter(|_| unverified.need == SecretNeed::ToSend)?;
            let address = Safe::address(&unverified.address);
            let paths: Vec<&str> = unverified.secrets.iter().map(|s| s.path.as_str()).collect();
            let text = labels::needed(cause);
            Some(Problem {
                severity: Severity::Error,
                code: labels::code(cause),
                message: Safe::new(format_args!("{address}: {text}: {}", paths.join(", "))),
                location: place(&unverified.address),
            })
        });
        Self {
            command: "plan",
            entries: refusals
                .chain(blocked)
                .chain(needed)
                .chain(warnings)
                .collect(),
        }
    }
}

impl Problem {
    fn from_finding(finding: &Finding) -> Self {
        let message = match &finding.help {
            None => finding.message.clone(),
            Some(help) => format!("{}; {help}", finding.message),
        };
        Self {
            severity: finding.severity,
            code: finding.code.as_str().to_owned(),
            message: Safe::new(message),
            location: Some(finding.location.clone()),
        }
    }
}

#[cfg(test)]
mod tests;
