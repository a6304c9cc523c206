//! Responsible for the flags and arguments of `airlift doctor`.

use clap::Args;

/// `doctor`.
#[derive(Args, Clone, Copy, Debug)]
#[command(after_help = "\
Examples:
  airlift doctor
  airlift doctor --format json | jq '.checks[] | select(.health != \"ok\")'")]
pub struct DoctorArgs {}
