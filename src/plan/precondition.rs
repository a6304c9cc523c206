//! Responsible for preconditions: the observed state that a step was planned for, by which apply
//! detects that an object changed after the plan was made.

use super::{FieldChange, FieldValue};
use crate::model::{ConnectorId, DefinitionId, ObservedConnector, WorkspaceId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The observed state that a step was planned for. Apply skips the step if the object differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "object", rename_all = "snake_case")]
pub enum Precondition {
    /// The step creates the object.
    Absent,
    /// A workspace.
    Customer {
        /// `None` for a workspace that an earlier step of the plan creates.
        id: Option<WorkspaceId>,
        /// The name at the start of the step.
        name: String,
        /// The observed values of the fields that the step changes, by path.
        settings: BTreeMap<String, FieldValue>,
    },
    /// A connector. Boxed, because most steps of a large plan create a connector.
    Connector(Box<ConnectorPrecondition>),
}

/// The observed state of a connector that a step was planned for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConnectorPrecondition {
    /// The connector's id.
    pub id: ConnectorId,
    /// The name at the start of the step.
    pub name: String,
    /// The connector's type.
    pub definition_id: DefinitionId,
    /// The time of the last change, if the API returned it.
    pub updated_at: Option<String>,
    /// The observed values of the fields that the step changes, by path, without secrets.
    pub settings: BTreeMap<String, FieldValue>,
    /// Unrecorded connectors with the name and type of a replacement, seen at plan time. Apply
    /// refuses to replace if an unknown one has appeared since.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub namesakes: BTreeSet<ConnectorId>,
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
        Self::Connector(Box::new(ConnectorPrecondition {
            id,
            name: String::from(&observed.name),
            definition_id: observed.definition_id,
            updated_at: observed.updated_at.as_ref().map(String::from),
            settings: settings(changes),
            namesakes,
        }))
    }

    /// Whether the object has the name that the step was planned for.
    pub fn allows_name(&self, live_name: &str) -> bool {
        match self {
            Self::Absent => false,
            Self::Customer { name, .. } => name == live_name,
            Self::Connector(connector) => connector.name == live_name,
        }
    }

    /// Whether the plan has seen this unrecorded connector of a replacement's name and type.
    pub fn allows_namesake(&self, other: ConnectorId) -> bool {
        match self {
            Self::Connector(connector) => connector.namesakes.contains(&other),
            Self::Absent | Self::Customer { .. } => false,
        }
    }
}

/// The readable values before the change, without the name, which has a field of its own.
fn settings(changes: &[FieldChange]) -> BTreeMap<String, FieldValue> {
    changes
        .iter()
        .filter(|change| change.path != "name")
        .filter(|change| matches!(change.before, FieldValue::Absent | FieldValue::Value(_)))
        .map(|change| (change.path.clone(), change.before.clone()))
        .collect()
}
