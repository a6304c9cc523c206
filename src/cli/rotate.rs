//! The command line of `rotate` and `ledger`.

use super::{ExecutionOpts, ReachOpts, parse_limit};
use crate::model::Address;
use crate::plan::Limit;
use clap::{Args, Subcommand};

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
        value_parser = parse_limit,
        help_heading = "Execution"
    )]
    pub waves: Vec<Limit>,
    /// Begin no further wave after more failures than this
    #[arg(
        long,
        value_name = "N|P%",
        default_value = "0",
        value_parser = parse_limit,
        help_heading = "Execution"
    )]
    pub max_failures: Limit,
    /// How far to go.
    #[command(flatten)]
    pub execution: ExecutionOpts,
    /// Do not ask
    #[arg(long, help_heading = "Approval")]
    pub auto_approve: bool,
    /// How the API is read.
    #[command(flatten)]
    pub reach: ReachOpts,
}

/// `ledger`.
#[derive(Clone, Debug, Subcommand)]
pub enum LedgerCommand {
    /// Move fingerprints of secrets to a new key; nothing remote is written
    Rekey(RekeyArgs),
}

/// `ledger rekey`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
The old key is AIRLIFT_LEDGER_OLD_KEY, else the client secret; the new one is
AIRLIFT_LEDGER_KEY, else the client secret. A connector whose secrets differ
from what was last sent, or cannot be read, is reported and left as it is.

Example:
  AIRLIFT_LEDGER_OLD_KEY=... AIRLIFT_LEDGER_KEY=... airlift ledger rekey")]
pub struct RekeyArgs {}
