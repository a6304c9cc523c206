//! Responsible for `schema`: prints the JSON Schema of the project files or of a result.

use crate::app::{self, Invocation};
use crate::cli::{SchemaArgs, SchemaKind};
use crate::config::config_schema;
use crate::failure::{Exit, Failure};
use crate::render::json;

pub(super) fn run(invocation: Invocation<'_>, args: SchemaArgs) -> Result<Exit, Failure> {
    let mut out = invocation.ui.out();
    // Serialized directly, because a `Value` would lose the order of the keys.
    match args.document {
        SchemaKind::Plan => json::document(&mut out, &json::plan_schema())?,
        SchemaKind::Report => json::document(&mut out, &json::report_schema())?,
        SchemaKind::Drift => json::document(&mut out, &json::drift_schema())?,
        SchemaKind::Outputs => json::document(&mut out, &json::outputs_schema())?,
        SchemaKind::Events => json::document(&mut out, &json::events_schema())?,
        SchemaKind::Status => json::document(&mut out, &json::status_schema())?,
        SchemaKind::Validation => json::document(&mut out, &json::validation_schema())?,
        SchemaKind::Doctor => json::document(&mut out, &json::doctor_schema())?,
        SchemaKind::Ledger => json::document(&mut out, &json::ledger_schema())?,
        SchemaKind::LedgerHistory => json::document(&mut out, &json::history_schema())?,
        SchemaKind::LedgerCopy => json::document(&mut out, &json::copy_schema())?,
        SchemaKind::Error => json::document(&mut out, &json::error_schema())?,
        SchemaKind::Policy => json::document(&mut out, &app::policy_schema())?,
        SchemaKind::Config => json::document(&mut out, &config_schema())?,
    }
    out.flush()?;
    Ok(Exit::Success)
}
