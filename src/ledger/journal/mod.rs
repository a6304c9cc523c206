//! The journal: what a run was about to write, kept before it writes, and how it ended.
//!
//! A run that was killed leaves intents without an outcome; the next one looks at what there is
//! and settles them before it plans. A creation that it looks for in vain is carried over as long
//! as it may still take effect. On this machine it is a file that only grows while a run lasts;
//! in a shared store, which has no such files, each open intent is an object.

mod file;
mod objects;

use super::recovery::matches_intent;
use super::{LedgerError, LedgerStore};
use crate::model::{
    Address, ConnectorId, DefinitionId, ObservedConnector, RecordedConnector, WorkspaceId,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long after its intent a creation may still take effect: the token that it was sent with
/// lives for 20 minutes, and the server refuses it after that.
pub(super) const LIFE: Duration = Duration::from_mins(20);

/// What is about to be written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "intent", rename_all = "snake_case")]
pub enum Intent {
    /// Mint a token for a name that is not there, which creates the workspace.
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
        /// Connectors that were there before: none of them is the new one.
        known: BTreeSet<ConnectorId>,
        /// The connector that the new one takes the place of.
        replaces: Option<ConnectorId>,
        /// What the ledger will hold of it, its id aside.
        record: Box<RecordedConnector>,
    },
    /// A write by id, which the next plan judges by what it reads.
    Write {
        /// To what.
        address: Address,
        /// The API's operation.
        operation: String,
    },
}

/// How it ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It had its effect, and the ledger knows.
    Done,
    /// It had none.
    Failed,
    /// Nobody knows: the next run looks.
    Unknown,
    /// A later run looked for it in vain. It may still come.
    Missing,
}

impl Outcome {
    fn is_certain(self) -> bool {
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
    /// What is known of its end; nothing when the run was cut short.
    pub outcome: Option<Outcome>,
}

impl Unsettled {
    fn now(intent: Intent) -> Self {
        Self {
            intent,
            at: Some(Timestamp::now().to_string()),
            outcome: None,
        }
    }

    /// When it was to be written.
    pub(super) fn time(&self) -> Option<Timestamp> {
        self.at.as_ref()?.parse().ok()
    }

    /// How much is left of a time after the intent; nothing when it is over. A clock that was
    /// set back does not prolong it.
    pub fn left_of(&self, grace: Duration) -> Option<Duration> {
        let age = Duration::try_from(Timestamp::now().duration_since(self.time()?));
        let left = grace.saturating_sub(age.unwrap_or_default());
        (!left.is_zero()).then_some(left)
    }

    /// Whether it is a creation that may still take effect. Minting for a name again gives the
    /// same workspace, and a write by id is judged by what is read, so only connectors can come
    /// to be twice.
    fn may_come(&self, now: Timestamp) -> bool {
        matches!(self.intent, Intent::CreateConnector { .. })
            && self.time().is_some_and(|at| now < at + LIFE)
    }
}

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    log: Log,
    state: Mutex<State>,
}

/// Where it is kept.
#[derive(Debug)]
enum Log {
    File(file::Log),
    Objects(objects::Log),
}

#[derive(Debug)]
struct State {
    next: u64,
    unsettled: BTreeMap<u64, Unsettled>,
}

impl Journal {
    /// Intents of earlier runs that have no certain outcome, oldest first. Reads only.
    pub(super) async fn unsettled(store: &LedgerStore) -> Result<Vec<Unsettled>, LedgerError> {
        match store {
            LedgerStore::Local(dir) => file::unsettled(dir),
            LedgerStore::Shared(shared) => objects::unsettled(shared).await,
        }
    }

    /// Starts anew. What earlier runs left must have been settled into the ledger; `open` is
    /// what was looked for in vain, and is kept as long as it may still come.
    pub(super) async fn start(
        store: &LedgerStore,
        open: &[Unsettled],
    ) -> Result<Self, LedgerError> {
        let now = Timestamp::now();
        let kept = open.iter().filter(|one| one.may_come(now)).cloned();
        let kept = kept.map(|one| Unsettled {
            outcome: Some(Outcome::Missing),
            ..one
        });
        let unsettled: BTreeMap<u64, Unsettled> = (1..).zip(kept).collect();
        let log = match store {
            LedgerStore::Local(dir) => Log::File(file::Log::start(dir, &unsettled)?),
            LedgerStore::Shared(shared) => {
                Log::Objects(objects::Log::start(shared, &unsettled).await?)
            }
        };
        let state = State {
            next: unsettled.keys().next_back().map_or(1, |last| last + 1),
            unsettled,
        };
        Ok(Self {
            log,
            state: Mutex::new(state),
        })
    }

    /// Keeps an intent; the write may begin when this returns.
    pub async fn begin(&self, intent: Intent) -> Result<u64, LedgerError> {
        let seq = self.number();
        let one = Unsettled::now(intent);
        match &self.log {
            Log::File(log) => log.begun(seq, &one)?,
            Log::Objects(log) => log.begun(seq, &one).await?,
        }
        self.state().unsettled.insert(seq, one);
        Ok(seq)
    }

    fn number(&self) -> u64 {
        let mut state = self.state();
        let seq = state.next;
        state.next += 1;
        seq
    }

    /// Keeps an outcome.
    pub async fn end(&self, seq: u64, outcome: Outcome) -> Result<(), LedgerError> {
        match &self.log {
            Log::File(log) => log.ended(seq, outcome)?,
            Log::Objects(log) => {
                let begun = self.state().unsettled.get(&seq).cloned();
                let left = begun.filter(|_| !outcome.is_certain());
                let left = left.map(|one| Unsettled {
                    outcome: Some(outcome),
                    ..one
                });
                log.ended(seq, left.as_ref()).await?;
            }
        }
        ended(&mut self.state().unsettled, seq, outcome);
        Ok(())
    }

    /// What the ledger is to hold of a connector that a creation of ours explains of which no
    /// answer came.
    pub fn explains(
        &self,
        workspace: WorkspaceId,
        id: ConnectorId,
        found: &ObservedConnector,
    ) -> Option<RecordedConnector> {
        let state = self.state();
        let ended = |one: &&Unsettled| one.outcome.is_some();
        let made = |one: &Unsettled| matches_intent(one, workspace, id, found);
        state.unsettled.values().filter(ended).find_map(made)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ended(open: &mut BTreeMap<u64, Unsettled>, seq: u64, outcome: Outcome) {
    if outcome.is_certain() {
        open.remove(&seq);
    } else if let Some(one) = open.get_mut(&seq) {
        one.outcome = Some(outcome);
    }
}

#[cfg(test)]
mod tests;
