//! Responsible for where entries are written: in a file or object of their own while they are few, or
//! else in packs.

use super::{Ledger, State};
use crate::ledger::entries::file;
use crate::ledger::{LedgerError, packs};
use crate::model::WorkspaceId;
use std::collections::{BTreeMap, BTreeSet};

/// The most entries with objects of their own. Each of them costs a request when the ledger is read.
const MAX_LOOSE: usize = 16;

/// The text of an entry, or of its tombstone.
#[derive(Debug)]
pub(super) enum EntryText {
    Present { text: String, generation: u64 },
    Removed(String),
}

/// Texts of entries by workspace.
pub(super) type EntryTexts = BTreeMap<WorkspaceId, EntryText>;

impl EntryText {
    pub(super) fn is_present(&self) -> bool {
        matches!(self, Self::Present { .. })
    }
}

impl Ledger {
    /// Empties the packs that cannot be read. Their entries are removed or written again.
    pub async fn clear_damaged_packs(&self) -> Result<(), LedgerError> {
        let damaged = std::mem::take(&mut self.state().damaged_packs);
        damaged.clear(&self.store).await
    }

    /// Writes the texts of entries, and removes the entries in `removed` from their packs.
    pub(super) async fn write_texts(
        &self,
        texts: EntryTexts,
        removed: BTreeSet<WorkspaceId>,
    ) -> Result<(), LedgerError> {
        let mut to_pack = self.state().to_pack(&texts);
        let mut changes: packs::Changes = removed.into_iter().map(|id| (id, None)).collect();
        let mut loose = BTreeMap::new();
        for (id, text) in texts {
            match (text, to_pack.remove(&id)) {
                (EntryText::Present { text, .. }, true) => drop(changes.insert(id, Some(text))),
                (EntryText::Present { text, .. }, false) => drop(loose.insert(id, text)),
                // A tombstone has its own object until the head no longer names the entry.
                (EntryText::Removed(text), is_packed) => {
                    changes.extend(is_packed.then_some((id, None)));
                    loose.insert(id, text);
                }
            }
        }
        for id in to_pack {
            let name = file(id);
            let text = self.store.read(&name).await?;
            if let Some(text) = &text {
                packs::check(text, &self.store.shown(&name))?;
            }
            changes.insert(id, text);
        }
        let places = Places::new(&loose, &changes);
        let loose = loose.into_iter();
        let loose = loose.map(|(id, text)| (file(id), text.into_bytes()));
        self.store.replace_all(loose.collect()).await?;
        let by_pack = packs::by_pack(changes);
        let new = self.state().add_packs(by_pack.keys().cloned().collect());
        packs::change(&self.store, by_pack, &new).await?;
        self.state().note_places(places);
        Ok(())
    }
}

impl State {
    /// The entries whose packs are written: those that are in packs, and all if too many have objects
    /// of their own.
    fn to_pack(&self, texts: &EntryTexts) -> BTreeSet<WorkspaceId> {
        let present = texts
            .iter()
            .filter(|(_, text)| text.is_present())
            .map(|(id, _)| *id);
        let mut loose = self.loose.clone();
        loose.extend(present);
        // An entry whose pack cannot be read, or that is not authenticated, stays where it is.
        loose.retain(|id| {
            let is_stuck = self.unverified.contains(id) || self.damaged_packs.damage(*id).is_some();
            !is_stuck && !self.packed.contains(id) && !self.removed.contains(id)
        });
        let changed = texts.keys().filter(|id| self.packed.contains(id)).copied();
        if loose.len() > MAX_LOOSE {
            changed.chain(loose).collect()
        } else {
            changed.collect()
        }
    }

    /// Notes that packs are written next. Returns those that do not exist yet. A pack counts as existing even if its write
    /// fails, because the store may have it.
    fn add_packs(&mut self, names: BTreeSet<String>) -> BTreeSet<String> {
        let new = names.difference(&self.packs).cloned().collect();
        self.packs.extend(names);
        new
    }

    fn note_places(&mut self, places: Places) {
        self.loose.extend(places.loose);
        for (id, is_packed) in places.packs {
            if is_packed {
                self.packed.insert(id);
                // The entry's own object is removed after the head.
                if self.loose.remove(&id) {
                    self.removed.insert(id);
                }
            } else {
                self.packed.remove(&id);
            }
        }
    }
}

/// Where entries are after they were written.
struct Places {
    /// Entries and tombstones with objects of their own.
    loose: Vec<WorkspaceId>,
    /// Entries whose packs were written, and whether they are in them.
    packs: Vec<(WorkspaceId, bool)>,
}

impl Places {
    fn new(loose: &BTreeMap<WorkspaceId, String>, changes: &packs::Changes) -> Self {
        let packs = changes.iter();
        Self {
            loose: loose.keys().copied().collect(),
            packs: packs.map(|(id, text)| (*id, text.is_some())).collect(),
        }
    }
}
