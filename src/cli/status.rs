//! Responsible for the flags and arguments of `airlift status`.

use super::{RateArgs, UnverifiedArgs};
use crate::model::Selector;
use clap::{Args, ValueEnum};

/// `status`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  airlift status
  airlift status 'acme-*' --state failing
  airlift status --format json | jq '.connectors[] | select(.state != \"ok\")'

Exit code 4 says that a connector fails.")]
pub struct StatusArgs {
    /// Only these customers, or connectors as CUSTOMER/CONNECTOR, by name or pattern
    #[arg(value_name = "SELECTOR")]
    pub selectors: Vec<Selector>,
    /// Show only these states, separated by commas
    #[arg(long, value_name = "STATE", value_enum, value_delimiter = ',')]
    pub state: Vec<StateArg>,
    /// Run the type's check action through each connector, which the vendor meters, instead of the
    /// API's check
    #[arg(long)]
    pub execute: bool,
    /// What is shown of a ledger that cannot be verified.
    #[command(flatten)]
    pub unverified: UnverifiedArgs,
    /// The request rate.
    #[command(flatten)]
    pub rate: RateArgs,
}

/// The value of `--state`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum StateArg {
    /// The credentials work.
    Ok,
    /// Not created yet.
    Waiting,
    /// The customer has to consent, for the first time or again.
    #[value(name = "needs_consent")]
    NeedsConsent,
    /// The credentials do not work, or the connector is gone.
    Failing,
    /// The check has no verdict.
    Unverified,
}
