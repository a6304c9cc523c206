//! Responsible for the flags and arguments of `airlift init`.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `init`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  airlift init
  airlift init my-project --type github,hubspot
  airlift init --ci github

Writes a project file, one customer with a connector of each type, made-up
secrets for the sandbox, and the schema that completes fields in editors.")]
pub struct InitArgs {
    /// Directory of the project; existing files are never overwritten
    #[arg(value_name = "DIR", default_value = ".")]
    pub directory: PathBuf,
    /// Types of the connectors, separated by commas; `airlift types` lists them
    #[arg(
        long = "type",
        value_name = "TYPE",
        value_delimiter = ',',
        default_value = "github"
    )]
    pub types: Vec<String>,
    /// Also write the workflow of a CI system that validates, plans and applies
    #[arg(long, value_name = "SYSTEM", value_enum)]
    pub ci: Option<CiSystem>,
}

/// The value of `init --ci`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum CiSystem {
    /// GitHub Actions.
    Github,
    /// GitLab CI.
    Gitlab,
    /// Azure Pipelines.
    Azure,
    /// Bitbucket Pipelines.
    Bitbucket,
}
