//! Responsible for the flags and arguments of `airlift apply`, and those that `apply` and `rotate` share.

use super::values::{parse_reason, seconds};
use super::{LockArgs, PlanSource, PlanningArgs, WaveArgs};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `apply`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  airlift apply
  airlift apply --auto-approve --keep-going
  airlift apply --prune --allow-delete 20%
  airlift apply --auto-approve --format json > report.json
  airlift apply --auto-approve --retry report.json
  airlift apply --auto-approve --waves 1,5%,25%,100% --wave-pause 5m
  airlift apply plan.json --expect 3f79bb7b435b05321651daefd374cdc6...
  airlift apply --plan 3f79bb7b        the plan of `airlift plan --save`
  airlift apply --approved plan.json   only if the plan has every step")]
pub struct ApplyArgs {
    /// Execute exactly this plan, a file or `s3://BUCKET/DIR/ID` that `airlift plan --out` saved, without
    /// asking
    #[arg(value_name = "PLAN", groups = ["saved", "reviewed"], value_parser = PlanSource::parse_file)]
    pub saved_plan: Option<PlanSource>,
    /// Execute exactly the plan with this id, which `airlift plan --save` saved, without asking
    #[arg(
        long,
        value_name = "ID",
        groups = ["saved", "reviewed"],
        value_parser = PlanSource::parse_id,
        help_heading = "Saved plan"
    )]
    pub plan: Option<PlanSource>,
    /// Plan, and execute without asking if this saved plan has every step; else write nothing
    #[arg(
        long,
        value_name = "PLAN",
        group = "reviewed",
        conflicts_with = "saved",
        value_parser = PlanSource::parse_any,
        help_heading = "Saved plan"
    )]
    pub approved: Option<PlanSource>,
    /// Refuse the saved plan unless this is its id
    #[arg(
        long,
        value_name = "ID",
        requires = "saved",
        help_heading = "Saved plan"
    )]
    pub expect: Option<String>,
    /// Refuse the saved plan unless a person in this file signed it; the file has the form of SSH's
    /// `allowed_signers`
    #[arg(
        long,
        value_name = "FILE",
        requires = "reviewed",
        help_heading = "Saved plan"
    )]
    pub allowed_signers: Option<PathBuf>,
    /// What to do if steps of the saved plan no longer fit
    #[arg(
        long,
        value_name = "ACTION",
        value_enum,
        default_value_t,
        requires = "saved",
        help_heading = "Saved plan"
    )]
    pub on_stale: OnStale,
    /// What is planned, and how.
    #[command(flatten)]
    pub planning: PlanningArgs,
    /// Exit 2 if the plan has changes
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// After the run, write the ids of everything managed into this file, as JSON
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub outputs_file: Option<PathBuf>,
    /// Start outside of the change windows of the policy file, for this reason
    #[arg(long, value_name = "REASON", value_parser = parse_reason, help_heading = "Approval")]
    pub override_window: Option<String>,
    /// What is approved in advance.
    #[command(flatten)]
    pub approval: ApprovalArgs,
    /// Check the credentials of new connectors before they are created, as those of replacements
    #[arg(long, help_heading = "Execution")]
    pub check: bool,
    /// How the plan is executed.
    #[command(flatten)]
    pub execution: ExecutionArgs,
    /// The waves.
    #[command(flatten)]
    pub waves: WaveArgs,
    /// How long the command waits for the lock.
    #[command(flatten)]
    pub lock: LockArgs,
}

impl ApplyArgs {
    /// The saved plan to execute.
    pub fn source(&self) -> Option<&PlanSource> {
        self.saved_plan.as_ref().or(self.plan.as_ref())
    }
}

/// The value of `--on-stale`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum OnStale {
    /// Skip these steps, and execute the others (exit code 4).
    #[default]
    Skip,
    /// Write nothing (exit code 10).
    Fail,
}

/// Options that approve changes in advance.
#[derive(Args, Clone, Copy, Debug)]
pub struct ApprovalArgs {
    /// Do not ask for approval
    #[arg(long, help_heading = "Approval")]
    pub auto_approve: bool,
    /// With --auto-approve: also approve replacements because of type, environment, template or
    /// settings
    #[arg(long, requires = "auto_approve", help_heading = "Approval")]
    pub allow_replace: bool,
    /// Also approve changes of OAuth apps, which every customer of the organization uses
    #[arg(long, help_heading = "Approval")]
    pub allow_oauth_apps: bool,
}

/// Options of the execution, the same for `apply` and `rotate`.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct ExecutionArgs {
    /// Skip connectors whose secrets cannot be resolved
    #[arg(long, help_heading = "Execution")]
    pub keep_going: bool,
    /// Whether the credentials of new connectors are checked: `--check` of `apply`.
    #[arg(skip)]
    pub check_new: bool,
    /// Block a connector if the check of its credentials is inconclusive, instead of warning
    #[arg(long, help_heading = "Execution")]
    pub require_check: bool,
    /// How long to wait until a deletion is visible
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 60,
        value_parser = seconds(),
        help_heading = "Execution"
    )]
    pub delete_timeout: u64,
}
