//! Responsible for the flags and arguments of `airlift types`.

use clap::Args;

/// `types`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  airlift types
  airlift types github
  airlift types github --example >> customers/acme-corp.yaml")]
pub struct TypesArgs {
    /// Connector type, for example github
    pub name: Option<String>,
    /// Print a connector of the type as YAML, to paste below `connectors:` of a customer
    #[arg(long, requires = "name", conflicts_with = "format")]
    pub example: bool,
}
