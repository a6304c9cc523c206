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
use std::ops::Range;
use std::path::Path;

const DIR: &str = "packs";
const WHAT: &str = "pack of ledger entries";
/// Packs that are read or written at the same time.
const PARALLEL: usize = 16;
/// At most as many bytes surround an entry in a pack, and all of its entries.
const SEPARATORS: usize = 48;
/// The largest pack that is read. An entry takes about 2 KiB.
const MAX_SIZE: u64 = 256 << 20;
/// Entries of a pack that are parsed before their text is freed.
const PARSED_TOGETHER: usize = 1024;

/// The texts of a pack's entries by workspace.
type PackedTexts<'a> = BTreeMap<WorkspaceId, &'a str>;

/// Every pack of a ledger.
#[derive(Debug)]
pub(super) struct Packs<E> {
    /// The packs that exist.
    pub(super) names: BTreeSet<String>,
    pub(super) entries: BTreeMap<WorkspaceId, E>,
    pub(super) damaged: DamagedPacks,
}

impl<E> Default for Packs<E> {
    fn default() -> Self {
        Self {
            names: BTreeSet::new(),
            entries: BTreeMap::new(),
            damaged: DamagedPacks::default(),
        }
    }
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
            store.replace(&name, &encoded(&PackedTexts::new())).await?;
        }
        Ok(())
    }
}

/// The changes of a pack. `None` removes an entry.
pub(super) type Changes = BTreeMap<WorkspaceId, Option<String>>;

#[derive(Deserialize)]
struct StoredPack<'a> {
    version: u32,
    #[serde(borrow)]
    entries: BTreeMap<WorkspaceId, &'a RawValue>,
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

/// Reads all packs. `parse` gets the texts of some entries at a time.
pub(super) async fn read_all<E>(
    store: &LedgerStore,
    parse: impl Fn(&[(WorkspaceId, &str)]) -> Result<Vec<(WorkspaceId, E)>, LedgerError>,
) -> Result<Packs<E>, LedgerError> {
    let names = store.list(DIR).await?;
    stream::iter(names.into_iter().filter(|name| is_pack(name)))
        .map(async |name| (read(store, &name, &parse).await, name))
        .buffer_unordered(PARALLEL)
        .map(Ok)
        .try_fold(Packs::default(), async |mut packs, (read, name)| {
            packs.add(name, read)?;
            Ok(packs)
        })
        .await
}

impl<E> Packs<E> {
    /// Adds what was read of a pack. A pack that cannot be read is none of a run that was killed,
    /// because a pack is replaced as a whole.
    fn add(
        &mut self,
        name: String,
        read: Result<Vec<(WorkspaceId, E)>, LedgerError>,
    ) -> Result<(), LedgerError> {
        match read.map_err(|error| error.damage().ok_or(error)) {
            Ok(entries) => self.entries.extend(entries),
            Err(Ok(damage)) => drop(self.damaged.0.insert(name.clone(), damage)),
            Err(Err(error)) => return Err(error),
        }
        self.names.insert(name);
        Ok(())
    }
}

/// Reads one pack from its end. Frees the text of a large pack as its entries are parsed, because the text takes about as
/// much memory as they do.
async fn read<E>(
    store: &LedgerStore,
    name: &str,
    parse: impl Fn(&[(WorkspaceId, &str)]) -> Result<Vec<(WorkspaceId, E)>, LedgerError>,
) -> Result<Vec<(WorkspaceId, E)>, LedgerError> {
    let Some(mut text) = store.read_up_to(name, MAX_SIZE).await? else {
        return Ok(Vec::new());
    };
    let mut places = places(&texts(store, name, &text)?, name, &text);
    let mut entries = Vec::with_capacity(places.len());
    while !places.is_empty() {
        let part = places.split_off(places.len().saturating_sub(PARSED_TOGETHER));
        let texts = part.iter().map(|(place, id)| (*id, &text[place.clone()]));
        entries.extend(parse(&texts.collect::<Vec<_>>())?);
        text.truncate(part[0].0.start);
        text.shrink_to_fit();
    }
    Ok(entries)
}

/// Where the entries of a pack are in its text, in order.
fn places(texts: &PackedTexts<'_>, name: &str, text: &str) -> Vec<(Range<usize>, WorkspaceId)> {
    // An entry in another pack is a copy that no run changes.
    let own = texts.iter().filter(|(id, _)| pack_of(**id) == name);
    let place = |(id, entry): (&WorkspaceId, &&str)| {
        let start = entry.as_ptr().addr() - text.as_ptr().addr();
        (start..start + entry.len(), *id)
    };
    let mut places: Vec<_> = own.map(place).collect();
    places.sort_unstable_by_key(|(place, _)| place.start);
    places
}

/// The texts of the entries in the text of a pack.
fn texts<'a>(
    store: &LedgerStore,
    name: &str,
    text: &'a str,
) -> Result<PackedTexts<'a>, LedgerError> {
    let path = store.shown(name);
    let pack: StoredPack<'_> =
        serde_json::from_str(text).map_err(LedgerError::unreadable(&path, WHAT, text))?;
    if pack.version > VERSION {
        let version = pack.version;
        return Err(LedgerError::Newer { path, version });
    }
    let entries = pack.entries.into_iter();
    Ok(entries.map(|(id, text)| (id, text.get())).collect())
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
            let text = if new.contains(&name) {
                None
            } else {
                store.read_up_to(&name, MAX_SIZE).await?
            };
            let before = text.as_deref().map(|text| texts(store, &name, text));
            let before = before.transpose()?.unwrap_or_default();
            let pack = encoded(&changed(before, &changes));
            Ok::<_, LedgerError>((name, pack))
        })
        .buffer_unordered(PARALLEL)
        .try_collect()
        .await?;
    store.replace_all(packs).await
}

fn changed<'a>(mut texts: PackedTexts<'a>, changes: &'a Changes) -> PackedTexts<'a> {
    for (id, text) in changes {
        match text {
            Some(text) => texts.insert(*id, text),
            None => texts.remove(id),
        };
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
fn encoded(texts: &PackedTexts<'_>) -> Vec<u8> {
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

#[cfg(test)]
mod tests {
    use super::{Changes, PARSED_TOGETHER, Packs, by_pack, change, pack_of, read_all};
    use crate::ledger::LedgerStore;
    use crate::model::{Damage, WorkspaceId};
    use std::cell::RefCell;
    use std::collections::{BTreeMap, BTreeSet};
    use uuid::Uuid;

    /// An entry of the pack `packs/0.json`. Entries differ in length.
    fn entry(n: usize) -> (WorkspaceId, String) {
        let id = WorkspaceId(Uuid::from_u128(n as u128));
        (id, format!("{{\"n\": \"{}\"}}", "é".repeat(n % 7)))
    }

    async fn read(store: &LedgerStore) -> (Packs<String>, Vec<usize>) {
        let parts: RefCell<Vec<usize>> = RefCell::default();
        let packs = read_all(store, |texts| {
            parts.borrow_mut().push(texts.len());
            Ok(texts
                .iter()
                .map(|(id, text)| (*id, (*text).to_owned()))
                .collect())
        });
        (packs.await.unwrap(), parts.into_inner())
    }

    #[tokio::test]
    async fn pack_of_many_entries_is_read_in_parts() {
        let dir = tempfile::tempdir().unwrap();
        let store = LedgerStore::from(dir.path());
        let entries: BTreeMap<WorkspaceId, String> = (0..=2 * PARSED_TOGETHER).map(entry).collect();
        let changes: Changes = entries
            .clone()
            .into_iter()
            .map(|(id, text)| (id, Some(text)))
            .collect();
        change(&store, by_pack(changes), &BTreeSet::new())
            .await
            .unwrap();
        let (packs, parts) = read(&store).await;
        assert_eq!(packs.entries, entries);
        assert_eq!(parts, [PARSED_TOGETHER, PARSED_TOGETHER, 1]);
    }

    #[tokio::test]
    async fn pack_in_another_form_has_the_same_entries() {
        let dir = tempfile::tempdir().unwrap();
        let store = LedgerStore::from(dir.path());
        let [(first, _), (second, _)] = [entry(0xa), entry(2)];
        let upper = first.to_string().to_uppercase();
        let foreign = WorkspaceId(Uuid::from_u128(u128::MAX));
        let text = format!(
            "{{ \"entries\" : {{ \"{second}\" : \"old\" , \"{foreign}\": 1,\n\"{upper}\" :\t[ \"é\" ] ,\"{second}\":  {{}} }} , \"version\": 2 }}"
        );
        store
            .replace(&pack_of(first), text.as_bytes())
            .await
            .unwrap();
        let (packs, parts) = read(&store).await;
        let expected = [(second, "{}".to_owned()), (first, "[ \"é\" ]".to_owned())];
        assert_eq!(packs.entries, expected.into());
        assert_eq!(parts, [2]);
    }

    #[tokio::test]
    async fn pack_that_is_an_empty_file_is_damaged() {
        let dir = tempfile::tempdir().unwrap();
        let store = LedgerStore::from(dir.path());
        let (id, _) = entry(1);
        store.replace(&pack_of(id), b"").await.unwrap();
        let (packs, _) = read(&store).await;
        assert_eq!(packs.damaged.damage(id), Some(Damage::CutShort));
    }
}
