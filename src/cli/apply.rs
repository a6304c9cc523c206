//! Responsible for the arguments of `apply`, and those that `apply` and `rotate` share.

use super::PlanningArgs;
use super::values::seconds;
use clap::Args;

/// `apply`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  airlift apply
  airlift apply --auto-approve --keep-going
  airlift apply --prune --allow-delete 20%")]
pub struct ApplyArgs {
    /// Which part, and how.
    #[command(flatten)]
    pub planning: PlanningArgs,
    /// Exit 2 when something was changed
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// What is approved beforehand.
    #[command(flatten)]
    pub approval: ApprovalArgs,
    /// How far to go.
    #[command(flatten)]
    pub execution: ExecutionArgs,
}

/// What is approved beforehand.
#[derive(Args, Clone, Copy, Debug)]
pub struct ApprovalArgs {
    /// Do not ask
    #[arg(long, help_heading = "Approval")]
    pub auto_approve: bool,
    /// With --auto-approve: allow replacing for a new type, environment or template
    #[arg(long, help_heading = "Approval")]
    pub allow_replace: bool,
}

/// How far execution goes.
#[derive(Args, Clone, Copy, Debug)]
pub struct ExecutionArgs {
    /// Leave out connectors whose secrets cannot be resolved, and do the rest
    #[arg(long, help_heading = "Execution")]
    pub keep_going: bool,
    /// Block a replacement whose check is inconclusive, instead of warning
    #[arg(long, help_heading = "Execution")]
    pub require_check: bool,
    /// How long to wait for a deletion to be gone
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 60,
        value_parser = seconds(),
        help_heading = "Execution"
    )]
    pub delete_timeout: u64,
}
