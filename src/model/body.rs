//! Responsible for request bodies of the remote API with unresolved references.

use super::desired::secret_leaves;
use super::setting::references;
use super::{
    Cache, DefinitionId, Entity, SecretRef, Setting, Settings, SharedText, Status, TemplateId,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The fields of `WorkspaceUpdateRequest`. A field that is `None` is not sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CustomerPatch {
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The new status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// The new cache setting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<Cache>,
}

/// The fields of `ConnectorSourceCreateRequest`, with unresolved references.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConnectorBody {
    /// The name, unique within the customer.
    pub name: String,
    /// The type's name, as the older contract sends it.
    pub kind: SharedText,
    /// The type's definition, as the newer contract sends it.
    pub definition_id: DefinitionId,
    /// The source template, instead of the type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_id: Option<TemplateId>,
    /// The authentication block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<Settings>,
    /// Fields of `credentials` whose literal values a plan shows.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub readable: BTreeSet<String>,
    /// `credentials_version`, for the ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials_version: Option<u64>,
    /// Server variables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Settings>,
    /// Replication settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replication_config: Option<Settings>,
    /// Entities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entities: Option<Vec<Entity>>,
}

impl ConnectorBody {
    /// The blocks of settings that are present, with their field names.
    pub fn blocks(&self) -> impl Iterator<Item = (&'static str, &Settings)> {
        [
            ("credentials", &self.credentials),
            ("environment", &self.environment),
            ("replication_config", &self.replication_config),
        ]
        .into_iter()
        .filter_map(|(name, block)| Some((name, block.as_ref()?)))
    }

    /// The references in the blocks.
    pub fn references(&self) -> BTreeSet<&SecretRef> {
        references(self.blocks().map(|(_, block)| block))
    }

    /// The leaves that are fingerprinted when they are sent, as in
    /// [`DesiredConnector::secret_leaves`](super::DesiredConnector::secret_leaves).
    pub fn secret_leaves(&self) -> BTreeMap<String, &Setting> {
        secret_leaves(self.blocks())
    }
}
