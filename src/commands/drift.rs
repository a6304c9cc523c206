//! Responsible for `drift`: shows what others changed since the last apply, or accepts it. Writes nothing
//! to the API. Reads the secrets of the files only to withhold values that repeat one.

use crate::app::{self, App, Invocation, SessionSettings};
use crate::cli::DriftArgs;
use crate::failure::{Exit, Failure};
use crate::render;

pub(super) async fn run(invocation: Invocation<'_>, args: &DriftArgs) -> Result<Exit, Failure> {
    let project = app::load_if_any(invocation)?;
    let settings = SessionSettings::from(&args.rate);
    let events = render::sinks::progress(invocation.ui);
    let opening = App::open(invocation, &project, settings, events);
    let mut app = app::unless_interrupted(invocation.env, opening).await?;
    if !args.accept.is_empty() {
        app.lock().await?;
    }
    let exit = app.until_interrupted(execute(&app, args)).await;
    app.close().await?;
    exit
}

async fn execute(app: &App<'_>, args: &DriftArgs) -> Result<Exit, Failure> {
    app.show_target()?;
    if !args.accept.is_empty() {
        let acceptance = app.accept_drift(&args.accept).await?;
        app.show_drift(&acceptance.drift)?;
        let is_partial = !acceptance.refused.is_empty();
        return Ok(if is_partial {
            Exit::Partial
        } else {
            Exit::Success
        });
    }
    let (mut drift, observed) = app.drift(args).await?;
    // Objects of the ledger are read by id, so an incomplete list affects only the other ones.
    app.is_complete(&observed)?;
    if let Some(path) = &args.allow {
        app.without_allowed(&mut drift, path)?;
    }
    app.show_drift(&drift)?;
    let blocked = (!drift.blocked.is_empty()).then_some(Exit::Partial);
    let drifted = (args.detailed_exitcode && drift.has_changes()).then_some(Exit::Changes);
    Ok(Exit::decide(
        [blocked, drifted].map(|exit| exit.unwrap_or(Exit::Success)),
    ))
}
