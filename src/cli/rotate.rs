//! Responsible for the arguments of `rotate`.

use super::values::parse_count_or_percent;
use super::{ConnectionArgs, ExecutionArgs};
use crate::model::Address;
use crate::plan::CountOrPercent;
use clap::Args;

/// `rotate`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  airlift rotate acme-corp 'globex/Globex Zendesk'
  airlift rotate --all --waves 5,25%,100% --max-failures 2
  airlift rotate --resume")]
pub struct RotateArgs {
    /// Customers, or connectors as CUSTOMER/CONNECTOR
    #[arg(value_name = "SELECTOR", required_unless_present_any = ["all", "resume"])]
    pub selectors: Vec<Address>,
    /// Every connector of the files
    #[arg(long, conflicts_with = "selectors")]
    pub all: bool,
    /// Go on with a rotation that did not come to its end
    #[arg(long)]
    pub resume: bool,
    /// Connectors done after each wave, in all; what is left is one more
    #[arg(
        long,
        value_name = "N|P%,…",
        value_delimiter = ',',
        default_value = "1,10%,100%",
        value_parser = parse_count_or_percent,
        help_heading = "Execution"
    )]
    pub waves: Vec<CountOrPercent>,
    /// Begin no further wave after more failures than this
    #[arg(
        long,
        value_name = "N|P%",
        default_value = "0",
        value_parser = parse_count_or_percent,
        help_heading = "Execution"
    )]
    pub max_failures: CountOrPercent,
    /// How far to go.
    #[command(flatten)]
    pub execution: ExecutionArgs,
    /// Do not ask
    #[arg(long, help_heading = "Approval")]
    pub auto_approve: bool,
    /// How the API is read.
    #[command(flatten)]
    pub connection: ConnectionArgs,
}
