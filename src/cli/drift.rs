//! Responsible for the flags and arguments of `airlift drift`.

use super::RateArgs;
use crate::model::Selector;
use clap::Args;
use std::path::PathBuf;

/// `drift`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  airlift drift
  airlift drift --detailed-exitcode     0: no drift, 2: drift
  airlift drift --target acme-corp --format json | jq '.changes'
  airlift drift --accept 'acme-corp/Acme GitHub'
  airlift drift --allow drift-allowed.yaml --detailed-exitcode

Changes in the files that are not applied yet are not drift. `airlift plan`
shows them.")]
pub struct DriftArgs {
    /// Only this customer or customer/connector of the ledger, by name or pattern; may be repeated
    #[arg(long, value_name = "SELECTOR", help_heading = "Selection")]
    pub target: Vec<Selector>,
    /// All except this customer or customer/connector, by name or pattern; may be repeated
    #[arg(long, value_name = "SELECTOR", help_heading = "Selection")]
    pub exclude: Vec<Selector>,
    /// Write what others changed of this customer or customer/connector into the files and the ledger; may
    /// be repeated
    #[arg(
        long,
        value_name = "SELECTOR",
        conflicts_with_all = ["target", "exclude"],
        help_heading = "Acceptance"
    )]
    pub accept: Vec<Selector>,
    /// Leave out the drift that this file allows until a day
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "accept",
        help_heading = "Acceptance"
    )]
    pub allow: Option<PathBuf>,
    /// Exit 2 if something drifted
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// The request rate.
    #[command(flatten)]
    pub rate: RateArgs,
}
