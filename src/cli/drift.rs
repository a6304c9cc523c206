//! Responsible for the flags and arguments of `airlift drift`.

use super::RateArgs;
use crate::model::Address;
use clap::Args;

/// `drift`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  airlift drift
  airlift drift --detailed-exitcode     0: no drift, 2: drift
  airlift drift --target acme-corp --format json | jq '.changes'

Changes in the files that are not applied yet are not drift. `airlift plan`
shows them.")]
pub struct DriftArgs {
    /// Only this customer or customer/connector of the ledger; may be repeated
    #[arg(long, value_name = "ADDRESS", help_heading = "Selection")]
    pub target: Vec<Address>,
    /// All except this customer or customer/connector; may be repeated
    #[arg(long, value_name = "ADDRESS", help_heading = "Selection")]
    pub exclude: Vec<Address>,
    /// Exit 2 if something drifted
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// The request rate.
    #[command(flatten)]
    pub rate: RateArgs,
}
