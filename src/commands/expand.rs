//! Responsible for `expand`: the customers that templates make of tables. Works offline.

use crate::app::{self, Invocation};
use crate::cli::{ExpandArgs, Format};
use crate::export;
use crate::failure::{Exit, Failure};
use crate::render::{self, json};
use serde_json::json;

pub(super) fn run(invocation: Invocation<'_>, args: &ExpandArgs) -> Result<Exit, Failure> {
    let customers = app::expand(invocation, &args.customers)?;
    if customers.is_empty() {
        let text =
            "no selected customer comes from a table, and `airlift expand` prints only those";
        render::print_note(invocation.ui, text)?;
    }
    let mut out = invocation.ui.out();
    if invocation.global.format == Format::Json {
        json::versioned(&mut out, &json!({"customers": customers}))?;
    } else {
        out.raw(export::customers(&customers).as_bytes())?;
        out.flush()?;
    }
    Ok(Exit::Success)
}
