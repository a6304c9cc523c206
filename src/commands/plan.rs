//! `plan`: read, compare, print. Holds a `Reader` and nothing that writes.

use super::environment::Environment;
use super::pipeline::{planned, resolver};
use super::project;
use super::remote::{Pace, Remote};
use crate::cli::{Format, GlobalArgs, PlanArgs};
use crate::events::Event;
use crate::failure::{Exit, Failure};
use crate::plan::Plan;
use crate::render::{self, Ui, json};

/// Runs the verb.
pub(super) async fn run(
    ui: &Ui,
    env: &Environment,
    global: &GlobalArgs,
    args: &PlanArgs,
) -> Result<Exit, Failure> {
    let project = project::load(ui, env, global)?;
    let secrets = resolver(env, &project, global)?;
    let events = render::sinks::progress(ui);
    let pace = Pace::from(&args.planning.connection);
    let remote = Remote::open(env, &project, global, pace, &events).await?;
    render::target(ui, &remote.name, &remote.organization.to_string())?;
    let planned = planned(&project, &remote, &args.planning, &secrets, &*events).await;
    events.emit(Event::PhaseFinished);
    secrets.close().await;
    remote.close().await?;
    let planned = planned?;
    render::doubtful(ui, &planned.doubtful)?;
    let plan = planned.plan;
    match global.format {
        Format::Json => json::plan(&mut ui.out(), &plan)?,
        Format::Text => render::plan(&mut ui.out(), &plan, ui.verbose() > 0)?,
    }
    project::known_types(&project, &plan)?;
    project::guarded(&plan)?;
    Ok(ended(&plan, args.detailed_exitcode))
}

fn ended(plan: &Plan, detailed: bool) -> Exit {
    let blocked = if plan.blocked.is_empty() {
        Exit::Done
    } else {
        Exit::Partial
    };
    let changes = if detailed && plan.writes() {
        Exit::Changes
    } else {
        Exit::Done
    };
    Exit::decide([blocked, changes])
}
