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
#[derive(Clone, Debug)]
pub(super) enum EntryText {
    Present(Vec<u8>),
    Removed(Vec<u8>),
}

impl EntryText {
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Present(text) | Self::Removed(text) => text,
        }
    }

    /// The text in a pack, or `None` for a removed entry.
    fn packed(&self) -> Option<String> {
        match self {
            Self::Present(text) => {
                let text = String::from_utf8_lossy(text);
                Some(text.trim_end().to_owned())
            }
            Self::Removed(_) => None,
        }
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
        texts: BTreeMap<WorkspaceId, EntryText>,
        removed: BTreeSet<WorkspaceId>,
    ) -> Result<(), LedgerError> {
        let to_pack = self.state().to_pack(&texts);
        let mut changes: packs::Changes = removed.into_iter().map(|id| (id, None)).collect();
        for id in &to_pack {
            let text = match texts.get(id) {
                Some(text) => text.packed(),
                None => self
                    .store
                    .read(&file(*id))
                    .await?
                    .map(|text| text.trim_end().to_owned()),
            };
            changes.insert(*id, text);
        }
        // A tombstone has its own object until the head no longer names the entry.
        let loose: Vec<(String, Vec<u8>)> = texts
            .iter()
            .filter(|(id, text)| !to_pack.contains(id) || matches!(text, EntryText::Removed(_)))
            .map(|(id, text)| (file(*id), text.bytes().to_vec()))
            .collect();
        self.store.replace_all(loose).await?;
        packs::change(&self.store, changes.clone()).await?;
        self.state().note_packs(&texts, &changes);
        Ok(())
    }
}

impl State {
    /// The entries whose packs are written: those that are in packs, and all if too many have objects
    /// of their own.
    fn to_pack(&self, texts: &BTreeMap<WorkspaceId, EntryText>) -> BTreeSet<WorkspaceId> {
        let present = texts
            .iter()
            .filter(|(_, text)| matches!(text, EntryText::Present(_)))
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

    fn note_packs(&mut self, texts: &BTreeMap<WorkspaceId, EntryText>, changes: &packs::Changes) {
        let is_packed = |id: &WorkspaceId| changes.get(id).is_some_and(Option::is_some);
        let written = texts.keys().filter(|id| !is_packed(id)).copied();
        self.loose.extend(written);
        for (id, text) in changes {
            if text.is_some() {
                self.packed.insert(*id);
                // The entry's own object is removed after the head.
                if self.loose.remove(id) {
                    self.removed.insert(*id);
                }
            } else {
                self.packed.remove(id);
            }
        }
    }
}
