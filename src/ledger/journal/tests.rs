//! Tests of the journal in both kinds of stores: open intents and carried-over creations.

use super::intent::LIFE;
use super::{Intent, IntentOutcome, Journal, JournalEntry, Log, SavedEntries};
use crate::ledger::LedgerStore;
use crate::ledger::organization::UnverifiedLines;
use crate::ledger::recovery::tests::{KIND, WORKSPACE, record};
use crate::ledger::store::object::tests::writable_store;
use crate::ledger::testing::authenticator;
use crate::model::OrganizationId;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use uuid::Uuid;

const ORGANIZATION: OrganizationId = OrganizationId(Uuid::nil());

pub(super) fn intent(name: &str) -> Intent {
    Intent::CreateCustomer {
        customer: name.into(),
    }
}

fn creation(name: &str) -> Intent {
    Intent::CreateConnector {
        customer: "acme".into(),
        workspace_id: WORKSPACE,
        name: name.into(),
        definition_id: KIND,
        known: BTreeSet::new(),
        replaces: None,
        record: Box::new(record(0).into()),
    }
}

/// Both kinds of stores.
fn stores(dir: &Path) -> [LedgerStore; 2] {
    [
        LedgerStore::from(dir),
        LedgerStore::Shared(writable_store()),
    ]
}

async fn open_entries(store: &LedgerStore) -> Vec<JournalEntry> {
    let content = Journal::read(store, &authenticator(ORGANIZATION), None)
        .await
        .unwrap();
    assert!(content.unverified_names.is_empty());
    content.entries
}

pub(super) async fn intents(store: &LedgerStore) -> Vec<Intent> {
    let entries = open_entries(store).await.into_iter();
    entries.map(|entry| entry.intent).collect()
}

pub(super) async fn start(store: &LedgerStore, open: &[JournalEntry]) -> Journal {
    let journal = start_with(store, open, UnverifiedLines::Keep).await;
    journal.remove_earlier().await.unwrap();
    journal
}

async fn start_with(
    store: &LedgerStore,
    open: &[JournalEntry],
    unverified: UnverifiedLines,
) -> Journal {
    let authenticator = Arc::new(authenticator(ORGANIZATION));
    let saved = SavedEntries::new();
    Journal::start(store, authenticator, None, open, &saved, unverified)
        .await
        .unwrap()
}

#[tokio::test]
async fn journal_open_intents_lacks_certain_outcomes() {
    let dir = tempfile::tempdir().unwrap();
    for store in stores(dir.path()) {
        assert!(intents(&store).await.is_empty());
        let journal = start(&store, &[]).await;
        let mut seqs = Vec::new();
        for name in ["done", "failed", "unknown", "open"] {
            seqs.push(journal.begin(intent(name)).await.unwrap());
        }
        let outcomes = [
            IntentOutcome::TookEffect,
            IntentOutcome::Failed,
            IntentOutcome::Unknown,
        ];
        for (seq, outcome) in seqs.into_iter().zip(outcomes) {
            journal.end(seq, outcome).await.unwrap();
        }
        journal.sync().await.unwrap();
        let entries = open_entries(&store).await;
        let outcomes: Vec<_> = entries
            .iter()
            .map(|entry| (&entry.intent, entry.outcome))
            .collect();
        let (unknown, open) = (intent("unknown"), intent("open"));
        assert_eq!(
            outcomes,
            [(&unknown, Some(IntentOutcome::Unknown)), (&open, None)]
        );
        assert!(entries[1].time() <= Some(Timestamp::now()));
    }
}

#[tokio::test]
async fn journal_start_carries_over_creations_that_may_take_effect() {
    let dir = tempfile::tempdir().unwrap();
    for store in stores(dir.path()) {
        let entry = |name: &str, at: Option<Timestamp>| JournalEntry {
            intent: creation(name),
            at: at.map(|at| at.to_string()),
            outcome: None,
        };
        let now = Timestamp::now();
        let customer = JournalEntry::now(intent("acme"));
        let (late, young) = (entry("late", Some(now - LIFE)), entry("young", Some(now)));
        let open = [entry("undated", None), late, customer, young];
        let journal = start(&store, &open).await;
        let next = journal.begin(creation("next")).await.unwrap();
        let entries = open_entries(&store).await;
        assert_eq!(entries[0].intent, creation("young"));
        assert_eq!(entries[0].outcome, Some(IntentOutcome::Missing));
        assert_eq!(entries[0].time(), Some(now));
        assert_eq!(entries.last().unwrap().intent, creation("next"));
        // A second start carries over the same entries.
        journal.end(next, IntentOutcome::TookEffect).await.unwrap();
        journal.sync().await.unwrap();
        let entries = open_entries(&store).await;
        drop(start(&store, &entries).await);
        assert_eq!(open_entries(&store).await, entries);
    }
}

#[tokio::test]
async fn journal_start_removes_recovered_intents_and_marks_missing_ones() {
    let dir = tempfile::tempdir().unwrap();
    for store in stores(dir.path()) {
        let journal = start(&store, &[]).await;
        for name in ["recovered", "open"] {
            journal.begin(creation(name)).await.unwrap();
        }
        journal.begin(intent("acme")).await.unwrap();
        let open = open_entries(&store).await;
        assert_eq!(open.len(), 3);
        let journal = start(&store, &open[1..]).await;
        let entries = open_entries(&store).await;
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0].intent, creation("open"));
        assert_eq!(entries[0].at, open[1].at);
        assert_eq!(entries[0].outcome, Some(IntentOutcome::Missing));
        // A carried-over intent ends like any other.
        journal.end(1, IntentOutcome::Unknown).await.unwrap();
        journal.sync().await.unwrap();
        assert_eq!(
            open_entries(&store).await[0].outcome,
            Some(IntentOutcome::Unknown)
        );
        journal.end(1, IntentOutcome::Failed).await.unwrap();
        journal.sync().await.unwrap();
        assert!(open_entries(&store).await.is_empty());
    }
}

#[tokio::test]
async fn journal_start_with_two_creations_of_same_time_keeps_the_open_one() {
    let dir = tempfile::tempdir().unwrap();
    for store in stores(dir.path()) {
        let at = Some(Timestamp::now().to_string());
        let both = ["recovered", "open"].map(|name| JournalEntry {
            intent: creation(name),
            at: at.clone(),
            outcome: Some(IntentOutcome::Missing),
        });
        start(&store, &both).await;
        let open = open_entries(&store).await;
        assert_eq!(open.len(), 2);
        start(&store, &open[1..]).await;
        assert_eq!(open_entries(&store).await, open[1..]);
    }
}

#[tokio::test]
async fn journal_object_moved_to_other_name_claims_nothing() {
    let shared = writable_store();
    let store = LedgerStore::Shared(shared.clone());
    start(&store, &[])
        .await
        .begin(creation("new"))
        .await
        .unwrap();
    // The first segment has no intents.
    let name = shared.names("journal").await.unwrap().remove(1);
    let text = shared.read(&format!("journal/{name}")).await.unwrap();
    let text = text.unwrap();
    let moved = "journal/moved.json";
    shared.replace(moved, text.as_bytes()).await.unwrap();
    let read = async || {
        Journal::read(&store, &authenticator(ORGANIZATION), None)
            .await
            .unwrap()
    };
    let content = read().await;
    assert_eq!(content.entries.len(), 1);
    assert_eq!(Vec::from_iter(content.unverified_names), ["acme"]);
    // The next journal keeps the object.
    start(&store, &[]).await;
    assert_eq!(read().await.unverified_names.len(), 1);
    // The format of version 1 has no MAC.
    let entry = serde_json::to_vec(&creation("new")).unwrap();
    shared.replace(moved, &entry).await.unwrap();
    let content = read().await;
    assert_eq!(
        (content.entries.len(), content.unverified_names.len()),
        (0, 1)
    );
}

#[tokio::test]
async fn journal_with_incomplete_last_line_ignores_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = LedgerStore::from(dir.path());
    let journal = start(&store, &[]).await;
    journal.begin(intent("complete")).await.unwrap();
    let path = dir.path().join("journal.ndjson");
    let mut file = std::fs::OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(b"{\"seq\":2,\"intent\":\"create_cus")
        .unwrap();
    assert_eq!(intents(&store).await, [intent("complete")]);
    // The file ends within a character.
    file.write_all(&"ü".as_bytes()[..1]).unwrap();
    assert_eq!(intents(&store).await, [intent("complete")]);
    file.write_all(b"\n").unwrap();
    let read = Journal::read(&store, &authenticator(ORGANIZATION), None).await;
    read.unwrap_err();
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn journal_after_failed_append_refuses_further_lines() {
    let dir = tempfile::tempdir().unwrap();
    let store = LedgerStore::from(dir.path());
    let journal = start(&store, &[]).await;
    let Log::File(log) = &*journal.log else {
        panic!("not in a file")
    };
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    let intact = std::mem::replace(&mut log.tail().file, full.unwrap().into());
    journal.begin(intent("first")).await.unwrap_err();
    log.tail().file = intact;
    let error = journal.begin(intent("after")).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("an earlier write to the file failed")
    );
    assert!(intents(&store).await.is_empty());
}

#[tokio::test]
async fn journal_larger_than_other_files_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let store = LedgerStore::from(dir.path());
    let journal = start(&store, &[]).await;
    journal.begin(intent("a")).await.unwrap();
    // A line of a killed run: it has no end.
    let mut file = std::fs::File::options()
        .append(true)
        .open(dir.path().join("journal.ndjson"))
        .unwrap();
    file.write_all(&vec![b' '; 9 * 1024 * 1024]).unwrap();
    assert_eq!(intents(&store).await, [intent("a")]);
}

#[tokio::test]
async fn journal_that_carries_over_much_is_read_from_both_kinds_of_stores() {
    let dir = tempfile::tempdir().unwrap();
    for store in stores(dir.path()) {
        let long = intent(&"a".repeat(9 * 1024 * 1024));
        start(&store, &[]).await.begin(long.clone()).await.unwrap();
        assert!(intents(&store).await == [long]);
    }
}

#[tokio::test]
async fn journal_without_unverified_lines_keeps_every_open_intent() {
    let dir = tempfile::tempdir().unwrap();
    let store = LedgerStore::from(dir.path());
    let old = JournalEntry {
        at: Some("2020-01-01T00:00:00Z".to_owned()),
        ..JournalEntry::now(creation("old"))
    };
    start_with(&store, &[old], UnverifiedLines::Drop).await;
    assert_eq!(intents(&store).await, [creation("old")]);
}
