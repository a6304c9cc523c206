//! Responsible for the flags and arguments of `airlift snapshot`.

use super::RateArgs;
use clap::Args;
use std::path::PathBuf;

/// `snapshot`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  airlift snapshot --out snapshot.json
  airlift snapshot --out snapshot.json --sign ~/.ssh/id_ed25519
  airlift plan --snapshot snapshot.json --allowed-signers signers

A snapshot has the names, ids and declared settings of customers and connectors,
and no secret. `airlift plan --snapshot` needs neither credentials nor network.")]
pub struct SnapshotArgs {
    /// Write the snapshot into this file
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Sign the snapshot with this SSH key, through `ssh-keygen`
    #[arg(long, value_name = "KEY")]
    pub sign: Option<PathBuf>,
    /// The request rate.
    #[command(flatten)]
    pub rate: RateArgs,
}
