//! Responsible for the flags and arguments of `airlift ledger`.

use super::LockArgs;
use super::values::parse_shards;
use crate::model::Selector;
use clap::{Args, Subcommand};
use std::num::NonZeroU16;
use std::path::PathBuf;

/// `ledger`.
#[derive(Clone, Debug, Subcommand)]
pub enum LedgerCommand {
    /// Show what the ledger records
    Show(ShowArgs),
    /// Show the last runs: who ran what and when, and what it did
    #[command(after_help = HISTORY_HELP)]
    History,
    /// Copy the ledger to another place, or to another number of shards
    Copy(CopyArgs),
    /// Record the present secrets as already sent; sends nothing
    Trust(TrustArgs),
    /// Move the fingerprints of secrets to a new key; writes only the ledger
    Rekey(RekeyArgs),
    /// Sign entries that are not verified, after the API has shown their ids; writes only the ledger
    Sign(SignArgs),
}

const HISTORY_HELP: &str = "\
The ledger keeps the last 100 runs. A run that was killed has no end.

Examples:
  airlift ledger history
  airlift ledger history --format json | jq '.runs[0]'";

/// `ledger copy`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Each place is a directory or an address, as --ledger takes it. Locks both,
copies the entries, the OAuth apps and the history, and compares the copy with
the original, which stays as it is. Saved plans are not copied. Refuses a place
that has a ledger of the organization, and a ledger with writes or rotations
that the next run has to complete.

Examples:
  airlift ledger copy .airlift/ledger s3://my-bucket/airlift
  airlift ledger copy s3://my-bucket/airlift s3://my-bucket/airlift-8 --shards 8
  airlift ledger copy s3://my-bucket/airlift /backup/2026-11-30")]
pub struct CopyArgs {
    /// The place of the ledger
    #[arg(value_name = "FROM")]
    pub from: PathBuf,
    /// The place of the copy
    #[arg(value_name = "TO")]
    pub to: PathBuf,
    /// Divide the copy into so many shards
    #[arg(long, value_name = "N", value_parser = parse_shards)]
    pub shards: Option<NonZeroU16>,
}

/// `ledger sign`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Converts a ledger of an earlier version, and repairs a ledger after entries were
changed, replaced by old copies or deleted, or after its key was lost. Shows
each entry that is not verified. Signs only ids that the API lists in the
workspace of the entry. Entries of workspaces that do not exist are removed.

Example:
  airlift ledger sign")]
pub struct SignArgs {
    /// Do not ask for approval
    #[arg(long)]
    pub auto_approve: bool,
    /// How long the command waits for the lock.
    #[command(flatten)]
    pub lock: LockArgs,
}

/// `ledger show`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  airlift ledger show
  airlift ledger show 'acme-corp/Acme GitHub'
  airlift ledger show --format json | jq '.customers[].connectors[].id'")]
pub struct ShowArgs {
    /// Only these customers, or connectors as CUSTOMER/CONNECTOR, by name or pattern
    #[arg(value_name = "SELECTOR")]
    pub selectors: Vec<Selector>,
}

/// `ledger trust`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Use it where the secrets of a connector are \"not verified\" and you know that the
connector has the secrets that the files name now, for example after `adopt`.
From then on, a plan notices when a secret changes.

Examples:
  airlift ledger trust acme-corp
  airlift ledger trust 'acme-corp/Acme GitHub' --auto-approve")]
pub struct TrustArgs {
    /// Customers, or connectors as CUSTOMER/CONNECTOR, by name or pattern
    #[arg(value_name = "SELECTOR", required = true)]
    pub selectors: Vec<Selector>,
    /// Do not ask for approval
    #[arg(long, help_heading = "Approval")]
    pub auto_approve: bool,
    /// How long the command waits for the lock.
    #[command(flatten)]
    pub lock: LockArgs,
}

/// `ledger rekey`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
The old key is AIRLIFT_LEDGER_OLD_KEY or, if that is not set, the client secret.
The new key is AIRLIFT_LEDGER_KEY or, if that is not set, the client secret.
A connector keeps its old fingerprints and is reported if its secrets changed
since they were last sent, or if they cannot be read.

Example:
  AIRLIFT_LEDGER_OLD_KEY=... AIRLIFT_LEDGER_KEY=... airlift ledger rekey")]
pub struct RekeyArgs {
    /// How long the command waits for the lock.
    #[command(flatten)]
    pub lock: LockArgs,
}
