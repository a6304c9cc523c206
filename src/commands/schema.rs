//! `schema`: the JSON Schema of what is read or written.

use crate::cli::SchemaOf;
use crate::config::config_schema;
use crate::failure::{Exit, Failure};
use crate::render::{Ui, json};

/// Prints a schema.
pub(super) fn run(of: SchemaOf, ui: &Ui) -> Result<Exit, Failure> {
    let mut out = ui.out();
    // A schema is written as itself: by way of a `Value` it would lose the order of its keys.
    match of {
        SchemaOf::Plan => json::document(&mut out, &json::plan_schema())?,
        SchemaOf::Report => json::document(&mut out, &json::report_schema())?,
        SchemaOf::Drift => json::document(&mut out, &json::drift_schema())?,
        SchemaOf::Config => json::document(&mut out, &config_schema())?,
    }
    out.flush()?;
    Ok(Exit::Done)
}
