//! Responsible for the arguments of `export`.

use super::RateArgs;
use crate::model::Address;
use clap::Args;
use std::path::PathBuf;

/// `export`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  airlift export > airlift.yaml
  airlift export --out estate           a project: estate/airlift.yaml and a file per customer
  airlift export --target acme-corp --target globex --format json

The API never returns credentials: where the ledger does not know their
references, a placeholder stands for each, to be filled in.")]
pub struct ExportArgs {
    /// Only this customer; may be repeated
    #[arg(long, value_name = "CUSTOMER", help_heading = "Selection")]
    pub target: Vec<Address>,
    /// Write a project into this directory; nothing that exists is overwritten
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// How many requests are sent.
    #[command(flatten)]
    pub rate: RateArgs,
}
