//! The verbs, one file each: the pipeline as straight-line code. The only place where rooms meet.

mod apply;
mod completions;
mod doctor;
mod drift;
mod explain;
mod export;
mod findings;
mod init;
mod ledger;
mod pipeline;
mod plan;
mod project;
mod reading;
mod remote;
mod rotate;
mod sandbox;
mod schema;
mod types;
mod validate;

use crate::cli::{Cli, Command, LedgerCommand, SandboxCommand};
use crate::failure::{Exit, Failure};
use crate::render::{Surroundings, Ui};
use std::process::ExitCode;

/// Runs a verb; what stops it is told on stderr and decides the exit code.
pub fn run(cli: Cli) -> ExitCode {
    let ui = Ui::new(
        cli.global.no_color,
        cli.global.verbose,
        &Surroundings::read(),
    );
    match dispatch(cli, &ui) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            ui.failure(&failure);
            failure.exit().into()
        }
    }
}

fn dispatch(cli: Cli, ui: &Ui) -> Result<Exit, Failure> {
    let global = &cli.global;
    match cli.command {
        Command::Completions { shell } => completions::run(shell, ui),
        Command::Explain { what } => explain::run(what.as_deref(), ui),
        Command::Schema { of } => schema::run(of, ui),
        Command::Init(args) => init::run(ui, &args),
        Command::Validate => validate::run(ui, global),
        Command::Types { name } => types::run(ui, name.as_deref()),
        Command::Plan(args) => waiting(plan::run(ui, global, &args)),
        Command::Apply(args) => waiting(apply::run(ui, global, &args)),
        Command::Drift(args) => waiting(drift::run(ui, global, &args)),
        Command::Export(args) => waiting(export::run(ui, global, &args)),
        Command::Doctor => waiting(doctor::run(ui, global)),
        Command::Rotate(args) => waiting(rotate::run(ui, global, &args)),
        Command::Ledger(LedgerCommand::Rekey(_)) => waiting(ledger::rekey(ui, global)),
        Command::Sandbox(SandboxCommand::Serve(args)) => waiting(sandbox::run(ui, &args)),
    }
}

/// Runs a verb that waits for the network; the others start no runtime.
fn waiting(verb: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let ended = runtime.block_on(verb);
    // Nothing is left that the result depends on; a hanging connection must not hold the exit.
    runtime.shutdown_background();
    ended
}

/// Waits for SIGINT or SIGTERM.
async fn signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Without a way to listen there is nothing to wait for.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
