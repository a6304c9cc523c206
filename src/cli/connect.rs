//! Responsible for the flags and arguments of `airlift connect`.

use super::values::seconds;
use super::{LockArgs, RateArgs};
use crate::model::{Address, WebOrigin};
use clap::{Args, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;
use uuid::Uuid;

/// `connect`.
#[derive(Args, Clone, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "\
Examples:
  airlift connect 'acme-corp/Acme HubSpot'
  airlift connect 'acme-corp/Acme HubSpot' --no-browser --qr
  airlift connect 'acme-corp/Acme HubSpot' --complete \\
    5b0c6f0e-6a51-4f2f-9f6d-2f6f5a1f3c11
  airlift connect --needed --public-url https://connect.example.com \\
    --format csv > links.csv
  airlift connect serve --public-url https://connect.example.com

Starts the consent to a connector that is declared with `oauth: {consent:
customer}`, waits for it, verifies the connector that the vendor created, and
adds it to the ledger."
)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct ConnectArgs {
    /// The command.
    #[command(subcommand)]
    pub command: Option<ConnectCommand>,
    /// The connector of the files
    #[arg(value_name = "CUSTOMER/CONNECTOR", required_unless_present = "needed")]
    pub address: Option<Address>,
    /// List the connectors that need a consent, each with a link for `connect serve`
    #[arg(long, conflicts_with_all = ["address", "complete", "again", "qr", "no_browser", "clone_template", "timeout", "lock_timeout"])]
    pub needed: bool,
    /// The links of --needed.
    #[command(flatten)]
    pub links: LinkArgs,
    /// Verify and record this connector, whose callback your own backend received
    #[arg(long, value_name = "ID")]
    pub complete: Option<Uuid>,
    /// Ask for another consent although the connector exists, and replace it
    #[arg(long)]
    pub again: bool,
    /// Do not start a browser: open the address on any device
    #[arg(long)]
    pub no_browser: bool,
    /// Also print the address as a QR code
    #[arg(long)]
    pub qr: bool,
    /// Copy the vendor's source template into the organization if it has none for the type
    #[arg(long)]
    pub clone_template: bool,
    /// Wait so many seconds for the consent
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = seconds())]
    pub timeout: u64,
    /// How long the command waits for the lock.
    #[command(flatten)]
    pub lock: LockArgs,
}

/// The links of `connect --needed`.
#[derive(Args, Clone, Debug)]
pub struct LinkArgs {
    /// The origin of the site that `connect serve` runs; without it, no links are made
    #[arg(
        long,
        value_name = "ORIGIN",
        requires = "needed",
        help_heading = "Links"
    )]
    pub public_url: Option<WebOrigin>,
    /// How many days a link is valid
    #[arg(
        long,
        value_name = "DAYS",
        default_value_t = 7,
        requires = "public_url",
        value_parser = clap::value_parser!(u64).range(1..=90),
        help_heading = "Links"
    )]
    pub valid_for: u64,
    /// The request rate.
    #[command(flatten)]
    pub rate: RateArgs,
}

/// The subcommands of `connect`.
#[derive(Clone, Debug, Subcommand)]
pub enum ConnectCommand {
    /// Serve the links of `connect --needed` on your own domain
    Serve(ConnectServeArgs),
}

/// `connect serve`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  airlift connect serve --public-url https://connect.example.com \\
    --title 'Example Inc.' --success-url https://app.example.com/connected
  AIRLIFT_WEBHOOK_SECRET_FILE=webhook-secret airlift connect serve \\
    --public-url https://connect.example.com --proxies 1 \\
    --webhook https://app.example.com/hooks/airlift

A link opens a page with a button, and only the button starts the consent. Run
the listener behind a proxy that ends TLS. A restart loses no link and no
consent. Delivery to the webhook is best effort: an event is tried four times,
and a restart loses events that wait. `airlift status` shows what is connected.")]
pub struct ConnectServeArgs {
    /// The address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8710")]
    pub listen: SocketAddr,
    /// The origin that browsers use [default: the address to listen on]
    #[arg(long, value_name = "ORIGIN")]
    pub public_url: Option<WebOrigin>,
    /// How many proxies in front append to X-Forwarded-For; 0 ignores forwarded headers
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    pub proxies: u8,
    /// The title of the pages
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "Connect your account",
        help_heading = "Pages"
    )]
    pub title: String,
    /// Your own page, as a template
    #[arg(long, value_name = "FILE", help_heading = "Pages")]
    pub template: Option<PathBuf>,
    /// Where the browser goes after a success, in place of a page
    #[arg(long, value_name = "URL", value_parser = super::values::parse_web_url, help_heading = "Pages")]
    pub success_url: Option<String>,
    /// Where the browser goes after a failure, with `error=CODE` in its query
    #[arg(long, value_name = "URL", value_parser = super::values::parse_web_url, help_heading = "Pages")]
    pub error_url: Option<String>,
    /// Post a signed event to this address after each consent, up to four times
    #[arg(long, value_name = "URL", help_heading = "Events")]
    pub webhook: Option<String>,
    /// Copy the vendor's source template into the organization if it has none for the type
    #[arg(long)]
    pub clone_template: bool,
    /// How long recording a connector waits for the lock.
    #[command(flatten)]
    pub lock: LockArgs,
}
