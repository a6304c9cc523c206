//! Responsible for intents: the writes of a run, their outcomes, and which connectors a creation
//! without a certain outcome may have created.

use crate::model::{
    Address, Applied, ConnectorEntry, ConnectorId, DefinitionId, LastWrite, ObservedConnector,
    ObservedDetail, PendingEntry, SentFingerprints, WorkspaceId, is_other_form,
    pair_plain_settings, same_entities,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// How long after its intent a creation may take effect. The token of the request is valid for 20
/// minutes.
pub(super) const LIFE: Duration = Duration::from_mins(20);

/// The largest expected difference between the clocks of this machine and the server.
const SKEW: Duration = Duration::from_mins(1);

/// How much older than its intent a workspace may look, because the clocks of this machine and of the
/// server differ. The same for a connector whose secrets count as those of the intent.
pub const CLOCK_DIFFERENCE: Duration = Duration::from_mins(30);

/// The accepted clock difference until a run has searched for the connector. It is large because a
/// connector that is not recognized is created twice.
const WRONG_CLOCK: Duration = Duration::from_hours(24);

/// A write that a run is about to send.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "intent", rename_all = "snake_case")]
pub enum Intent {
    /// Request a token for a customer name that does not exist, which creates the workspace.
    CreateCustomer {
        /// The customer's name.
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
        /// The connector's type.
        definition_id: DefinitionId,
        /// The connectors that existed before.
        known: BTreeSet<ConnectorId>,
        /// The connector that the new one replaces.
        replaces: Option<ConnectorId>,
        /// The new connector's ledger entry.
        record: Box<PendingEntry>,
    },
    /// A write by id. The next plan reads its effect.
    Write {
        /// The customer or connector.
        address: Address,
        /// The operation of the API.
        operation: String,
    },
}

impl Intent {
    /// The name of the customer that the write concerns.
    pub(in crate::ledger) fn customer(&self) -> &str {
        match self {
            Self::CreateCustomer { customer } | Self::CreateConnector { customer, .. } => customer,
            Self::Write { address, .. } => &address.customer,
        }
    }
}

/// The write of a creation whose response is not known. A connector that is not as the creation sent
/// it is compared with the files setting by setting.
fn unanswered(
    record: &PendingEntry,
    listed: &ObservedConnector,
    agreement: Agreement,
) -> Option<Box<LastWrite>> {
    let applied = &record.applied;
    if applied.replication_config.is_none() && applied.entities.is_none() {
        return None;
    }
    let is_unchanged = listed.updated_at == listed.created_at;
    let updated_at = listed.updated_at.as_ref();
    let written_at = updated_at.filter(|_| is_unchanged && agreement == Agreement::AsSent);
    Some(Box::new(LastWrite::unanswered(
        written_at.map(String::from),
    )))
}

/// Whether a listed connector agrees with the creation that may have created it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Agreement {
    /// The connector is as the creation sent it, and nobody changed it since, as far as the API tells.
    AsSent,
    /// The connector differs from what was sent. It may be another one.
    Different,
}

impl Agreement {
    fn new(record: &PendingEntry, listed: &ObservedConnector) -> Self {
        let times = listed
            .created_at
            .as_deref()
            .zip(listed.updated_at.as_deref());
        let is_unchanged = times.is_none_or(|(created, updated)| created == updated);
        let detail = listed.detail.as_ref();
        if is_unchanged && detail.is_none_or(|detail| has_settings(detail, &record.applied)) {
            Self::AsSent
        } else {
            Self::Different
        }
    }
}

/// Whether a connector has the settings that a creation sent, maybe in another form.
fn has_settings(detail: &ObservedDetail, sent: &Applied) -> bool {
    let entities = sent.entities.as_ref();
    let mut is_same = entities.is_none_or(|sent| same_entities(sent, &detail.entities));
    if let Some(settings) = &sent.replication_config {
        pair_plain_settings(
            settings,
            &detail.replication_config,
            &mut |_, sent, live| {
                is_same &= live.is_some_and(|live| is_other_form(&sent, live));
            },
        );
    }
    is_same
}

/// The outcome of an intent.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntentOutcome {
    /// The request took effect, and the ledger contains the result.
    #[serde(rename = "done")]
    TookEffect,
    /// The request had no effect.
    Failed,
    /// The effect is unknown. The next run checks.
    Unknown,
    /// A later run did not find the effect. The request may still take effect.
    Missing,
}

impl IntentOutcome {
    pub(super) fn is_certain(self) -> bool {
        matches!(self, Self::TookEffect | Self::Failed)
    }
}

/// An intent in the journal that has no certain outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct JournalEntry {
    /// The write.
    pub intent: Intent,
    /// When the intent was logged, RFC 3339 in UTC. `None` in journals of earlier versions.
    pub at: Option<String>,
    /// The outcome. `None` if the run was killed before it knew the outcome.
    pub outcome: Option<IntentOutcome>,
}

impl JournalEntry {
    pub(super) fn now(intent: Intent) -> Self {
        Self {
            intent,
            at: Some(Timestamp::now().to_string()),
            outcome: None,
        }
    }

    /// When the intent was logged.
    pub fn time(&self) -> Option<Timestamp> {
        self.at.as_ref()?.parse().ok()
    }

    /// The remaining part of a period that starts with the intent. `None` if the period is over. A
    /// clock that was set back does not extend the period.
    pub fn left_of(&self, period: Duration) -> Option<Duration> {
        let age = Duration::try_from(Timestamp::now().duration_since(self.time()?));
        let left = period.saturating_sub(age.unwrap_or_default());
        (!left.is_zero()).then_some(left)
    }

    /// Whether the creation of a connector may still take effect. Other writes need no check: a
    /// repeated token request returns the same workspace, and a plan reads the effect of a write by
    /// id.
    pub(super) fn may_take_effect(&self, now: Timestamp) -> bool {
        matches!(self.intent, Intent::CreateConnector { .. })
            && self.time().is_some_and(|at| now < at + LIFE)
    }

    /// Whether the request may have created a workspace. An older one belongs to someone else. A
    /// workspace without a creation time counts as new.
    pub(in crate::ledger) fn may_have_created(&self, created_at: &str) -> bool {
        let Ok(created) = created_at.parse::<Timestamp>() else {
            return true;
        };
        self.time()
            .is_some_and(|at| created >= at - CLOCK_DIFFERENCE)
    }

    /// The ledger entry of a listed connector, if this creation may have created it.
    pub(in crate::ledger) fn matches_intent(
        &self,
        workspace: WorkspaceId,
        id: ConnectorId,
        listed: &ObservedConnector,
    ) -> Option<ConnectorEntry> {
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
            && listed.name == *name
            && listed.definition_id == *definition_id
            && !known.contains(&id)
            && self.is_in_time(listed);
        let agreement = Agreement::new(record, listed);
        matches.then(|| ConnectorEntry {
            sent: self.proven_secrets(record, listed, agreement),
            write: unanswered(record, listed, agreement),
            ..PendingEntry::clone(record).with_id(id)
        })
    }

    /// The fingerprints of the secrets that the creation sent, if everything that the API shows says
    /// that the connector is the created one. Who can write the ledger can make an old intent count
    /// again, and the connector may be somebody's.
    fn proven_secrets(
        &self,
        record: &PendingEntry,
        listed: &ObservedConnector,
        agreement: Agreement,
    ) -> Option<Arc<SentFingerprints>> {
        let is_proven =
            agreement == Agreement::AsSent && self.is_created_within(listed, CLOCK_DIFFERENCE);
        record.sent.clone().filter(|_| is_proven)
    }

    /// Whether a connector was created while this creation could take effect. Connectors from other
    /// times were created by someone else. Exact after a run did not find the connector.
    fn is_in_time(&self, listed: &ObservedConnector) -> bool {
        let was_missing = self.outcome == Some(IntentOutcome::Missing);
        let skew = if was_missing { SKEW } else { WRONG_CLOCK };
        match self.time().zip(listed.created()) {
            Some(_) => self.is_created_within(listed, skew),
            None => !was_missing,
        }
    }

    /// Whether a connector was created while this creation could take effect. `skew` is the accepted
    /// difference between the clocks. Unknown times count as in time.
    fn is_created_within(&self, listed: &ObservedConnector, skew: Duration) -> bool {
        let times = self.time().zip(listed.created());
        times.is_none_or(|(at, created)| at - skew <= created && created <= at + LIFE + skew)
    }
}
