//! The verbs, one file each: the pipeline as straight-line code. The only place where rooms meet.

mod completions;
mod explain;
mod schema;

use crate::cli::{Cli, Command};
use crate::failure::{Exit, Failure, FailureKind};
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
    match cli.command {
        Command::Completions { shell } => completions::run(shell, ui),
        Command::Explain { what } => explain::run(what.as_deref(), ui),
        Command::Schema { of } => schema::run(of, ui),
        Command::Init(_)
        | Command::Validate
        | Command::Plan(_)
        | Command::Apply(_)
        | Command::Types { .. }
        | Command::Sandbox(_) => Err(not_yet()),
    }
}

fn not_yet() -> Failure {
    Failure::new(
        FailureKind::Usage,
        "usage",
        "this build does not have that verb yet",
    )
}
