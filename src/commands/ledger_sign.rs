//! Responsible for `ledger sign`: shows the entries that are not verified, asks for approval, and
//! signs those whose ids are in their workspace. Writes only the ledger.

use crate::app::{self, App, Invocation, SessionSettings};
use crate::cli::{Format, SignArgs};
use crate::failure::{Exit, Failure};
use crate::render::{self, json};

pub(super) async fn run(invocation: Invocation<'_>, args: &SignArgs) -> Result<Exit, Failure> {
    let project = app::load(invocation)?;
    let events = render::sinks::quiet(invocation.ui);
    let settings = SessionSettings::default().with_lock(args.lock);
    let opening = App::open_locked(invocation, &project, settings, events);
    let app = app::unless_interrupted(invocation.env, opening).await?;
    let exit = app.until_interrupted(sign(&app, args)).await;
    app.close().await?;
    exit
}

async fn sign(app: &App<'_>, args: &SignArgs) -> Result<Exit, Failure> {
    let Invocation { ui, global, .. } = app.invocation;
    let inspected = app.inspect_unsigned().await?;
    if global.format == Format::Text {
        render::signing(&mut ui.out(), &inspected.signing)?;
    }
    if !inspected.signing.is_empty() {
        if !args.auto_approve {
            app.ask_approval("Sign these entries?").await?;
        }
        app.sign(&inspected).await?;
        if global.format == Format::Text {
            render::signed(&mut ui.out(), &inspected.signing)?;
        }
    }
    if matches!(global.format, Format::Json | Format::Events) {
        json::versioned(&mut ui.out(), &inspected.signing)?;
    }
    Ok(Exit::Success)
}
