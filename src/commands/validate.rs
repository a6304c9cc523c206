//! Responsible for `validate`: checks the project files. Works offline.

use crate::app::{self, Invocation};
use crate::cli::Format;
use crate::config::Loaded;
use crate::failure::{Exit, Failure};
use crate::render::ci::{self, Problems};
use crate::render::{self, json, ndjson};

pub(super) fn run(invocation: Invocation<'_>) -> Result<Exit, Failure> {
    let loaded = app::read_every_environment(invocation)?;
    let ui = invocation.ui;
    match invocation.global.format {
        Format::Events => ndjson::findings(ui, &loaded.report),
        Format::Json => json::validation(&mut ui.out(), &loaded.report)?,
        Format::Sarif => ci::sarif(&mut ui.out(), &Problems::from_report(&loaded.report))?,
        Format::Junit => ci::junit(&mut ui.out(), &Problems::from_report(&loaded.report))?,
        _ => text(invocation, &loaded)?,
    }
    Ok(if loaded.project.is_some() {
        Exit::Success
    } else {
        Exit::Error
    })
}

fn text(invocation: Invocation<'_>, loaded: &Loaded) -> Result<(), Failure> {
    let ui = invocation.ui;
    if !loaded.report.findings.is_empty() {
        render::findings(&mut ui.out(), &loaded.report, ui.verbosity())?;
        if invocation.env.is_github_runner() {
            ci::annotations(&mut ui.out(), &Problems::from_report(&loaded.report))?;
        }
    }
    match &loaded.project {
        Some(project) => {
            let (customers, connectors) =
                (&project.desired.customers, project.desired.connectors());
            render::valid(ui, project.files.len(), customers.len(), connectors.count())?;
            if !loaded.environments.is_empty() {
                let names = loaded.environments.join(", ");
                render::print_note(ui, &format!("valid in each environment: {names}"))?;
            }
        }
        None => render::print_note(ui, app::EXPLAIN_FINDINGS)?,
    }
    Ok(())
}
