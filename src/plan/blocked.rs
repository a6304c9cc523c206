//! Responsible for what keeps a plan or a part of it from being made: codes and fields, which
//! `render` words.

use crate::model::{Address, WorkspaceId};
use serde::{Deserialize, Serialize};

/// Something that cannot be planned.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Blocked {
    /// The customer or connector.
    pub address: Address,
    /// Why it cannot be planned.
    pub reason: BlockReason,
}

impl Blocked {
    /// The stable code, which `airlift explain` knows.
    pub fn code(&self) -> BlockCode {
        self.reason.code()
    }
}

/// Why something cannot be planned, with what a sentence about it needs.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum BlockReason {
    /// More than one workspace carries the name.
    AmbiguousCustomer {
        /// The declared or previous name.
        name: String,
    },
    /// More than one unrecorded connector has the name and type.
    AmbiguousConnector,
    /// Several definitions carry the type's name.
    AmbiguousType {
        /// The type as written.
        kind: String,
    },
    /// The live catalog has no such type.
    UnknownType {
        /// The type as written.
        kind: String,
        /// The names that come nearest.
        similar: Vec<String>,
    },
    /// The workspace has a status that this version does not know.
    UnknownStatus {
        /// The status as the API returned it.
        status: String,
    },
    /// A replacement of a protected customer's connector.
    ReplacementProtected,
    /// The deletion of a protected customer's connector.
    DeletionProtected,
    /// The removal of a customer that was protected when it was last declared.
    RemovalProtected,
    /// A protected customer is declared inactive.
    DeactivationProtected,
    /// A workspace of the new name exists beside the one to be renamed.
    RenameConflict,
    /// A connector cannot be rotated because it is not in the ledger yet.
    NotRecorded,
    /// A connector cannot be rotated before its customer's pending changes.
    CustomerChangesFirst,
    /// A rotation would carry other pending changes of the connector along.
    OtherChanges,
    /// Another run may be replacing the connector at this moment.
    ReplacedMeanwhile,
    /// Deleting the customer would delete connectors that are not ours.
    HoldsUnmanaged {
        /// How many.
        connectors: usize,
    },
}

impl BlockReason {
    /// The stable code, which `airlift explain` knows.
    pub fn code(&self) -> BlockCode {
        match self {
            Self::AmbiguousCustomer { .. } | Self::AmbiguousConnector => BlockCode::AmbiguousMatch,
            Self::AmbiguousType { .. } | Self::UnknownType { .. } => BlockCode::UnknownType,
            Self::UnknownStatus { .. } => BlockCode::UnknownStatus,
            Self::ReplacementProtected
            | Self::DeletionProtected
            | Self::RemovalProtected
            | Self::DeactivationProtected => BlockCode::Protected,
            Self::RenameConflict => BlockCode::RenameConflict,
            Self::NotRecorded | Self::CustomerChangesFirst | Self::OtherChanges => {
                BlockCode::PendingChanges
            }
            Self::ReplacedMeanwhile => BlockCode::ReplacedMeanwhile,
            Self::HoldsUnmanaged { .. } => BlockCode::HoldsUnmanaged,
        }
    }
}

/// Why something cannot be planned.
#[derive(
    Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum BlockCode {
    /// Two or more remote objects fit, and nothing tells which is meant.
    AmbiguousMatch,
    /// The live catalog has no such type.
    UnknownType,
    /// The workspace has a status that this version does not know.
    UnknownStatus,
    /// `protect: true` forbids the step.
    Protected,
    /// The previous and the new name both exist remotely.
    RenameConflict,
    /// A rotation would carry other pending changes along.
    PendingChanges,
    /// Another run may be replacing the connector at this moment.
    ReplacedMeanwhile,
    /// Deleting the customer would delete connectors that are not ours.
    HoldsUnmanaged,
}

/// A guard that refuses the whole plan (exit 5), with what a sentence about it needs.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Refusal {
    /// Pruning with no customer declared while the ledger owns something.
    EmptyDesired {
        /// Owned objects.
        owned: u64,
    },
    /// More deletions than `guards` allows.
    TooManyDeletes {
        /// Objects that would be deleted or suspended.
        deletes: u64,
        /// Owned objects.
        owned: u64,
        /// Deletions that are allowed.
        allowed: u64,
    },
    /// Pruning while the listing is not whole.
    IncompleteListing {
        /// What is missing or repeated.
        problem: String,
    },
    /// The recorded workspace of a declared customer carries a name that nothing explains.
    RecordedIdRenamed {
        /// The declared name.
        name: String,
        /// The recorded workspace.
        workspace_id: WorkspaceId,
        /// The name that it carries.
        carries: String,
    },
    /// The same of a customer that is no longer declared.
    UndeclaredIdRenamed {
        /// The recorded name.
        name: String,
        /// The recorded workspace.
        workspace_id: WorkspaceId,
        /// The name that it carries.
        carries: String,
    },
}

impl Refusal {
    /// The stable code, which `airlift explain` knows.
    pub fn code(&self) -> GuardCode {
        match self {
            Self::EmptyDesired { .. } => GuardCode::EmptyDesired,
            Self::TooManyDeletes { .. } => GuardCode::TooManyDeletes,
            Self::IncompleteListing { .. } => GuardCode::IncompleteListing,
            Self::RecordedIdRenamed { .. } | Self::UndeclaredIdRenamed { .. } => {
                GuardCode::RecordedIdRenamed
            }
        }
    }
}

/// The guards.
#[derive(
    Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum GuardCode {
    /// Pruning with no customer declared while the ledger owns something.
    EmptyDesired,
    /// More deletions than `guards` allows.
    TooManyDeletes,
    /// Pruning while the listing is not whole.
    IncompleteListing,
    /// A recorded workspace carries a name that nothing explains.
    RecordedIdRenamed,
}
