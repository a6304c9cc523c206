//! Responsible for the flags and arguments of `airlift show`.

use super::MarkdownArgs;
use clap::Args;
use std::path::PathBuf;

/// `show`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  airlift show plan.json
  airlift show plan.json --format json | jq '.summary'

Reads no project and sends no request. Checks the plan's MAC if the environment
has the ledger's key.")]
pub struct ShowPlanArgs {
    /// The file that `airlift plan --out` wrote
    #[arg(value_name = "PLAN")]
    pub file: PathBuf,
    /// Check that a person in this file signed the plan; the file has the form of SSH's
    /// `allowed_signers`
    #[arg(long, value_name = "FILE")]
    pub allowed_signers: Option<PathBuf>,
    /// Markdown output.
    #[command(flatten)]
    pub markdown: MarkdownArgs,
}
