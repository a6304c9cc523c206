//! Responsible for `status`: shows whether the credentials of each connector work. Writes nothing.

use crate::app::{self, App, Invocation, SessionSettings};
use crate::cli::{Format, StatusArgs};
use crate::failure::{Exit, Failure};
use crate::render::{self, json};

pub(super) async fn run(invocation: Invocation<'_>, args: &StatusArgs) -> Result<Exit, Failure> {
    let ui = invocation.ui;
    let project = app::load(invocation)?;
    let events = render::sinks::progress(ui);
    let settings = SessionSettings::from(&args.rate);
    let opening = App::open(invocation, &project, settings, events);
    let app = app::unless_interrupted(invocation.env, opening).await?;
    let report = app.until_interrupted(app.status(args)).await;
    app.close().await?;
    let report = report?;
    match invocation.global.format {
        Format::Json | Format::Events => json::document(&mut ui.out(), &report)?,
        _ => render::status(&mut ui.out(), &report)?,
    }
    Ok(if report.has_failing() {
        Exit::Partial
    } else {
        Exit::Success
    })
}
