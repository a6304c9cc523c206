//! Responsible for `types`: prints the catalog of connector types. Works offline.

use crate::app::{Invocation, find_type};
use crate::catalog::{self, Example};
use crate::cli::{Format, TypesArgs};
use crate::failure::{Exit, Failure};
use crate::render::{self, json};

pub(super) fn run(invocation: Invocation<'_>, args: &TypesArgs) -> Result<Exit, Failure> {
    let mut out = invocation.ui.out();
    match (invocation.global.format, &args.name) {
        (_, Some(name)) if args.example => {
            render::example(&mut out, &Example::new(find_type(name)?))?;
        }
        (Format::Json, None) => json::types(&mut out, catalog::all())?,
        (Format::Json, Some(name)) => {
            json::types(&mut out, std::slice::from_ref(find_type(name)?))?;
        }
        (_, None) => render::types(&mut out, catalog::all())?,
        (_, Some(name)) => render::one_type(&mut out, find_type(name)?)?,
    }
    Ok(Exit::Success)
}
