//! Responsible for the flags and arguments of `airlift replan`.

use super::plan_source::{PlanSource, SaveArgs};
use super::{ConnectionArgs, MarkdownArgs, PolicyArgs};
use clap::Args;

/// `replan`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  airlift replan --from plan.json
  airlift replan --from plan.json --out moved.json
  airlift replan --from 3f79bb7b --save

Plans with the options of the saved plan, and leaves out what the saved plan
still covers and what it never contained.")]
pub struct ReplanArgs {
    /// The saved plan: a file, an id of `plan --save`, or `s3://BUCKET/DIR/ID`
    #[arg(long, value_name = "PLAN", value_parser = PlanSource::parse_any)]
    pub from: PlanSource,
    /// Exit 2 if steps no longer fit and others are planned in their place
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Where the new plan is saved.
    #[command(flatten)]
    pub save: SaveArgs,
    /// Markdown output.
    #[command(flatten)]
    pub markdown: MarkdownArgs,
    /// The policy file.
    #[command(flatten)]
    pub policy: PolicyArgs,
    /// How the API is read.
    #[command(flatten)]
    pub connection: ConnectionArgs,
}
