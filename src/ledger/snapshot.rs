//! Responsible for deciding which entries are current, by the head and the journal. Does no I/O.

use super::entries::File;
use super::head::{Head, HeadJournal, StoredHead};
use super::journal::{SavedEntries, SavedEntry};
use super::packs::DamagedPacks;
use super::rotations::RotationList;
use crate::model::{CustomerEntry, UnverifiedCause, UnverifiedEntry, WorkspaceId};
use std::collections::{BTreeMap, BTreeSet};

/// Every entry of a ledger at one time.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Snapshot {
    /// The entries that are authenticated and current.
    pub(super) customers: BTreeMap<WorkspaceId, CustomerEntry>,
    pub(super) unverified: BTreeMap<WorkspaceId, UnverifiedEntry>,
    /// The contents of unverified entries, as anyone could have written them.
    pub(super) claims: BTreeMap<WorkspaceId, CustomerEntry>,
    /// The entries that the journal has and whose files are older, incomplete or missing.
    pub(super) unwritten: SavedEntries,
    /// The generations for the next head.
    pub(super) generations: BTreeMap<WorkspaceId, u64>,
    /// The files of removed entries.
    pub(super) removed: BTreeSet<WorkspaceId>,
    /// The entries with files or objects of their own, and those in packs.
    pub(super) loose: BTreeSet<WorkspaceId>,
    pub(super) packed: BTreeSet<WorkspaceId>,
    /// The packs that exist.
    pub(super) packs: BTreeSet<String>,
    pub(super) damaged_packs: DamagedPacks,
    /// The largest generation of all authenticated objects.
    pub(super) counter: u64,
    pub(super) rotations: RotationList,
    /// The head, if it is authenticated.
    pub(super) head: Option<Head>,
    /// Whether objects exist and none of them is authenticated.
    pub(super) key_changed: bool,
}

/// The head and the files of a ledger, as they are stored.
#[derive(Debug)]
pub(super) struct StoredLedger {
    pub(super) head: StoredHead,
    pub(super) files: Vec<(WorkspaceId, File)>,
    /// Entries in packs.
    pub(super) packed: BTreeMap<WorkspaceId, File>,
    /// The packs that exist.
    pub(super) packs: BTreeSet<String>,
    pub(super) damaged_packs: DamagedPacks,
    pub(super) rotations: RotationList,
}

impl StoredLedger {
    /// The journal that the head names, if the head is authenticated.
    pub(super) fn journal(&self) -> Option<&HeadJournal> {
        self.head.signed()?.journal.as_ref()
    }

    /// The head, and one text of each entry: the one that the head means, or else its own object.
    fn chosen(self) -> (StoredHead, Vec<(WorkspaceId, File)>, RotationList) {
        let mut files = self.packed;
        for (id, loose) in self.files {
            let head = self.head.signed();
            let packed = files.get(&id).and_then(|file| file.current(head, id));
            if packed <= loose.current(head, id) {
                files.insert(id, loose);
            }
        }
        (self.head, files.into_iter().collect(), self.rotations)
    }
}

/// Compares the entries with the head. `saved` are the entries that the journal has and whose files may
/// be old, incomplete or missing. A file that is newer than the journal is believed: someone cut the journal's end off.
pub(super) fn classify(mut stored: StoredLedger, mut saved: SavedEntries) -> Snapshot {
    let packs = std::mem::take(&mut stored.packs);
    let damaged_packs = std::mem::take(&mut stored.damaged_packs);
    let loose = stored.files.iter().map(|(id, _)| *id).collect();
    let packed = stored.packed.keys().copied().collect();
    let (stored, files, rotations) = stored.chosen();
    let is_signed = |(_, file): &(WorkspaceId, File)| matches!(file, File::Signed { .. });
    let is_altered = |(_, file): &(WorkspaceId, File)| match file {
        File::Unverified { cause, .. } => *cause != UnverifiedCause::Version1,
        File::UnverifiedTombstone => true,
        File::Signed { .. } | File::Damaged(_) => false,
    };
    let is_head_altered = stored == StoredHead::Altered;
    let head = match stored {
        StoredHead::Signed(head) => Some(*head),
        StoredHead::Absent | StoredHead::Altered => None,
    };
    let key_changed = head.is_none()
        && !files.iter().any(is_signed)
        && (is_head_altered || files.iter().any(is_altered));
    let mut snapshot = Snapshot {
        loose,
        packed,
        packs,
        damaged_packs,
        key_changed,
        ..Snapshot::new(head, rotations)
    };
    let headless = if is_head_altered {
        UnverifiedCause::HeadAltered
    } else {
        UnverifiedCause::HeadMissing
    };
    let existing: BTreeSet<WorkspaceId> = files.iter().map(|(id, _)| *id).collect();
    for (id, file) in files {
        let is_current = file.current(snapshot.head.as_ref(), id).is_some();
        let is_older =
            |saved: &SavedEntry| saved.entry.is_some() && saved.revision < file.revision();
        if is_current && saved.get(&id).is_some_and(is_older) {
            saved.remove(&id);
        }
        if saved.contains_key(&id) {
            snapshot.counter = snapshot.counter.max(file.generation());
        } else {
            snapshot.add(id, file, headless);
        }
    }
    snapshot.add_saved(saved);
    snapshot.add_missing(&existing);
    snapshot
}

impl File {
    /// The generation, if the head means this text.
    fn current(&self, head: Option<&Head>, id: WorkspaceId) -> Option<u64> {
        let Self::Signed {
            generation, run, ..
        } = self
        else {
            return None;
        };
        let named = head?.generations.get(&id).copied();
        head?
            .accepts(named, (*generation, *run))
            .then_some(*generation)
    }

    /// The revision of the last journal line that the text contains, if it is authenticated.
    fn revision(&self) -> u64 {
        match self {
            Self::Signed { revision, .. } => *revision,
            Self::Unverified { .. } | Self::UnverifiedTombstone | Self::Damaged(_) => 0,
        }
    }

    /// The generation, if it is authenticated.
    fn generation(&self) -> u64 {
        match self {
            Self::Signed { generation, .. } => *generation,
            Self::Unverified { .. } | Self::UnverifiedTombstone | Self::Damaged(_) => 0,
        }
    }
}

impl Snapshot {
    /// A snapshot without the files of entries.
    fn new(head: Option<Head>, rotations: RotationList) -> Self {
        let (counter, generations) = match &head {
            Some(head) => (head.counter, head.generations.clone()),
            None => (0, BTreeMap::new()),
        };
        Self {
            counter: counter.max(rotations.counter()),
            generations,
            rotations,
            head,
            ..Self::default()
        }
    }

    /// Whether no run was writing, and none was killed.
    pub(super) fn is_settled(&self) -> bool {
        let journal = self.head.as_ref().and_then(|head| head.journal.as_ref());
        journal.is_none_or(|journal| journal.open.is_some())
    }

    fn add(&mut self, id: WorkspaceId, file: File, headless: UnverifiedCause) {
        match file {
            // The file may be the only one, so that no other says that the head is missing.
            File::Damaged(_) if self.head.is_none() => self.refuse(id, headless, None),
            File::Damaged(damage) => self.refuse(id, UnverifiedCause::Damaged(damage), None),
            File::Unverified { cause, claim } => self.refuse(id, cause, claim),
            // It claims nothing, and the head names no entry that it could hide.
            File::UnverifiedTombstone
                if self.head.is_some() && !self.generations.contains_key(&id) =>
            {
                self.removed.insert(id);
            }
            File::UnverifiedTombstone => self.refuse(id, UnverifiedCause::BadMac, None),
            File::Signed {
                generation,
                run,
                customer,
                ..
            } => {
                let cause = match &self.head {
                    None => Some(headless),
                    Some(head) => {
                        let named = head.generations.get(&id).copied();
                        let is_current = head.accepts(named, (generation, run));
                        (!is_current).then_some(UnverifiedCause::OldCopy)
                    }
                };
                self.counter = self.counter.max(generation);
                match (cause, customer) {
                    // A tombstone whose entry the head no longer names.
                    (Some(UnverifiedCause::OldCopy), None)
                        if !self.generations.contains_key(&id) =>
                    {
                        self.removed.insert(id);
                    }
                    (Some(cause), customer) => self.refuse(id, cause, customer),
                    (None, None) => {
                        self.generations.remove(&id);
                        self.removed.insert(id);
                    }
                    (None, Some(customer)) => {
                        self.generations.insert(id, generation);
                        self.customers.insert(id, customer);
                    }
                }
            }
        }
    }

    /// Adds the entries that are newer in the journal than in their files.
    fn add_saved(&mut self, saved: SavedEntries) {
        for (id, saved) in &saved {
            self.counter = self.counter.max(saved.revision);
            self.generations.remove(id);
            let entry = saved.entry.clone().map(|entry| (*id, entry));
            self.customers.extend(entry);
        }
        self.unwritten = saved;
    }

    fn refuse(&mut self, id: WorkspaceId, cause: UnverifiedCause, claim: Option<CustomerEntry>) {
        let claimed_name = claim.as_ref().map(|entry| entry.name.clone());
        self.unverified.insert(
            id,
            UnverifiedEntry {
                claimed_name,
                cause,
            },
        );
        self.claims.extend(claim.map(|entry| (id, entry)));
    }

    /// Adds the entries that the head names and that have no file.
    fn add_missing(&mut self, existing: &BTreeSet<WorkspaceId>) {
        let missing: Vec<WorkspaceId> = self
            .generations
            .keys()
            .filter(|id| !existing.contains(id))
            .copied()
            .collect();
        for id in missing {
            let damage = self.damaged_packs.damage(id);
            let cause = damage.map_or(UnverifiedCause::Missing, UnverifiedCause::PackDamaged);
            self.refuse(id, cause, None);
        }
    }
}
