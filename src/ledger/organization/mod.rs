//! Responsible for the ledger of one organization: loads and saves entries, keeps the generations for
//! the head, and opens the journal and the lock.

use super::authenticate::{Authenticator, LedgerKey};
use super::entries::{self, EntryToWrite, Snapshot, Tombstone, file};
use super::head::Head;
use super::journal::JournalContent;
use super::{
    Journal, JournalEntry, LedgerError, LedgerStore, Lock, Rotations, envelope, head, rotations,
};
use crate::events::Sink;
use crate::model::{
    CustomerEntry, LedgerState, LockUnpoisoned, RecordedGuards, UnverifiedEntry, WorkspaceId,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use uuid::Uuid;

/// How often a ledger is read again because a concurrent run changed the head in the meantime.
const READS: usize = 4;

/// The ledger of one organization, with its journal and its lock.
#[derive(Clone, Debug)]
pub struct Ledger {
    store: LedgerStore,
    authenticator: Arc<Authenticator>,
    state: Arc<Mutex<State>>,
    /// Held while the first head is written.
    first_head: Arc<tokio::sync::Mutex<()>>,
}

/// What the next head will contain.
#[derive(Debug, Default)]
struct State {
    counter: u64,
    generations: BTreeMap<WorkspaceId, u64>,
    unverified: BTreeSet<WorkspaceId>,
    /// Removed entries whose files exist until the next head is written.
    removed: BTreeSet<WorkspaceId>,
    journal: Option<Uuid>,
    /// The journal that the stored head names.
    head_journal: Option<Uuid>,
    guards: Option<RecordedGuards>,
    is_loaded: bool,
    has_head: bool,
    changes: Changes,
}

/// How the stored head differs from the state.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Changes {
    /// The stored head is current.
    #[default]
    None,
    /// The stored head is out of date.
    Written,
    /// A write failed, so the stored generations are not known.
    Uncertain,
}

impl State {
    fn mark_changed(&mut self) {
        if self.changes == Changes::None {
            self.changes = Changes::Written;
        }
    }
}

/// Entries that are not authenticated, with the contents that they claim.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UnsignedLedger {
    /// Why each entry is not authenticated.
    pub entries: BTreeMap<WorkspaceId, UnverifiedEntry>,
    /// The contents that can be read. Anyone could have written them.
    pub claims: BTreeMap<WorkspaceId, CustomerEntry>,
    /// Customers whose writes the journal names without authentication.
    pub journal_names: BTreeSet<String>,
    /// The authenticated intents of earlier runs without a certain outcome, the oldest first.
    pub open: Vec<JournalEntry>,
    /// Other objects of the ledger that are not authenticated, by name.
    pub objects: Vec<&'static str>,
}

impl Ledger {
    /// Opens the ledger of the authenticator's organization. Creates no files.
    pub fn new(root: &LedgerStore, authenticator: Authenticator) -> Self {
        Self {
            store: root.for_organization(authenticator.organization()),
            authenticator: Arc::new(authenticator),
            state: Arc::default(),
            first_head: Arc::default(),
        }
    }

    /// The same ledger. Also accepts what a previous key has authenticated.
    #[must_use]
    pub fn accepting(&self, previous: LedgerKey) -> Self {
        let authenticator = Authenticator::clone(&self.authenticator).accepting(previous);
        Self {
            authenticator: Arc::new(authenticator),
            ..self.clone()
        }
    }

    /// The ledger's path or address for messages.
    pub fn shown(&self) -> String {
        self.store.shown("").display().to_string()
    }

    /// Reads every entry. A missing ledger is empty.
    pub async fn load(&self) -> Result<LedgerState, LedgerError> {
        Ok(self.load_with_journal().await?.0)
    }

    /// Reads every entry, and the intents of earlier runs without a certain outcome, the oldest
    /// first.
    pub async fn load_with_journal(&self) -> Result<(LedgerState, Vec<JournalEntry>), LedgerError> {
        let (snapshot, journal) = self.read().await?;
        if snapshot.key_changed {
            return Err(LedgerError::KeyChanged {
                path: self.store.shown(""),
            });
        }
        self.note_snapshot(&snapshot);
        let state = LedgerState {
            customers: snapshot.customers,
            unverified: snapshot.unverified,
            unverified_names: journal.unverified_names,
            guards: snapshot.head.and_then(|head| head.guards),
        };
        Ok((state, journal.entries))
    }

    /// Reads what is not authenticated, whatever key wrote the ledger.
    pub async fn load_unsigned(&self) -> Result<UnsignedLedger, LedgerError> {
        let (snapshot, journal) = self.read().await?;
        self.note_snapshot(&snapshot);
        let mut objects = Vec::new();
        if snapshot.key_changed {
            objects.push("head");
        }
        match self.rotations().await {
            Err(LedgerError::Unverified { .. }) => objects.push("list of rotations"),
            rotations => drop(rotations?),
        }
        Ok(UnsignedLedger {
            entries: snapshot.unverified,
            claims: snapshot.claims,
            journal_names: journal.unverified_names,
            open: journal.entries,
            objects,
        })
    }

    /// Reads again if something is not authenticated and another run has written a new head since.
    async fn read(&self) -> Result<(Snapshot, JournalContent), LedgerError> {
        let mut read = self.read_once().await?;
        for _ in 1..READS {
            let (snapshot, journal) = &read;
            if snapshot.unverified.is_empty() && journal.unverified_names.is_empty() {
                break;
            }
            let again = self.read_once().await?;
            let is_same = again.0.head == snapshot.head;
            read = again;
            if is_same {
                break;
            }
        }
        Ok(read)
    }

    async fn read_once(&self) -> Result<(Snapshot, JournalContent), LedgerError> {
        let snapshot = entries::read(&self.store, &self.authenticator).await?;
        let head_journal = snapshot.head.as_ref().and_then(|head| head.journal);
        let journal = Journal::read(&self.store, &self.authenticator, head_journal).await?;
        Ok((snapshot, journal))
    }

    fn note_snapshot(&self, snapshot: &Snapshot) {
        let mut state = self.state();
        let head = snapshot.head.as_ref();
        state.counter = state.counter.max(snapshot.counter);
        state.generations.clone_from(&snapshot.generations);
        state.unverified = snapshot.unverified.keys().copied().collect();
        state.removed.clone_from(&snapshot.removed);
        if !snapshot.removed.is_empty() {
            state.mark_changed();
        }
        state.has_head |= head.is_some();
        if !state.is_loaded {
            state.head_journal = head.and_then(|head| head.journal);
            state.journal = state.head_journal;
            state.guards = head.and_then(|head| head.guards);
        }
        state.is_loaded = true;
    }

    /// Writes an entry durably.
    pub async fn save(&self, id: WorkspaceId, customer: &CustomerEntry) -> Result<(), LedgerError> {
        let content = EntryToWrite {
            workspace_id: id,
            customer,
        };
        let generation = self.write(id, &content).await?;
        let mut state = self.state();
        state.generations.insert(id, generation);
        state.removed.remove(&id);
        Ok(())
    }

    /// Removes an entry durably. Its file is removed by the next [`Self::checkpoint`].
    pub async fn remove(&self, id: WorkspaceId) -> Result<(), LedgerError> {
        self.write(id, &Tombstone { removed: id }).await?;
        let mut state = self.state();
        state.generations.remove(&id);
        state.removed.insert(id);
        Ok(())
    }

    async fn write(&self, id: WorkspaceId, content: &impl Serialize) -> Result<u64, LedgerError> {
        self.prepare().await?;
        let name = file(id);
        let path = self.store.shown(&name);
        if self.state().unverified.contains(&id) {
            return Err(LedgerError::Unverified { path });
        }
        let generation = self.next_generation();
        let text = envelope::seal(&self.authenticator, &name, generation, content)
            .map_err(std::io::Error::from)
            .map_err(LedgerError::io("cannot write", &path))?;
        let written = self.store.replace(&name, &text).await;
        let mut state = self.state();
        match written {
            Ok(()) => state.mark_changed(),
            Err(_) => state.changes = Changes::Uncertain,
        }
        written.map(|()| generation)
    }

    /// Allows writing an entry that is not authenticated.
    pub fn sign(&self, id: WorkspaceId) {
        self.state().unverified.remove(&id);
    }

    fn next_generation(&self) -> u64 {
        let mut state = self.state();
        state.counter += 1;
        state.counter
    }

    /// Makes sure that a head exists before the first entry: entries without a head are not
    /// accepted.
    async fn prepare(&self) -> Result<(), LedgerError> {
        let _guard = self.first_head.lock().await;
        if !self.state().is_loaded {
            self.load().await?;
        }
        if self.state().has_head {
            return Ok(());
        }
        self.write_head().await
    }

    /// Writes the head at the end of a run, and then removes the files of removed entries. Does
    /// nothing if nothing was written.
    pub async fn checkpoint(&self) -> Result<(), LedgerError> {
        // After a failed write the head could name a generation that is not stored.
        if self.state().changes != Changes::Written {
            return Ok(());
        }
        self.write_head().await?;
        let removed = std::mem::take(&mut self.state().removed);
        for id in removed {
            self.store.remove(&file(id)).await?;
        }
        self.state().changes = Changes::None;
        Ok(())
    }

    async fn write_head(&self) -> Result<(), LedgerError> {
        let head = {
            let state = self.state();
            Head {
                counter: state.counter,
                generations: state.generations.clone(),
                journal: state.journal,
                key_id: self.authenticator.key_id().to_owned(),
                guards: state.guards,
            }
        };
        head::write(&self.store, &self.authenticator, &head).await?;
        let mut state = self.state();
        state.has_head = true;
        state.head_journal = head.journal;
        Ok(())
    }

    /// Records the guards of the files for the next head.
    pub fn record_guards(&self, guards: RecordedGuards) {
        let mut state = self.state();
        if state.guards.replace(guards) != Some(guards) {
            state.mark_changed();
        }
    }

    /// Reads the entry of a workspace. `None` if it is not authenticated.
    pub async fn find(&self, id: WorkspaceId) -> Result<Option<CustomerEntry>, LedgerError> {
        entries::find(&self.store, &self.authenticator, id).await
    }

    /// Acquires the lock, or returns who holds it. `owner` is shown to other runs. Emits an event
    /// before it waits for a holder that may have ended.
    pub async fn lock(&self, owner: &str, events: &dyn Sink) -> Result<Lock, LedgerError> {
        Lock::acquire(&self.store, owner, events).await
    }

    /// The intents of earlier runs without a certain outcome, the oldest first. Does not write.
    #[cfg(test)]
    pub async fn open_intents(&self) -> Result<Vec<JournalEntry>, LedgerError> {
        Ok(self.load_with_journal().await?.1)
    }

    /// Starts a new journal. The caller must have saved what earlier runs created. The creations in
    /// `open`, whose connectors are not listed, are carried over while they may still take effect.
    /// Lines that are not authenticated stay in the journal.
    pub async fn journal(&self, open: &[JournalEntry]) -> Result<Journal, LedgerError> {
        self.start_journal(open, UnverifiedLines::Keep).await
    }

    /// Starts a new journal with every intent in `open`, and without the lines that are not
    /// authenticated.
    pub async fn clear_journal(&self, open: &[JournalEntry]) -> Result<Journal, LedgerError> {
        self.start_journal(open, UnverifiedLines::Drop).await
    }

    async fn start_journal(
        &self,
        open: &[JournalEntry],
        unverified: UnverifiedLines,
    ) -> Result<Journal, LedgerError> {
        if !self.state().is_loaded {
            self.load().await?;
        }
        let previous = self.state().head_journal;
        let authenticator = Arc::clone(&self.authenticator);
        let journal =
            Journal::start(&self.store, authenticator, previous, open, unverified).await?;
        let mut state = self.state();
        state.journal = Some(journal.id());
        state.mark_changed();
        drop(state);
        Ok(journal)
    }

    /// Reads the unfinished rotations.
    pub async fn rotations(&self) -> Result<Rotations, LedgerError> {
        Rotations::load(&self.store, Arc::clone(&self.authenticator)).await
    }

    /// Removes a list of unfinished rotations that is not authenticated.
    pub async fn clear_rotations(&self) -> Result<(), LedgerError> {
        rotations::remove_unverified(&self.store, &self.authenticator).await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock_unpoisoned()
    }
}

/// What happens to journal lines that are not authenticated when a new journal starts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::ledger) enum UnverifiedLines {
    /// The lines stay, so that they block their customers in later runs, too.
    Keep,
    /// The lines are removed.
    Drop,
}

#[cfg(test)]
mod tests;
