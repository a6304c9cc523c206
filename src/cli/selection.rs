//! Responsible for the flags that select a part of the files, besides `--target` and `--exclude`.

use super::values::parse_label;
use clap::Args;
use std::path::PathBuf;

/// What of the files a run covers. All of these together select what each of them selects.
#[derive(Args, Clone, Debug, Default, Eq, PartialEq)]
pub struct SelectionArgs {
    /// Targets from a file with one selector a line
    #[arg(long, value_name = "FILE", help_heading = "Selection")]
    pub target_file: Vec<PathBuf>,
    /// Exclusions from a file with one selector a line
    #[arg(long, value_name = "FILE", help_heading = "Selection")]
    pub exclude_file: Vec<PathBuf>,
    /// Only connectors of this type; may be repeated
    #[arg(long = "type", value_name = "TYPE", help_heading = "Selection")]
    pub types: Vec<String>,
    /// Only customers with this label; may be repeated, and all must match
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = parse_label, help_heading = "Selection")]
    pub labels: Vec<(String, String)>,
    /// Only customers whose files differ from this commit, branch or tag
    #[arg(long, value_name = "GITREF", help_heading = "Selection")]
    pub changed_since: Option<String>,
    /// Only what failed or was blocked in the run of this JSON report of apply
    #[arg(long, value_name = "REPORT", help_heading = "Selection")]
    pub retry: Option<PathBuf>,
}
