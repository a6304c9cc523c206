//! Responsible for the entries that the journal has and whose files are not written yet.

use super::packing::{EntryText, EntryTexts};
use crate::ledger::journal::{SavedEntries, SavedEntry, SavedLine};
use crate::model::{CustomerEntry, WorkspaceId};
use std::collections::BTreeSet;

/// Entries that are not in their files yet.
#[derive(Debug, Default)]
pub(super) struct UnwrittenEntries {
    entries: SavedEntries,
    /// Entries of customers whose steps have not ended.
    at_work: BTreeSet<WorkspaceId>,
    /// The texts of entries of customers whose steps have ended.
    texts: EntryTexts,
}

/// Entries that are about to be written.
#[derive(Debug, Default)]
pub(super) struct FinishedEntries {
    pub(super) entries: SavedEntries,
    pub(super) texts: EntryTexts,
}

impl From<SavedEntries> for UnwrittenEntries {
    fn from(entries: SavedEntries) -> Self {
        Self {
            entries,
            ..Self::default()
        }
    }
}

impl UnwrittenEntries {
    /// The entries that have no text yet.
    pub(super) fn entries(&self) -> &SavedEntries {
        &self.entries
    }

    /// Whether an entry exists. `None` if it has not changed.
    pub(super) fn is_recorded(&self, id: WorkspaceId) -> Option<bool> {
        let saved = self.entries.get(&id).map(|saved| saved.entry.is_some());
        saved.or_else(|| self.texts.get(&id).map(EntryText::is_present))
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
        self.texts.remove(&id);
    }

    /// Replaces an entry by one that the next journal starts with.
    pub(super) fn insert(&mut self, id: WorkspaceId, entry: SavedEntry) {
        self.texts.remove(&id);
        self.entries.insert(id, entry);
    }

    /// Notes that a customer's steps have ended. Replaces its entry by the text that `text_of` makes of it; an entry whose
    /// text cannot be made stays.
    pub(super) fn finish(
        &mut self,
        id: WorkspaceId,
        text_of: impl FnOnce(&SavedEntry) -> Option<EntryText>,
    ) {
        self.at_work.remove(&id);
        if let Some(text) = self.entries.get(&id).and_then(text_of) {
            self.entries.remove(&id);
            self.texts.insert(id, text);
        }
    }

    /// Drops an entry whose file was written.
    pub(super) fn remove(&mut self, id: WorkspaceId) {
        self.entries.remove(&id);
        self.at_work.remove(&id);
        self.texts.remove(&id);
    }

    /// How many entries belong to customers whose steps have ended.
    pub(super) fn finished(&self) -> usize {
        self.entries.len() - self.at_work.len() + self.texts.len()
    }

    /// Takes the entries of customers whose steps have ended.
    pub(super) fn take_finished(&mut self) -> FinishedEntries {
        let (at_work, entries) = std::mem::take(&mut self.entries)
            .into_iter()
            .partition(|(id, _)| self.at_work.contains(id));
        self.entries = at_work;
        FinishedEntries {
            entries,
            ..self.take_texts()
        }
    }

    /// Takes the entries that have a text.
    pub(super) fn take_texts(&mut self) -> FinishedEntries {
        FinishedEntries {
            entries: SavedEntries::new(),
            texts: std::mem::take(&mut self.texts),
        }
    }

    /// Takes all entries.
    pub(super) fn take_all(&mut self) -> FinishedEntries {
        self.at_work.clear();
        self.take_finished()
    }
}
