//! Responsible for `completions`: prints the script that lets a shell ask this program for completions,
//! and answers the shell.

mod candidates;

use crate::app::Invocation;
use crate::cli::{self, CompletionsArgs};
use crate::failure::{Exit, Failure};
use clap_complete::env::{CompleteEnv, Shells};

/// The variable in which the script of a shell asks for completions.
const VARIABLE: &str = "COMPLETE";

pub(super) fn run(invocation: Invocation<'_>, args: CompletionsArgs) -> Result<Exit, Failure> {
    let shell = args.shell.to_string();
    let shells = Shells::builtins();
    let completer = shells
        .completer(&shell)
        .ok_or_else(|| Failure::internal(format!("no completions for {shell}")))?;
    let mut script = Vec::new();
    completer.write_registration(VARIABLE, "airlift", "airlift", "airlift", &mut script)?;
    let mut out = invocation.ui.out();
    out.script(&script)?;
    out.flush()?;
    Ok(Exit::Success)
}

/// Answers a shell that asks for completions, and exits then.
pub(super) fn answer_shell() {
    let command = || candidates::add(cli::command(80));
    CompleteEnv::with_factory(command).var(VARIABLE).complete();
}
