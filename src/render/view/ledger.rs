//! Responsible for the results of `ledger show`, `ledger trust`, `ledger history` and `ledger copy`.

use crate::model::{ConnectorId, DefinitionId, RunRecord, WorkspaceId};
use serde::Serialize;

/// What the ledger records.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[schemars(title = "airlift ledger")]
pub struct LedgerContents {
    /// The path or address of the ledger.
    pub location: String,
    /// The entries by workspace.
    pub customers: Vec<LedgerCustomer>,
    /// Entries that are not authenticated. They own nothing and block their customer.
    pub unverified: Vec<UnverifiedRow>,
    /// When each unfinished rotation started.
    pub unfinished_rotations: Vec<String>,
    /// How many writes of an interrupted run the next apply resolves.
    pub unresolved_writes: usize,
}

/// An entry that is not authenticated.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct UnverifiedRow {
    /// The workspace.
    #[schemars(with = "String")]
    pub workspace_id: WorkspaceId,
    /// The customer's name that the entry contains.
    pub claimed_name: Option<String>,
    /// The code of the cause, which `airlift explain` explains.
    pub code: &'static str,
}

/// The entry of one customer.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct LedgerCustomer {
    /// The name of the workspace at the last apply.
    pub name: String,
    /// The workspace.
    #[schemars(with = "String")]
    pub workspace_id: WorkspaceId,
    /// Whether a prune suspended the customer.
    pub suspended: bool,
    /// Whether the files protected the customer at the last apply.
    pub protect: bool,
    /// The connectors by name.
    pub connectors: Vec<LedgerConnector>,
    /// Connectors that were replaced or removed and may still exist.
    #[schemars(with = "Vec<String>")]
    pub pending_deletion: Vec<ConnectorId>,
}

/// The record of one connector.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct LedgerConnector {
    /// The name at the last apply.
    pub name: String,
    /// The connector.
    #[schemars(with = "String")]
    pub id: ConnectorId,
    /// The connector type.
    #[schemars(with = "String")]
    pub definition_id: DefinitionId,
    /// Whether a change of the secrets can be noticed.
    pub fingerprints: Fingerprints,
    /// When the secrets were last sent or trusted, RFC 3339.
    pub secrets_sent_at: Option<String>,
    /// The remote `updated_at` after the last apply.
    pub updated_at: Option<String>,
}

/// The fingerprints that the ledger has of a connector's secrets.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fingerprints {
    /// Made with the current key: a plan compares them.
    CurrentKey,
    /// Made with another key: a plan cannot compare them.
    OtherKey,
    /// None, because the connector was adopted.
    None,
}

/// The result of `ledger trust`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Trusted {
    /// Connectors whose present secrets are recorded as already sent.
    pub trusted: Vec<String>,
    /// Connectors whose fingerprints could be compared before.
    pub already: usize,
    /// Connectors whose record is unchanged, with the reason.
    pub left: Vec<NotTrusted>,
}

impl Trusted {
    /// Adds a connector whose record is unchanged.
    pub fn left(&mut self, address: &impl ToString, why: String) {
        let address = address.to_string();
        self.left.push(NotTrusted { address, why });
    }
}

/// A connector whose record is unchanged.
#[derive(Clone, Debug, Serialize)]
pub struct NotTrusted {
    /// `customer/connector`.
    pub address: String,
    /// The reason, as a lower-case fragment.
    pub why: String,
}

/// The runs that the ledger has.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[schemars(title = "airlift ledger history")]
pub struct RunHistory {
    /// The path or address of the ledger.
    pub location: String,
    /// The newest first.
    pub runs: Vec<RunRecord>,
}

/// The result of `ledger copy`.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[schemars(title = "airlift ledger copy")]
pub struct LedgerCopy {
    /// The path or address of the original.
    pub from: String,
    /// The path or address of the copy.
    pub to: String,
    /// The number of shards of the copy. `None` if it is not divided.
    pub shards: Option<u16>,
    /// Customers in the copy.
    pub customers: usize,
    /// Connectors in the copy.
    pub connectors: usize,
    /// Saved plans that the copy did not have.
    pub plans: usize,
}
