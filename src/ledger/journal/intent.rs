//! Responsible for intents: what a run is about to write, how it ended, and which connector an
//! unsettled creation may have made.

use crate::model::{
    Address, ConnectorId, DefinitionId, ObservedConnector, PendingConnector, RecordedConnector,
    WorkspaceId,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::Duration;

/// How long after its intent a creation may still take effect: the token that it was sent with
/// lives for 20 minutes, and the server refuses it after that.
pub(super) const LIFE: Duration = Duration::from_mins(20);

/// How far this machine's clock and the server's may be apart.
const SKEW: Duration = Duration::from_mins(1);

/// The same as long as no run has looked for the connector: one that is not recognized then could
/// be created twice.
const WRONG_CLOCK: Duration = Duration::from_hours(24);

/// What is about to be written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "intent", rename_all = "snake_case")]
pub enum Intent {
    /// Mint a token for a name that does not exist, which creates the workspace.
    CreateCustomer {
        /// The name.
        customer: String,
    },
    /// Create a connector.
    CreateConnector {
        /// The customer's name.
        customer: String,
        /// The customer's workspace.
        workspace_id: WorkspaceId,
        /// The connector's name.
        name: String,
        /// Its type.
        definition_id: DefinitionId,
        /// Connectors that existed before: none of them is the new one.
        known: BTreeSet<ConnectorId>,
        /// The connector that the new one replaces.
        replaces: Option<ConnectorId>,
        /// The new connector's record.
        record: Box<PendingConnector>,
    },
    /// A write by id, which the next plan judges by what it reads.
    Write {
        /// The customer or connector.
        address: Address,
        /// The API's operation.
        operation: String,
    },
}

/// How an intent ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntentOutcome {
    /// The request took effect, and the ledger has it.
    Done,
    /// The request had no effect.
    Failed,
    /// The effect is unknown: the next run checks.
    Unknown,
    /// A later run did not find its effect, which may still come.
    Missing,
}

impl IntentOutcome {
    pub(super) fn is_certain(self) -> bool {
        matches!(self, Self::Done | Self::Failed)
    }
}

/// An intent without a certain outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Unsettled {
    /// What was to be written.
    pub intent: Intent,
    /// When, RFC 3339 in UTC; journals of earlier versions do not tell.
    pub at: Option<String>,
    /// The outcome as far as it is known; `None` when the run was killed.
    pub outcome: Option<IntentOutcome>,
}

impl Unsettled {
    pub(super) fn now(intent: Intent) -> Self {
        Self {
            intent,
            at: Some(Timestamp::now().to_string()),
            outcome: None,
        }
    }

    /// When the intent was put on disk.
    pub(super) fn time(&self) -> Option<Timestamp> {
        self.at.as_ref()?.parse().ok()
    }

    /// The rest of a time after the intent; `None` when it is over. A clock that was set back does
    /// not prolong it.
    pub fn left_of(&self, grace: Duration) -> Option<Duration> {
        let age = Duration::try_from(Timestamp::now().duration_since(self.time()?));
        let left = grace.saturating_sub(age.unwrap_or_default());
        (!left.is_zero()).then_some(left)
    }

    /// Whether a creation may still take effect. Only connectors can be created twice: minting for
    /// a name again returns the same workspace, and a write by id is judged by what is read.
    pub(super) fn may_take_effect(&self, now: Timestamp) -> bool {
        matches!(self.intent, Intent::CreateConnector { .. })
            && self.time().is_some_and(|at| now < at + LIFE)
    }

    /// The record of a connector that this creation may have made.
    pub(in crate::ledger) fn matches_intent(
        &self,
        workspace: WorkspaceId,
        id: ConnectorId,
        found: &ObservedConnector,
    ) -> Option<RecordedConnector> {
        let Intent::CreateConnector {
            workspace_id,
            name,
            definition_id,
            known,
            record,
            ..
        } = &self.intent
        else {
            return None;
        };
        let matches = *workspace_id == workspace
            && found.name == *name
            && found.definition_id == *definition_id
            && !known.contains(&id)
            && self.is_in_time(found);
        matches.then(|| PendingConnector::clone(record).with_id(id))
    }

    /// Whether a connector was created while this creation could take effect: people create
    /// connectors, too. Exact once a run did not find it.
    fn is_in_time(&self, found: &ObservedConnector) -> bool {
        let was_missing = self.outcome == Some(IntentOutcome::Missing);
        let skew = if was_missing { SKEW } else { WRONG_CLOCK };
        match self.time().zip(found.created()) {
            Some((at, created)) => at - skew <= created && created <= at + LIFE + skew,
            None => !was_missing,
        }
    }
}
