//! `drift`: what changed out of band since the last apply. Holds a `Reader`, reads no secret, and
//! does not look at what the files want.

use super::environment::Environment;
use super::project;
use super::remote::{Pace, Remote};
use crate::cli::{DriftArgs, Format, GlobalArgs};
use crate::events::{Event, Sink};
use crate::failure::{Exit, Failure, FailureKind};
use crate::ledger::recover;
use crate::model::{Address, Desired, Observed, Recorded};
use crate::observed::{Details, Survey, survey};
use crate::plan::{Drift, Policy, drift};
use crate::render::{self, Ui, json};

/// Runs the verb.
pub(super) async fn run(
    ui: &Ui,
    env: &Environment,
    global: &GlobalArgs,
    args: &DriftArgs,
) -> Result<Exit, Failure> {
    let project = project::load_if_any(ui, env, global)?;
    let events = render::sinks::progress(ui);
    let pace = Pace::from(&args.rate);
    let remote = Remote::open(env, &project, global, pace, &events).await?;
    render::target(ui, &remote.name, &remote.organization.to_string())?;
    let compared = compared(&remote, &project.desired, args, &*events).await;
    events.emit(Event::PhaseFinished);
    remote.close().await?;
    let (drift, observed) = compared?;
    // What is ours was asked for by its id, so only the rest may be more than is counted.
    project::is_whole(ui, &observed)?;
    match global.format {
        Format::Json => json::drift(&mut ui.out(), &drift)?,
        Format::Text => render::drift(&mut ui.out(), &drift, ui.verbose() > 0)?,
    }
    let drifted = args.detailed_exitcode && drift.is_any();
    Ok(if drifted { Exit::Changes } else { Exit::Done })
}

async fn compared(
    remote: &Remote,
    desired: &Desired,
    args: &DriftArgs,
    events: &dyn Sink,
) -> Result<(Drift, Observed), Failure> {
    let (recorded, unsettled) = remote.history(desired).await?;
    let policy = Policy {
        targets: args.target.iter().cloned().collect(),
        excludes: args.exclude.iter().cloned().collect(),
        ..Policy::default()
    };
    known(&recorded, &args.target)?;
    let customers = |id, _: &str| {
        let recorded = recorded.customers.get(&id);
        recorded.is_some_and(|recorded| policy.wants_customer(&recorded.name))
    };
    let extent = Survey {
        customers: &customers,
        details: Details::Applied,
    };
    let reader = remote.session.reader();
    let parallelism = usize::from(args.rate.parallelism);
    let observed = survey(&reader, &recorded, &extent, parallelism, events).await?;
    let settled = recover(recorded.clone(), &unsettled, &observed);
    Ok((drift(&settled.recorded, &observed, &policy), observed))
}

/// A mistyped target would read as "no drift".
fn known(recorded: &Recorded, targets: &[Address]) -> Result<(), Failure> {
    let is_known = |target: &&Address| {
        recorded.customers.values().any(|customer| {
            let connector = target.connector.as_ref();
            customer.name == target.customer
                && connector.is_none_or(|name| customer.connectors.contains_key(name))
        })
    };
    match targets.iter().find(|target| !is_known(target)) {
        None => Ok(()),
        Some(target) => {
            let message = format!("the ledger knows no {target}");
            Err(Failure::new(
                FailureKind::Usage,
                "unknown_selector",
                message,
            ))
        }
    }
}
