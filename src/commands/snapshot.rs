//! Responsible for `snapshot`: writes the remote state and the ledger into a file. Writes nothing to the
//! API.

use crate::app::{self, App, Invocation, SessionSettings};
use crate::cli::SnapshotArgs;
use crate::failure::{Exit, Failure};
use crate::render;

pub(super) async fn run(invocation: Invocation<'_>, args: &SnapshotArgs) -> Result<Exit, Failure> {
    let project = app::load(invocation)?;
    let settings = SessionSettings::from(&args.rate);
    let events = render::sinks::progress(invocation.ui);
    let opening = App::open(invocation, &project, settings, events);
    let app = app::unless_interrupted(invocation.env, opening).await?;
    let exit = app.until_interrupted(execute(&app, args)).await;
    app.close().await?;
    exit
}

async fn execute(app: &App<'_>, args: &SnapshotArgs) -> Result<Exit, Failure> {
    app.show_target()?;
    app.write_snapshot(args).await?;
    Ok(Exit::Success)
}
