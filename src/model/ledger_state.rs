//! Responsible for the content of the ledger: ids, fingerprints and the settings that were last
//! applied. Does not contain secret values: no type here can hold one.

use super::{
    Cache, ConnectorId, DefinitionId, Entity, Fields, LastWrite, Protection, RecordedGuards,
    Region, Settings, SharedText, Status, TemplateId, WorkspaceId,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// The ledger's entries of an organization.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LedgerState {
    /// Entries by workspace. Contains only entries that the ledger's key authenticates.
    pub customers: BTreeMap<WorkspaceId, CustomerEntry>,
    /// Entries that are not authenticated. They own nothing and block their customer.
    pub unverified: BTreeMap<WorkspaceId, UnverifiedEntry>,
    /// The customers of journal entries that are not authenticated. Their names block them, too.
    pub unverified_names: BTreeSet<String>,
    /// The OAuth apps that airlift set, by type.
    pub oauth_apps: BTreeMap<DefinitionId, RecordedOauthApp>,
    /// The guards of the files at the last apply. `None` if the ledger's head does not have them.
    pub guards: Option<RecordedGuards>,
}

impl LedgerState {
    /// Whether an unverified entry or journal line may be about a customer of one of these names. One that does not
    /// tell its customer may be about any customer without a recorded workspace.
    pub(crate) fn may_be_unverified<'a>(
        &self,
        workspace: Option<WorkspaceId>,
        names: impl IntoIterator<Item = &'a str>,
    ) -> bool {
        let names: BTreeSet<&str> = names.into_iter().collect();
        let is_about = |entry: &UnverifiedEntry| match &entry.claimed_name {
            Some(name) => names.contains(name.as_str()),
            None => workspace.is_none(),
        };
        let mut entries = self.unverified.values();
        entries.any(|entry| entry.cause.is_of_head() || is_about(entry))
            || workspace.is_some_and(|id| self.unverified.contains_key(&id))
            || names
                .iter()
                .any(|name| self.unverified_names.contains(*name))
    }
}

/// An OAuth app that airlift set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordedOauthApp {
    /// The connector type's name, which the removal needs.
    pub kind: String,
    /// Fingerprints of the fields last sent.
    pub sent: SentFingerprints,
}

/// A ledger entry that is not authenticated.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct UnverifiedEntry {
    /// The customer's name that the entry contains. Anyone could have written the name.
    pub claimed_name: Option<String>,
    /// Why the entry is not authenticated.
    pub cause: UnverifiedCause,
}

/// Why a ledger entry is not authenticated.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnverifiedCause {
    /// The MAC does not match the content.
    BadMac,
    /// The entry is older than the ledger's head says.
    OldCopy,
    /// The ledger's head names an entry that does not exist.
    Missing,
    /// The file or object of the entry is none that airlift writes.
    Damaged(Damage),
    /// The pack of the entry is none that airlift writes.
    PackDamaged(Damage),
    /// The entry belongs to another workspace.
    Misplaced,
    /// The entry has the format of version 1, which has no MAC.
    Version1,
    /// The ledger has no head, so nothing says which entries are current.
    HeadMissing,
    /// The MAC of the ledger's head does not match its content.
    HeadAltered,
}

/// How a file of the ledger is damaged.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Damage {
    /// A merge left its markers.
    MergeMarkers,
    /// The file ends too early.
    CutShort,
    /// The file is larger than airlift reads.
    TooLarge,
    /// The file is no UTF-8 text.
    NoText,
    /// Something else.
    Other,
}

impl Damage {
    /// The damage that the content and the error of a parser show.
    pub(crate) fn from_content(text: &[u8], error: Option<&serde_json::Error>) -> Self {
        let is_marker =
            |line: &[u8]| line.starts_with(b"<<<<<<< ") || line.starts_with(b">>>>>>> ");
        if text.split(|byte| *byte == b'\n').any(is_marker) {
            Self::MergeMarkers
        } else if error.is_some_and(serde_json::Error::is_eof) {
            Self::CutShort
        } else {
            Self::Other
        }
    }
}

impl fmt::Display for Damage {
    /// The end of a sentence about the file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MergeMarkers => ": it contains the markers of a merge",
            Self::CutShort => ": it ends too early",
            Self::TooLarge => ": it is too large",
            Self::NoText => ": it is no UTF-8 text",
            Self::Other => "",
        })
    }
}

impl UnverifiedCause {
    /// Every cause.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 9] = [
        Self::BadMac,
        Self::OldCopy,
        Self::Missing,
        Self::Damaged(Damage::Other),
        Self::PackDamaged(Damage::Other),
        Self::Misplaced,
        Self::Version1,
        Self::HeadMissing,
        Self::HeadAltered,
    ];

    /// Whether the ledger has no valid head, so that nothing says which entries are missing.
    pub(crate) fn is_of_head(self) -> bool {
        matches!(self, Self::HeadMissing | Self::HeadAltered)
    }

    /// The code that `airlift explain` explains.
    pub fn code(self) -> &'static str {
        match self {
            Self::BadMac => "ledger_entry_altered",
            Self::OldCopy => "ledger_entry_old",
            Self::Missing => "ledger_entry_missing",
            Self::Damaged(_) => "ledger_entry_damaged",
            Self::PackDamaged(_) => "ledger_pack_damaged",
            Self::Misplaced => "ledger_entry_misplaced",
            Self::Version1 => "ledger_unsigned",
            Self::HeadMissing => "ledger_head_missing",
            Self::HeadAltered => "ledger_head_altered",
        }
    }
}

/// The ledger entry of a customer that a run created or adopted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CustomerEntry {
    /// The name at the last apply.
    pub name: String,
    /// Whether a prune suspended the customer. It is not planned until it is declared again.
    #[serde(default, alias = "retired", skip_serializing_if = "std::ops::Not::not")]
    pub suspended: bool,
    /// Whether the last declaration protected the customer. Protection outlives the declaration.
    #[serde(default, skip_serializing_if = "is_default")]
    pub protect: Protection,
    /// The workspace settings at the last apply.
    #[serde(default, skip_serializing_if = "AppliedCustomer::is_empty")]
    pub applied: AppliedCustomer,
    /// Connectors that airlift does not own and that existed when the customer was last planned for
    /// an apply. `None` if that is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unmanaged: Option<BTreeSet<ConnectorId>>,
    /// Connectors by name.
    #[serde(default)]
    pub connectors: BTreeMap<SharedText, Arc<ConnectorEntry>>,
    /// Owned connectors that were replaced or whose deletion has started.
    #[serde(default, alias = "leaving", skip_serializing_if = "BTreeSet::is_empty")]
    pub pending_deletion: BTreeSet<ConnectorId>,
    /// Connectors of consents that another browser gave than the one that opened the link. They may belong to someone
    /// else, so that no run adopts them unasked.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub refused_consents: BTreeSet<ConnectorId>,
}

impl CustomerEntry {
    /// The owned connectors, including those with a pending deletion.
    pub fn owned(&self) -> BTreeSet<ConnectorId> {
        let connectors = self.connectors.values().map(|connector| connector.id);
        connectors
            .chain(self.pending_deletion.iter().copied())
            .collect()
    }

    /// Whether a connector is owned, including a pending deletion. Linear in the number of
    /// connectors: use [`Self::owned`] for many ids.
    pub fn owns(&self, id: ConnectorId) -> bool {
        let mut connectors = self.connectors.values();
        self.pending_deletion.contains(&id) || connectors.any(|connector| connector.id == id)
    }
}

/// Whether an optional field leaves a value out.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The workspace settings at the last apply. `None` if a setting was not applied or is unknown.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct AppliedCustomer {
    /// Whether the workspace was active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// The cache setting, if declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<Cache>,
    /// The region in which a run created the workspace. The API does not return it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
}

impl AppliedCustomer {
    /// Whether no setting is known.
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }
}

/// The ledger entry of a connector that a run created or adopted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConnectorEntry {
    /// The remote id.
    pub id: ConnectorId,
    /// The connector type.
    pub definition_id: DefinitionId,
    /// The declared template at the last apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_id: Option<TemplateId>,
    /// Fingerprints of the secrets last sent. `None` for an adopted connector.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Arc<SentFingerprints>>,
    /// `credentials_version` at the last apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials_version: Option<u64>,
    /// The declared settings at the last apply.
    #[serde(default)]
    pub applied: Applied,
    /// The remote `updated_at` right after the last apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<SharedText>,
    /// The last write of the settings, if the API's answer is not known to be what was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write: Option<Box<LastWrite>>,
}

/// The ledger entry of a connector that is about to be created and has no id yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "ConnectorEntry", into = "ConnectorEntry")]
pub struct PendingEntry {
    /// The connector type.
    pub definition_id: DefinitionId,
    /// The declared template.
    pub template_id: Option<TemplateId>,
    /// Fingerprints of the secrets that are about to be sent.
    pub sent: Option<Arc<SentFingerprints>>,
    /// The declared `credentials_version`.
    pub credentials_version: Option<u64>,
    /// The declared settings.
    pub applied: Applied,
}

impl PendingEntry {
    /// The entry with the id of the created connector.
    pub fn with_id(self, id: ConnectorId) -> ConnectorEntry {
        ConnectorEntry {
            id,
            definition_id: self.definition_id,
            template_id: self.template_id,
            sent: self.sent,
            credentials_version: self.credentials_version,
            applied: self.applied,
            updated_at: None,
            write: None,
        }
    }
}

impl From<ConnectorEntry> for PendingEntry {
    fn from(record: ConnectorEntry) -> Self {
        Self {
            definition_id: record.definition_id,
            template_id: record.template_id,
            sent: record.sent,
            credentials_version: record.credentials_version,
            applied: record.applied,
        }
    }
}

/// The form in the journal, whose format requires an id.
impl From<PendingEntry> for ConnectorEntry {
    fn from(pending: PendingEntry) -> Self {
        pending.with_id(ConnectorId(uuid::Uuid::nil()))
    }
}

/// The declared settings at the last apply, with references as text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Applied {
    /// `environment`, which the API never returns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Settings>,
    /// The declared keys of `replication_config`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replication_config: Option<Settings>,
    /// The declared `entities`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entities: Option<Vec<Entity>>,
}

/// Keyed fingerprints of the secrets last sent for one connector, by dotted path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SentFingerprints {
    /// The id of the key that made the fingerprints.
    pub key_id: SharedText,
    /// Random for each request, so that equal secrets of two connectors have different fingerprints.
    pub salt: String,
    /// HMAC-SHA-256 by path, hexadecimal.
    pub fingerprints: Fields<String>,
    /// The resolved reference by path. Literals have none.
    #[serde(default)]
    pub references: Fields<SharedText>,
    /// The version of the value in its store by path, if the store has versions.
    #[serde(default, skip_serializing_if = "Fields::is_empty")]
    pub versions: Fields<String>,
    /// When the secrets were sent, RFC 3339.
    pub at: SharedText,
}
