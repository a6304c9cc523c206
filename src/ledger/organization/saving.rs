//! Responsible for writing entries and the head: keeps the generation of each entry for the head.
//!
//! While a run has a journal, a change of an entry is a line of the journal first. The entry is
//! written once its customer's steps have ended, durably and together with others. Only then the head
//! says that the journal is no longer needed. A run that is killed before that leaves a journal that
//! restores the entries, whatever their files contain. Files were preferred to an embedded database,
//! because people, `git diff` and backups read them, and the journal already makes them safe.

use super::packing::{EntryText, EntryTexts};
use super::unwritten::FinishedEntries;
use super::{Changes, HeadState, Ledger, RunState, State};
use crate::ledger::entries::{EntryToWrite, Tombstone, file};
use crate::ledger::head::{Head, HeadJournal};
use crate::ledger::journal::{SavedEntry, SavedLine};
use crate::ledger::rotations::{self, ListToWrite, UnfinishedRotation};
use crate::ledger::{Journal, LedgerError, envelope, head};
use crate::model::{CustomerEntry, WorkspaceId};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How many entries of customers whose steps have ended may wait in memory for their packs, each of
/// which is written as a whole.
const MAX_UNWRITTEN: usize = 2048;

impl Ledger {
    /// Records a change of an entry. `changed` are the names of the connectors that changed since the
    /// last call for the customer. With a journal, the change is durable with the next intent.
    pub async fn record(
        &self,
        id: WorkspaceId,
        customer: &CustomerEntry,
        changed: &BTreeSet<String>,
    ) -> Result<(), LedgerError> {
        let Some(journal) = self.own_journal() else {
            return self.save(id, customer).await;
        };
        if self.state().unwritten.finished() >= MAX_UNWRITTEN {
            let finished = self.state().unwritten.take_finished();
            self.write_entries(&journal, finished).await?;
        }
        let revision = self.next_generation();
        let line = self.state().unwritten.line(id, revision, customer, changed);
        self.log(&journal, id, line)
    }

    /// Notes that the steps of a customer have ended, so that its entry can be written. Makes the text of the entry while
    /// other customers wait for responses, so that less is left to do at the end of the run.
    pub fn finish(&self, id: WorkspaceId) {
        let mut state = self.state();
        let generation = state.counter + 1;
        // Without a journal, entries get no text, because the next journal starts with them.
        if state.own_journal.is_some() {
            state.counter = generation;
            // An error is reported by the write of the entry.
            let text_of = |saved: &SavedEntry| self.entry_text(id, generation, saved).ok();
            state.unwritten.finish(id, text_of);
        }
    }

    /// Records an entry that was recovered from an interrupted run. The next journal starts with it.
    pub fn recover(&self, id: WorkspaceId, customer: &CustomerEntry) -> Result<(), LedgerError> {
        self.refuse_unverified(id)?;
        let saved = SavedEntry {
            revision: self.next_generation(),
            entry: Some(customer.clone()),
        };
        self.state().unwritten.insert(id, saved);
        Ok(())
    }

    /// Writes the file of an entry durably.
    pub async fn save(&self, id: WorkspaceId, customer: &CustomerEntry) -> Result<(), LedgerError> {
        let content = EntryToWrite {
            workspace_id: id,
            run: self.run,
            // Newer than every line of a journal that was read.
            revision: self.state().counter + 1,
            customer,
        };
        let generation = self.write(id, &content).await?;
        let mut state = self.state();
        state.generations.insert(id, generation);
        state.loose.insert(id);
        state.removed.remove(&id);
        state.unwritten.remove(id);
        Ok(())
    }

    /// Removes an entry. Its file is removed by the next [`Self::checkpoint`].
    pub async fn remove(&self, id: WorkspaceId) -> Result<(), LedgerError> {
        if let Some(journal) = self.own_journal() {
            let line = SavedLine::whole(id, self.next_generation(), None);
            return self.log(&journal, id, line);
        }
        self.write(id, &self.tombstone(id)).await?;
        let mut state = self.state();
        state.generations.remove(&id);
        state.removed.insert(id);
        state.unwritten.remove(id);
        Ok(())
    }

    fn tombstone(&self, id: WorkspaceId) -> Tombstone {
        Tombstone {
            removed: id,
            run: Some(self.run),
        }
    }

    /// The journal of this run.
    pub(super) fn own_journal(&self) -> Option<Journal> {
        self.state().own_journal.clone()
    }

    fn refuse_unverified(&self, id: WorkspaceId) -> Result<(), LedgerError> {
        if self.state().unverified.contains(&id) {
            let path = self.store.shown(&file(id));
            return Err(LedgerError::Unverified { path });
        }
        Ok(())
    }

    fn log(&self, journal: &Journal, id: WorkspaceId, line: SavedLine) -> Result<(), LedgerError> {
        self.refuse_unverified(id)?;
        let saved = journal.save(&line);
        let mut state = self.state();
        state.note_write(&saved);
        saved?;
        state.unwritten.add(id, line);
        Ok(())
    }

    /// Writes the entries that have a text.
    pub(super) async fn write_entry_texts(&self, journal: &Journal) -> Result<(), LedgerError> {
        let finished = self.state().unwritten.take_texts();
        if finished.texts.is_empty() {
            return Ok(());
        }
        self.write_entries(journal, finished).await
    }

    /// Writes entries durably, after the journal is durable.
    async fn write_entries(
        &self,
        journal: &Journal,
        finished: FinishedEntries,
    ) -> Result<(), LedgerError> {
        let _guard = self.entry_writes.lock().await;
        let FinishedEntries { entries, mut texts } = finished;
        for (id, saved) in entries {
            let text = self.entry_text(id, self.next_generation(), &saved)?;
            texts.insert(id, text);
        }
        self.state().note_texts(&texts);
        let written = match journal.sync().await {
            Ok(()) => self.write_texts(texts, self.removed_from_packs()).await,
            Err(error) => Err(error),
        };
        self.state().note_write(&written);
        written
    }

    /// The text of an entry with a new generation.
    fn entry_text(
        &self,
        id: WorkspaceId,
        generation: u64,
        saved: &SavedEntry,
    ) -> Result<EntryText, LedgerError> {
        let Some(customer) = &saved.entry else {
            let text = self.sealed(&file(id), generation, &self.tombstone(id))?;
            return Ok(EntryText::Removed(text));
        };
        let content = EntryToWrite {
            workspace_id: id,
            run: self.run,
            revision: saved.revision,
            customer,
        };
        let text = self.sealed(&file(id), generation, &content)?;
        Ok(EntryText::Present { text, generation })
    }

    /// Removes entries from their packs that were removed without a journal.
    async fn leave_packs(&self) -> Result<(), LedgerError> {
        let removed = self.removed_from_packs();
        if removed.is_empty() {
            return Ok(());
        }
        let written = self.write_texts(BTreeMap::new(), removed).await;
        self.state().note_write(&written);
        written
    }

    /// The removed entries that packs still hold.
    fn removed_from_packs(&self) -> BTreeSet<WorkspaceId> {
        let state = self.state();
        let removed = state.removed.intersection(&state.packed);
        removed
            .filter(|id| !state.generations.contains_key(id))
            .copied()
            .collect()
    }

    /// Writes the files of all entries that the journal of this run has, and makes them durable.
    async fn write_unwritten(&self) -> Result<(), LedgerError> {
        let Some(journal) = self.own_journal() else {
            return self.leave_packs().await;
        };
        let finished = self.state().unwritten.take_all();
        self.write_entries(&journal, finished).await
    }

    /// Writes the list of unfinished rotations durably. The file of an empty list is removed by the
    /// next [`Self::checkpoint`].
    pub(in crate::ledger) async fn save_rotations(
        &self,
        rotations: &[UnfinishedRotation],
    ) -> Result<(), LedgerError> {
        self.prepare().await?;
        let content = ListToWrite {
            run: self.run,
            rotations,
        };
        let generation = self.write_object(rotations::FILE, &content).await?;
        let mut state = self.state();
        state.rotations_ended = rotations.is_empty();
        state.rotations = (!rotations.is_empty()).then_some(generation);
        Ok(())
    }

    /// Removes a list of unfinished rotations that is not verified.
    pub async fn clear_rotations(&self) -> Result<(), LedgerError> {
        if !self.state().has_refused_rotations {
            return Ok(());
        }
        self.save_rotations(&[]).await
    }

    async fn write(&self, id: WorkspaceId, content: &impl Serialize) -> Result<u64, LedgerError> {
        self.prepare().await?;
        self.refuse_unverified(id)?;
        self.write_object(&file(id), content).await
    }

    async fn write_object(&self, name: &str, content: &impl Serialize) -> Result<u64, LedgerError> {
        let generation = self.next_generation();
        let text = self.sealed(name, generation, content)?;
        let written = self.store.replace(name, text.as_bytes()).await;
        self.state().note_write(&written);
        written.map(|()| generation)
    }

    fn sealed(
        &self,
        name: &str,
        generation: u64,
        content: &impl Serialize,
    ) -> Result<String, LedgerError> {
        envelope::seal(&self.authenticator, name, generation, content)
            .map_err(std::io::Error::from)
            .map_err(LedgerError::io("cannot write", &self.store.shown(name)))
    }

    /// Allows writing an entry that is not authenticated, and a new head.
    pub fn sign(&self, id: WorkspaceId) {
        let mut state = self.state();
        state.unverified.remove(&id);
        state.head = HeadState::Valid;
    }

    fn next_generation(&self) -> u64 {
        let mut state = self.state();
        state.counter += 1;
        state.counter
    }

    /// Makes sure that the head names this run before its first entry. An entry that is newer than
    /// the head is accepted only if it is of that run, so that an old head makes no old entry valid.
    async fn prepare(&self) -> Result<(), LedgerError> {
        let _guard = self.first_head.lock().await;
        if !self.state().is_loaded {
            self.load().await?;
        }
        if self.state().head_run == Some(self.run) {
            return Ok(());
        }
        self.write_head(RunState::Writing).await
    }

    /// Writes the entries and the head at the end of a run, and then removes the files of removed entries. Does
    /// nothing if nothing was written.
    pub async fn checkpoint(&self) -> Result<(), LedgerError> {
        // After a failed write the head could name a generation that is not stored.
        if self.state().changes != Changes::Written {
            return Ok(());
        }
        self.write_unwritten().await?;
        self.write_head(RunState::Ended).await?;
        let removed = std::mem::take(&mut self.state().removed);
        let removed: Vec<String> = removed.into_iter().map(file).collect();
        self.store.remove_all(&removed).await?;
        // A journal with open intents, or with writes that failed, is what the next run recovers from.
        if self.state().is_journal_closed()
            && let Some(journal) = self.own_journal()
        {
            journal.remove_own().await?;
        }
        if std::mem::take(&mut self.state().rotations_ended) {
            self.store.remove(rotations::FILE).await?;
        }
        self.state().changes = Changes::None;
        Ok(())
    }

    /// Fails if another run may hold the lock, because this run could not renew its own in time.
    pub fn check_lock(&self) -> Result<(), LedgerError> {
        self.store.check_lock(head::OBJECT)
    }

    /// Refuses to write while the ledger has entries and no valid head.
    pub(super) fn check_head(&self) -> Result<(), LedgerError> {
        if self.state().head == HeadState::Missing {
            let path = self.store.shown(head::OBJECT);
            return Err(LedgerError::Unverified { path });
        }
        Ok(())
    }

    pub(super) async fn write_head(&self, run: RunState) -> Result<(), LedgerError> {
        self.check_head()?;
        self.label.claim().await?;
        let open = match (run, self.own_journal()) {
            (RunState::Ended, Some(own)) => own.close().await?,
            _ => None,
        };
        let head = self.next_head(run, open);
        head::write(&self.store, &self.authenticator, &head).await?;
        let mut state = self.state();
        state.head_run = head.run;
        state.journal = head.journal;
        Ok(())
    }

    /// The next head. `open` are the open intents of this run at its end.
    fn next_head(&self, run: RunState, open: Option<BTreeMap<u64, String>>) -> Head {
        let state = self.state();
        let is_own_end = run == RunState::Ended && state.own_journal.is_some();
        let journal = state.journal.clone().map(|journal| HeadJournal {
            open: if is_own_end { open } else { journal.open },
            ..journal
        });
        Head {
            counter: state.counter,
            generations: state.generations.clone(),
            rotations: state.rotations,
            journal,
            run: (run == RunState::Writing).then_some(self.run),
            key_id: self.authenticator.key_id().to_owned(),
            shards: None,
            guards: state.guards,
            oauth_apps: state.oauth_apps.clone(),
            runs: state.runs.clone(),
        }
    }
}

impl State {
    /// Whether the stored head says that the journal has no open intents.
    fn is_journal_closed(&self) -> bool {
        let open = self
            .journal
            .as_ref()
            .and_then(|journal| journal.open.as_ref());
        open.is_some_and(BTreeMap::is_empty)
    }

    /// Notes the result of a write.
    fn note_write(&mut self, written: &Result<(), LedgerError>) {
        match written {
            Ok(()) => self.mark_changed(),
            Err(_) => self.changes = Changes::Uncertain,
        }
    }

    /// Notes the generations of entries that are written next.
    fn note_texts(&mut self, texts: &EntryTexts) {
        for (id, text) in texts {
            if let EntryText::Present { generation, .. } = text {
                self.generations.insert(*id, *generation);
                self.removed.remove(id);
            } else {
                self.generations.remove(id);
                self.removed.insert(*id);
            }
        }
    }
}
