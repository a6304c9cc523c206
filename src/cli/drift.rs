//! Responsible for the arguments of `drift`.

use super::RateArgs;
use crate::model::Address;
use clap::Args;

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
    /// How many requests are sent.
    #[command(flatten)]
    pub rate: RateArgs,
}
