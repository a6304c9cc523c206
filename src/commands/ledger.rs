//! Responsible for the commands `ledger show`, `ledger trust` and `ledger rekey`. They read the API
//! and write only the ledger.

use crate::app::{self, App, Invocation, SessionSettings};
use crate::cli::{Format, RekeyArgs, ShowArgs, TrustArgs};
use crate::failure::{Exit, Failure};
use crate::render::{self, json};

pub(super) async fn show(invocation: Invocation<'_>, args: &ShowArgs) -> Result<Exit, Failure> {
    let ui = invocation.ui;
    let project = app::load_if_any(invocation)?;
    let events = render::sinks::quiet(ui);
    let opening = App::open(invocation, &project, SessionSettings::default(), events);
    let app = app::unless_interrupted(invocation.env, opening).await?;
    let contents = app
        .until_interrupted(app.ledger_contents(&args.selectors))
        .await;
    app.close().await?;
    match invocation.global.format {
        Format::Json | Format::Events => json::versioned(&mut ui.out(), &contents?)?,
        _ => render::ledger(&mut ui.out(), &contents?)?,
    }
    Ok(Exit::Success)
}

pub(super) async fn trust(invocation: Invocation<'_>, args: &TrustArgs) -> Result<Exit, Failure> {
    let project = app::load(invocation)?;
    let events = render::sinks::quiet(invocation.ui);
    let settings = SessionSettings::default().with_lock(args.lock);
    let opening = App::open_locked(invocation, &project, settings, events);
    let app = app::unless_interrupted(invocation.env, opening).await?;
    let exit = app.until_interrupted(app.trust(args)).await;
    app.close().await?;
    exit
}

pub(super) async fn rekey(invocation: Invocation<'_>, args: &RekeyArgs) -> Result<Exit, Failure> {
    let ui = invocation.ui;
    let project = app::load(invocation)?;
    let events = render::sinks::quiet(ui);
    let opening = App::open_for_rekey(invocation, &project, args.lock, events);
    let app = app::unless_interrupted(invocation.env, opening).await?;
    let rekeyed = app.until_interrupted(app.rekey()).await;
    app.close().await?;
    let rekeyed = rekeyed?;
    match invocation.global.format {
        Format::Json | Format::Events => json::versioned(&mut ui.out(), &rekeyed)?,
        _ => render::rekeyed(&mut ui.out(), &rekeyed)?,
    }
    Ok(if rekeyed.left.is_empty() {
        Exit::Success
    } else {
        Exit::Partial
    })
}
