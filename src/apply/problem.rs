//! Responsible for the reasons why a step did not succeed, as codes and fields. `render` words
//! them.

use crate::model::{ConnectorId, WorkspaceId};
use crate::plan::StaleCause;
use serde::{Deserialize, Serialize};

/// Why a step did not succeed.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum StepProblem {
    /// The run was stopped before the step started.
    RunEnded,
    /// The step needs a customer whose creation did not succeed.
    CustomerNotCreated,
    /// The step needs the workspace of a customer that has none.
    CustomerAbsent,
    /// A secret that the step sends has no value.
    SecretUnresolved {
        /// What the secret's store reports.
        reason: String,
    },
    /// Too many connectors failed in the earlier waves.
    RotationEnded {
        /// The last wave that was started.
        wave: usize,
        /// How many connectors failed.
        failures: usize,
        /// How many failures are allowed.
        allowed: usize,
    },
    /// Too many customers failed or were unhealthy in the earlier waves of an apply.
    WavesEnded {
        /// The last wave that was started.
        wave: usize,
        /// How many customers failed or were unhealthy.
        failures: usize,
        /// How many are allowed.
        allowed: usize,
    },
    /// No wave of the apply selects the customer.
    NoWave,
    /// The remote state changed after the plan was made.
    Stale {
        /// What changed.
        reason: StaleReason,
    },
    /// The token that was issued for a new customer belongs to a workspace of another name.
    WorkspaceOfOtherName {
        /// The token's workspace.
        workspace_id: WorkspaceId,
    },
    /// The token that was issued for a new customer belongs to a workspace that existed before the
    /// run and is not in the ledger.
    OlderWorkspace {
        /// The token's workspace.
        workspace_id: WorkspaceId,
    },
    /// The workspace of the token that was issued for a new customer could not be read.
    NewWorkspaceUnreadable {
        /// The token's workspace.
        workspace_id: WorkspaceId,
        /// What the request's error says.
        error: String,
    },
    /// The API accepted a deletion, and lists still show the connector.
    DeletedStillListed,
    /// The API answered a deletion with 404, and lists still show the connector.
    NotFoundStillListed,
    /// The API accepted a deletion, and the workspace can still be read.
    WorkspaceRemains,
    /// The API accepted a change, and the workspace does not show it.
    WorkspaceUnchanged,
    /// One creation request was followed by more than one new connector.
    SeveralCreated,
    /// The API accepted a creation, and no list shows the connector.
    NotListed {
        /// The connector of the response.
        id: ConnectorId,
    },
    /// The API accepted the creation of a replacement, and no list shows it. The old connector is
    /// kept.
    ReplacementNotListed {
        /// The connector of the response.
        id: ConnectorId,
    },
    /// The request that checks new credentials failed.
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
    /// The check of new credentials ended without a verdict, and a replacement requires one.
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
    /// The API took a write, and the ledger could not record it.
    NotRecorded {
        /// What the ledger's error says.
        error: String,
    },
}

/// How the remote state changed after the plan was made.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StaleReason {
    /// The customer has no workspace.
    WorkspaceAbsent,
    /// The workspace no longer exists.
    WorkspaceGone,
    /// The workspace carries another name.
    WorkspaceRenamed,
    /// The workspace to be deleted contains a connector that the ledger does not own.
    HoldsUnmanaged,
    /// The ledger already has an entry for the workspace of a new customer.
    AlreadyRecorded,
    /// The connector no longer exists.
    ConnectorGone,
    /// The connector to be replaced no longer exists.
    ReplacedGone,
    /// A second connector has the name of the connector to be replaced.
    NamesakeAppeared,
    /// The connector is not in the customer's workspace, or the API does not tell its workspace.
    ForeignConnector,
    /// The step of a saved plan no longer fits.
    SavedPlan(StaleCause),
}

/// How a check ended without a verdict.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckEnd {
    /// The server canceled the check.
    #[serde(rename = "cancelled")]
    Canceled,
    /// The server skipped the check.
    Skipped,
    /// The server reported no verdict.
    Inconclusive,
    /// The check did not end before the deadline.
    TimedOut,
}
