//! What the ledger remembers: ids, fingerprints and what was last applied. No secret, ever.

use super::{Cache, ConnectorId, DefinitionId, Entity, Settings, Status, TemplateId, WorkspaceId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Everything the ledger holds for an organization.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recorded {
    /// Customers by workspace.
    pub customers: BTreeMap<WorkspaceId, RecordedCustomer>,
}

/// One customer that a run created or adopted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RecordedCustomer {
    /// The name when it was last applied.
    pub name: String,
    /// Made inactive by a prune, and not planned again until it is declared again.
    #[serde(
        default,
        rename = "retired",
        skip_serializing_if = "std::ops::Not::not"
    )]
    pub suspended: bool,
    /// Protected by the files when it was last declared: protection outlives the declaration.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protect: bool,
    /// The workspace's own settings when they were last applied, as far as they were.
    #[serde(default, skip_serializing_if = "AppliedCustomer::is_empty")]
    pub applied: AppliedCustomer,
    /// Connectors that are not ours and were there when the customer was last planned for an
    /// apply; nothing when that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unmanaged: Option<BTreeSet<ConnectorId>>,
    /// Connectors by name.
    #[serde(default)]
    pub connectors: BTreeMap<String, RecordedConnector>,
    /// Connectors of ours that are on their way out: replaced or being deleted.
    #[serde(
        default,
        rename = "leaving",
        skip_serializing_if = "BTreeSet::is_empty"
    )]
    pub pending_deletion: BTreeSet<ConnectorId>,
}

impl RecordedCustomer {
    /// Every connector that is ours, those on their way out included.
    pub fn owned(&self) -> BTreeSet<ConnectorId> {
        let connectors = self.connectors.values().map(|connector| connector.id);
        connectors
            .chain(self.pending_deletion.iter().copied())
            .collect()
    }

    /// Whether a connector is ours, be it on its way out. For many connectors of a customer see
    /// [`Self::owned`]: this looks through all of them.
    pub fn owns(&self, id: ConnectorId) -> bool {
        let mut held = self.connectors.values();
        self.pending_deletion.contains(&id) || held.any(|connector| connector.id == id)
    }
}

/// A workspace's settings as last applied; what is absent was never applied, or is not known.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct AppliedCustomer {
    /// Its status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Its cache setting, where one was declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<Cache>,
}

impl AppliedCustomer {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.status.is_none() && self.cache.is_none()
    }
}

/// One connector that a run created or adopted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordedConnector {
    /// Its id.
    pub id: ConnectorId,
    /// Its type.
    pub definition_id: DefinitionId,
    /// The template that the files named when it was last applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_id: Option<TemplateId>,
    /// What was last sent of secrets; nothing for a connector that was adopted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent>,
    /// `credentials_version` when it was last applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials_version: Option<u64>,
    /// The readable settings when they were last applied.
    #[serde(default)]
    pub applied: Applied,
    /// The remote `updated_at` right after the last apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
}

/// What the ledger will hold of a connector that is about to be created: it has no id yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "RecordedConnector", into = "RecordedConnector")]
pub struct PendingConnector {
    /// Its type.
    pub definition_id: DefinitionId,
    /// The template that the files name.
    pub template_id: Option<TemplateId>,
    /// What is about to be sent of secrets.
    pub sent: Option<Sent>,
    /// `credentials_version` as declared.
    pub credentials_version: Option<u64>,
    /// The readable settings.
    pub applied: Applied,
}

impl PendingConnector {
    /// The record once the id is known.
    pub fn with_id(self, id: ConnectorId) -> RecordedConnector {
        RecordedConnector {
            id,
            definition_id: self.definition_id,
            template_id: self.template_id,
            sent: self.sent,
            credentials_version: self.credentials_version,
            applied: self.applied,
            updated_at: None,
        }
    }
}

impl From<RecordedConnector> for PendingConnector {
    fn from(record: RecordedConnector) -> Self {
        Self {
            definition_id: record.definition_id,
            template_id: record.template_id,
            sent: record.sent,
            credentials_version: record.credentials_version,
            applied: record.applied,
        }
    }
}

/// The form in the journal, where every version expects an id.
impl From<PendingConnector> for RecordedConnector {
    fn from(pending: PendingConnector) -> Self {
        pending.with_id(ConnectorId(uuid::Uuid::nil()))
    }
}

/// The declared settings at the last apply, references as text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Applied {
    /// `environment`, which the API never returns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Settings>,
    /// `replication_config` as declared: the keys that are ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replication_config: Option<Settings>,
    /// `entities` as declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entities: Option<Vec<Entity>>,
}

/// Keyed fingerprints of the secrets last sent for one connector, by dotted path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sent {
    /// Which key made the fingerprints.
    pub key_id: String,
    /// Random, per sending: equal secrets of two connectors have unequal fingerprints.
    pub salt: String,
    /// HMAC-SHA-256 by path, hexadecimal.
    pub fingerprints: BTreeMap<String, String>,
    /// The reference that was resolved, by path; a literal has none.
    #[serde(default)]
    pub references: BTreeMap<String, String>,
    /// The version that the store gave the value, by path, where the store has versions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub versions: BTreeMap<String, String>,
    /// When, RFC 3339.
    pub at: String,
}
