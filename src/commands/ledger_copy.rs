//! Responsible for `ledger copy`: copies the ledger to another place. Writes nothing remote.

use crate::app::{self, App, Invocation, SessionSettings};
use crate::cli::{CopyArgs, Format};
use crate::failure::{Exit, Failure};
use crate::render::{self, json};

pub(super) async fn run(invocation: Invocation<'_>, args: &CopyArgs) -> Result<Exit, Failure> {
    let ui = invocation.ui;
    if invocation.global.shard.is_some() {
        let message = "ledger copy copies all shards, so it does not use --shard";
        return Err(Failure::usage("usage", message).hint("leave out --shard"));
    }
    let mut global = invocation.global.clone();
    global.ledger = Some(args.from.clone());
    let invocation = Invocation {
        global: &global,
        ..invocation
    };
    let project = app::load_if_any(invocation)?;
    let target = app::store_at(invocation, &project, &args.to)?;
    let events = render::sinks::quiet(ui);
    let opening = App::open(invocation, &project, SessionSettings::default(), events);
    let app = app::unless_interrupted(invocation.env, opening).await?;
    let copied = app
        .until_interrupted(app.copy_ledger(&target, args.shards))
        .await;
    app.close().await?;
    match global.format {
        Format::Json | Format::Events => json::versioned(&mut ui.out(), &copied?)?,
        _ => render::ledger_copied(&mut ui.out(), &copied?)?,
    }
    Ok(Exit::Success)
}
