//! Responsible for the flags and arguments of `airlift types`.

use clap::Args;

/// `types`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  airlift types
  airlift types github
  airlift types github --example >> customers/acme-corp.yaml
  airlift types --refresh
  airlift types --templates

Without --refresh and --templates, airlift reads only its own catalog.")]
pub struct TypesArgs {
    /// Connector type, for example github
    pub name: Option<String>,
    /// Print a connector of the type as YAML, to paste below `connectors:` of a customer
    #[arg(long, requires = "name", conflicts_with = "format")]
    pub example: bool,
    /// Write the types of the API into the lock file that `types_lock` of the project file names
    #[arg(long, conflicts_with_all = ["name", "templates"])]
    pub refresh: bool,
    /// List the organization's source templates, and the vendor's that it could copy
    #[arg(long, conflicts_with = "name")]
    pub templates: bool,
}

impl TypesArgs {
    /// Whether the command asks the API.
    pub fn is_online(&self) -> bool {
        self.refresh || self.templates
    }
}
