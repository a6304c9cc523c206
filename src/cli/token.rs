//! Responsible for the flags and arguments of `airlift token`.

use crate::model::WebOrigin;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `token`.
#[derive(Clone, Debug, Subcommand)]
pub enum TokenCommand {
    /// Request a token for the vendor's widget on your page, with which a customer adds connectors
    Widget(WidgetTokenArgs),
    /// Request a token for the workspace of one customer, to look into a problem
    Scoped(ScopedTokenArgs),
    /// Request the organization's token, to look into a problem
    App(AppTokenArgs),
}

/// Where a token is written to.
#[derive(Args, Clone, Debug)]
pub struct TokenSinkArgs {
    /// Write the token to this new file, which only you can read (0600)
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub out: Option<PathBuf>,
    /// Replace the file of --out, such as the one with the token before
    #[arg(long, requires = "out", help_heading = "Output")]
    pub replace: bool,
    /// Print the token, also to a terminal or to the log of a CI job
    #[arg(long, conflicts_with_all = ["out", "replace"], help_heading = "Output")]
    pub reveal: bool,
}

/// `token widget`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  airlift token widget --customer acme-corp \\
    --origin https://app.example.com --out widget-token
  airlift token widget --customer acme-corp --tags crm \\
    --origin http://localhost:3000 | your-backend

The customer's workspace must exist. The page at the origin, and no other, can
use the token. airlift decodes it and checks its workspace before you get it.")]
pub struct WidgetTokenArgs {
    /// The customer
    #[arg(long, value_name = "CUSTOMER")]
    pub customer: String,
    /// The origin of your page: scheme, host and port, without a path
    #[arg(long, value_name = "ORIGIN")]
    pub origin: WebOrigin,
    /// Offer only the types with one of these tags; separated by commas
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    pub tags: Vec<String>,
    /// The sink.
    #[command(flatten)]
    pub sink: TokenSinkArgs,
}

/// `token scoped`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Example:
  airlift token scoped --customer acme-corp --out scoped-token

The customer's workspace must exist. The token is valid for 20 minutes.")]
pub struct ScopedTokenArgs {
    /// The customer
    #[arg(long, value_name = "CUSTOMER")]
    pub customer: String,
    /// The sink.
    #[command(flatten)]
    pub sink: TokenSinkArgs,
}

/// `token app`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Example:
  airlift token app --out app-token

The token can read and change every customer of the organization. It is valid
for 15 minutes.")]
pub struct AppTokenArgs {
    /// The sink.
    #[command(flatten)]
    pub sink: TokenSinkArgs,
}

impl TokenCommand {
    /// Where the token is written to.
    pub fn sink(&self) -> &TokenSinkArgs {
        match self {
            Self::Widget(args) => &args.sink,
            Self::Scoped(args) => &args.sink,
            Self::App(args) => &args.sink,
        }
    }
}
