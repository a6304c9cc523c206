//! Responsible for the flags and arguments of `airlift completions`.

use clap::Args;

/// `completions`.
#[derive(Args, Clone, Copy, Debug)]
#[command(after_help = "\
Examples:
  airlift completions bash > ~/.local/share/bash-completion/completions/airlift
  airlift completions zsh > ~/.zfunc/_airlift     in a directory of fpath")]
pub struct CompletionsArgs {
    /// The shell to print it for
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}
