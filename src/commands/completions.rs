//! Responsible for `completions`: prints the completion script of a shell.

use crate::app::Invocation;
use crate::cli::{Cli, CompletionsArgs};
use crate::failure::{Exit, Failure};
use clap::CommandFactory;

pub(super) fn run(invocation: Invocation<'_>, args: CompletionsArgs) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "airlift", &mut script);
    let mut out = invocation.ui.out();
    out.script(&script)?;
    out.flush()?;
    Ok(Exit::Success)
}
