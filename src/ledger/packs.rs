//! Responsible for packs: files or objects that hold the entries of many customers, so that a large
//! ledger is loaded and written with few operations.
//!
//! An entry in a pack is the text that its own object would have, with its generation and its MAC. So a
//! pack needs no MAC of its own: an entry that is missing in it or that was replaced by an old copy does
//! not match the head. Does not decide which entries are packed.

use super::envelope::VERSION;
use super::{LedgerError, LedgerStore};
use crate::model::{Damage, WorkspaceId};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const DIR: &str = "packs";
const WHAT: &str = "pack of ledger entries";
/// Packs that are read or written at the same time.
const PARALLEL: usize = 16;
/// At most as many bytes surround an entry in a pack, and all of its entries.
const SEPARATORS: usize = 48;
/// The largest pack that is read. An entry takes about 2 KiB.
const MAX_SIZE: u64 = 256 << 20;

/// The texts of entries by workspace.
pub(super) type PackedEntries = BTreeMap<WorkspaceId, String>;

/// Every pack of a ledger.
#[derive(Debug, Default)]
pub(super) struct Packs {
    /// The packs that exist.
    pub(super) names: BTreeSet<String>,
    pub(super) entries: PackedEntries,
    pub(super) damaged: DamagedPacks,
}

/// The packs that cannot be read, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct DamagedPacks(BTreeMap<String, Damage>);

impl DamagedPacks {
    /// The damage of the pack of an entry.
    pub(super) fn damage(&self, id: WorkspaceId) -> Option<Damage> {
        self.0.get(&pack_of(id)).copied()
    }

    /// Replaces each of the packs by an empty one.
    pub(super) async fn clear(self, store: &LedgerStore) -> Result<(), LedgerError> {
        for name in self.0.into_keys() {
            store
                .replace(&name, &encoded(&PackedEntries::new()))
                .await?;
        }
        Ok(())
    }
}

/// The changes of a pack. `None` removes an entry.
pub(super) type Changes = BTreeMap<WorkspaceId, Option<String>>;

#[derive(Deserialize)]
struct StoredPack {
    version: u32,
    entries: BTreeMap<WorkspaceId, Box<RawValue>>,
}

/// The name of one of the 16 packs.
fn named(number: u8) -> String {
    format!("{DIR}/{number:x}.json")
}

/// The name of the pack of an entry.
pub fn pack_of(id: WorkspaceId) -> String {
    let [first, ..] = id.0.as_bytes();
    named(first >> 4)
}

fn is_pack(name: &str) -> bool {
    (0..16).any(|number| named(number) == name)
}

/// Reads all packs.
pub(super) async fn read_all(store: &LedgerStore) -> Result<Packs, LedgerError> {
    let names = store.list(DIR).await?;
    stream::iter(names.into_iter().filter(|name| is_pack(name)))
        .map(async |name| (read(store, &name).await, name))
        .buffer_unordered(PARALLEL)
        .map(Ok)
        .try_fold(Packs::default(), async |mut packs, (read, name)| {
            packs.add(name, read)?;
            Ok(packs)
        })
        .await
}

impl Packs {
    /// Adds what was read of a pack. A pack that cannot be read is none of a run that was killed,
    /// because a pack is replaced as a whole.
    fn add(
        &mut self,
        name: String,
        read: Result<PackedEntries, LedgerError>,
    ) -> Result<(), LedgerError> {
        match read.map_err(|error| error.damage().ok_or(error)) {
            Ok(mut entries) => {
                // An entry in another pack is a copy that no run changes.
                entries.retain(|id, _| pack_of(*id) == name);
                self.entries.append(&mut entries);
            }
            Err(Ok(damage)) => drop(self.damaged.0.insert(name.clone(), damage)),
            Err(Err(error)) => return Err(error),
        }
        self.names.insert(name);
        Ok(())
    }
}

async fn read(store: &LedgerStore, name: &str) -> Result<PackedEntries, LedgerError> {
    let Some(text) = store.read_up_to(name, MAX_SIZE).await? else {
        return Ok(PackedEntries::new());
    };
    let path = store.shown(name);
    let pack: StoredPack =
        serde_json::from_str(&text).map_err(LedgerError::unreadable(&path, WHAT, &text))?;
    if pack.version > VERSION {
        let version = pack.version;
        return Err(LedgerError::Newer { path, version });
    }
    let entries = pack.entries.into_iter();
    Ok(entries
        .map(|(id, text)| (id, String::from(Box::<str>::from(text))))
        .collect())
}

/// The changes by the names of their packs.
pub(super) fn by_pack(changes: Changes) -> BTreeMap<String, Changes> {
    let mut by_pack: BTreeMap<String, Changes> = BTreeMap::new();
    for (id, text) in changes {
        by_pack.entry(pack_of(id)).or_default().insert(id, text);
    }
    by_pack
}

/// Changes entries in their packs. Packs in `new` do not exist, so that they are not read.
pub(super) async fn change(
    store: &LedgerStore,
    by_pack: BTreeMap<String, Changes>,
    new: &BTreeSet<String>,
) -> Result<(), LedgerError> {
    let packs: Vec<(String, Vec<u8>)> = stream::iter(by_pack)
        .map(async |(name, changes)| {
            let texts = if new.contains(&name) {
                PackedEntries::new()
            } else {
                read(store, &name).await?
            };
            Ok::<_, LedgerError>((name, encoded(&changed(texts, changes))))
        })
        .buffer_unordered(PARALLEL)
        .try_collect()
        .await?;
    store.replace_all(packs).await
}

fn changed(mut texts: PackedEntries, changes: Changes) -> PackedEntries {
    for (id, text) in changes {
        match text {
            Some(text) => drop(texts.insert(id, text)),
            None => drop(texts.remove(&id)),
        }
    }
    texts
}

/// Fails if the text that an entry's own object has is no JSON, which would make a whole pack unreadable.
pub(super) fn check(text: &str, path: &Path) -> Result<(), LedgerError> {
    let checked: serde_json::Result<IgnoredAny> = serde_json::from_str(text);
    checked
        .map(drop)
        .map_err(LedgerError::unreadable(path, "ledger entry", text))
}

/// The text of a pack. Each entry begins on a line of its own, so that people and tools that compare
/// lines can read it. The texts of the entries are JSON.
fn encoded(texts: &PackedEntries) -> Vec<u8> {
    let length: usize = texts.values().map(|text| text.len() + SEPARATORS).sum();
    let mut pack = Vec::with_capacity(length + SEPARATORS);
    pack.extend_from_slice(format!("{{\"version\":{VERSION},\"entries\":{{").as_bytes());
    for (index, (id, text)) in texts.iter().enumerate() {
        let separator = if index > 0 { "," } else { "" };
        pack.extend_from_slice(format!("{separator}\n\"{id}\":").as_bytes());
        pack.extend_from_slice(text.trim_end().as_bytes());
    }
    pack.extend_from_slice(b"\n}}\n");
    pack
}
