//! Responsible for the flags and arguments of `airlift expand`.

use crate::model::Selector;
use clap::Args;

/// `expand`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  airlift expand
  airlift expand acme-corp
  airlift expand 'eu-*' --format json

Reads the files of the project, and no secret. Sends no request.")]
pub struct ExpandArgs {
    /// Only these customers, by name or pattern
    #[arg(value_name = "CUSTOMER")]
    pub customers: Vec<Selector>,
}
