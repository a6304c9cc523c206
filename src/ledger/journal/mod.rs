//! Responsible for the journal: each write is logged before its request, with its outcome after it.
//!
//! A killed run leaves intents without an outcome. The next run checks their effects before it
//! plans. It carries over an intent whose connector it does not find, while the request may still
//! take effect. The journal also has the changes of entries that are not in their own files or objects
//! yet. A local journal is a file to which a run appends. In a shared store, which cannot append to
//! objects, it is a sequence of objects.

mod commit;
mod file;
mod intent;
mod lines;
mod opening;
mod reading;
mod saved;
mod segments;
mod signature;

/// The largest file or object of a journal that is read. A creation takes about 2 KiB, and the journal of a
/// run with hundreds of thousands of creations must be readable.
const MAX_SIZE: u64 = 1024 * 1024 * 1024;

pub use intent::{CLOCK_DIFFERENCE, Intent, IntentOutcome, JournalEntry};
pub(super) use saved::{SavedEntries, SavedEntry, SavedLine};

use super::authenticate::Authenticator;
use super::head::HeadJournal;
use super::organization::UnverifiedLines;
use super::{LedgerError, LedgerStore};
use crate::model::LockUnpoisoned;
use crate::model::{ConnectorEntry, ConnectorId, ObservedConnector, WorkspaceId};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use uuid::Uuid;

/// An open journal.
#[derive(Clone, Debug)]
pub struct Journal {
    log: Arc<Log>,
    state: Arc<Mutex<State>>,
}

/// A customer whose steps are being executed.
#[derive(Debug)]
pub struct CustomerAtWork(#[expect(dead_code, reason = "counted while it exists")] Arc<()>);

#[derive(Debug)]
enum Log {
    File(file::Log),
    Segments(segments::Log),
}

#[derive(Debug)]
struct State {
    next: u64,
    open: BTreeMap<u64, JournalEntry>,
    /// Intents whose last write did not succeed, or not yet.
    unfinished: BTreeSet<u64>,
}

/// What earlier runs have left in the journal.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct JournalContent {
    /// The intents without a certain outcome, the oldest first.
    pub(super) entries: Vec<JournalEntry>,
    /// The customers of intents that are not authenticated.
    pub(super) unverified_names: BTreeSet<String>,
    /// Whether the journal of an interrupted run does not exist.
    pub(super) is_missing: bool,
    /// Whether a later head than the stored one named the journal, so that the stored one is an old copy.
    pub(super) is_head_old: bool,
    /// The entries of an interrupted run, whose files may be older.
    pub(super) saved: SavedEntries,
}

impl JournalContent {
    fn extend(&mut self, other: Self) {
        self.entries.extend(other.entries);
        self.unverified_names.extend(other.unverified_names);
        self.is_missing |= other.is_missing;
        self.is_head_old |= other.is_head_old;
        self.saved.extend(other.saved);
    }
}

impl Journal {
    /// Reads the journal. `head` is the journal that the ledger's head names.
    pub(super) async fn read(
        store: &LedgerStore,
        authenticator: &Authenticator,
        head: Option<&HeadJournal>,
    ) -> Result<JournalContent, LedgerError> {
        match store {
            LedgerStore::Local(local) => file::read(local, authenticator, head),
            LedgerStore::Shared(shared) => segments::read(shared, authenticator, head).await,
        }
    }

    /// Starts a new journal. The caller must have recovered the intents of earlier runs into the
    /// ledger, or into `saved`. The creations in `open`, whose connectors are not listed, are carried
    /// over while they may still take effect. `head` is the journal that the ledger's head names.
    /// Before the first intent, the head must name the new journal.
    pub(super) async fn start(
        store: &LedgerStore,
        authenticator: Arc<Authenticator>,
        head: Option<&HeadJournal>,
        open: &[JournalEntry],
        saved: &SavedEntries,
        unverified: UnverifiedLines,
    ) -> Result<Self, LedgerError> {
        let carried_over = match unverified {
            UnverifiedLines::Keep => still_open(open),
            // `ledger sign` recovers nothing, so the next run needs every open intent.
            UnverifiedLines::Drop => open.to_vec(),
        };
        let open: BTreeMap<u64, JournalEntry> = (1..).zip(carried_over).collect();
        let log = match store {
            LedgerStore::Local(local) => Log::File(file::Log::start(
                local,
                authenticator,
                head,
                &open,
                saved,
                unverified,
            )?),
            LedgerStore::Shared(shared) => Log::Segments(
                segments::Log::start(shared, authenticator, head, &open, saved, unverified).await?,
            ),
        };
        let state = State {
            next: open.keys().next_back().map_or(1, |last| last + 1),
            open,
            unfinished: BTreeSet::new(),
        };
        Ok(Self {
            log: Arc::new(log),
            state: Arc::new(Mutex::new(state)),
        })
    }

    /// Removes what earlier runs have left, after the head names this journal.
    pub(super) async fn remove_earlier(&self) -> Result<(), LedgerError> {
        match &*self.log {
            Log::File(_) => Ok(()),
            Log::Segments(log) => log.remove_earlier().await,
        }
    }

    /// Removes the lines of a run that ended without open intents, after the head says so. The first lines of a file
    /// stay until the next run: they show that an old head is old.
    pub(super) async fn remove_own(&self) -> Result<(), LedgerError> {
        match &*self.log {
            Log::Segments(log) => log.remove_own().await,
            Log::File(log) => {
                log.cut_off_own();
                Ok(())
            }
        }
    }

    /// Logs that the ledger's head names this journal. The line is durable with the next one.
    pub(super) fn note_head(&self) -> Result<(), LedgerError> {
        match &*self.log {
            Log::File(log) => log.note_head(),
            Log::Segments(log) => log.note_head(),
        }
    }

    /// Logs a change of an entry. It is durable with the next intent.
    pub(super) fn save(&self, saved: &SavedLine) -> Result<(), LedgerError> {
        match &*self.log {
            Log::File(log) => log.save(saved),
            Log::Segments(log) => log.save(saved),
        }
    }

    /// Makes all lines durable.
    pub(super) async fn sync(&self) -> Result<(), LedgerError> {
        match &*self.log {
            Log::File(log) => log.sync().await,
            Log::Segments(log) => log.sync().await,
        }
    }

    /// Makes all outcomes durable at the end of the run. Returns the number and the customer of each
    /// intent without a certain outcome, for the ledger's head. `None` if an earlier write of the
    /// journal failed, so that they are not known.
    pub(super) async fn close(&self) -> Result<Option<BTreeMap<u64, String>>, LedgerError> {
        if !self.state().unfinished.is_empty() {
            return Ok(None);
        }
        self.sync().await?;
        let state = self.state();
        let open = state.open.iter();
        let customers = open.map(|(seq, entry)| (*seq, entry.intent.customer().to_owned()));
        Ok(Some(customers.collect()))
    }

    /// The id that the ledger's head names.
    pub(super) fn id(&self) -> Uuid {
        match &*self.log {
            Log::File(log) => log.id(),
            Log::Segments(log) => log.id(),
        }
    }

    /// Whether the journal is in a store that machines share, which takes as long for an intent as the API for a request.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(&*self.log, Log::Segments(_))
    }

    /// Counts a customer as at work until the result is dropped. Customers at work share syncs.
    pub fn customer_at_work(&self) -> CustomerAtWork {
        CustomerAtWork(match &*self.log {
            Log::File(log) => log.customer_at_work(),
            Log::Segments(log) => log.customer_at_work(),
        })
    }

    /// Logs an intent durably. Its request may be sent when this returns.
    pub async fn begin(&self, intent: Intent) -> Result<u64, LedgerError> {
        let seq = self.next_number();
        let entry = JournalEntry::now(intent);
        match &*self.log {
            Log::File(log) => log.begin(seq, &entry).await?,
            Log::Segments(log) => log.begin(seq, &entry).await?,
        }
        let mut state = self.state();
        state.open.insert(seq, entry);
        state.unfinished.remove(&seq);
        drop(state);
        Ok(seq)
    }

    fn next_number(&self) -> u64 {
        let mut state = self.state();
        let seq = state.next;
        state.next += 1;
        state.unfinished.insert(seq);
        seq
    }

    /// Logs an outcome. It is durable with the next intent. If it is lost before that, the next run
    /// checks the effect of the request.
    #[expect(
        clippy::unused_async,
        reason = "callers wait for all lines of a journal alike"
    )]
    pub async fn end(&self, seq: u64, outcome: IntentOutcome) -> Result<(), LedgerError> {
        self.state().unfinished.insert(seq);
        match &*self.log {
            Log::File(log) => log.end(seq, outcome)?,
            Log::Segments(log) => log.end(seq, outcome)?,
        }
        let mut state = self.state();
        end(&mut state.open, seq, outcome);
        state.unfinished.remove(&seq);
        drop(state);
        Ok(())
    }

    /// Logs an outcome that the next run cannot find out from the API, durably.
    pub async fn end_durably(&self, seq: u64, outcome: IntentOutcome) -> Result<(), LedgerError> {
        self.end(seq, outcome).await?;
        self.sync().await
    }

    /// The ledger entry of a connector that a creation of this run without a response may have created.
    pub fn explains(
        &self,
        workspace: WorkspaceId,
        id: ConnectorId,
        listed: &ObservedConnector,
    ) -> Option<ConnectorEntry> {
        self.state()
            .open
            .values()
            .filter(|entry| entry.outcome.is_some())
            .find_map(|entry| entry.matches_intent(workspace, id, listed))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock_unpoisoned()
    }
}

fn end(open: &mut BTreeMap<u64, JournalEntry>, seq: u64, outcome: IntentOutcome) {
    if outcome.is_certain() {
        open.remove(&seq);
    } else if let Some(entry) = open.get_mut(&seq) {
        entry.outcome = Some(outcome);
    }
}

/// The creations that may still take effect. The caller did not find their connectors.
fn still_open(entries: &[JournalEntry]) -> Vec<JournalEntry> {
    let now = Timestamp::now();
    entries
        .iter()
        .filter(|entry| entry.may_take_effect(now))
        .map(|entry| JournalEntry {
            outcome: Some(IntentOutcome::Missing),
            ..entry.clone()
        })
        .collect()
}

#[cfg(test)]
mod commit_tests;
#[cfg(test)]
mod tests;
