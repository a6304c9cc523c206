//! Responsible for the flags and arguments of `airlift plan`, and those that `plan` and `apply` share.

use super::values::parse_count_or_percent;
use super::{ConnectionArgs, ListingArg, PolicyArgs, SaveArgs, SelectionArgs};
use crate::model::{CountOrPercent, Selector};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `plan`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  airlift plan
  airlift plan --target acme-corp --format json | jq '.summary'
  airlift plan --target '*/Acme*' --exclude 'test-*'
  airlift plan --label tier=trial --type github
  airlift plan --detailed-exitcode     0: no changes, 2: changes
  airlift plan --out plan.json && airlift apply plan.json
  airlift plan --save                  then: airlift apply --plan ID
  airlift plan --snapshot snapshot.json
  airlift plan --format markdown --comment gitlab > comment.md")]
pub struct PlanArgs {
    /// What is planned, and how.
    #[command(flatten)]
    pub planning: PlanningArgs,
    /// Exit 2 if the plan has changes
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Markdown output.
    #[command(flatten)]
    pub markdown: MarkdownArgs,
    /// Plan from this file of `airlift snapshot`, without credentials and without the network
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = [
            "out", "save", "refresh", "listing", "settle_timeout", "parallelism", "max_rps",
        ],
        help_heading = "Snapshot"
    )]
    pub snapshot: Option<PathBuf>,
    /// Refuse the snapshot unless a person in this file signed it; the file has the form of SSH's
    /// `allowed_signers`
    #[arg(
        long,
        value_name = "FILE",
        requires = "snapshot",
        help_heading = "Snapshot"
    )]
    pub allowed_signers: Option<PathBuf>,
    /// Where the plan is saved.
    #[command(flatten)]
    pub save: SaveArgs,
}

/// Options of `--format markdown`.
#[derive(Args, Clone, Copy, Debug)]
pub struct MarkdownArgs {
    /// Where the comment of --format markdown is written, which limits its size
    #[arg(
        long,
        value_name = "HOST",
        value_enum,
        default_value_t,
        help_heading = "Output"
    )]
    pub comment: CommentHost,
}

/// The value of `--comment`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum CommentHost {
    /// 65,536 bytes.
    #[default]
    Github,
    /// 1,000,000 bytes.
    Gitlab,
    /// 150,000 bytes.
    Azure,
    /// 32,768 bytes, no HTML.
    Bitbucket,
    /// The summary of a GitHub job, 1 MiB.
    Summary,
}

impl CommentHost {
    /// The most bytes of a comment.
    pub fn bytes(self) -> usize {
        match self {
            Self::Github => 65_536,
            Self::Gitlab => 1_000_000,
            Self::Azure => 150_000,
            Self::Bitbucket => 32_768,
            Self::Summary => 1 << 20,
        }
    }

    /// Whether a comment may have HTML.
    pub fn shows_html(self) -> bool {
        self != Self::Bitbucket
    }
}

/// Options of planning, the same for `plan` and `apply`.
#[derive(Args, Clone, Debug)]
pub struct PlanningArgs {
    /// Only this customer or customer/connector, by name or pattern; may be repeated
    #[arg(long, value_name = "SELECTOR", help_heading = "Selection")]
    pub target: Vec<Selector>,
    /// All except this customer or customer/connector, by name or pattern; may be repeated
    #[arg(long, value_name = "SELECTOR", help_heading = "Selection")]
    pub exclude: Vec<Selector>,
    /// Further ways to select.
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// Delete connectors and suspend customers that airlift manages and the files do not declare
    #[arg(long, help_heading = "Deletion")]
    pub prune: bool,
    /// With --prune: delete customers instead of suspending them
    #[arg(long, requires = "prune", help_heading = "Deletion")]
    pub delete_customers: bool,
    /// The limit on deletions of this run in place of `guards` in the files, for example 20 or 15%
    #[arg(long, value_name = "N|P%", value_parser = parse_count_or_percent, help_heading = "Deletion")]
    pub allow_delete: Option<CountOrPercent>,
    /// The limit on replacements and rotations of this run in place of `guards` in the files
    #[arg(long, value_name = "N", help_heading = "Approval")]
    pub allow_id_changes: Option<u64>,
    /// Allow what protect: confirm of this customer keeps from happening; may be repeated
    #[arg(long, value_name = "CUSTOMER", help_heading = "Approval")]
    pub confirm: Vec<String>,
    /// The policy file.
    #[command(flatten)]
    pub policy: PolicyArgs,
    /// Allow changes to workspaces and connectors that exist and are not in the ledger yet
    #[arg(long, help_heading = "Adoption")]
    pub adopt: bool,
    /// What lists connectors: a request per customer, or with organization a few for all, which show only ids
    #[arg(
        long,
        value_name = "EXTENT",
        value_enum,
        default_value_t,
        help_heading = "Reading"
    )]
    pub listing: ListingArg,
    /// How the API is read.
    #[command(flatten)]
    pub connection: ConnectionArgs,
}
