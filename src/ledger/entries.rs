//! Responsible for reading the entries of a ledger, one file for each workspace or many in a pack, and
//! for deciding which of them are authenticated. Does not write.
//!
//! A file is named by the workspace id, so that a rename keeps the file and two shards never write
//! the same file.

use super::authenticate::Authenticator;
use super::envelope::{self, Opened, Sealed};
use super::packs;
use super::rotations;
use super::snapshot::StoredLedger;
use super::{LedgerError, LedgerStore, head};
use crate::model::{CustomerEntry, Damage, Desired, EntryMemory, UnverifiedCause, WorkspaceId};
use crate::side_by_side::in_order;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use std::path::Path;
use uuid::Uuid;

pub(super) const DIR: &str = "customers";
const WHAT: &str = "ledger file";
/// Entries that are read from a shared store at the same time.
const PARALLEL_READS: usize = 32;
/// Entries of packs that one thread reads together.
const READ_TOGETHER: usize = 16;

/// The content of an entry's file.
#[derive(Serialize)]
pub(super) struct EntryToWrite<'a> {
    pub(super) workspace_id: WorkspaceId,
    pub(super) run: Uuid,
    /// The revision of the last journal line that the file contains.
    pub(super) revision: u64,
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

/// The fields of an entry beside those of [`CustomerEntry`], which is read in a second pass: a flattened field would be
/// copied before it is read.
#[derive(Deserialize)]
struct StoredEntry {
    workspace_id: WorkspaceId,
    #[serde(default)]
    run: Option<Uuid>,
    #[serde(default)]
    revision: u64,
}

/// An entry's file.
#[derive(Debug)]
pub(super) enum File {
    Signed {
        generation: u64,
        run: Option<Uuid>,
        revision: u64,
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
    Damaged(Damage),
}

impl File {
    /// Returns the file. The texts and settings of its entry share the memory of equal ones.
    fn sharing(mut self, memory: &EntryMemory<'_>) -> Self {
        if let Self::Signed { customer, .. } = &mut self {
            *customer = customer.take().map(|customer| memory.share(customer));
        }
        self
    }

    /// Keeps an error that concerns the entry only.
    fn damaged(error: LedgerError) -> Result<Self, LedgerError> {
        error.damage().map(Self::Damaged).ok_or(error)
    }
}

pub(super) fn file(id: WorkspaceId) -> String {
    format!("{DIR}/{id}.json")
}

/// Reads the head, all entries, and the list of rotations.
pub(super) async fn read(
    store: &LedgerStore,
    authenticator: &Authenticator,
    desired: &Desired,
) -> Result<StoredLedger, LedgerError> {
    // The head is read first: the generations of a concurrent run only grow.
    let head = head::read(store, authenticator).await?;
    // An entry that a concurrent run moves to a pack meanwhile may be missing, and then the ledger is read again.
    let (files, packs, rotations) = tokio::try_join!(
        read_files(store, authenticator, desired),
        packs::read_all(store, |texts| read_packed(
            store,
            authenticator,
            desired,
            texts
        )),
        rotations::read(store, authenticator, head.signed()),
    )?;
    Ok(StoredLedger {
        head,
        files,
        packed: packs.entries,
        packs: packs.names,
        damaged_packs: packs.damaged,
        rotations,
    })
}

async fn read_files(
    store: &LedgerStore,
    authenticator: &Authenticator,
    desired: &Desired,
) -> Result<Vec<(WorkspaceId, File)>, LedgerError> {
    stream::iter(store.list(DIR).await?)
        .map(|name| read_file(store, authenticator, desired, name))
        .buffer_unordered(PARALLEL_READS)
        .try_filter_map(async |file| Ok(file))
        .try_collect()
        .await
}

/// Reads entries of a pack, on several threads.
fn read_packed(
    store: &LedgerStore,
    authenticator: &Authenticator,
    desired: &Desired,
    texts: &[(WorkspaceId, &str)],
) -> Result<Vec<(WorkspaceId, File)>, LedgerError> {
    let chunks: Vec<&[(WorkspaceId, &str)]> = texts.chunks(READ_TOGETHER).collect();
    let read_chunk = |chunk: usize| -> Result<Vec<(WorkspaceId, File)>, LedgerError> {
        let memory = EntryMemory::new(desired);
        let read_entry = |(id, text): &(WorkspaceId, &str)| {
            let name = file(*id);
            let opened = open(authenticator, &name, text, &store.shown(&name));
            let file = opened.or_else(File::damaged)?;
            Ok((*id, file.sharing(&memory)))
        };
        chunks[chunk].iter().map(read_entry).collect()
    };
    let mut files = Ok(Vec::with_capacity(texts.len()));
    in_order(chunks.len(), read_chunk, |_, chunk| {
        if let Ok(read) = &mut files {
            match chunk {
                Ok(chunk) => read.extend(chunk),
                Err(error) => files = Err(error),
            }
        }
    });
    files
}

/// Reads one file. `None` if it was removed since the listing, or if its name is none that a run writes: the
/// head says which entries exist.
async fn read_file(
    store: &LedgerStore,
    authenticator: &Authenticator,
    desired: &Desired,
    name: String,
) -> Result<Option<(WorkspaceId, File)>, LedgerError> {
    let path = store.shown(&name);
    let id = name
        .strip_prefix("customers/")
        .and_then(|name| name.strip_suffix(".json")?.parse().ok())
        .filter(|id| file(*id) == name);
    let Some(id) = id else {
        return Ok(None);
    };
    let read = match store.read(&name).await {
        Ok(None) => return Ok(None),
        Ok(Some(text)) => open(authenticator, &name, &text, &path),
        Err(error) => Err(error),
    };
    let file = read.or_else(File::damaged)?;
    Ok(Some((id, file.sharing(&EntryMemory::new(desired)))))
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
            // No line follows the removal of an entry.
            revision: u64::MAX,
            customer: None,
        });
    }
    let StoredEntry { run, revision, .. } = envelope::parse(sealed.content, place)?;
    Ok(File::Signed {
        generation,
        run,
        revision,
        customer: Some(envelope::parse(sealed.content, place)?),
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
    let _: StoredEntry = serde_json::from_str(content).ok()?;
    serde_json::from_str(content).ok()
}
