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
    /// Markdown output.
    #[command(flatten)]
    pub markdown: MarkdownArgs,
}
