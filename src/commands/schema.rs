//! `schema`: the JSON Schema of what is read or written.

use crate::cli::SchemaOf;
use crate::config::config_schema;
use crate::failure::{Exit, Failure};
use crate::render::{Ui, json};

/// Prints a schema.
pub(super) fn run(of: SchemaOf, ui: &Ui) -> Result<Exit, Failure> {
    let schema = match of {
        SchemaOf::Plan => json::plan_schema().to_value(),
        SchemaOf::Report => json::report_schema().to_value(),
        SchemaOf::Config => config_schema(),
    };
    let mut out = ui.out();
    json::document(&mut out, &schema)?;
    out.flush()?;
    Ok(Exit::Done)
}
