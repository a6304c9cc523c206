//! The verbs, one file each: the pipeline as straight-line code. The only place where rooms meet.

mod apply;
mod completions;
mod doctor;
mod drift;
mod environment;
mod explain;
mod export;
mod init;
mod ledger;
mod pipeline;
mod plan;
mod project;
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
use tokio::runtime::{Builder, Runtime};

pub use environment::Environment;

/// Runs a verb in this process's environment, to the exit code.
pub fn run(cli: Cli) -> ExitCode {
    let ui = Ui::new(
        cli.global.no_color,
        cli.global.verbose,
        &Surroundings::read(),
    );
    let runtime = match runtime(&cli.command) {
        Ok(runtime) => runtime,
        Err(error) => return failed(&ui, &error.into()).into(),
    };
    let exit = runtime.block_on(perform(cli, &Environment::read(), &ui));
    // Nothing is left that the result depends on; a hanging connection must not hold the exit.
    runtime.shutdown_background();
    exit.into()
}

/// Runs a verb on the runtime at hand; what stops it is told and decides the exit code.
pub async fn perform(cli: Cli, env: &Environment, ui: &Ui) -> Exit {
    let ended = dispatch(cli, env, ui).await;
    ended.unwrap_or_else(|failure| failed(ui, &failure))
}

fn failed(ui: &Ui, failure: &Failure) -> Exit {
    ui.failure(failure);
    failure.exit()
}

/// Verbs that wait for nothing get a runtime without threads, sockets or signals.
fn runtime(command: &Command) -> std::io::Result<Runtime> {
    match command {
        Command::Completions(_)
        | Command::Explain(_)
        | Command::Schema(_)
        | Command::Init(_)
        | Command::Validate(_)
        | Command::Types(_) => Builder::new_current_thread().build(),
        _ => Builder::new_multi_thread().enable_all().build(),
    }
}

async fn dispatch(cli: Cli, env: &Environment, ui: &Ui) -> Result<Exit, Failure> {
    let global = &cli.global;
    match cli.command {
        Command::Completions(args) => completions::run(args.shell, ui),
        Command::Explain(args) => explain::run(args.what.as_deref(), ui),
        Command::Schema(args) => schema::run(args.of, ui),
        Command::Init(args) => init::run(ui, &args),
        Command::Validate(_) => validate::run(ui, env, global),
        Command::Types(args) => types::run(ui, args.name.as_deref()),
        Command::Plan(args) => plan::run(ui, env, global, &args).await,
        Command::Apply(args) => apply::run(ui, env, global, &args).await,
        Command::Drift(args) => drift::run(ui, env, global, &args).await,
        Command::Export(args) => export::run(ui, env, global, &args).await,
        Command::Doctor(_) => doctor::run(ui, env, global).await,
        Command::Rotate(args) => rotate::run(ui, env, global, &args).await,
        Command::Ledger(LedgerCommand::Rekey(_)) => ledger::rekey(ui, env, global).await,
        Command::Sandbox(SandboxCommand::Serve(args)) => sandbox::run(ui, env, &args).await,
    }
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
