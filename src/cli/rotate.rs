//! Responsible for the flags and arguments of `airlift rotate`.

use super::values::{parse_count_or_percent, parse_reason, parse_wave};
use super::{ConnectionArgs, ExecutionArgs, LockArgs, PolicyArgs};
use crate::model::{CountOrPercent, Selector};
use clap::{ArgGroup, Args};

/// `rotate`.
#[derive(Args, Clone, Debug)]
#[command(group(ArgGroup::new("rotation").required(true).multiple(true).args(["selectors", "all", "resume"])))]
#[command(after_help = "\
Examples:
  airlift rotate acme-corp 'globex/Globex Zendesk'
  airlift rotate --all --waves 5,25%,100% --max-failures 2
  airlift rotate --resume")]
pub struct RotateArgs {
    /// Customers to rotate, or connectors as CUSTOMER/CONNECTOR, by name or pattern
    #[arg(value_name = "SELECTOR")]
    pub selectors: Vec<Selector>,
    /// Rotate every connector in the files
    #[arg(long, conflicts_with = "selectors")]
    pub all: bool,
    /// Resume an interrupted rotation
    #[arg(long)]
    pub resume: bool,
    /// Cumulative size of each wave; the rest form a last one
    #[arg(
        long,
        value_name = "N|P%,…",
        value_delimiter = ',',
        default_value = "1,10%,100%",
        value_parser = parse_wave,
        help_heading = "Execution"
    )]
    pub waves: Vec<CountOrPercent>,
    /// Stop before the next wave after more failures than this
    #[arg(
        long,
        value_name = "N|P%",
        default_value = "0",
        value_parser = parse_count_or_percent,
        help_heading = "Execution"
    )]
    pub max_failures: CountOrPercent,
    /// How the plan is executed.
    #[command(flatten)]
    pub execution: ExecutionArgs,
    /// How long the command waits for the lock.
    #[command(flatten)]
    pub lock: LockArgs,
    /// Do not ask for approval
    #[arg(long, help_heading = "Approval")]
    pub auto_approve: bool,
    /// Start outside of the change windows of the policy file, for this reason
    #[arg(long, value_name = "REASON", value_parser = parse_reason, help_heading = "Approval")]
    pub override_window: Option<String>,
    /// The limit on rotations of this run in place of `guards` in the files
    #[arg(long, value_name = "N", help_heading = "Approval")]
    pub allow_id_changes: Option<u64>,
    /// The policy file.
    #[command(flatten)]
    pub policy: PolicyArgs,
    /// How the API is read.
    #[command(flatten)]
    pub connection: ConnectionArgs,
}
