//! Responsible for the plan as data: per customer, steps with their reasons, preconditions and
//! operations. `apply` executes the steps and decides nothing.
//!
//! Does not hold a secret's value, only its reference.

use super::secrets::creation_fields;
use super::{Impact, Precondition};
use crate::model::{
    Action, Address, AppliedCustomer, ConnectorBody, ConnectorId, CustomerPatch, Entity, LastWrite,
    Protection, Region, Settings, WorkspaceId,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Corrections to a customer's ledger entry that need no write request and no approval.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LedgerUpdates {
    /// The customer's new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The customer's new protection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protect: Option<Protection>,
    /// The workspace's settings that were observed as declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied: Option<AppliedCustomer>,
    /// Observed connectors that the ledger does not own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unmanaged: Option<BTreeSet<ConnectorId>>,
    /// Connectors whose declaration or `updated_at` changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub connectors: Vec<ConnectorUpdate>,
    /// Connectors pending deletion that neither the list nor a GET by id returns.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub gone: BTreeSet<ConnectorId>,
}

/// Corrections to a connector's ledger entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConnectorUpdate {
    /// The connector as declared.
    pub body: ConnectorBody,
    /// The remote `updated_at` at which the connector was observed as declared.
    pub updated_at: Option<String>,
    /// New store versions that hold the values last sent, by path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub versions: BTreeMap<String, String>,
    /// The last write of the settings, with what is known now about the answers to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write: Option<Box<LastWrite>>,
}

impl LedgerUpdates {
    /// Whether the ledger entry needs no correction.
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }
}

/// One operation on one object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The customer or connector.
    pub address: Address,
    /// The kind of change, for display.
    pub action: Action,
    /// At least one reason, the most specific first.
    pub reasons: Vec<Reason>,
    /// The fields that differ. Empty for a new connector: [`Self::fields`] derives them from the operation, so that a
    /// plan of many new connectors has one copy of their settings.
    pub changes: Vec<FieldChange>,
    /// The observed state that the step was planned for.
    pub precondition: Precondition,
    /// The operation to execute.
    pub operation: Operation,
}

impl Step {
    /// What the step means for programs that use the object.
    pub fn impact(&self) -> Impact {
        Impact::new(self)
    }

    /// The fields that differ.
    pub fn fields(&self) -> Cow<'_, [FieldChange]> {
        match &self.operation {
            Operation::CreateConnector { body } if self.changes.is_empty() => {
                creation_fields(body).into()
            }
            _ => self.changes.as_slice().into(),
        }
    }
}

/// Why a step exists. Consumers ignore reasons that they do not know.
#[derive(
    Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Declared, and does not exist remotely.
    MissingRemote,
    /// Recorded, and deleted by something other than airlift.
    DeletedOutOfBand,
    /// Exists remotely with this name (and type), and is not recorded.
    FoundByName,
    /// A declared field differs.
    FieldChanged,
    /// The API answered the last write of a setting with its old value.
    WriteUnconfirmed,
    /// The files declare a new name.
    Renamed,
    /// A key declared at the last apply is no longer declared.
    KeyRemoved,
    /// A secret's value differs from the one last sent.
    SecretRotated,
    /// A readable field of the credentials differs from the one last sent.
    CredentialChanged,
    /// The reference of a secret changed, and its value could not be compared with the one last sent.
    ReferenceChanged,
    /// The store has another version of a secret than the one last sent, and the value may differ.
    StoreVersionChanged,
    /// `credentials_version` was changed.
    CredentialsVersionChanged,
    /// `airlift rotate` selected the connector.
    Requested,
    /// The type changed, which requires a replacement.
    TypeChanged,
    /// The environment changed, which requires a replacement.
    EnvironmentChanged,
    /// The template changed, which requires a replacement.
    TemplateChanged,
    /// The replication settings contain a secret, which an update cannot send.
    SecretInConfig,
    /// Recorded, and no longer in the files.
    NotInConfig,
    /// Remains of a replacement or deletion that did not finish.
    Superseded,
    /// Set after the creation, because the creation request has no field for it.
    SetAfterCreation,
    /// Not selected, and its selected connectors need it.
    NeededBySelection,
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FieldChange {
    /// Dotted path, such as `credentials.token` or `replication_config.start_date`.
    pub path: String,
    /// The observed value.
    pub before: FieldValue,
    /// The value after apply.
    pub after: FieldValue,
}

impl FieldChange {
    /// Whether the value after the change may be a secret.
    pub fn is_withheld(&self) -> bool {
        self.after == FieldValue::Hidden
    }
}

/// A field's value before or after the change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldValue {
    /// Not set.
    Absent,
    /// Set, but the API does not return it.
    Unreadable,
    /// A readable value.
    Value(Value),
    /// The reference of a secret.
    Reference(String),
    /// A literal in a field for secrets; its value is withheld.
    Hidden,
}

/// The operation of a step, with the ids that were known when the plan was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Operation {
    /// Request a token for the name, which creates the workspace, and read the workspace id.
    CreateCustomer {
        /// The region of the workspace.
        region: Option<Region>,
    },
    /// Add an existing workspace to the ledger.
    AdoptCustomer {
        /// The workspace to adopt.
        workspace_id: WorkspaceId,
    },
    /// Change name, status or cache in place.
    UpdateCustomer {
        /// The workspace; `None` if an earlier step creates it.
        workspace_id: Option<WorkspaceId>,
        /// The fields to send.
        patch: CustomerPatch,
        /// Record that a prune suspended the customer.
        #[serde(rename = "retire")]
        record_suspension: bool,
    },
    /// Delete the workspace with its connectors.
    DeleteCustomer {
        /// The workspace to delete.
        workspace_id: WorkspaceId,
    },
    /// Create a connector.
    CreateConnector {
        /// The connector as declared.
        body: ConnectorBody,
    },
    /// Add an existing connector to the ledger.
    AdoptConnector {
        /// The connector to adopt.
        id: ConnectorId,
        /// The connector as declared.
        body: ConnectorBody,
        /// The recorded connector whose place it takes, after a new consent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replaces: Option<ConnectorId>,
    },
    /// Change name, replication settings or entities in place.
    UpdateConnector {
        /// The connector to update.
        id: ConnectorId,
        /// The fields to send.
        patch: Box<ConnectorPatch>,
        /// The connector as declared.
        body: ConnectorBody,
    },
    /// Check the new credentials, create the new connector, record it, delete the old connector.
    ReplaceConnector {
        /// The connector to replace.
        id: ConnectorId,
        /// The connector as declared.
        body: ConnectorBody,
    },
    /// Delete a connector and wait until the API no longer returns it.
    DeleteConnector {
        /// The connector to delete.
        id: ConnectorId,
    },
}

/// An in-place change (`ConnectorSourceUpdateRequest`). Absent fields are not sent.
///
/// Apply reads the replication settings immediately before the write and merges the declared keys
/// into them, because the API does not document whether a PUT merges or replaces.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ConnectorPatch {
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The declared keys, to be merged into the observed ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replication_config: Option<Settings>,
    /// Paths of keys that were declared at the last apply and no longer are, outermost name first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<Vec<String>>,
    /// The new entities; an empty list clears them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entities: Option<Vec<Entity>>,
}

/// Remote objects that are not declared. Apply leaves them alone.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Unmanaged {
    /// Names of customers that are neither declared nor recorded. Their connectors are not read.
    pub customers: Vec<String>,
    /// Connectors of declared customers that are neither declared nor recorded.
    pub connectors: Vec<UnmanagedConnector>,
    /// Recorded objects that are not in the files, in a run that does not prune.
    #[serde(rename = "kept")]
    pub not_pruned: Vec<Address>,
    /// Those of them that `protect: true` keeps from being pruned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub protected: Vec<Address>,
}

/// A connector of a declared customer that is neither declared nor recorded.
#[derive(Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize, Deserialize)]
pub struct UnmanagedConnector {
    /// The customer's and the connector's name.
    pub address: Address,
    /// The connector's id.
    pub id: ConnectorId,
    /// The name of the type, if the API returned it.
    pub kind: Option<String>,
}
