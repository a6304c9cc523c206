//! Tests of entries in the packs of a shared store.

use super::{Ledger, ORGANIZATION, entry, id, named, with_key};
use crate::ledger::organization::packing::{EntryText, EntryTexts};
use crate::ledger::store::Moment;
use crate::ledger::store::object::silent::Silent;
use crate::ledger::store::object::tests::writable_store;
use crate::ledger::{Intent, LedgerStore, SharedStore};
use crate::model::{CustomerEntry, Damage, LedgerState, UnverifiedCause, WorkspaceId};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// The workspace of the n-th customer. The first digit of its id is that of its pack.
fn spread(n: u128) -> WorkspaceId {
    id(n << 124 | n)
}

fn ledger(shared: &SharedStore) -> Ledger {
    let store = LedgerStore::Shared(shared.clone());
    Ledger::new(&store, with_key(ORGANIZATION, 1))
}

async fn load(shared: &SharedStore) -> LedgerState {
    ledger(shared).load().await.unwrap()
}

async fn started(shared: &SharedStore) -> Ledger {
    let ledger = ledger(shared);
    ledger.load().await.unwrap();
    ledger.journal(&[]).await.unwrap();
    ledger
}

async fn recorded(ledger: &Ledger, n: u128, entry: &CustomerEntry) {
    let recorded = ledger.record(spread(n), entry, &BTreeSet::new()).await;
    recorded.unwrap();
}

/// A run that creates customers.
async fn created(shared: &SharedStore, customers: std::ops::RangeInclusive<u128>) {
    let ledger = started(shared).await;
    for n in customers {
        recorded(&ledger, n, &entry(n)).await;
        ledger.finish(spread(n));
    }
    ledger.checkpoint().await.unwrap();
}

/// The number of objects in a directory of the ledger.
async fn objects(shared: &SharedStore, dir: &str) -> usize {
    let below = shared.below(&ORGANIZATION.to_string());
    below.names(dir).await.unwrap().len()
}

/// Replaces text in the pack of a customer.
async fn edit(shared: &SharedStore, n: u128, change: impl Fn(&str) -> String) {
    let below = shared.below(&ORGANIZATION.to_string());
    let name = format!("packs/{:x}.json", n % 16);
    let before = below.read(&name).await.unwrap().unwrap();
    let after = change(&before);
    assert_ne!(before, after);
    below.replace(&name, after.as_bytes()).await.unwrap();
}

#[tokio::test]
async fn entries_of_small_ledger_have_objects_of_their_own() {
    let shared = writable_store();
    created(&shared, 1..=16).await;
    assert_eq!(objects(&shared, "customers").await, 16);
    assert_eq!(objects(&shared, "packs").await, 0);
    assert_eq!(load(&shared).await.customers.len(), 16);
}

#[tokio::test]
async fn entries_of_large_ledger_are_in_packs() {
    let shared = writable_store();
    created(&shared, 1..=10).await;
    created(&shared, 11..=1000).await;
    assert_eq!(objects(&shared, "customers").await, 0);
    assert_eq!(objects(&shared, "packs").await, 16);
    assert_eq!(objects(&shared, "journal").await, 0);
    let state = load(&shared).await;
    assert_eq!((state.customers.len(), state.unverified.len()), (1000, 0));
    assert_eq!(state.customers[&spread(700)], entry(700));
}

#[tokio::test]
async fn entries_of_large_ledger_on_this_machine_are_in_packs() {
    let dir = tempfile::tempdir().unwrap();
    let store = LedgerStore::from(dir.path());
    let ledger = || Ledger::new(&store, with_key(ORGANIZATION, 1));
    for customers in [1..=10, 11..=1000] {
        let run = ledger();
        run.load().await.unwrap();
        run.journal(&[]).await.unwrap();
        for n in customers {
            recorded(&run, n, &entry(n)).await;
            run.finish(spread(n));
        }
        run.checkpoint().await.unwrap();
    }
    let below = dir.path().join(ORGANIZATION.to_string());
    let files = |name: &str| below.join(name).read_dir().unwrap().count();
    assert_eq!((files("customers"), files("packs")), (0, 16));
    let state = ledger().load().await.unwrap();
    assert_eq!((state.customers.len(), state.unverified.len()), (1000, 0));
    assert_eq!(state.customers[&spread(700)], entry(700));
}

#[tokio::test]
async fn entries_in_packs_are_changed_removed_and_added() {
    let shared = writable_store();
    created(&shared, 1..=100).await;
    let run = started(&shared).await;
    recorded(&run, 1, &named("changed")).await;
    run.remove(spread(2)).await.unwrap();
    recorded(&run, 200, &entry(200)).await;
    assert_eq!(load(&shared).await.customers[&spread(1)], entry(1));
    run.checkpoint().await.unwrap();
    for _ in 0..2 {
        let state = load(&shared).await;
        assert!(state.unverified.is_empty(), "{:?}", state.unverified);
        assert_eq!(state.customers.len(), 100);
        assert_eq!(state.customers[&spread(1)], named("changed"));
        assert!(!state.customers.contains_key(&spread(2)));
        // One entry has an object of its own.
        assert_eq!(objects(&shared, "customers").await, 1);
        started(&shared).await.checkpoint().await.unwrap();
    }
}

#[tokio::test]
async fn entry_removed_without_a_journal_leaves_its_pack() {
    let shared = writable_store();
    created(&shared, 1..=100).await;
    let ledger = ledger(&shared);
    ledger.load().await.unwrap();
    ledger.remove(spread(2)).await.unwrap();
    ledger.save(spread(3), &named("signed")).await.unwrap();
    ledger.clear_journal(&[]).await.unwrap();
    ledger.checkpoint().await.unwrap();
    let state = load(&shared).await;
    assert!(state.unverified.is_empty(), "{:?}", state.unverified);
    assert_eq!(state.customers.len(), 99);
    assert_eq!(state.customers[&spread(3)], named("signed"));
}

#[tokio::test]
async fn entry_removed_without_any_journal_leaves_its_pack() {
    let shared = writable_store();
    created(&shared, 1..=100).await;
    let ledger = ledger(&shared);
    ledger.load().await.unwrap();
    ledger.remove(spread(2)).await.unwrap();
    ledger.checkpoint().await.unwrap();
    for _ in 0..2 {
        let state = load(&shared).await;
        assert!(state.unverified.is_empty(), "{:?}", state.unverified);
        assert_eq!(state.customers.len(), 99);
        created(&shared, 101..=101).await;
        let ledger = self::ledger(&shared);
        ledger.load().await.unwrap();
        ledger.remove(spread(101)).await.unwrap();
        ledger.checkpoint().await.unwrap();
    }
}

#[tokio::test]
async fn entry_in_pack_altered_is_not_verified() {
    let shared = writable_store();
    created(&shared, 1..=100).await;
    edit(&shared, 5, |text| text.replace("\"c5\"", "\"cX\"")).await;
    let state = load(&shared).await;
    assert_eq!((state.customers.len(), state.unverified.len()), (99, 1));
    assert_eq!(state.unverified[&spread(5)].cause, UnverifiedCause::BadMac);
}

#[tokio::test]
async fn entries_in_pack_of_others_are_missing() {
    let shared = writable_store();
    created(&shared, 1..=100).await;
    let below = shared.below(&ORGANIZATION.to_string());
    let read = async |name| below.read(name).await.unwrap().unwrap();
    let (five, six) = (read("packs/5.json").await, read("packs/6.json").await);
    below.replace("packs/5.json", six.as_bytes()).await.unwrap();
    below
        .replace("packs/6.json", five.as_bytes())
        .await
        .unwrap();
    below.replace("packs/notes.json", b"{").await.unwrap();
    let state = load(&shared).await;
    assert_eq!(state.unverified[&spread(5)].cause, UnverifiedCause::Missing);
    assert_eq!(state.unverified[&spread(6)].cause, UnverifiedCause::Missing);
    assert_eq!(state.customers.len() + state.unverified.len(), 100);
    // A later write keeps the entries, so that an operator can swap the packs back.
    created(&shared, 101..=132).await;
    assert!(read("packs/5.json").await.contains(&spread(6).to_string()));
}

/// A store that loses responses, and a ledger in it.
async fn in_silent_store() -> (Arc<Silent>, SharedStore, Ledger) {
    let store = Arc::<Silent>::default();
    let shared = SharedStore::new(Arc::clone(&store) as _, "ledger", "s3://bucket/ledger");
    shared.allow(Moment::now(), Duration::from_hours(1));
    let ledger = started(&shared).await;
    (store, shared, ledger)
}

#[tokio::test]
async fn packs_written_first_are_not_read() {
    let (store, shared, ledger) = in_silent_store().await;
    for n in 1..=32 {
        recorded(&ledger, n, &entry(n)).await;
        ledger.finish(spread(n));
    }
    ledger.checkpoint().await.unwrap();
    let read = store.read.lock().unwrap().clone();
    let packs: Vec<_> = read
        .iter()
        .filter(|path| path.to_string().contains("packs"))
        .collect();
    assert!(packs.is_empty(), "{packs:?}");
    assert_eq!(load(&shared).await.customers.len(), 32);
}

#[tokio::test]
async fn pack_written_without_response_keeps_its_entries() {
    let (store, shared, ledger) = in_silent_store().await;
    let texts = |numbers: std::ops::Range<u128>| -> EntryTexts {
        let text = |generation| EntryText::Present {
            text: "{}\n".to_owned(),
            generation,
        };
        numbers.map(|n| (id(1 << 124 | n), text(1))).collect()
    };
    store.writes.store(1, Ordering::SeqCst);
    let lost = ledger.write_texts(texts(0..20), BTreeSet::new()).await;
    lost.unwrap_err();
    // The run does not know the version of the pack that it may have written.
    let next = ledger.write_texts(texts(20..40), BTreeSet::new()).await;
    next.unwrap();
    let below = shared.below(&ORGANIZATION.to_string());
    let pack = below.read("packs/1.json").await.unwrap().unwrap();
    for n in 0..40 {
        assert!(pack.contains(&id(1 << 124 | n).to_string()), "{n}: {pack}");
    }
}

#[tokio::test]
async fn entries_in_pack_that_was_put_back_are_old() {
    let shared = writable_store();
    created(&shared, 1..=100).await;
    let below = shared.below(&ORGANIZATION.to_string());
    let old = below.read("packs/5.json").await.unwrap().unwrap();
    created(&shared, 5..=5).await;
    below.replace("packs/5.json", old.as_bytes()).await.unwrap();
    let state = load(&shared).await;
    assert_eq!((state.customers.len(), state.unverified.len()), (99, 1));
    assert_eq!(state.unverified[&spread(5)].cause, UnverifiedCause::OldCopy);
    below.remove("packs/5.json").await.unwrap();
    let state = load(&shared).await;
    assert!(state.unverified.len() > 5);
    assert_eq!(state.unverified[&spread(5)].cause, UnverifiedCause::Missing);
}

#[tokio::test]
async fn pack_of_newer_version_is_refused_by_name() {
    let shared = writable_store();
    created(&shared, 1..=100).await;
    edit(&shared, 5, |text| {
        text.replacen("\"version\":2", "\"version\":3", 1)
    })
    .await;
    let error = ledger(&shared).load().await.unwrap_err();
    assert!(
        error.to_string().contains("packs/5.json has version 3"),
        "{error}"
    );
}

#[tokio::test]
async fn journal_whose_write_failed_stays_after_the_end_of_the_run() {
    let shared = writable_store();
    let ledger = ledger(&shared);
    ledger.load().await.unwrap();
    let journal = ledger.journal(&[]).await.unwrap();
    recorded(&ledger, 1, &entry(1)).await;
    shared.forbid();
    let customer = "acme".to_owned();
    let begun = journal.begin(Intent::CreateCustomer { customer }).await;
    begun.unwrap_err();
    shared.allow(Moment::now(), Duration::from_mins(1));
    ledger.checkpoint().await.unwrap();
    // The request was not sent. The next run finds that out, because this one does not know whether
    // the intent is in the journal.
    let next = self::ledger(&shared);
    let (state, open) = next.load_with_journal().await.unwrap();
    assert_eq!(state.customers[&spread(1)], entry(1));
    assert_eq!(open.len(), 1);
}

#[tokio::test]
async fn pack_damaged_blocks_its_customers_until_the_ledger_is_signed() {
    let shared = writable_store();
    created(&shared, 1..=100).await;
    edit(&shared, 3, |text| text[..text.len() / 2].to_owned()).await;
    let cause = UnverifiedCause::PackDamaged(Damage::CutShort);
    let is_blocked = |state: &LedgerState| {
        let mut blocked = state.unverified.iter();
        blocked.all(|(id, entry)| id.0.as_bytes()[0] >> 4 == 3 && entry.cause == cause)
            && state.unverified.contains_key(&spread(3))
    };
    let before = load(&shared).await;
    assert!(is_blocked(&before), "{:?}", before.unverified);
    assert_eq!(before.customers.len() + before.unverified.len(), 100);
    // The entry of a new customer in the same pack.
    created(&shared, 115..=115).await;
    let after = load(&shared).await;
    assert!(is_blocked(&after), "{:?}", after.unverified);
    assert!(after.customers.contains_key(&spread(115)));
    let ledger = ledger(&shared);
    let unsigned = ledger.load_unsigned().await.unwrap();
    for id in unsigned.entries.into_keys() {
        ledger.sign(id);
        ledger.remove(id).await.unwrap();
    }
    ledger.clear_damaged_packs().await.unwrap();
    ledger.checkpoint().await.unwrap();
    created(&shared, 3..=3).await;
    let signed = load(&shared).await;
    assert_eq!(signed.unverified, std::collections::BTreeMap::new());
    assert!(signed.customers.contains_key(&spread(3)));
}
