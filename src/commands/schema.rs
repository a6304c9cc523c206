//! `schema`: the JSON Schema of what is read or written.

use crate::cli::SchemaOf;
use crate::failure::{Exit, Failure, FailureKind};
use crate::render::{Ui, json};

/// Prints a schema.
pub(super) fn run(of: SchemaOf, ui: &Ui) -> Result<Exit, Failure> {
    let schema = match of {
        SchemaOf::Plan => json::plan_schema(),
        SchemaOf::Report => json::report_schema(),
        SchemaOf::Config => {
            let message = "this build does not have that schema yet";
            return Err(Failure::new(FailureKind::Usage, "usage", message));
        }
    };
    let mut out = ui.out();
    json::document(&mut out, &schema)?;
    out.flush()?;
    Ok(Exit::Done)
}
