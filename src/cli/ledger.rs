//! Responsible for the arguments of `ledger`.

use clap::{Args, Subcommand};

/// `ledger`.
#[derive(Clone, Debug, Subcommand)]
pub enum LedgerCommand {
    /// Move the fingerprints of secrets to a new key; writes only the ledger
    Rekey(RekeyArgs),
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
