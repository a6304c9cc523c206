//! Responsible for the arguments of `ledger`.

use clap::{Args, Subcommand};

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
