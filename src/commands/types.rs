//! `types`: the catalog of connector types, offline.

use crate::catalog;
use crate::failure::{Exit, Failure, FailureKind};
use crate::render::{self, Ui};

/// Runs the verb.
pub(super) fn run(ui: &Ui, name: Option<&str>) -> Result<Exit, Failure> {
    let Some(name) = name else {
        render::types(&mut ui.out(), catalog::all())?;
        return Ok(Exit::Done);
    };
    let Some(found) = catalog::find(name) else {
        let message = format!("the catalog has no type {name:?}");
        let failure = Failure::new(FailureKind::Error, "unknown_type", message);
        return Err(match catalog::nearest(name) {
            Some(near) => failure.hint(format!("did you mean {near}?")),
            None => failure.hint("`airlift types` lists them all"),
        });
    };
    render::one_type(&mut ui.out(), found)?;
    Ok(Exit::Done)
}
