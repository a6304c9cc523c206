//! Responsible for `plan`: compares the files with the API and prints the difference. Writes
//! nothing.

use crate::app::{self, App, Invocation, SessionSettings};
use crate::cli::{Format, PlanArgs};
use crate::failure::{Exit, Failure};
use crate::plan::Plan;
use crate::render::{self, ci, json, markdown};

pub(super) async fn run(invocation: Invocation<'_>, args: &PlanArgs) -> Result<Exit, Failure> {
    let project = app::load(invocation)?;
    let settings = SessionSettings::from(&args.planning.connection);
    let events = render::sinks::progress(invocation.ui);
    let opening = App::open(invocation, &project, settings, events);
    let app = app::unless_interrupted(invocation.env, opening).await?;
    let exit = app.until_interrupted(execute(&app, args)).await;
    app.close().await?;
    exit
}

async fn execute(app: &App<'_>, args: &PlanArgs) -> Result<Exit, Failure> {
    app.show_target()?;
    let plan = app.plan(&args.planning).await?.plan;
    let saved = match &args.out {
        Some(path) => Some(app.save_plan(&plan, args, path).await?),
        None => None,
    };
    let Invocation { ui, global, .. } = app.invocation;
    let out = &mut ui.out();
    match global.format {
        Format::Json => json::plan(out, &plan, saved.as_ref())?,
        Format::Markdown => {
            markdown::plan(out, &plan, saved.as_ref(), app::limits(args.markdown))?;
        }
        Format::Sarif => ci::sarif(out, &app.problems(&plan))?,
        Format::Junit => ci::junit(out, &app.problems(&plan))?,
        _ => render::plan(out, &plan, ui.verbosity())?,
    }
    if let (Some(saved), Format::Text) = (&saved, global.format) {
        render::plan_saved(ui, saved)?;
    }
    app::check_guards(&plan, app.shown())?;
    Ok(exit(&plan, args))
}

fn exit(plan: &Plan, args: &PlanArgs) -> Exit {
    let blocked = if plan.blocked.is_empty() {
        Exit::Success
    } else {
        Exit::Partial
    };
    let changes = if args.detailed_exitcode && plan.writes() {
        Exit::Changes
    } else {
        Exit::Success
    };
    Exit::decide([blocked, changes])
}
