//! Responsible for the flags and arguments of `airlift init`.

use clap::Args;
use std::path::PathBuf;

/// `init`.
#[derive(Args, Clone, Debug)]
pub struct InitArgs {
    /// Directory of the project; existing files are never overwritten
    #[arg(value_name = "DIR", default_value = ".")]
    pub directory: PathBuf,
}
