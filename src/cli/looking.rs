//! The command line of the verbs that only look: `drift` and `export`.

use super::PaceOpts;
use crate::model::Address;
use clap::Args;
use std::path::PathBuf;

/// `drift`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  airlift drift
  airlift drift --detailed-exitcode     0: nothing drifted, 2: something did
  airlift drift --target acme-corp --format json | jq '.changes'

What is pending in the files is no drift: `airlift plan` shows that.")]
pub struct DriftArgs {
    /// Only this customer or customer/connector, as recorded; may be repeated
    #[arg(long, value_name = "ADDRESS", help_heading = "Selection")]
    pub target: Vec<Address>,
    /// All but this customer or customer/connector; may be repeated
    #[arg(long, value_name = "ADDRESS", help_heading = "Selection")]
    pub exclude: Vec<Address>,
    /// Exit 2 when something drifted
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// How hard the API is pressed.
    #[command(flatten)]
    pub pace: PaceOpts,
}

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
    /// How hard the API is pressed.
    #[command(flatten)]
    pub pace: PaceOpts,
}
