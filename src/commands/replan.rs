//! Responsible for `replan`: plans again what of a saved plan no longer fits. Writes nothing to the API.

use crate::app::{self, App, Invocation, SessionSettings};
use crate::cli::ReplanArgs;
use crate::failure::{Exit, Failure};
use crate::render;

pub(super) async fn run(invocation: Invocation<'_>, args: &ReplanArgs) -> Result<Exit, Failure> {
    let project = app::load(invocation)?;
    let settings = SessionSettings::from(&args.connection);
    let events = render::sinks::progress(invocation.ui);
    let opening = App::open(invocation, &project, settings, events);
    let app = app::unless_interrupted(invocation.env, opening).await?;
    let exit = app.until_interrupted(execute(&app, args)).await;
    app.close().await?;
    exit
}

async fn execute(app: &App<'_>, args: &ReplanArgs) -> Result<Exit, Failure> {
    app.show_target()?;
    let mut replanned = app.replan(args).await?;
    let plan = &mut replanned.plan;
    let saved = app.save_plan(plan, replanned.options, &args.save).await?;
    let saved = saved.as_ref();
    let context = (app.invocation, &*app.project);
    app::show_plan(context, plan, &app.provenance(), saved, args.markdown)?;
    Ok(app::plan_exit(plan, args.detailed_exitcode.into()))
}
