//! Responsible for what a step was planned against, so that apply and saved plans can tell whether
//! it still holds.

use super::{FieldChange, FieldValue};
use crate::model::{ConnectorId, DefinitionId, ObservedConnector, WorkspaceId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a step was planned against. An object that no longer meets it is left alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "object", rename_all = "snake_case")]
pub enum Precondition {
    /// The step creates the object.
    Absent,
    /// A workspace.
    Customer {
        /// Nothing for a workspace that an earlier step of the plan creates.
        id: Option<WorkspaceId>,
        /// The name that it carries when the step begins.
        name: String,
        /// The observed values of what the step changes, by path.
        settings: BTreeMap<String, FieldValue>,
    },
    /// A connector.
    Connector {
        /// Its id.
        id: ConnectorId,
        /// The name that it carries when the step begins.
        name: String,
        /// Its type.
        definition_id: DefinitionId,
        /// When it last changed, where the API says so.
        updated_at: Option<String>,
        /// The observed values of what the step changes, by path; secrets are not readable.
        settings: BTreeMap<String, FieldValue>,
        /// Connectors of a replacement's name and type that the ledger does not know: another one
        /// appeared after the plan was made.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        namesakes: BTreeSet<ConnectorId>,
    },
}

impl Precondition {
    pub(super) fn customer(id: Option<WorkspaceId>, name: &str, changes: &[FieldChange]) -> Self {
        Self::Customer {
            id,
            name: name.to_owned(),
            settings: settings(changes),
        }
    }

    pub(super) fn connector(
        id: ConnectorId,
        observed: &ObservedConnector,
        changes: &[FieldChange],
        namesakes: BTreeSet<ConnectorId>,
    ) -> Self {
        Self::Connector {
            id,
            name: observed.name.clone(),
            definition_id: observed.definition_id,
            updated_at: observed.updated_at.clone(),
            settings: settings(changes),
            namesakes,
        }
    }

    /// Whether the object may carry this name.
    pub fn allows_name(&self, carried: &str) -> bool {
        match self {
            Self::Absent => false,
            Self::Customer { name, .. } | Self::Connector { name, .. } => name == carried,
        }
    }

    /// Whether a connector that the ledger does not know may stand beside a replacement.
    pub fn allows_namesake(&self, other: ConnectorId) -> bool {
        match self {
            Self::Connector { namesakes, .. } => namesakes.contains(&other),
            Self::Absent | Self::Customer { .. } => false,
        }
    }
}

/// What can be read again; the name has its own place.
fn settings(changes: &[FieldChange]) -> BTreeMap<String, FieldValue> {
    changes
        .iter()
        .filter(|change| change.path != "name")
        .filter(|change| matches!(change.before, FieldValue::Absent | FieldValue::Value(_)))
        .map(|change| (change.path.clone(), change.before.clone()))
        .collect()
}
