//! Responsible for `apply`: plans, shows the plan, asks for approval and executes it; or executes a saved plan.

use crate::app::{self, App, Invocation, SessionSettings};
use crate::apply::ApplyReport;
use crate::cli::ApplyArgs;
use crate::failure::{Exit, Failure};
use crate::plan::Plan;
use crate::render;

pub(super) async fn run(invocation: Invocation<'_>, args: &ApplyArgs) -> Result<Exit, Failure> {
    let project = app::load(invocation)?;
    let settings = SessionSettings::from(&args.planning.connection).with_lock(args.lock);
    let events = render::sinks::progress(invocation.ui);
    let opening = App::open_locked(invocation, &project, settings, events);
    let app = app::unless_interrupted(invocation.env, opening).await?;
    let exit = app.until_interrupted(Box::pin(execute(&app, args))).await;
    app.close().await?;
    exit
}

async fn execute(app: &App<'_>, args: &ApplyArgs) -> Result<Exit, Failure> {
    app.show_target()?;
    app::check_outputs_file(args.outputs_file.as_deref())?;
    app.check_window(args.override_window.as_deref())?;
    if let Some((plan, report)) = app.apply_with_saved_plan(args).await? {
        return finish(app, args, &plan, &report).await;
    }
    let mut planned = app.plan_selected(&args.planning).await?;
    app.show_plan_before_execution(&planned.plan, args.execution)?;
    let waves = app.rollout(&planned, &args.waves)?;
    app::check_guards(&planned.plan, app.shown())?;
    app::check_replacements(&planned.plan, args.approval)?;
    let secrets = app.resolve(&planned.plan, args.execution).await?;
    if planned.plan.has_changes() && !args.approval.auto_approve {
        app.approve(&planned.plan, args.approval).await?;
        app.check_window_again(args.override_window.as_deref())?;
        app.note_existing(&mut planned).await?;
    }
    let report = app
        .apply(&planned, &secrets, args.execution, waves.as_ref())
        .await?;
    finish(app, args, &planned.plan, &report).await
}

async fn finish(
    app: &App<'_>,
    args: &ApplyArgs,
    plan: &Plan,
    report: &ApplyReport,
) -> Result<Exit, Failure> {
    app.show_report(plan, report)?;
    app.write_outputs(args.outputs_file.as_deref()).await?;
    let change = if args.detailed_exitcode && plan.writes() {
        Exit::Changes
    } else {
        Exit::Success
    };
    Ok(Exit::decide([app.exit(plan, report), change]))
}
