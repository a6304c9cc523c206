//! Responsible for the argument that names the policy file.

use clap::Args;
use std::path::PathBuf;

/// The policy file, the same for `plan`, `apply` and `rotate`.
#[derive(Args, Clone, Debug)]
pub struct PolicyArgs {
    /// File outside the project with limits, rules and change windows for each run [default:
    /// `AIRLIFT_POLICY`, or ~/.config/airlift/policy.yaml if it exists]
    #[arg(long, value_name = "FILE", help_heading = "Approval")]
    pub policy: Option<PathBuf>,
}
