//! Responsible for `rotate`: sends credentials again by replacing connectors, in waves.

use crate::app::{self, App, Invocation, SelectedRotation, SessionSettings};
use crate::cli::RotateArgs;
use crate::failure::{Exit, Failure};
use crate::render;

pub(super) async fn run(invocation: Invocation<'_>, args: &RotateArgs) -> Result<Exit, Failure> {
    let project = app::load(invocation)?;
    app::Selectable::declared_connectors(&project.desired)
        .within(&project)
        .select(&args.selectors)?;
    let settings = SessionSettings::from(&args.connection).with_lock(args.lock);
    let events = render::sinks::progress(invocation.ui);
    let opening = App::open_locked(invocation, &project, settings, events);
    let app = app::unless_interrupted(invocation.env, opening).await?;
    let exit = app.until_interrupted(Box::pin(execute(&app, args))).await;
    app.close().await?;
    exit
}

async fn execute(app: &App<'_>, args: &RotateArgs) -> Result<Exit, Failure> {
    let selected = SelectedRotation::find(app, args).await?;
    app.show_target()?;
    app.check_window(args.override_window.as_deref())?;
    let mut rotation = selected.plan(app, args).await?;
    rotation.require_connectors()?;
    let plan = &rotation.planned.plan;
    app.show_plan_before_execution(plan, args.execution)?;
    let ui = app.invocation.ui;
    render::left_for_apply(ui, &rotation.deferred)?;
    app::check_guards(plan, app.shown())?;
    let secrets = app.resolve(plan, args.execution).await?;
    if plan.has_changes() && !args.auto_approve {
        app.ask_approval("Apply these changes?").await?;
        app.check_window_again(args.override_window.as_deref())?;
    }
    let report = rotation.execute(app, &secrets, args).await?;
    app.show_report(&rotation.planned.plan, &report)?;
    Ok(app.exit(&rotation.planned.plan, &report))
}
