//! Responsible for a sample customer whose names and values try to control a terminal or a CI log.

use super::{body, change, id, step, value};
use crate::model::{Address, Protection};
use crate::plan::{Action, CustomerPlan, LedgerUpdates, Operation, Reason};
use serde_json::json;

/// Names and values that try to control a terminal or a CI runner.
pub(super) fn hostile() -> CustomerPlan {
    let name = "::set-env name=X::\u{1b}[2J ##vso[task.complete]\u{202e}";
    CustomerPlan {
        name: name.into(),
        workspace_id: Some(id(4)),
        protect: Protection::None,
        ledger_updates: LedgerUpdates::default(),
        steps: vec![step(
            Address::connector(name, "a\nb\r\u{200b}c"),
            Action::Update,
            &[Reason::FieldChanged],
            Operation::UpdateConnector {
                id: id(41),
                patch: Box::default(),
                body: body("x", "a\u{7f}b"),
            },
            vec![change(
                "replication_config.note",
                value(json!("one\n::error::two\u{9b}\n##[group]three")),
                value(json!("one\n::error::two\n##[group]four")),
            )],
        )],
    }
}
