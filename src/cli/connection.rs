//! Responsible for the arguments that set how a command reads the API and how many requests it
//! sends.

use super::values::{parse_rate, seconds};
use clap::{Args, ValueEnum};

/// How a command reads the API and sends requests.
#[derive(Args, Clone, Debug)]
pub struct ConnectionArgs {
    /// Do not resolve secrets while planning; they are shown as not verified
    #[arg(long, help_heading = "Reading")]
    pub no_secrets: bool,
    /// What to read: with lean, details only where they may have changed; with full, every detail
    #[arg(
        long,
        value_name = "EXTENT",
        value_enum,
        default_value_t,
        help_heading = "Reading"
    )]
    pub refresh: RefreshArg,
    /// How long to wait for requests of an interrupted run that may still complete
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 30,
        value_parser = seconds(),
        help_heading = "Reading"
    )]
    pub settle_timeout: u64,
    /// The request rate.
    #[command(flatten)]
    pub rate: RateArgs,
    /// Token that creates connectors: the customer's (scoped) or the organization's (application)
    #[arg(
        long,
        value_name = "KIND",
        value_enum,
        default_value_t,
        help_heading = "Remote API"
    )]
    pub connector_token: ConnectorTokenArg,
}

/// Options that limit the requests of a command.
#[derive(Args, Clone, Copy, Debug)]
pub struct RateArgs {
    /// Maximum number of concurrent requests; lowered by itself while the API throttles
    #[arg(
        long,
        value_name = "N",
        default_value_t = 10,
        value_parser = clap::value_parser!(u16).range(1..=256),
        help_heading = "Remote API"
    )]
    pub parallelism: u16,
    /// Maximum number of requests per second, for example 5 or 0.5 [default: no limit]
    #[arg(
        long,
        value_name = "N",
        value_parser = parse_rate,
        help_heading = "Remote API"
    )]
    pub max_rps: Option<f64>,
}

/// The value of `--refresh`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum RefreshArg {
    /// Reads details only where they may have changed.
    #[default]
    Lean,
    /// Reads every detail.
    Full,
}

/// The value of `--listing`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum ListingArg {
    /// Lists the connectors of each customer.
    #[default]
    Customers,
    /// Lists the ids of all connectors of the organization.
    Organization,
}

/// The value of `--connector-token`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum ConnectorTokenArg {
    /// The customer's scoped token.
    #[default]
    Scoped,
    /// The organization's application token.
    Application,
}
