//! `validate`: everything that can be known offline. Opens no socket.

use super::{findings, project};
use crate::cli::{Format, GlobalOpts};
use crate::failure::{Exit, Failure};
use crate::render::Ui;

/// Runs the verb.
pub(super) fn run(ui: &Ui, global: &GlobalOpts) -> Result<Exit, Failure> {
    let loaded = project::read(global)?;
    match global.format {
        Format::Json => findings::json(&mut ui.out(), &loaded.report)?,
        Format::Text => findings::text(&mut ui.out(), &loaded.report)?,
    }
    Ok(if loaded.project.is_some() {
        Exit::Done
    } else {
        Exit::Error
    })
}
