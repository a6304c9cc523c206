//! Responsible for the flags and arguments of `airlift explain`.

use clap::Args;

/// `explain`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  airlift explain
  airlift explain adopt
  airlift explain secret_rotated
  airlift explain customers.connectors.credentials
  airlift explain exit-codes")]
pub struct ExplainArgs {
    /// A code, a term, an exit code or a field; without it, all names are listed
    pub name: Option<String>,
}
