//! Responsible for the reasons why a customer, a connector or the whole plan is not planned, as
//! codes and fields. Does not word them; `render` does.

use super::{Action, Impact, Step, TemplateProblem};
use crate::model::{Address, ConnectorId, PolicyRule, UnverifiedCause, WorkspaceId};
use serde::{Deserialize, Serialize};

/// A customer or connector that cannot be planned.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Blocked {
    /// The customer or connector.
    pub address: Address,
    /// The reason with its fields.
    pub reason: BlockReason,
}

impl Blocked {
    /// The stable code that `airlift explain` accepts.
    pub fn code(&self) -> BlockCode {
        self.reason.code()
    }
}

/// Why a customer or connector cannot be planned, with the fields that the message shows.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum BlockReason {
    /// More than one workspace has the name.
    AmbiguousCustomer {
        /// The declared or previous name.
        name: String,
    },
    /// More than one unrecorded connector has the declared name and type.
    AmbiguousConnector,
    /// More than one definition has the type's name.
    AmbiguousType {
        /// The type as written.
        kind: String,
    },
    /// The live catalog has no such type.
    UnknownType {
        /// The type as written.
        kind: String,
        /// The most similar names in the live catalog.
        similar: Vec<String>,
    },
    /// The workspace has a status that this version does not know.
    UnknownStatus {
        /// The status as the API returned it.
        status: String,
    },
    /// The customer has `protect: confirm`, and the run does not confirm it.
    ConfirmationNeeded {
        /// The customer.
        customer: String,
    },
    /// A connector of a protected customer would be replaced.
    ReplacementProtected,
    /// A connector of a protected customer would be deleted.
    DeletionProtected,
    /// The customer was protected when it was last declared, and would be removed.
    RemovalProtected,
    /// A protected customer is declared inactive.
    DeactivationProtected,
    /// Both a workspace of the previous name and one of the new name exist.
    RenameConflict,
    /// The connector would get the name that an unrecorded connector of its type has.
    ConnectorRenameConflict {
        /// The unrecorded connector.
        existing: ConnectorId,
    },
    /// The connector to rotate is not in the ledger yet.
    NotRecorded,
    /// The customer of the connector to rotate has changes that must be applied first.
    CustomerChangesFirst,
    /// The rotation would also apply other pending changes of the connector.
    OtherChanges,
    /// Another run may be replacing the connector.
    ReplacedMeanwhile,
    /// A connector that a customer consented to would be replaced, which needs another consent.
    ConsentRequired,
    /// Deleting the customer would delete connectors that the ledger does not own.
    HoldsUnmanaged {
        /// The number of these connectors.
        connectors: usize,
    },
    /// The ledger records a connector that exists outside the customer's workspace.
    ForeignConnector {
        /// The recorded connector.
        connector: ConnectorId,
        /// The customer's workspace.
        recorded_in: WorkspaceId,
        /// The workspace that holds the connector, if the API tells it.
        found_in: Option<WorkspaceId>,
    },
    /// The customer's workspace or connectors could not be read.
    Unreadable {
        /// What the request's error says.
        error: String,
    },
    /// The run would change an object that it adopts, and adoption is not allowed.
    AdoptionNotAllowed {
        /// What the run would change.
        changes: Vec<RefusedChange>,
    },
    /// A ledger entry or a journal line about the customer is not authenticated.
    LedgerUnverified {
        /// The workspace of the entry; `None` for a journal line.
        workspace_id: Option<WorkspaceId>,
        /// Why the entry is not authenticated; `None` for a journal line.
        cause: Option<UnverifiedCause>,
    },
}

/// A change that a plan would make and that is refused.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct RefusedChange {
    /// The customer or connector.
    pub address: Address,
    /// The action.
    pub action: Action,
    /// The paths of the fields that would change.
    pub paths: Vec<String>,
}

impl RefusedChange {
    /// The changes of steps, without adoptions.
    pub(super) fn of_steps(steps: &[Step]) -> Vec<Self> {
        let changes = steps.iter().filter(|step| step.action != Action::Adopt);
        let change = |step: &Step| Self {
            address: step.address.clone(),
            action: step.action,
            paths: step
                .changes
                .iter()
                .map(|change| change.path.clone())
                .collect(),
        };
        changes.map(change).collect()
    }
}

impl BlockReason {
    /// The stable code that `airlift explain` accepts.
    pub fn code(&self) -> BlockCode {
        match self {
            Self::AmbiguousCustomer { .. } | Self::AmbiguousConnector => BlockCode::AmbiguousMatch,
            Self::AmbiguousType { .. } | Self::UnknownType { .. } => BlockCode::UnknownType,
            Self::UnknownStatus { .. } => BlockCode::UnknownStatus,
            Self::ConfirmationNeeded { .. } => BlockCode::ConfirmationNeeded,
            Self::ReplacementProtected
            | Self::DeletionProtected
            | Self::RemovalProtected
            | Self::DeactivationProtected => BlockCode::Protected,
            Self::RenameConflict | Self::ConnectorRenameConflict { .. } => {
                BlockCode::RenameConflict
            }
            Self::NotRecorded | Self::CustomerChangesFirst | Self::OtherChanges => {
                BlockCode::PendingChanges
            }
            Self::ReplacedMeanwhile => BlockCode::ReplacedMeanwhile,
            Self::ConsentRequired => BlockCode::ConsentRequired,
            Self::HoldsUnmanaged { .. } => BlockCode::HoldsUnmanaged,
            Self::ForeignConnector { .. } => BlockCode::ForeignConnectorId,
            Self::Unreadable { .. } => BlockCode::CustomerUnreadable,
            Self::AdoptionNotAllowed { .. } => BlockCode::AdoptionNotAllowed,
            Self::LedgerUnverified { .. } => BlockCode::LedgerUnverified,
        }
    }
}

/// The stable code of a [`BlockReason`].
#[derive(
    Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum BlockCode {
    /// Two or more remote objects match the declaration.
    AmbiguousMatch,
    /// The live catalog has no such type.
    UnknownType,
    /// The workspace has a status that this version does not know.
    UnknownStatus,
    /// `protect: true` does not allow the step.
    Protected,
    /// `protect: confirm` needs `--confirm` and the customer's name for the step.
    ConfirmationNeeded,
    /// Objects of the previous and of the new name both exist.
    RenameConflict,
    /// A rotation would also apply other pending changes.
    PendingChanges,
    /// Another run may be replacing the connector.
    ReplacedMeanwhile,
    /// A change needs another consent of the customer.
    ConsentRequired,
    /// Deleting the customer would delete connectors that the ledger does not own.
    HoldsUnmanaged,
    /// The ledger records a connector that exists outside the customer's workspace.
    ForeignConnectorId,
    /// The customer's workspace or connectors could not be read.
    CustomerUnreadable,
    /// The run would change an object that it adopts, without `--adopt`.
    AdoptionNotAllowed,
    /// A ledger entry or a journal line about the customer is not authenticated.
    LedgerUnverified,
}

/// A guard that refuses the whole plan (exit 5), with the fields that the message shows.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Refusal {
    /// A prune with no declared customer while the ledger owns objects.
    EmptyDesired {
        /// Owned objects that exist remotely.
        owned: u64,
    },
    /// More deletions than `guards` allows.
    TooManyDeletes {
        /// Objects that would be deleted or suspended.
        deletes: u64,
        /// Owned objects that exist remotely.
        owned: u64,
        /// The limit on deletions.
        allowed: u64,
        /// Where the limit comes from.
        source: LimitSource,
        /// The flags of the run that remove objects.
        #[serde(default)]
        flags: RemovalFlags,
    },
    /// More replacements and rotations than `guards` allows.
    TooManyIdChanges {
        /// Connectors that would get another id.
        id_changes: u64,
        /// The limit on id changes.
        allowed: u64,
        /// Where the limit comes from.
        source: LimitSource,
    },
    /// A rule of the policy file forbids steps of the plan.
    PolicyViolated(PolicyViolation),
    /// A source template that the files ask for.
    SourceTemplate(TemplateProblem),
    /// A prune with an incomplete list of customers.
    IncompleteListing {
        /// The missing or repeated rows.
        problem: String,
    },
    /// The recorded workspace of a declared customer has neither its declared nor its previous
    /// name.
    RecordedIdRenamed {
        /// The declared name.
        name: String,
        /// The recorded workspace.
        workspace_id: WorkspaceId,
        /// The workspace's present name.
        carries: String,
    },
    /// The recorded workspace of an undeclared customer has another name than the recorded one.
    UndeclaredIdRenamed {
        /// The recorded name.
        name: String,
        /// The recorded workspace.
        workspace_id: WorkspaceId,
        /// The workspace's present name.
        carries: String,
    },
}

impl Refusal {
    /// The stable code that `airlift explain` accepts.
    pub fn code(&self) -> GuardCode {
        match self {
            Self::EmptyDesired { .. } => GuardCode::EmptyDesired,
            Self::TooManyDeletes { .. } => GuardCode::TooManyDeletes,
            Self::TooManyIdChanges { .. } => GuardCode::TooManyIdChanges,
            Self::PolicyViolated(_) => GuardCode::PolicyViolated,
            Self::SourceTemplate(_) => GuardCode::SourceTemplate,
            Self::IncompleteListing { .. } => GuardCode::IncompleteListing,
            Self::RecordedIdRenamed { .. } | Self::UndeclaredIdRenamed { .. } => {
                GuardCode::RecordedIdRenamed
            }
        }
    }
}

/// What of a plan violates a rule of the policy file.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct PolicyViolation {
    /// The rule.
    pub rule: PolicyRule,
    /// The customer, type, region or patterns; empty for the run.
    pub subject: String,
    /// What a limit counts.
    pub impact: Option<Impact>,
    /// The number of objects.
    pub count: u64,
    /// The limit; `None` for a rule without number.
    pub allowed: Option<u64>,
    /// Some of the objects.
    pub objects: Vec<Address>,
}

impl Refusal {
    /// Whether the guard refuses every deletion of the run, and nothing else.
    pub(super) fn forbids_deletions(&self) -> bool {
        matches!(
            self,
            Self::EmptyDesired { .. } | Self::IncompleteListing { .. }
        )
    }
}

/// The flags with which a run removes objects.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemovalFlags {
    /// No flag: only connectors that an unfinished replacement left.
    #[default]
    None,
    /// `--prune`.
    Prune,
    /// `--prune --delete-customers`.
    PruneAndDeleteCustomers,
}

/// Where a limit of the guards comes from.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    Eq,
    PartialEq,
    Ord,
    PartialOrd,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum LimitSource {
    /// `guards` in the project file.
    #[default]
    Files,
    /// The limit of files that do not set one.
    Default,
    /// `--allow-delete`.
    AllowDelete,
    /// `--allow-id-changes`.
    AllowIdChanges,
    /// The policy file.
    Policy,
}

/// The deletions of a plan that its guards allow.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AllowedDeletions {
    /// Objects that will be deleted or suspended.
    pub deletes: u64,
    /// The limit on deletions.
    pub allowed: u64,
    /// Where the limit comes from.
    pub source: LimitSource,
}

/// The id changes of a plan that its guards allow.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AllowedIdChanges {
    /// Connectors that will get another id.
    pub id_changes: u64,
    /// The limit on id changes.
    pub allowed: u64,
    /// Where the limit comes from.
    pub source: LimitSource,
}

/// The stable code of a [`Refusal`].
#[derive(
    Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum GuardCode {
    /// A prune with no declared customer while the ledger owns objects.
    EmptyDesired,
    /// More deletions than `guards` allows.
    TooManyDeletes,
    /// More replacements and rotations than `guards` allows.
    TooManyIdChanges,
    /// A rule of the policy file forbids steps of the plan.
    PolicyViolated,
    /// The organization has no source template as the files ask for it.
    SourceTemplate,
    /// A prune with an incomplete list of customers.
    IncompleteListing,
    /// A recorded workspace has a name that neither the files nor the ledger contain.
    RecordedIdRenamed,
}
