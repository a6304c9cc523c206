//! Responsible for the flags and arguments of `airlift completions`.

use clap::Args;

/// `completions`.
#[derive(Args, Clone, Copy, Debug)]
#[command(after_help = "\
Example:
  airlift completions bash > ~/.local/share/bash-completion/completions/airlift")]
pub struct CompletionsArgs {
    /// The shell to print it for
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}
