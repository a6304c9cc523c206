//! Responsible for the arguments that set how a command reads the API, and how many requests it may send.

use super::values::{parse_rate, seconds};
use clap::{Args, ValueEnum};

/// How a command reads the API and sends requests.
#[derive(Args, Clone, Debug)]
pub struct ConnectionArgs {
    /// Resolve no secrets while planning; they show as not verified
    #[arg(long, help_heading = "Reading")]
    pub no_secrets: bool,
    /// How much to read: lean skips details that cannot have changed
    #[arg(
        long,
        value_name = "HOW",
        value_enum,
        default_value_t,
        help_heading = "Reading"
    )]
    pub refresh: Refresh,
    /// How long after its request to look for what a run that was cut short may have created
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 30,
        value_parser = seconds(),
        help_heading = "Reading"
    )]
    pub settle_timeout: u64,
    /// How many requests are sent.
    #[command(flatten)]
    pub rate: RateArgs,
    /// The token that creates connectors
    #[arg(
        long,
        value_name = "KIND",
        value_enum,
        default_value_t,
        help_heading = "Remote API"
    )]
    pub connector_token: ConnectorToken,
}

/// How many requests are sent.
#[derive(Args, Clone, Copy, Debug)]
pub struct RateArgs {
    /// Requests at a time, at most; fewer when the service gets slow or refuses
    #[arg(
        long,
        value_name = "N",
        default_value_t = 10,
        value_parser = clap::value_parser!(u16).range(1..=256),
        help_heading = "Remote API"
    )]
    pub parallelism: u16,
    /// Requests per second at most, such as 5 or 0.5 [default: no bound]
    #[arg(
        long,
        value_name = "N",
        value_parser = parse_rate,
        help_heading = "Remote API"
    )]
    pub max_rps: Option<f64>,
}

/// How much a plan reads.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum Refresh {
    /// Details only where they may have changed.
    #[default]
    Lean,
    /// Every detail.
    Full,
}

/// The token that creates connectors.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum ConnectorToken {
    /// The customer's own.
    #[default]
    Scoped,
    /// The organization's.
    Application,
}
