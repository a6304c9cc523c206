//! Responsible for `validate`: checks the project files. Works offline.

use crate::app::{self, Invocation};
use crate::cli::Format;
use crate::config::Loaded;
use crate::failure::{Exit, Failure};
use crate::render::{self, Ui, json};

pub(super) fn run(invocation: Invocation<'_>) -> Result<Exit, Failure> {
    let loaded = app::read(invocation)?;
    let ui = invocation.ui;
    match invocation.global.format {
        Format::Json => json::validation(&mut ui.out(), &loaded.report)?,
        _ => text(ui, &loaded)?,
    }
    Ok(if loaded.project.is_some() {
        Exit::Success
    } else {
        Exit::Error
    })
}

fn text(ui: &Ui, loaded: &Loaded) -> Result<(), Failure> {
    if !loaded.report.findings.is_empty() {
        render::findings(&mut ui.out(), &loaded.report, ui.verbosity())?;
    }
    match &loaded.project {
        Some(project) => {
            let (customers, connectors) =
                (&project.desired.customers, project.desired.connectors());
            render::valid(ui, project.files.len(), customers.len(), connectors.count())?;
        }
        None => render::print_note(ui, app::EXPLAIN_FINDINGS)?,
    }
    Ok(())
}
