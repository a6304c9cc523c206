//! Responsible for the ledger of one organization: loads entries, and opens the journal and the lock.

mod head_records;
mod packing;
mod reading;
mod saving;
mod unwritten;

use super::authenticate::{Authenticator, LedgerKey};
use super::environment::StoreLabel;
use super::head::HeadJournal;
use super::packs::DamagedPacks;
use super::rotations::RotationList;
use super::shards::{refuse_divided, store_of};
use super::snapshot::Snapshot;
use super::{Journal, JournalEntry, LedgerError, LedgerStore, Lock, Rotations, head};
use crate::events::Sink;
use crate::model::{
    CustomerEntry, DefinitionId, Desired, LedgerState, LockUnpoisoned, RecordedGuards,
    RecordedOauthApp, RunRecord, UnverifiedCause, UnverifiedEntry, WorkspaceId,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use unwritten::UnwrittenEntries;
use uuid::Uuid;

/// The ledger of one organization, with its journal and its lock.
#[derive(Clone, Debug)]
pub struct Ledger {
    store: LedgerStore,
    authenticator: Arc<Authenticator>,
    state: Arc<Mutex<State>>,
    /// The id of this run in the entries that it writes.
    run: Uuid,
    /// Held while the head that names this run is written.
    first_head: Arc<tokio::sync::Mutex<()>>,
    /// Held while entries of the journal are written to their files, objects or packs.
    entry_writes: Arc<tokio::sync::Mutex<()>>,
    label: Arc<StoreLabel>,
}

/// What the next head will contain.
#[derive(Debug, Default)]
struct State {
    counter: u64,
    generations: BTreeMap<WorkspaceId, u64>,
    unverified: BTreeSet<WorkspaceId>,
    /// Removed entries whose files exist until the next head is written.
    removed: BTreeSet<WorkspaceId>,
    /// The generation of the list of rotations, if one is unfinished.
    rotations: Option<u64>,
    has_refused_rotations: bool,
    /// Whether the list of rotations is empty. Its file exists until the next head is written.
    rotations_ended: bool,
    /// The entries with files or objects of their own, and those in packs.
    loose: BTreeSet<WorkspaceId>,
    packed: BTreeSet<WorkspaceId>,
    /// The packs that exist, or may exist after a write that failed.
    packs: BTreeSet<String>,
    damaged_packs: DamagedPacks,
    /// The journal that the stored head names.
    journal: Option<HeadJournal>,
    /// The journal of this run.
    own_journal: Option<Journal>,
    guards: Option<RecordedGuards>,
    oauth_apps: BTreeMap<DefinitionId, RecordedOauthApp>,
    /// The history of runs, the oldest first.
    runs: Vec<RunRecord>,
    /// Entries that are in the journal and not in their files yet.
    unwritten: UnwrittenEntries,
    is_loaded: bool,
    head: HeadState,
    /// The run that the stored head names.
    head_run: Option<Uuid>,
    changes: Changes,
}

/// Whether a head names the run that writes it, so that newer entries of the run are accepted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum RunState {
    Writing,
    Ended,
}

/// Whether a head says which entries exist.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum HeadState {
    /// The head is valid, or the ledger has no entries.
    #[default]
    Valid,
    /// The ledger has entries and no valid head. A new head would hide that entries are missing.
    Missing,
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
    /// Whether nothing is authenticated, as with another key.
    pub is_key_changed: bool,
    /// Other objects of the ledger that are not authenticated, by name.
    pub objects: Vec<&'static str>,
}

impl Ledger {
    /// Opens the ledger of the authenticator's organization. Creates no files.
    pub fn new(root: &LedgerStore, authenticator: Authenticator) -> Self {
        Self {
            store: store_of(root, &authenticator),
            label: Arc::new(StoreLabel::new(root, &authenticator)),
            authenticator: Arc::new(authenticator),
            state: Arc::default(),
            run: Uuid::new_v4(),
            first_head: Arc::default(),
            entry_writes: Arc::default(),
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
        self.load_sharing(&Desired::default()).await
    }

    /// As [`Self::load_with_journal`]. Settings that the files still declare as they were applied share the memory of
    /// `desired`.
    pub async fn load_sharing(
        &self,
        desired: &Desired,
    ) -> Result<(LedgerState, Vec<JournalEntry>), LedgerError> {
        if let Some(journal) = self.own_journal() {
            journal.sync().await?;
        }
        let (snapshot, journal) = self.read(desired).await?;
        if snapshot.key_changed {
            return Err(LedgerError::KeyChanged {
                path: self.store.shown(""),
            });
        }
        if journal.is_missing {
            return Err(LedgerError::JournalMissing {
                path: self.store.shown(""),
            });
        }
        if journal.is_head_old {
            return Err(LedgerError::OldHead {
                path: self.store.shown(head::OBJECT),
            });
        }
        refuse_divided(&self.store, snapshot.head.as_ref())?;
        self.note_snapshot(&snapshot);
        let state = LedgerState {
            customers: snapshot.customers,
            unverified: snapshot.unverified,
            unverified_names: journal.unverified_names,
            oauth_apps: snapshot
                .head
                .as_ref()
                .map(|head| head.oauth_apps.clone())
                .unwrap_or_default(),
            guards: snapshot.head.and_then(|head| head.guards),
        };
        Ok((state, journal.entries))
    }

    /// Reads what is not authenticated, whatever key wrote the ledger.
    pub async fn load_unsigned(&self) -> Result<UnsignedLedger, LedgerError> {
        let (snapshot, journal) = self.read(&Desired::default()).await?;
        refuse_divided(&self.store, snapshot.head.as_ref())?;
        self.note_snapshot(&snapshot);
        let mut objects = Vec::new();
        if snapshot.key_changed || journal.is_head_old {
            objects.push("head");
        }
        if journal.is_missing {
            objects.push("journal");
        }
        if snapshot.rotations.is_refused() {
            objects.push("list of rotations");
        }
        Ok(UnsignedLedger {
            entries: snapshot.unverified,
            claims: snapshot.claims,
            journal_names: journal.unverified_names,
            open: journal.entries,
            is_key_changed: snapshot.key_changed,
            objects,
        })
    }

    fn note_snapshot(&self, snapshot: &Snapshot) {
        let mut state = self.state();
        // The state of the run that writes is newer than the files.
        if state.own_journal.is_some() {
            return;
        }
        state.unwritten = UnwrittenEntries::from(snapshot.unwritten.clone());
        let head = snapshot.head.as_ref();
        state.counter = state.counter.max(snapshot.counter);
        state.generations.clone_from(&snapshot.generations);
        state.unverified = snapshot.unverified.keys().copied().collect();
        state.removed.clone_from(&snapshot.removed);
        state.loose.clone_from(&snapshot.loose);
        state.packed.clone_from(&snapshot.packed);
        state.packs.clone_from(&snapshot.packs);
        state.damaged_packs.clone_from(&snapshot.damaged_packs);
        state.rotations = snapshot.rotations.generation();
        state.has_refused_rotations = snapshot.rotations.is_refused();
        state.rotations_ended = matches!(snapshot.rotations, RotationList::Ended { .. });
        if !snapshot.removed.is_empty() || state.rotations_ended {
            state.mark_changed();
        }
        state.head_run = head.and_then(|head| head.run);
        let mut causes = snapshot.unverified.values().map(|entry| entry.cause);
        state.head = if causes.any(UnverifiedCause::is_of_head) {
            HeadState::Missing
        } else {
            HeadState::Valid
        };
        if !state.is_loaded {
            state.journal = head.and_then(|head| head.journal.clone());
            state.guards = head.and_then(|head| head.guards);
            state.oauth_apps = head.map(|head| head.oauth_apps.clone()).unwrap_or_default();
            state.runs = head.map(|head| head.runs.clone()).unwrap_or_default();
        }
        state.is_loaded = true;
    }

    /// Whether an authenticated entry of a workspace exists. The ledger must be loaded.
    pub fn is_recorded(&self, id: WorkspaceId) -> bool {
        let state = self.state();
        let unwritten = state.unwritten.is_recorded(id);
        unwritten.unwrap_or_else(|| state.generations.contains_key(&id))
            && !state.unverified.contains(&id)
    }

    /// Acquires the lock, or returns who holds it. `owner` is shown to other runs. Emits an event
    /// before it waits for a holder that may have ended.
    pub async fn lock(&self, owner: &str, events: &dyn Sink) -> Result<Lock, LedgerError> {
        Lock::acquire(&self.store, owner, events).await
    }

    /// Describes the run that holds the ledger's lock.
    pub async fn lock_holder(&self) -> Result<Option<String>, LedgerError> {
        Lock::holder(&self.store).await
    }

    /// Fails if this user cannot write the ledger's directory. Writes nothing.
    pub fn check_writable(&self) -> Result<(), LedgerError> {
        self.store.check_writable()
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
        self.check_head()?;
        // The new journal replaces the one that has the entries with texts.
        if let Some(own) = self.own_journal() {
            self.write_entry_texts(&own).await?;
        }
        let before = self.state().journal.clone();
        let saved = self.state().unwritten.entries().clone();
        let journal = Journal::start(
            &self.store,
            Arc::clone(&self.authenticator),
            before.as_ref(),
            open,
            &saved,
            unverified,
        )
        .await?;
        self.note_journal(&journal, before.as_ref());
        self.write_head(RunState::Writing).await?;
        journal.note_head()?;
        journal.remove_earlier().await?;
        Ok(journal)
    }

    fn note_journal(&self, journal: &Journal, before: Option<&HeadJournal>) {
        let mut state = self.state();
        state.journal = Some(HeadJournal {
            id: journal.id(),
            previous: before.map(|journal| journal.id),
            open: None,
        });
        state.own_journal = Some(journal.clone());
        state.mark_changed();
    }

    /// Reads the unfinished rotations.
    pub async fn rotations(&self) -> Result<Rotations, LedgerError> {
        Rotations::load(self.clone(), &self.store, &self.authenticator).await
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
