//! `schema`: the JSON Schema of what is read or written.

use crate::app::Invocation;
use crate::cli::{SchemaArgs, SchemaOf};
use crate::config::config_schema;
use crate::failure::{Exit, Failure};
use crate::render::json;

/// Prints a schema.
pub(super) fn run(invocation: Invocation<'_>, args: SchemaArgs) -> Result<Exit, Failure> {
    let mut out = invocation.ui.out();
    // A schema is written as itself: by way of a `Value` it would lose the order of its keys.
    match args.of {
        SchemaOf::Plan => json::document(&mut out, &json::plan_schema())?,
        SchemaOf::Report => json::document(&mut out, &json::report_schema())?,
        SchemaOf::Drift => json::document(&mut out, &json::drift_schema())?,
        SchemaOf::Config => json::document(&mut out, &config_schema())?,
    }
    out.flush()?;
    Ok(Exit::Done)
}
