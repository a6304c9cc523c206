//! Responsible for reading the entries of a ledger, one file for each workspace, and for deciding
//! which of them are authenticated and current. Does not write.
//!
//! A file is named by the workspace id, so that a rename keeps the file and two shards never write
//! the same file.

use super::authenticate::Authenticator;
use super::envelope::{self, Opened, Sealed};
use super::head::{Head, HeadJournal, StoredHead};
use super::journal::SavedEntries;
use super::rotations::{self, RotationList};
use super::{Damage, LedgerError, LedgerStore, head};
use crate::model::{CustomerEntry, UnverifiedCause, UnverifiedEntry, WorkspaceId};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use uuid::Uuid;

pub(super) const DIR: &str = "customers";
const WHAT: &str = "ledger file";
/// Entries that are read from a shared store at the same time.
const PARALLEL_READS: usize = 32;

/// The content of an entry's file.
#[derive(Serialize)]
pub(super) struct EntryToWrite<'a> {
    pub(super) workspace_id: WorkspaceId,
    pub(super) run: Uuid,
    #[serde(flatten)]
    pub(super) customer: &'a CustomerEntry,
}

/// The content of the file of a removed entry, until the head no longer names the entry.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tombstone {
    pub(super) removed: WorkspaceId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) run: Option<Uuid>,
}

#[derive(Deserialize)]
struct StoredEntry {
    workspace_id: WorkspaceId,
    #[serde(default)]
    run: Option<Uuid>,
    #[serde(flatten)]
    customer: CustomerEntry,
}

/// Every entry of a ledger at one time.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Snapshot {
    /// The entries that are authenticated and current.
    pub(super) customers: BTreeMap<WorkspaceId, CustomerEntry>,
    pub(super) unverified: BTreeMap<WorkspaceId, UnverifiedEntry>,
    /// The contents of unverified entries, as anyone could have written them.
    pub(super) claims: BTreeMap<WorkspaceId, CustomerEntry>,
    /// The generations for the next head.
    pub(super) generations: BTreeMap<WorkspaceId, u64>,
    /// The files of removed entries.
    pub(super) removed: BTreeSet<WorkspaceId>,
    /// The largest generation of all authenticated objects.
    pub(super) counter: u64,
    pub(super) rotations: RotationList,
    /// The head, if it is authenticated.
    pub(super) head: Option<Head>,
    /// Whether objects exist and none of them is authenticated.
    pub(super) key_changed: bool,
}

/// An entry's file.
#[derive(Debug)]
enum File {
    Signed {
        generation: u64,
        run: Option<Uuid>,
        /// `None` for a tombstone.
        customer: Option<CustomerEntry>,
    },
    Unverified {
        cause: UnverifiedCause,
        claim: Option<CustomerEntry>,
    },
    /// A tombstone without a valid MAC, such as one that a run before a rekeying left.
    UnverifiedTombstone,
    /// The file cannot be read as an entry, such as one that was not durable when the machine crashed.
    Damaged(LedgerError),
}

/// The head and the files of a ledger, as they are stored.
#[derive(Debug)]
pub(super) struct StoredLedger {
    head: StoredHead,
    files: Vec<(WorkspaceId, File)>,
    rotations: RotationList,
}

impl StoredLedger {
    /// The journal that the head names, if the head is authenticated.
    pub(super) fn journal(&self) -> Option<&HeadJournal> {
        match &self.head {
            StoredHead::Signed(head) => head.journal.as_ref(),
            StoredHead::Absent | StoredHead::Altered => None,
        }
    }
}

pub(super) fn file(id: WorkspaceId) -> String {
    format!("{DIR}/{id}.json")
}

/// Reads the head, the files of all entries, and the list of rotations.
pub(super) async fn read(
    store: &LedgerStore,
    authenticator: &Authenticator,
) -> Result<StoredLedger, LedgerError> {
    // The head is read first: the generations of a concurrent run only grow.
    let head = head::read(store, authenticator).await?;
    let files = stream::iter(store.list(DIR).await?)
        .map(|name| read_file(store, authenticator, name))
        .buffer_unordered(PARALLEL_READS)
        .try_filter_map(async |file| Ok(file))
        .try_collect()
        .await?;
    let signed = match &head {
        StoredHead::Signed(head) => Some(head),
        StoredHead::Absent | StoredHead::Altered => None,
    };
    let rotations = rotations::read(store, authenticator, signed).await?;
    Ok(StoredLedger {
        head,
        files,
        rotations,
    })
}

/// Reads one file. `None` if it was removed since the listing.
async fn read_file(
    store: &LedgerStore,
    authenticator: &Authenticator,
    name: String,
) -> Result<Option<(WorkspaceId, File)>, LedgerError> {
    let path = store.shown(&name);
    let id = name
        .strip_prefix("customers/")
        .and_then(|name| name.strip_suffix(".json")?.parse().ok())
        .filter(|id| file(*id) == name)
        .ok_or_else(|| LedgerError::Unreadable {
            path: path.clone(),
            what: WHAT,
            line: 1,
            damage: Damage::Other,
        })?;
    let read = match store.read(&name).await {
        Ok(None) => return Ok(None),
        Ok(Some(text)) => open(authenticator, &name, &text, &path),
        Err(error) => Err(error),
    };
    match read {
        Ok(file) => Ok(Some((id, file))),
        Err(error) if error.is_damage() => Ok(Some((id, File::Damaged(error)))),
        Err(error) => Err(error),
    }
}

fn open(
    authenticator: &Authenticator,
    name: &str,
    text: &str,
    path: &Path,
) -> Result<File, LedgerError> {
    let place = (path, WHAT);
    Ok(match envelope::open(authenticator, name, text, place)? {
        Opened::Signed(sealed) => signed(&sealed, place)?,
        Opened::Altered(sealed) if tombstone(&sealed).is_some() => File::UnverifiedTombstone,
        Opened::Altered(sealed) => File::Unverified {
            cause: cause(&sealed, authenticator),
            claim: claim(sealed.content),
        },
        Opened::Version1 => File::Unverified {
            cause: UnverifiedCause::Version1,
            claim: claim(text),
        },
    })
}

fn signed(sealed: &Sealed<'_>, place: (&Path, &'static str)) -> Result<File, LedgerError> {
    let generation = sealed.generation;
    if let Some(Tombstone { run, .. }) = tombstone(sealed) {
        return Ok(File::Signed {
            generation,
            run,
            customer: None,
        });
    }
    let StoredEntry { run, customer, .. } = envelope::parse(sealed.content, place)?;
    Ok(File::Signed {
        generation,
        run,
        customer: Some(customer),
    })
}

fn tombstone(sealed: &Sealed<'_>) -> Option<Tombstone> {
    serde_json::from_str(sealed.content).ok()
}

/// Why an entry with a wrong MAC is refused: the MAC may be that of another workspace's entry.
fn cause(sealed: &Sealed<'_>, authenticator: &Authenticator) -> UnverifiedCause {
    let belongs_elsewhere = serde_json::from_str::<StoredEntry>(sealed.content)
        .is_ok_and(|entry| sealed.belongs_to(&file(entry.workspace_id), authenticator));
    if belongs_elsewhere {
        UnverifiedCause::Misplaced
    } else {
        UnverifiedCause::BadMac
    }
}

fn claim(content: &str) -> Option<CustomerEntry> {
    let entry: StoredEntry = serde_json::from_str(content).ok()?;
    Some(entry.customer)
}

/// Compares the entries with the head. `saved` are the entries that the journal has and whose files may
/// be old, incomplete or missing.
pub(super) fn classify(
    stored: StoredLedger,
    saved: &SavedEntries,
) -> Result<Snapshot, LedgerError> {
    let StoredLedger {
        head: stored,
        files,
        rotations,
    } = stored;
    let is_signed = |(_, file): &(WorkspaceId, File)| matches!(file, File::Signed { .. });
    let is_altered = |(_, file): &(WorkspaceId, File)| match file {
        File::Unverified { cause, .. } => *cause != UnverifiedCause::Version1,
        File::UnverifiedTombstone => true,
        File::Signed { .. } | File::Damaged(_) => false,
    };
    let is_head_altered = stored == StoredHead::Altered;
    let head = match stored {
        StoredHead::Signed(head) => Some(head),
        StoredHead::Absent | StoredHead::Altered => None,
    };
    let key_changed = head.is_none()
        && !files.iter().any(is_signed)
        && (is_head_altered || files.iter().any(is_altered));
    let mut snapshot = Snapshot {
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
        if saved.contains_key(&id) {
            snapshot.counter = snapshot.counter.max(file.generation());
        } else {
            snapshot.add(id, file, headless)?;
        }
    }
    for (id, entry) in saved {
        snapshot.generations.remove(id);
        let entry = entry.clone().map(|entry| (*id, entry));
        snapshot.customers.extend(entry);
    }
    snapshot.add_missing(&existing);
    Ok(snapshot)
}

impl File {
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

    fn add(
        &mut self,
        id: WorkspaceId,
        file: File,
        headless: UnverifiedCause,
    ) -> Result<(), LedgerError> {
        match file {
            File::Damaged(error) => return Err(error),
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
        Ok(())
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
            self.refuse(id, UnverifiedCause::Missing, None);
        }
    }
}
