//! Responsible for `ledger rekey`: moves the fingerprints of unchanged secrets to a new key. Reads
//! the API and writes only the ledger.

use crate::app::{self, App, Invocation, SessionSettings};
use crate::cli::Format;
use crate::failure::{Exit, Failure};
use crate::render::{self, json};

pub(super) async fn rekey(invocation: Invocation<'_>) -> Result<Exit, Failure> {
    let ui = invocation.ui;
    let project = app::load(invocation)?;
    let events = render::sinks::quiet(ui);
    let mut app = App::open(invocation, &project, SessionSettings::default(), events).await?;
    let rekeyed = app.rekey().await;
    app.close().await?;
    let rekeyed = rekeyed?;
    match invocation.global.format {
        Format::Json => json::document(&mut ui.out(), &rekeyed)?,
        Format::Text => render::rekeyed(&mut ui.out(), &rekeyed)?,
    }
    Ok(if rekeyed.left.is_empty() {
        Exit::Success
    } else {
        Exit::Partial
    })
}
