//! Responsible for `completions`: prints the script that lets a shell ask this program for completions,
//! and answers the shell.

mod candidates;

use crate::app::Invocation;
use crate::cli::{self, CompletionsArgs};
use crate::failure::{Exit, Failure};
use clap_complete::Shell;
use clap_complete::env::{CompleteEnv, Shells};

/// The script of bash. The one of the library inserts names with blanks without quotation marks.
const BASH: &str = include_str!("airlift.bash");

/// The words of a line in the script of zsh, as they are written and as the program gets them.
const ZSH_WORDS: [&str; 2] = [r#""${words[@]}""#, r#""${(Q)words[@]}""#];

/// The variable in which the script of a shell asks for completions.
const VARIABLE: &str = "COMPLETE";

pub(super) fn run(invocation: Invocation<'_>, args: CompletionsArgs) -> Result<Exit, Failure> {
    let mut out = invocation.ui.out();
    out.script(script(args.shell)?.as_bytes())?;
    out.flush()?;
    Ok(Exit::Success)
}

/// The script of a shell.
fn script(shell: Shell) -> Result<String, Failure> {
    if shell == Shell::Bash {
        return Ok(BASH.to_owned());
    }
    let shell = shell.to_string();
    let shells = Shells::builtins();
    let completer = shells
        .completer(&shell)
        .ok_or_else(|| Failure::internal(format!("no completions for {shell}")))?;
    let mut script = Vec::new();
    completer.write_registration(VARIABLE, "airlift", "airlift", "airlift", &mut script)?;
    let script = String::from_utf8_lossy(&script);
    let [written, read] = ZSH_WORDS;
    Ok(script.replace(written, read))
}

/// Answers a shell that asks for completions, and exits then.
pub(super) fn answer_shell() {
    let command = || candidates::add(cli::command(80));
    CompleteEnv::with_factory(command).var(VARIABLE).complete();
}
