//! Responsible for the flags and arguments of `airlift export`.

use super::RateArgs;
use crate::model::Selector;
use clap::Args;
use std::path::PathBuf;

/// `export`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  airlift export > ../exported.yaml
  airlift export --out project     airlift.yaml and one file per customer
  airlift export --update          into the files of the present project
  airlift export --target acme-corp --target globex --format json

The API never returns credentials. The export contains the references that the
ledger records, and a placeholder to be filled in for every other credential.")]
pub struct ExportArgs {
    /// Only this customer, by name or pattern; may be repeated
    #[arg(long, value_name = "CUSTOMER", help_heading = "Selection")]
    pub target: Vec<Selector>,
    /// Write a project into this directory; existing files are never overwritten
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Write what exists into the files of the project; keeps comments, references and order
    #[arg(long, conflicts_with = "out")]
    pub update: bool,
    /// The request rate.
    #[command(flatten)]
    pub rate: RateArgs,
}
