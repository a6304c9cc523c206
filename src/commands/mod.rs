//! Responsible for the commands, one file each: arguments, the stages of [`crate::app`], the result.

mod apply;
mod completions;
mod doctor;
mod drift;
mod explain;
mod export;
mod init;
mod ledger;
mod plan;
mod rotate;
mod sandbox;
mod schema;
mod types;
mod validate;

use crate::app::{Environment, Invocation};
use crate::cli::{Cli, Command, LedgerCommand, SandboxCommand};
use crate::failure::{Exit, Failure};
use crate::render::{Surroundings, Ui};
use std::process::ExitCode;
use tokio::runtime::{Builder, Runtime};

/// Runs a command in this process's environment, to the exit code.
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

/// Runs a command on the runtime at hand. What stops it is shown and decides the exit code.
pub async fn perform(cli: Cli, env: &Environment, ui: &Ui) -> Exit {
    let invocation = Invocation {
        ui,
        env,
        global: &cli.global,
    };
    dispatch(cli.command, invocation)
        .await
        .unwrap_or_else(|failure| failed(ui, &failure))
}

fn failed(ui: &Ui, failure: &Failure) -> Exit {
    ui.failure(failure);
    failure.exit()
}

/// Commands that wait for nothing get a runtime without threads, sockets or signals.
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

async fn dispatch(command: Command, invocation: Invocation<'_>) -> Result<Exit, Failure> {
    match command {
        Command::Completions(args) => completions::run(invocation, args),
        Command::Explain(args) => explain::run(invocation, &args),
        Command::Schema(args) => schema::run(invocation, args),
        Command::Init(args) => init::run(invocation, &args),
        Command::Validate(_) => validate::run(invocation),
        Command::Types(args) => types::run(invocation, &args),
        Command::Plan(args) => plan::run(invocation, &args).await,
        Command::Apply(args) => apply::run(invocation, &args).await,
        Command::Drift(args) => drift::run(invocation, &args).await,
        Command::Export(args) => export::run(invocation, &args).await,
        Command::Doctor(_) => doctor::run(invocation).await,
        Command::Rotate(args) => rotate::run(invocation, &args).await,
        Command::Ledger(LedgerCommand::Rekey(_)) => ledger::rekey(invocation).await,
        Command::Sandbox(SandboxCommand::Serve(args)) => sandbox::run(invocation, &args).await,
    }
}
