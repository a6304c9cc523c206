//! Responsible for the arguments of `ledger`.

use clap::{Args, Subcommand};

/// `ledger`.
#[derive(Clone, Debug, Subcommand)]
pub enum LedgerCommand {
    /// Move the fingerprints of secrets to a new key; writes only the ledger
    Rekey(RekeyArgs),
    /// Sign entries that are not verified, after the API has shown their ids; writes only the ledger
    Sign(SignArgs),
}

/// `ledger sign`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Converts a ledger of an earlier version, and repairs a ledger after entries were
changed, replaced by old copies or deleted, or after its key was lost. Shows each
entry that is not verified. Signs only ids that the API lists in the workspace of
the entry. Entries of workspaces that do not exist are removed.

Example:
  airlift ledger sign")]
pub struct SignArgs {
    /// Do not ask for approval
    #[arg(long)]
    pub auto_approve: bool,
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
pub struct RekeyArgs {}
