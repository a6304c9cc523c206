//! Responsible for the arguments of `plan`, and those that `plan` and `apply` share.

use super::ConnectionArgs;
use super::values::parse_count_or_percent;
use crate::model::Address;
use crate::plan::CountOrPercent;
use clap::Args;

/// `plan`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  airlift plan
  airlift plan --target acme-corp --format json | jq '.summary'
  airlift plan --detailed-exitcode     0: nothing to do, 2: changes")]
pub struct PlanArgs {
    /// Which part, and how.
    #[command(flatten)]
    pub planning: PlanningArgs,
    /// Exit 2 when there are changes
    #[arg(long)]
    pub detailed_exitcode: bool,
}

/// What planning is told; the same for `plan` and `apply`.
#[derive(Args, Clone, Debug)]
pub struct PlanningArgs {
    /// Only this customer or customer/connector; may be repeated
    #[arg(long, value_name = "ADDRESS", help_heading = "Selection")]
    pub target: Vec<Address>,
    /// All but this customer or customer/connector; may be repeated
    #[arg(long, value_name = "ADDRESS", help_heading = "Selection")]
    pub exclude: Vec<Address>,
    /// Delete connectors and suspend customers that are ours and not in the files
    #[arg(long, help_heading = "Deletion")]
    pub prune: bool,
    /// With --prune: delete customers instead of suspending them
    #[arg(long, requires = "prune", help_heading = "Deletion")]
    pub delete_customers: bool,
    /// Raise the limit on deletions for this run: 20 or 15%
    #[arg(long, value_name = "N|P%", value_parser = parse_count_or_percent, help_heading = "Deletion")]
    pub allow_delete: Option<CountOrPercent>,
    /// How the API is read.
    #[command(flatten)]
    pub connection: ConnectionArgs,
}
