//! Responsible for `drift`: shows what others changed since the last apply. Writes nothing. Reads the
//! secrets of the files only to withhold values that repeat one.

use crate::app::{self, App, Invocation, SessionSettings};
use crate::cli::DriftArgs;
use crate::failure::{Exit, Failure};
use crate::plan::Drift;
use crate::render;

pub(super) async fn run(invocation: Invocation<'_>, args: &DriftArgs) -> Result<Exit, Failure> {
    let project = app::load_if_any(invocation)?;
    let settings = SessionSettings::from(&args.rate);
    let events = render::sinks::progress(invocation.ui);
    let opening = App::open(invocation, &project, settings, events);
    let app = app::unless_interrupted(invocation.env, opening).await?;
    let exit = app.until_interrupted(execute(&app, args)).await;
    app.close().await?;
    exit
}

async fn execute(app: &App<'_>, args: &DriftArgs) -> Result<Exit, Failure> {
    app.show_target()?;
    let (drift, observed) = app.drift(args).await?;
    // Objects of the ledger are read by id, so an incomplete list affects only the other ones.
    app.is_complete(&observed)?;
    app.show_drift(&drift)?;
    Ok(exit(&drift, args))
}

fn exit(drift: &Drift, args: &DriftArgs) -> Exit {
    let blocked = if drift.blocked.is_empty() {
        Exit::Success
    } else {
        Exit::Partial
    };
    let drifted = if args.detailed_exitcode && drift.has_changes() {
        Exit::Changes
    } else {
        Exit::Success
    };
    Exit::decide([blocked, drifted])
}
