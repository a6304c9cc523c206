//! Responsible for `plan`: compares the files with the API or a snapshot, and prints the difference.
//! Writes nothing to the API.

use crate::app::{self, App, Invocation, SessionSettings};
use crate::cli::PlanArgs;
use crate::failure::{Exit, Failure};
use crate::render;

pub(super) async fn run(invocation: Invocation<'_>, args: &PlanArgs) -> Result<Exit, Failure> {
    let project = app::load(invocation)?;
    let args = &PlanArgs {
        planning: app::with_targets(invocation, &project, &args.planning)?,
        ..args.clone()
    };
    if let Some(snapshot) = &args.snapshot {
        let (mut plan, source) = app::plan_from_snapshot(invocation, &project, args, snapshot)?;
        let context = (invocation, &project);
        app::show_plan(context, &mut plan, &source, None, args.markdown)?;
        return Ok(app::plan_exit(&plan, args.detailed_exitcode.into()));
    }
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
    let mut plan = app.plan(&args.planning).await?.plan;
    let options = app::plan_options(&args.planning);
    let saved = app.save_plan(&plan, options, &args.save).await?;
    let saved = saved.as_ref();
    let context = (app.invocation, &*app.project);
    app::show_plan(context, &mut plan, &app.provenance(), saved, args.markdown)?;
    Ok(app::plan_exit(&plan, args.detailed_exitcode.into()))
}
