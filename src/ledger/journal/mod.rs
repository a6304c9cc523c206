//! Responsible for the journal: each write is logged before its request, with its outcome after it.
//!
//! A run that was killed leaves intents without an outcome. The next run checks what they did before
//! it plans. An intent whose connector it does not find is carried over as long as the request may
//! still take effect. On this machine the journal is a file that only grows during a run. In a
//! shared store, which has no such files, each open intent is an object.

mod file;
mod intent;
mod objects;

pub use intent::{Intent, IntentOutcome, Unsettled};

use super::{LedgerError, LedgerStore};
use crate::model::LockUnpoisoned;
use crate::model::{ConnectorId, ObservedConnector, RecordedConnector, WorkspaceId};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    log: Log,
    state: Mutex<State>,
}

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

    /// Starts a new journal. The intents of earlier runs must be recovered into the ledger. Those in
    /// `open`, whose connectors are not listed, are carried over as long as they may take effect.
    pub(super) async fn start(
        store: &LedgerStore,
        open: &[Unsettled],
    ) -> Result<Self, LedgerError> {
        let now = Timestamp::now();
        let carried_over = open
            .iter()
            .filter(|unsettled| unsettled.may_take_effect(now))
            .map(|unsettled| Unsettled {
                outcome: Some(IntentOutcome::Missing),
                ..unsettled.clone()
            });
        let unsettled: BTreeMap<u64, Unsettled> = (1..).zip(carried_over).collect();
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

    /// Puts an intent on disk; its request may be sent when this returns.
    pub async fn begin(&self, intent: Intent) -> Result<u64, LedgerError> {
        let seq = self.next_number();
        let unsettled = Unsettled::now(intent);
        match &self.log {
            Log::File(log) => log.begin(seq, &unsettled)?,
            Log::Objects(log) => log.begin(seq, &unsettled).await?,
        }
        self.state().unsettled.insert(seq, unsettled);
        Ok(seq)
    }

    fn next_number(&self) -> u64 {
        let mut state = self.state();
        let seq = state.next;
        state.next += 1;
        seq
    }

    /// Puts an outcome on disk.
    pub async fn end(&self, seq: u64, outcome: IntentOutcome) -> Result<(), LedgerError> {
        match &self.log {
            Log::File(log) => log.end(seq, outcome)?,
            Log::Objects(log) => log.end(seq, self.still_open(seq, outcome).as_ref()).await?,
        }
        end(&mut self.state().unsettled, seq, outcome);
        Ok(())
    }

    /// An intent as it is after an outcome that is not certain.
    fn still_open(&self, seq: u64, outcome: IntentOutcome) -> Option<Unsettled> {
        let unsettled = self.state().unsettled.get(&seq).cloned()?;
        (!outcome.is_certain()).then_some(Unsettled {
            outcome: Some(outcome),
            ..unsettled
        })
    }

    /// The record of a connector that an own creation explains, one whose request got no response.
    pub fn explains(
        &self,
        workspace: WorkspaceId,
        id: ConnectorId,
        found: &ObservedConnector,
    ) -> Option<RecordedConnector> {
        self.state()
            .unsettled
            .values()
            .filter(|unsettled| unsettled.outcome.is_some())
            .find_map(|unsettled| unsettled.matches_intent(workspace, id, found))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock_unpoisoned()
    }
}

fn end(open: &mut BTreeMap<u64, Unsettled>, seq: u64, outcome: IntentOutcome) {
    if outcome.is_certain() {
        open.remove(&seq);
    } else if let Some(unsettled) = open.get_mut(&seq) {
        unsettled.outcome = Some(outcome);
    }
}

#[cfg(test)]
mod tests;
