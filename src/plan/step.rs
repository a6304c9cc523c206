//! The plan as data: what will be done, to what, why, and on which condition.
//!
//! A plan is complete: apply decides nothing. It holds references and never a secret's value.

use super::{Blocked, Precondition, Refusal};
use crate::model::{
    Action, Address, AppliedCustomer, ConnectorBody, ConnectorId, Contract, CustomerPatch, Entity,
    OrganizationId, Region, Settings, WhyUnverified, WorkspaceId,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The difference between what the files ask for and what there is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The organization it was made for.
    pub organization_id: OrganizationId,
    /// The names the remote API uses.
    pub contract: Contract,
    /// Made for a part of the files: nothing is deleted by absence.
    pub partial: bool,
    /// What will be done, customers in name order.
    pub customers: Vec<CustomerPlan>,
    /// What cannot be planned, and why; the customers concerned are left alone.
    pub blocked: Vec<Blocked>,
    /// Guards that refuse the plan as a whole.
    pub refusals: Vec<Refusal>,
    /// Secrets whose freshness could not be told; not a change.
    pub unverified: Vec<Unverified>,
    /// What exists, is not declared and is not ours: never touched.
    pub unmanaged: Unmanaged,
    /// The counts.
    pub summary: Summary,
}

impl Plan {
    /// Whether apply would do anything that counts as a change (adopting does not write
    /// remotely, but it changes what the ledger owns, so it counts).
    pub fn has_changes(&self) -> bool {
        self.customers
            .iter()
            .any(|customer| !customer.steps.is_empty())
    }

    /// Whether apply would write remotely: adopting does not, so a plan that only adopts leaves
    /// everything as the files say.
    pub fn writes(&self) -> bool {
        self.steps().any(|step| step.action != Action::Adopt)
    }

    /// Every step with its customer, in order.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.customers.iter().flat_map(|customer| &customer.steps)
    }
}

/// The steps of one customer, in the order of execution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CustomerPlan {
    /// The declared name (for a customer that is no longer declared, the recorded one).
    pub name: String,
    /// The workspace, unless it has yet to be created.
    pub workspace_id: Option<WorkspaceId>,
    /// Whether the files protect it.
    pub protect: bool,
    /// What will be done.
    pub steps: Vec<Step>,
    /// What the ledger is to remember although nothing is written remotely: facts of the files
    /// (a name, protection, how a reference is spelt) that changed while the values did not.
    #[serde(
        default,
        rename = "remember",
        skip_serializing_if = "LedgerUpdates::is_empty"
    )]
    pub ledger_updates: LedgerUpdates,
}

impl CustomerPlan {
    /// Whether the customer becomes ours by this plan.
    pub fn adds_ledger_entry(&self) -> bool {
        let adds_entry = |step: &Step| {
            matches!(
                step.operation,
                Operation::CreateCustomer { .. } | Operation::AdoptCustomer { .. }
            )
        };
        self.steps.iter().any(adds_entry)
    }
}

/// Corrections to the ledger that need no remote call and no approval.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LedgerUpdates {
    /// The customer's name, when the ledger has an older one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The customer's protection, when it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protect: Option<bool>,
    /// The workspace's settings that are found as declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied: Option<AppliedCustomer>,
    /// Connectors that are there and not ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unmanaged: Option<BTreeSet<ConnectorId>>,
    /// Connectors as the files have them now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub connectors: Vec<ConnectorUpdate>,
    /// Connectors on their way out that neither the list nor their ids find any more.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub gone: BTreeSet<ConnectorId>,
}

/// What the ledger is to remember of one connector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConnectorUpdate {
    /// Its declaration, by its name.
    pub body: ConnectorBody,
    /// The remote `updated_at` at which it was found as declared.
    pub updated_at: Option<String>,
    /// Versions of stores that hold the values last sent, by path, as far as they are new.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub versions: BTreeMap<String, String>,
}

impl LedgerUpdates {
    /// Whether there is nothing to correct.
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }
}

/// One thing that will be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// To what.
    pub address: Address,
    /// The kind of action, for readers.
    pub action: Action,
    /// Why, most telling first; never empty.
    pub reasons: Vec<Reason>,
    /// The fields concerned.
    pub changes: Vec<FieldChange>,
    /// What it was planned against.
    pub precondition: Precondition,
    /// What is executed.
    pub operation: Operation,
}

/// Why a step exists. Readers ignore what they do not know.
#[derive(
    Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Declared, and not there.
    MissingRemote,
    /// Recorded, and gone without this tool's doing.
    DeletedOutOfBand,
    /// There under this name (and type), and not recorded.
    FoundByName,
    /// A declared field differs.
    FieldChanged,
    /// The files carry a new name.
    Renamed,
    /// A key declared at the last apply is no longer declared.
    KeyRemoved,
    /// A secret's value, or the reference to it, is not what was last sent.
    SecretRotated,
    /// A secret's store has another version than the one last sent, and its value is not known
    /// to be the same.
    StoreVersionChanged,
    /// `credentials_version` was changed.
    CredentialsVersionChanged,
    /// Rotation was asked for by name.
    Requested,
    /// The type changed, which no update can do.
    TypeChanged,
    /// The environment changed, which no update can do.
    EnvironmentChanged,
    /// The template changed, which no update can do.
    TemplateChanged,
    /// The replication settings hold a secret, which no update can carry.
    SecretInConfig,
    /// Ours, and no longer in the files.
    NotInConfig,
    /// Left over from a replacement or a deletion that did not finish.
    Superseded,
    /// Set right after its creation, which cannot carry it.
    SetAfterCreation,
}

/// One field's difference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FieldChange {
    /// Dotted path, such as `credentials.token` or `replication_config.start_date`.
    pub path: String,
    /// What there is.
    pub before: FieldValue,
    /// What there will be.
    pub after: FieldValue,
}

/// One side of a difference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldValue {
    /// Not set.
    Absent,
    /// Set, and never returned by the API.
    Unreadable,
    /// A readable value.
    Value(Value),
    /// A secret, by its reference.
    Reference(String),
    /// A literal in a place for secrets, which is not shown.
    Hidden,
}

/// What is executed. Ids are those known when the plan was made; a step inside a customer that
/// is created in the same run has none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Operation {
    /// Mint a token for the name, which creates the workspace, and learn its id.
    CreateCustomer {
        /// Where it is placed.
        region: Option<Region>,
    },
    /// Take the workspace into the ledger.
    AdoptCustomer {
        /// Which.
        workspace_id: WorkspaceId,
    },
    /// Change name, status or cache in place.
    UpdateCustomer {
        /// Which; nothing for one created earlier in the same run.
        workspace_id: Option<WorkspaceId>,
        /// What to send.
        patch: CustomerPatch,
        /// Record it as retired: suspended because the files no longer name it.
        #[serde(rename = "retire")]
        record_suspension: bool,
    },
    /// Delete the workspace and all it holds.
    DeleteCustomer {
        /// Which.
        workspace_id: WorkspaceId,
    },
    /// Create a connector.
    CreateConnector {
        /// With this body.
        body: ConnectorBody,
    },
    /// Take a connector into the ledger.
    AdoptConnector {
        /// Which.
        id: ConnectorId,
        /// What the files declare for it.
        body: ConnectorBody,
    },
    /// Change name, replication settings or entities in place.
    UpdateConnector {
        /// Which.
        id: ConnectorId,
        /// What to send.
        patch: ConnectorPatch,
        /// What the files declare for it.
        body: ConnectorBody,
    },
    /// Check the new body, create it, switch the ledger, delete the old one.
    ReplaceConnector {
        /// The old one.
        id: ConnectorId,
        /// With this body.
        body: ConnectorBody,
    },
    /// Delete a connector and wait until it is gone.
    DeleteConnector {
        /// Which.
        id: ConnectorId,
    },
}

/// An in-place change (`ConnectorSourceUpdateRequest`); what is absent is not sent.
///
/// Replication settings are laid over what apply reads right before it writes, because nobody
/// documents whether a PUT merges or replaces.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ConnectorPatch {
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The declared keys, laid over the observed ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replication_config: Option<Settings>,
    /// Places of keys that were declared at the last apply and are not now, outermost name first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<Vec<String>>,
    /// The new entities; an empty list clears them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entities: Option<Vec<Entity>>,
}

/// Secrets of one connector whose freshness could not be told.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Unverified {
    /// The connector.
    pub address: Address,
    /// Why.
    pub why: WhyUnverified,
    /// The fields' paths.
    pub paths: Vec<String>,
}

/// What exists, is not declared and is not ours.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Unmanaged {
    /// Names of undeclared customers; their connectors are not read.
    pub customers: Vec<String>,
    /// Undeclared connectors of declared customers.
    pub connectors: Vec<UnmanagedConnector>,
    /// Ours, not in the files, kept because the run does not prune.
    #[serde(rename = "kept")]
    pub not_pruned: Vec<Address>,
}

/// An undeclared connector of a declared customer.
#[derive(Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize, Deserialize)]
pub struct UnmanagedConnector {
    /// Customer and name.
    pub address: Address,
    /// Its id.
    pub id: ConnectorId,
    /// Its type's name where the server gives one.
    pub kind: Option<String>,
}

/// The counts of a plan. A replacement counts in `add` and in `destroy`; an object that is
/// created and then set up further counts once.
#[derive(
    Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Summary {
    /// Objects to create.
    pub add: u64,
    /// Objects to change in place.
    pub change: u64,
    /// Objects to delete.
    pub destroy: u64,
    /// Objects to take into the ledger.
    pub adopt: u64,
    /// Secrets to send.
    pub secrets: u64,
    /// Declared customers with at least one step.
    pub customers_touched: u64,
    /// Customers declared.
    pub customers_declared: u64,
}
