//! `drift`: what changed out of band since the last apply. Holds a `Reader`, and reads no secret.

use crate::app::{self, App, Invocation, SessionSettings};
use crate::cli::{DriftArgs, Format};
use crate::failure::{Exit, Failure};
use crate::render::{self, json};

/// Runs the command.
pub(super) async fn run(invocation: Invocation<'_>, args: &DriftArgs) -> Result<Exit, Failure> {
    let project = app::load_if_any(invocation)?;
    let settings = SessionSettings::from(&args.rate);
    let events = render::sinks::progress(invocation.ui);
    let app = App::open(invocation, &project, settings, events).await?;
    let exit = carry_out(&app, args).await;
    app.close().await?;
    exit
}

async fn carry_out(app: &App<'_>, args: &DriftArgs) -> Result<Exit, Failure> {
    app.show_target()?;
    let (drift, observed) = app.drift(args).await?;
    // What is ours was asked for by its id, so only the rest may be more than is counted.
    app.is_whole(&observed)?;
    let Invocation { ui, global, .. } = app.invocation;
    match global.format {
        Format::Json => json::drift(&mut ui.out(), &drift)?,
        Format::Text => render::drift(&mut ui.out(), &drift, ui.verbose() > 0)?,
    }
    let drifted = args.detailed_exitcode && drift.has_changes();
    Ok(if drifted { Exit::Changes } else { Exit::Done })
}
