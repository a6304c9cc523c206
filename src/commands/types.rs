//! Responsible for `types`: prints the catalog of connector types. Works offline.

use crate::app::Invocation;
use crate::catalog::{self, ConnectorType, Example};
use crate::cli::{Format, TypesArgs};
use crate::failure::{Exit, Failure};
use crate::render::{self, json};

pub(super) fn run(invocation: Invocation<'_>, args: &TypesArgs) -> Result<Exit, Failure> {
    let mut out = invocation.ui.out();
    match (invocation.global.format, &args.name) {
        (_, Some(name)) if args.example => render::example(&mut out, &Example::new(find(name)?))?,
        (Format::Json, None) => json::types(&mut out, catalog::all())?,
        (Format::Json, Some(name)) => json::types(&mut out, std::slice::from_ref(find(name)?))?,
        (_, None) => render::types(&mut out, catalog::all())?,
        (_, Some(name)) => render::one_type(&mut out, find(name)?)?,
    }
    Ok(Exit::Success)
}

fn find(name: &str) -> Result<&'static ConnectorType, Failure> {
    catalog::find(name).ok_or_else(|| {
        let message = format!("the catalog has no type {name:?}");
        let failure = Failure::usage("unknown_type", message);
        match catalog::similar_types(name) {
            Some(near) => failure.hint(format!("did you mean {near}?")),
            None => failure.hint("`airlift types` lists all types"),
        }
    })
}
