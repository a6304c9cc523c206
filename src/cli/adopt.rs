//! Responsible for the flags and arguments of `airlift adopt`.

use super::values::parse_adopt_target;
use super::{LockArgs, RateArgs};
use crate::model::{Address, Selector};
use clap::Args;
use std::path::PathBuf;
use uuid::Uuid;

/// `adopt`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Adds workspaces and connectors that already exist to the ledger. Sends no write
request. The credentials of an adopted connector stay not verified until
airlift sends them, or `airlift ledger trust` records them.

Examples:
  airlift adopt acme-corp                     a workspace and its connectors
  airlift adopt 'acme-corp/Acme GitHub'
  airlift adopt 'acme-corp/Acme GitHub=5b0c6f0e-6a51-4f2f-9f6d-2f6f5a1f3c11'
  airlift adopt 5b0c6f0e-6a51-4f2f-9f6d-2f6f5a1f3c11
  airlift adopt --out matches.csv             then edit the column adopt
  airlift adopt matches.csv")]
pub struct AdoptArgs {
    /// CUSTOMER or CUSTOMER/CONNECTOR of the files, by name or pattern; a name with =ID if several objects match, or only the
    /// id of the workspace or connector; or a table of --out
    #[arg(value_name = "SELECTOR|ID|FILE", required_unless_present = "out", value_parser = parse_adopt_target)]
    pub targets: Vec<AdoptTarget>,
    /// Adopt nothing, and write what could be adopted into this new file, .csv or .json, for a person to edit
    #[arg(long, value_name = "FILE", conflicts_with_all = ["auto_approve", "lock_timeout"])]
    pub out: Option<PathBuf>,
    /// Do not ask for approval
    #[arg(long, help_heading = "Approval")]
    pub auto_approve: bool,
    /// How long the command waits for the lock.
    #[command(flatten)]
    pub lock: LockArgs,
    /// The request rate.
    #[command(flatten)]
    pub rate: RateArgs,
}

/// The declaration to adopt for, the object to adopt, or both.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum AdoptTarget {
    /// Declared customers or connectors, each of which exactly one object matches.
    Declared(Selector),
    /// The declared customer or connector, and the id of the object.
    DeclaredAs(Address, Uuid),
    /// The same from a row of a table: the connectors of a customer have rows of their own.
    Row(Address, Uuid),
    /// The id of a workspace or connector that one declaration matches.
    Object(Uuid),
    /// A table of `--out`, or a name that ends like one.
    Table(PathBuf),
}
