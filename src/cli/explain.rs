//! Responsible for the arguments of `explain`.

use clap::Args;

/// `explain`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  airlift explain
  airlift explain secret_rotated
  airlift explain customers.connectors.credentials")]
pub struct ExplainArgs {
    /// What to explain; without it, everything that can be explained is listed
    pub what: Option<String>,
}
