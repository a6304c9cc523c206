//! Responsible for the arguments of `init`.

use clap::Args;
use std::path::PathBuf;

/// `init`.
#[derive(Args, Clone, Debug)]
pub struct InitArgs {
    /// Where; nothing that exists is overwritten
    #[arg(value_name = "DIR", default_value = ".")]
    pub directory: PathBuf,
}
