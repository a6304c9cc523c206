//! Responsible for `types`: prints the catalog of connector types. Works offline.

use crate::app::Invocation;
use crate::catalog;
use crate::cli::TypesArgs;
use crate::failure::{Exit, Failure};
use crate::render;

pub(super) fn run(invocation: Invocation<'_>, args: &TypesArgs) -> Result<Exit, Failure> {
    let ui = invocation.ui;
    let Some(name) = &args.name else {
        render::types(&mut ui.out(), catalog::all())?;
        return Ok(Exit::Success);
    };
    let Some(connector_type) = catalog::find(name) else {
        let message = format!("the catalog has no type {name:?}");
        let failure = Failure::error("unknown_type", message);
        return Err(match catalog::closest_type(name) {
            Some(near) => failure.hint(format!("did you mean {near}?")),
            None => failure.hint("`airlift types` lists all types"),
        });
    };
    render::one_type(&mut ui.out(), connector_type)?;
    Ok(Exit::Success)
}
