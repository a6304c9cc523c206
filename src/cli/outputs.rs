//! Responsible for the flags and arguments of `airlift outputs`.

use super::UnverifiedArgs;
use crate::model::Selector;
use clap::Args;

/// `outputs`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  airlift outputs --format json | jq -r '.customers[\"acme-corp\"].workspace_id'
  airlift outputs --format dotenv > ids.env
  airlift outputs --format k8s | kubectl apply -f -

Reads the ledger, and no customer from the API.")]
pub struct OutputsArgs {
    /// Only this customer or customer/connector, by name or pattern; may be repeated
    #[arg(long, value_name = "SELECTOR", help_heading = "Selection")]
    pub target: Vec<Selector>,
    /// What is shown of a ledger that cannot be verified.
    #[command(flatten)]
    pub unverified: UnverifiedArgs,
}
