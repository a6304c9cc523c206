//! Responsible for the objects of the organization itself: source templates, connection templates and OAuth apps.
//!
//! An OAuth app has no secrets here, because the world stores none.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::timestamp::Timestamp;

/// A source template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Template {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) definition_id: Uuid,
    pub(crate) mode: String,
    pub(crate) partial_default_config: Map<String, Value>,
    pub(crate) customization: Option<Value>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) deleted_at: Option<Timestamp>,
}

/// A connection template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ConnectionTemplate {
    pub(crate) id: Uuid,
    pub(crate) destination_name: String,
    pub(crate) cron_expression: Option<String>,
    /// `None` if Airbyte hosts the data.
    pub(crate) destination: Option<Destination>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) deleted_at: Option<Timestamp>,
}

/// The destination of a connection template whose data the user hosts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Destination {
    pub(crate) definition_id: Uuid,
    /// The configuration with masked secrets.
    pub(crate) config: Map<String, Value>,
    pub(crate) non_breaking_changes_preference: String,
    pub(crate) sync_on_create: bool,
}

/// The organization's OAuth app of a connector type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct OauthApp {
    pub(crate) id: Uuid,
    pub(crate) definition_id: Uuid,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) deleted_at: Option<Timestamp>,
}
