//! Responsible for `show`: a saved plan, offline. Opens no socket.

use crate::app::{self, Invocation};
use crate::cli::{Format, ShowPlanArgs};
use crate::failure::{Exit, Failure};
use crate::render::{self, SavedFile, html, json, markdown, ndjson};

pub(super) fn run(invocation: Invocation<'_>, args: &ShowPlanArgs) -> Result<Exit, Failure> {
    let (saved, checks) = app::show_saved_plan(invocation, args)?;
    let Invocation { ui, global, .. } = invocation;
    let plan = &saved.content.plan;
    match global.format {
        Format::Json => json::saved_plan(&mut ui.out(), &saved, &checks)?,
        Format::Events => {
            let file = SavedFile::new(&args.file, &saved, checks.mac);
            ndjson::plan(ui, plan, Some(&file));
        }
        Format::Html => {
            let file = SavedFile::new(&args.file, &saved, checks.mac);
            html::plan(&mut ui.out(), plan, Some(&file))?;
        }
        Format::Markdown => {
            let file = SavedFile::new(&args.file, &saved, checks.mac);
            markdown::plan(&mut ui.out(), plan, Some(&file), app::limits(args.markdown))?;
        }
        _ => {
            render::saved_plan(ui, &saved, &checks)?;
            render::plan(&mut ui.out(), plan, ui.verbosity())?;
        }
    }
    Ok(Exit::Success)
}
