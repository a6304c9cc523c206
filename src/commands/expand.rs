//! Responsible for `expand`: the customers that templates make of tables. Works offline.

use crate::app::{self, Invocation};
use crate::cli::{ExpandArgs, Format};
use crate::export;
use crate::failure::{Exit, Failure};
use crate::render::json;
use serde_json::json;

pub(super) fn run(invocation: Invocation<'_>, args: &ExpandArgs) -> Result<Exit, Failure> {
    let customers = app::expand(invocation, &args.customers)?;
    let mut out = invocation.ui.out();
    if matches!(invocation.global.format, Format::Json | Format::Events) {
        let document = json!({"format_version": 1, "customers": customers});
        json::document(&mut out, &document)?;
    } else {
        out.raw(export::customers(&customers).as_bytes())?;
        out.flush()?;
    }
    Ok(Exit::Success)
}
