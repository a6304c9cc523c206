//! Responsible for connectors that wait for their customer's consent. Apply cannot create them.

use crate::model::{Address, DefinitionId, Entity, SharedText};
use serde::{Deserialize, Serialize};

/// A declared connector that the customer has not consented to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    /// The connector.
    pub address: Address,
    /// The type's name.
    pub kind: SharedText,
    /// The type's definition.
    pub definition_id: DefinitionId,
    /// The declared entities, which decide the scopes of the consent. `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entities: Option<Vec<Entity>>,
}
