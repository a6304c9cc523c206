//! Responsible for `adopt`: adds existing workspaces and connectors to the ledger. Sends no write
//! request.

use crate::app::{self, App, Invocation, SessionSettings};
use crate::cli::{AdoptArgs, ExecutionArgs};
use crate::failure::{Exit, Failure};
use crate::render;

pub(super) async fn run(invocation: Invocation<'_>, args: &AdoptArgs) -> Result<Exit, Failure> {
    let project = app::load(invocation)?;
    let settings = SessionSettings::from(&args.rate).with_lock(args.lock);
    let events = render::sinks::progress(invocation.ui);
    let opening = App::open_locked(invocation, &project, settings, events);
    let app = app::unless_interrupted(invocation.env, opening).await?;
    let exit = app.until_interrupted(execute(&app, args)).await;
    app.close().await?;
    exit
}

async fn execute(app: &App<'_>, args: &AdoptArgs) -> Result<Exit, Failure> {
    app.show_target()?;
    if let Some(path) = &args.out {
        return app.write_adoption_table(path, args).await;
    }
    let (planned, deferred) = app.plan_adoption(&args.targets).await?;
    let plan = &planned.plan;
    let execution = ExecutionArgs::default();
    if plan.has_changes() || !plan.blocked.is_empty() {
        app.show_plan_before_execution(plan, execution)?;
    } else {
        render::nothing_to_adopt(app.invocation.ui)?;
    }
    render::left_for_apply(app.invocation.ui, &deferred)?;
    if plan.has_changes() && !args.auto_approve {
        app.ask_approval("Adopt these objects?").await?;
    }
    let secrets = app.resolve(plan, execution).await?;
    let report = app
        .execute_at_once("adopt", &planned, &secrets, execution)
        .await?;
    app.show_report(plan, &report)?;
    Ok(app.exit(plan, &report))
}
