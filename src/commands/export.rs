//! Responsible for `export`: writes what exists as valid YAML. Reads no secret, writes nothing remote.

use crate::app::{self, App, Invocation, SessionSettings};
use crate::cli::{ExportArgs, Format};
use crate::export::{self, Exported};
use crate::failure::{Exit, Failure};
use crate::render;

/// The maximum size of a project file.
const MAX_FILE_SIZE: usize = 64 * 1024 * 1024;

pub(super) async fn run(invocation: Invocation<'_>, args: &ExportArgs) -> Result<Exit, Failure> {
    app::check_export(invocation, args)?;
    let project = app::load_if_any(invocation)?;
    let settings = SessionSettings::from(&args.rate);
    let events = render::sinks::progress(invocation.ui);
    let opening = App::open(invocation, &project, settings, events);
    let app = app::unless_interrupted(invocation.env, opening).await?;
    let exit = app.until_interrupted(execute(&app, args)).await;
    app.close().await?;
    exit
}

async fn execute(app: &App<'_>, args: &ExportArgs) -> Result<Exit, Failure> {
    app.show_target()?;
    let existing = app.export(&args.target).await?;
    if args.update {
        app.update_files(&existing)?;
        return Ok(existing.exit);
    }
    let exported = &existing.exported;
    write(app, args, exported)?;
    let ui = app.invocation.ui;
    render::left_out(ui, &exported.left_out(), exported.placeholders())?;
    Ok(existing.exit)
}

fn write(app: &App<'_>, args: &ExportArgs, exported: &Exported) -> Result<(), Failure> {
    let Invocation { ui, global, .. } = app.invocation;
    if let Some(directory) = &args.out {
        let files = app::write_project(app.invocation, directory, exported)?;
        let next = app.plan_of_export(directory);
        render::written(ui, files, &directory.display().to_string(), &next)?;
    } else if matches!(global.format, Format::Json | Format::Events) {
        render::json::document(&mut ui.out(), &exported.to_value())?;
    } else {
        let text = export::document(exported);
        render::yaml(&mut ui.out(), &text)?;
        if text.len() > MAX_FILE_SIZE {
            render::print_note(ui, "a project file has at most 64 MiB: use --out")?;
        }
    }
    Ok(())
}
