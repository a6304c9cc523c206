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

/// The words of a line in the script of zsh: as they are written, and as the program gets them up to the cursor, where a
/// quotation mark may still be open.
const ZSH_WORDS: [&str; 2] = [
    r#""${words[@]}""#,
    r#""${(@Q)words[1,CURRENT-1]}" "${${(Q)words[CURRENT]}#[\"\']}""#,
];

/// The end of the script of zsh: the shell reads the file when it completes for the first time.
const ZSH_END: &str = r"
if [[ $funcstack[1] == _airlift ]]; then
    _clap_dynamic_completer_airlift
fi
";

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
    let end = if shell == Shell::Zsh { ZSH_END } else { "" };
    let shell = shell.to_string();
    let shells = Shells::builtins();
    let completer = shells
        .completer(&shell)
        .ok_or_else(|| Failure::internal(format!("no completions for {shell}")))?;
    let mut script = Vec::new();
    completer.write_registration(VARIABLE, "airlift", "airlift", "airlift", &mut script)?;
    let script = String::from_utf8_lossy(&script);
    let [written, read] = ZSH_WORDS;
    Ok(script.replace(written, read) + end)
}

/// Answers a shell that asks for completions, and exits then.
pub(super) fn answer_shell() {
    let command = || candidates::add(cli::command(80));
    CompleteEnv::with_factory(command).var(VARIABLE).complete();
}
