//! Responsible for the flags and arguments of `airlift show`.

use super::{MarkdownArgs, PlanSource};
use clap::Args;
use std::path::PathBuf;

/// `show`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  airlift show plan.json
  airlift show plan.json --format json | jq '.summary'
  airlift show 3f79bb7b                of `airlift plan --save`

Needs no credentials of the API, and no project for a plan in a file. Checks the
plan's MAC if the environment has the ledger's key.")]
pub struct ShowPlanArgs {
    /// The saved plan: a file, an id of `plan --save`, or `s3://BUCKET/DIR/ID`
    #[arg(value_name = "PLAN", value_parser = PlanSource::parse_any)]
    pub plan: PlanSource,
    /// Check that a person in this file signed the plan; the file has the form of SSH's
    /// `allowed_signers`
    #[arg(long, value_name = "FILE")]
    pub allowed_signers: Option<PathBuf>,
    /// Markdown output.
    #[command(flatten)]
    pub markdown: MarkdownArgs,
}
