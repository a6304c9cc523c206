//! Responsible for the entries that the journal has and whose files are not written yet.

use crate::ledger::journal::{SavedEntries, SavedEntry, SavedLine};
use crate::model::{CustomerEntry, WorkspaceId};
use std::collections::BTreeSet;

/// Entries that are not in their files yet.
#[derive(Debug, Default)]
pub(super) struct UnwrittenEntries {
    entries: SavedEntries,
    /// Entries of customers whose steps have not ended.
    at_work: BTreeSet<WorkspaceId>,
}

impl From<SavedEntries> for UnwrittenEntries {
    fn from(entries: SavedEntries) -> Self {
        Self {
            entries,
            at_work: BTreeSet::new(),
        }
    }
}

impl UnwrittenEntries {
    pub(super) fn entries(&self) -> &SavedEntries {
        &self.entries
    }

    /// Whether an entry exists. `None` if it has not changed.
    pub(super) fn is_recorded(&self, id: WorkspaceId) -> Option<bool> {
        self.entries.get(&id).map(|saved| saved.entry.is_some())
    }

    /// The journal line for a change of an entry. `changed` are the names of the connectors that
    /// changed since the last line.
    pub(super) fn line(
        &self,
        id: WorkspaceId,
        revision: u64,
        entry: &CustomerEntry,
        changed: &BTreeSet<String>,
    ) -> SavedLine {
        let is_known = self.is_recorded(id) == Some(true);
        if is_known && self.at_work.contains(&id) {
            SavedLine::changed(id, revision, entry, changed)
        } else {
            SavedLine::whole(id, revision, Some(entry))
        }
    }

    /// Notes a line that the journal has, of a customer whose steps have not ended.
    pub(super) fn add(&mut self, id: WorkspaceId, line: SavedLine) {
        let applied = line.apply(&mut self.entries);
        debug_assert!(applied.is_some(), "the first line has the whole entry");
        self.at_work.insert(id);
    }

    /// Replaces an entry by one that the next journal starts with.
    pub(super) fn insert(&mut self, id: WorkspaceId, entry: SavedEntry) {
        self.entries.insert(id, entry);
    }

    /// Notes that a customer's steps have ended.
    pub(super) fn finish(&mut self, id: WorkspaceId) {
        self.at_work.remove(&id);
    }

    /// Drops an entry whose file was written.
    pub(super) fn remove(&mut self, id: WorkspaceId) {
        self.entries.remove(&id);
        self.at_work.remove(&id);
    }

    /// How many entries belong to customers whose steps have ended.
    pub(super) fn finished(&self) -> usize {
        self.entries.len() - self.at_work.len()
    }

    /// Takes the entries of customers whose steps have ended.
    pub(super) fn take_finished(&mut self) -> SavedEntries {
        let (at_work, finished) = std::mem::take(&mut self.entries)
            .into_iter()
            .partition(|(id, _)| self.at_work.contains(id));
        self.entries = at_work;
        finished
    }

    /// Takes all entries.
    pub(super) fn take_all(&mut self) -> SavedEntries {
        self.at_work.clear();
        std::mem::take(&mut self.entries)
    }
}
