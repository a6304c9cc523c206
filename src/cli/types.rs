//! Responsible for the flags and arguments of `airlift types`.

use clap::Args;

/// `types`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  airlift types
  airlift types github")]
pub struct TypesArgs {
    /// Connector type, for example github
    pub name: Option<String>,
}
