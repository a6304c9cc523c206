//! Responsible for `ledger history`: shows the last runs. Writes nothing.

use crate::app::{self, App, Invocation, SessionSettings};
use crate::cli::Format;
use crate::failure::{Exit, Failure};
use crate::render::{self, json};

pub(super) async fn run(invocation: Invocation<'_>) -> Result<Exit, Failure> {
    let ui = invocation.ui;
    let project = app::load_if_any(invocation)?;
    let events = render::sinks::quiet(ui);
    let opening = App::open(invocation, &project, SessionSettings::default(), events);
    let app = app::unless_interrupted(invocation.env, opening).await?;
    let history = app.until_interrupted(app.run_history()).await;
    app.close().await?;
    match invocation.global.format {
        Format::Json | Format::Events => json::versioned(&mut ui.out(), &history?)?,
        _ => render::history(&mut ui.out(), &history?)?,
    }
    Ok(Exit::Success)
}
