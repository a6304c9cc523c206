//! Responsible for the flag that shows ledger entries that are not verified.

use clap::Args;

/// Whether entries that are not verified are shown.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct UnverifiedArgs {
    /// Also show entries of the ledger that this host's key does not verify
    #[arg(long)]
    pub unverified: bool,
}
