//! Responsible for why a step did not succeed: codes and fields, which `render` words.

use crate::model::{ConnectorId, WorkspaceId};
use serde::{Deserialize, Serialize};

/// Why a step did not succeed, with what a sentence about it needs.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum StepProblem {
    /// The run was stopped before the step started.
    RunEnded,
    /// The step needs a customer whose creation did not succeed.
    CustomerNotCreated,
    /// The step needs a customer without a workspace.
    CustomerAbsent,
    /// A secret that the step sends has no value.
    SecretUnresolved {
        /// What the secret's store reports.
        reason: String,
    },
    /// Too many connectors failed in the waves before.
    RotationEnded {
        /// The last wave that was started.
        wave: usize,
        /// Connectors that failed.
        failures: usize,
        /// Failures that are allowed.
        allowed: usize,
    },
    /// The remote state is not the one that the step was planned against.
    Stale {
        /// What differs.
        reason: StaleReason,
    },
    /// The token minted for a new customer is for a workspace of another name.
    MintedOther {
        /// The token's workspace.
        workspace_id: WorkspaceId,
    },
    /// The workspace of a token minted for a new customer could not be read.
    MintUnchecked {
        /// The token's workspace.
        workspace_id: WorkspaceId,
        /// What the request's error says.
        error: String,
    },
    /// The API accepted a deletion, and lists still show the connector.
    DeletedStillListed,
    /// The API answered a deletion with 404, and lists show the connector.
    DeniedStillListed,
    /// The API accepted a deletion, and the workspace can still be read.
    WorkspaceRemains,
    /// The API accepted a change, and the workspace does not show it.
    WorkspaceUnchanged,
    /// More than one connector appeared after one creation.
    SeveralAppeared,
    /// The API accepted a creation, and no list shows the connector.
    NotListed {
        /// The connector of the response.
        id: ConnectorId,
    },
    /// The same of a replacement, whose old connector is kept.
    ReplacementNotListed {
        /// The connector of the response.
        id: ConnectorId,
    },
    /// The check of new credentials could not be made.
    CheckNotMade {
        /// What the request's error says.
        error: String,
    },
    /// The check of new credentials failed.
    CheckFailed {
        /// The server's explanation.
        message: Option<String>,
    },
    /// The check of new credentials ended with a status that this version does not know.
    CheckStatusUnknown,
    /// A replacement needs a check with a verdict.
    CheckWithoutVerdict {
        /// How the check ended.
        end: CheckEnd,
    },
    /// The replacement exists, and the old connector could not be deleted.
    OldRemains {
        /// The new connector.
        id: ConnectorId,
        /// The old connector.
        old: ConnectorId,
        /// Why the deletion did not succeed.
        problem: Box<Self>,
    },
    /// A request failed.
    Request {
        /// What the request's error says.
        error: String,
    },
    /// The ledger could not be read or written.
    Ledger {
        /// What the ledger's error says.
        error: String,
    },
}

/// How the remote state differs from the one that a step was planned against.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StaleReason {
    /// No workspace is known.
    WorkspaceAbsent,
    /// The workspace no longer exists.
    WorkspaceGone,
    /// The workspace carries another name.
    WorkspaceRenamed,
    /// The workspace to be deleted holds a connector that is not ours.
    HoldsUnmanaged,
    /// The workspace of a new customer is in the ledger already.
    AlreadyRecorded,
    /// The connector no longer exists.
    ConnectorGone,
    /// The connector to be replaced no longer exists.
    ReplacedGone,
    /// Another connector of the name exists beside the one to be replaced.
    NamesakeAppeared,
}

/// How a check ended without a verdict.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckEnd {
    /// The server canceled it.
    Cancelled,
    /// The server skipped it.
    Skipped,
    /// The server reported no verdict.
    Inconclusive,
    /// It did not end before the deadline.
    TimedOut,
}
