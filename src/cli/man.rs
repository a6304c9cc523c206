//! Responsible for the flags and arguments of `airlift man`.

use clap::Args;
use std::path::PathBuf;

/// `man`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Example:
  airlift man --out ~/.local/share/man/man1")]
pub struct ManArgs {
    /// The directory for the pages, one for each command
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}
