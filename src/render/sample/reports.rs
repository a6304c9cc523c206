//! Responsible for sample reports: one of a success, one with every outcome.

use super::id;
use crate::apply::{ApplyReport, OperationReport, Outcome, StepProblem, StepWarning};
use crate::model::ConnectorId;
use crate::plan::Action;

fn operation(name: &str, action: Action, outcome: Outcome, error: Option<&str>) -> OperationReport {
    OperationReport {
        address: name.parse().unwrap(),
        action,
        outcome,
        remote_id: (outcome == Outcome::Succeeded).then(|| id::<ConnectorId>(5).to_string()),
        previous_id: (outcome == Outcome::Succeeded && action == Action::Rotate)
            .then(|| id::<ConnectorId>(4).to_string()),
        problem: error.map(request),
        request: None,
        warnings: Vec::new(),
    }
}

fn request(error: &str) -> StepProblem {
    StepProblem::Request {
        error: error.to_owned(),
    }
}

/// A report of a success.
pub(crate) fn done() -> ApplyReport {
    let mut rotated = operation(
        "beta/Beta HubSpot",
        Action::Rotate,
        Outcome::Succeeded,
        None,
    );
    rotated.warnings = vec![StepWarning::DuplicatesUnresolved {
        problem: request(
            "the check of the new credentials was inconclusive; they were written all the same",
        ),
    }];
    let operations = vec![
        operation("acme-corp", Action::Create, Outcome::Succeeded, None),
        operation(
            "acme-corp/Acme GitHub",
            Action::Create,
            Outcome::Succeeded,
            None,
        ),
        rotated,
        operation("beta/Beta Slack", Action::Adopt, Outcome::Succeeded, None),
    ];
    ApplyReport {
        operations,
        ..ApplyReport::default()
    }
}

/// A report with every outcome.
pub(crate) fn partial() -> ApplyReport {
    let mut report = done();
    let refused = "the server refused it (422): body.replication_config.start_date: ::error::not a date\u{1b}[0m";
    let many = (1..=7).map(|n| {
        let name = format!("late-{n}");
        operation(&name, Action::Create, Outcome::NotAttempted, None)
    });
    report.operations.extend([
        operation(
            "beta/Beta Zendesk",
            Action::Replace,
            Outcome::Failed,
            Some(refused),
        ),
        operation(
            "gamma",
            Action::Create,
            Outcome::Unknown,
            Some("no answer within 30 s"),
        ),
        operation(
            "gamma/Gamma Notion",
            Action::Create,
            Outcome::Blocked,
            Some("waits for gamma"),
        ),
        operation(
            "delta",
            Action::Update,
            Outcome::Stale,
            Some("the workspace is now named delta-2"),
        ),
    ]);
    report.operations.extend(many);
    report.interrupted = true;
    report
}
