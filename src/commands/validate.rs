//! `validate`: everything that can be known offline. Opens no socket.

use super::environment::Environment;
use super::project;
use crate::cli::{Format, GlobalArgs};
use crate::config::Loaded;
use crate::failure::{Exit, Failure};
use crate::render::{self, Ui, json};

/// Runs the verb.
pub(super) fn run(ui: &Ui, env: &Environment, global: &GlobalArgs) -> Result<Exit, Failure> {
    let loaded = project::read(env, global)?;
    match global.format {
        Format::Json => json::validation(&mut ui.out(), &loaded.report)?,
        Format::Text => text(ui, &loaded)?,
    }
    Ok(if loaded.project.is_some() {
        Exit::Done
    } else {
        Exit::Error
    })
}

fn text(ui: &Ui, loaded: &Loaded) -> Result<(), Failure> {
    if !loaded.report.findings.is_empty() {
        render::diagnostics(&mut ui.out(), &loaded.report)?;
    }
    if let Some(project) = &loaded.project {
        let (customers, connectors) = (&project.desired.customers, project.desired.connectors());
        render::valid(ui, project.files.len(), customers.len(), connectors.count())?;
    }
    Ok(())
}
