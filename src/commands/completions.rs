//! `completions`: a shell's completion script, from the command line's own types.

use crate::app::Invocation;
use crate::cli::{Cli, CompletionsArgs};
use crate::failure::{Exit, Failure};
use clap::CommandFactory;

/// Prints the script.
pub(super) fn run(invocation: Invocation<'_>, args: CompletionsArgs) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "airlift", &mut script);
    let mut out = invocation.ui.out();
    out.script(&script)?;
    out.flush()?;
    Ok(Exit::Done)
}
