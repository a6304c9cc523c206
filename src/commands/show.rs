//! Responsible for `show`: a saved plan. Sends no request to the API, and opens no socket for a plan in a file.

use crate::app::{self, Invocation};
use crate::cli::{Format, ShowPlanArgs};
use crate::failure::{Exit, Failure};
use crate::render::{self, Provenance, SavedFile, html, json, markdown, ndjson};

pub(super) async fn run(invocation: Invocation<'_>, args: &ShowPlanArgs) -> Result<Exit, Failure> {
    let (saved, checks) = app::show_saved_plan(invocation, args).await?;
    let Invocation { ui, global, .. } = invocation;
    let plan = &saved.content.plan;
    let file = SavedFile::new(args.plan.to_string(), &saved, &checks);
    let source = Provenance::from_saved_plan(&saved);
    match global.format {
        Format::Json => json::saved_plan(&mut ui.out(), &saved, &checks)?,
        Format::Events => ndjson::saved_plan(ui, &saved, &checks),
        Format::Html => {
            html::plan(&mut ui.out(), plan, Some(&file), &source)?;
        }
        Format::Markdown => {
            let limits = app::limits(args.markdown);
            markdown::plan(&mut ui.out(), plan, Some(&file), &source, limits)?;
        }
        _ => {
            render::saved_plan(ui, &saved, &checks)?;
            render::plan(&mut ui.out(), plan, ui.verbosity())?;
        }
    }
    Ok(Exit::Success)
}
