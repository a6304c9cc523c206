//! Responsible for `completions`: prints the completion script of a shell.

use crate::app::Invocation;
use crate::cli::{self, CompletionsArgs};
use crate::failure::{Exit, Failure};

pub(super) fn run(invocation: Invocation<'_>, args: CompletionsArgs) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut cli::command(80), "airlift", &mut script);
    let mut out = invocation.ui.out();
    out.script(&script)?;
    out.flush()?;
    Ok(Exit::Success)
}
