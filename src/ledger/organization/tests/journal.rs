//! Tests of the journal of a ledger: which lines are authenticated and current.

use super::{Fixture, Ledger, LedgerError, ORGANIZATION, id, named, with_key};
use crate::ledger::store::object::tests::writable_store;
use crate::ledger::{Intent, IntentOutcome, Journal, LedgerStore, SharedStore};
use std::collections::BTreeSet;
use std::path::Path;

pub(super) fn creation(customer: &str) -> Intent {
    let customer = customer.into();
    Intent::CreateCustomer { customer }
}

pub(super) async fn started(ledger: &Ledger) -> Journal {
    let open = ledger.open_intents().await.unwrap();
    ledger.journal(&open).await.unwrap()
}

/// A journal with an intent for a customer, as its run was killed.
pub(super) async fn begun(ledger: &Ledger, customer: &str) {
    let journal = started(ledger).await;
    journal.begin(creation(customer)).await.unwrap();
}

/// A journal with an intent for each customer. All but the last one fail.
pub(super) async fn failed(ledger: &Ledger, customers: &[&str]) {
    let journal = started(ledger).await;
    let mut last = None;
    for customer in customers {
        if let Some(seq) = last {
            journal.end(seq, IntentOutcome::Failed).await.unwrap();
        }
        last = Some(journal.begin(creation(customer)).await.unwrap());
    }
}

/// The customers of intents that are open, and of those that are not authenticated.
pub(super) async fn read(ledger: &Ledger) -> (Vec<String>, Vec<String>) {
    let (state, open) = ledger.load_with_journal().await.unwrap();
    let open = open.iter().map(|entry| entry.intent.customer().to_owned());
    (open.collect(), Vec::from_iter(state.unverified_names))
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().copied().map(str::to_owned).collect()
}

/// Changes the lines of a file.
pub(super) fn rewrite(path: &Path, change: impl Fn(&mut Vec<String>)) {
    let text = Fixture::read(path);
    let mut lines: Vec<String> = text.lines().map(|line| format!("{line}\n")).collect();
    change(&mut lines);
    std::fs::write(path, lines.concat()).unwrap();
}

#[tokio::test]
async fn journal_of_killed_run_is_accepted() {
    let fixture = Fixture::new();
    begun(&fixture.ledger(), "first").await;
    assert_eq!(fixture.ledger().open_intents().await.unwrap().len(), 1);
    let fixture = Fixture::saved().await;
    for name in ["first", "second"] {
        begun(&fixture.ledger(), name).await;
        assert_eq!(fixture.ledger().open_intents().await.unwrap().len(), 1);
    }
    let ledger = fixture.ledger();
    begun(&ledger, "third").await;
    ledger.checkpoint().await.unwrap();
    assert_eq!(fixture.ledger().open_intents().await.unwrap().len(), 1);
}

#[tokio::test]
async fn journal_of_earlier_run_restored_claims_nothing() {
    let fixture = Fixture::saved().await;
    let path = fixture.path("journal.ndjson");
    let ledger = fixture.ledger();
    begun(&ledger, "first").await;
    ledger.checkpoint().await.unwrap();
    let old = Fixture::read(&path);
    let ledger = fixture.ledger();
    begun(&ledger, "second").await;
    ledger.checkpoint().await.unwrap();
    std::fs::write(&path, old).unwrap();
    let (state, open) = fixture.ledger().load_with_journal().await.unwrap();
    assert!(open.is_empty());
    // The head knows the open intent of the second run, which is lost.
    let names = Vec::from_iter(state.unverified_names);
    assert_eq!(names, ["first", "second"]);
}

#[tokio::test]
async fn journal_of_complete_run_without_an_outcome_reopens_nothing() {
    let fixture = Fixture::saved().await;
    let path = fixture.path("journal.ndjson");
    let ledger = fixture.ledger();
    failed(&ledger, &["first", "second", "third"]).await;
    ledger.checkpoint().await.unwrap();
    let complete = Fixture::read(&path);
    assert_eq!(read(&fixture.ledger()).await, (names(&["third"]), vec![]));
    // The lines: header, head, first, its outcome, second, its outcome, third.
    for at in [3, 5] {
        rewrite(&path, |lines| drop(lines.remove(at)));
        let (open, unverified) = read(&fixture.ledger()).await;
        assert_eq!(open, names(&[]));
        let reopened = ["first", "second"][at / 2 - 1].to_owned();
        assert!(unverified.contains(&reopened), "{unverified:?}");
        std::fs::write(&path, &complete).unwrap();
    }
    // A copy of an intent after its outcome.
    rewrite(&path, |lines| lines.push(lines[2].clone()));
    let (open, unverified) = read(&fixture.ledger()).await;
    assert_eq!(open, names(&[]));
    assert!(unverified.contains(&"first".to_owned()));
}

#[tokio::test]
async fn journal_of_complete_run_cut_at_its_end_reopens_nothing() {
    let fixture = Fixture::saved().await;
    let path = fixture.path("journal.ndjson");
    let ledger = fixture.ledger();
    let journal = started(&ledger).await;
    let seq = journal.begin(creation("acme")).await.unwrap();
    journal.end(seq, IntentOutcome::Failed).await.unwrap();
    let copy = Fixture::read(&path);
    ledger.checkpoint().await.unwrap();
    std::fs::write(&path, copy).unwrap();
    rewrite(&path, |lines| drop(lines.pop()));
    let unverified = names(&["acme"]);
    assert_eq!(read(&fixture.ledger()).await, (vec![], unverified.clone()));
    // The next run keeps the customer blocked, until the ledger is signed.
    let ledger = fixture.ledger();
    begun(&ledger, "other").await;
    ledger.checkpoint().await.unwrap();
    let (_, still) = read(&fixture.ledger()).await;
    assert_eq!(still, unverified);
}

#[tokio::test]
async fn journal_of_killed_run_without_an_outcome_opens_nothing_before_it() {
    let fixture = Fixture::saved().await;
    let path = fixture.path("journal.ndjson");
    failed(&fixture.ledger(), &["first", "second"]).await;
    assert_eq!(read(&fixture.ledger()).await, (names(&["second"]), vec![]));
    rewrite(&path, |lines| drop(lines.remove(3)));
    let (open, unverified) = read(&fixture.ledger()).await;
    assert_eq!((open, unverified), (vec![], names(&["first", "second"])));
}

#[tokio::test]
async fn journal_removed_with_open_intents_names_their_customers() {
    let fixture = Fixture::saved().await;
    let ledger = fixture.ledger();
    begun(&ledger, "acme").await;
    ledger.checkpoint().await.unwrap();
    std::fs::remove_file(fixture.path("journal.ndjson")).unwrap();
    let unverified = names(&["acme"]);
    assert_eq!(read(&fixture.ledger()).await, (vec![], unverified));
}

#[tokio::test]
async fn journal_of_killed_run_removed_stops_the_run_until_it_is_signed() {
    let fixture = Fixture::saved().await;
    begun(&fixture.ledger(), "acme").await;
    std::fs::remove_file(fixture.path("journal.ndjson")).unwrap();
    let ledger = fixture.ledger();
    let error = ledger.load().await.unwrap_err();
    assert!(
        matches!(error, LedgerError::JournalMissing { .. }),
        "{error}"
    );
    let unsigned = ledger.load_unsigned().await.unwrap();
    assert_eq!(unsigned.objects, ["journal"]);
    ledger.clear_journal(&unsigned.open).await.unwrap();
    ledger.checkpoint().await.unwrap();
    assert_eq!(fixture.load().await.customers.len(), 3);
}

fn shared_ledger(shared: &SharedStore) -> Ledger {
    let store = LedgerStore::Shared(shared.clone());
    Ledger::new(&store, with_key(ORGANIZATION, 1))
}

/// The names and the texts of the journal's objects.
async fn objects(shared: &SharedStore) -> Vec<(String, String)> {
    let shared = shared.below(&ORGANIZATION.to_string());
    let mut objects = Vec::new();
    for name in shared.names("journal").await.unwrap() {
        let name = format!("journal/{name}");
        let text = shared.read(&name).await.unwrap().unwrap();
        objects.push((name, text));
    }
    objects
}

#[tokio::test]
async fn journal_object_put_back_after_its_outcome_reopens_nothing() {
    let shared = writable_store();
    let ledger = shared_ledger(&shared);
    let journal = started(&ledger).await;
    let seq = journal.begin(creation("acme")).await.unwrap();
    let before = objects(&shared).await;
    journal.end(seq, IntentOutcome::Failed).await.unwrap();
    ledger.checkpoint().await.unwrap();
    assert!(objects(&shared).await.is_empty());
    let below = shared.below(&ORGANIZATION.to_string());
    for (name, text) in before {
        below.replace(&name, text.as_bytes()).await.unwrap();
    }
    let unverified = names(&["acme"]);
    assert_eq!(read(&shared_ledger(&shared)).await, (vec![], unverified));
}

#[tokio::test]
async fn journal_object_removed_while_open_names_its_customer() {
    let shared = writable_store();
    let ledger = shared_ledger(&shared);
    begun(&ledger, "acme").await;
    ledger.checkpoint().await.unwrap();
    assert_eq!(
        read(&shared_ledger(&shared)).await,
        (names(&["acme"]), vec![])
    );
    let below = shared.below(&ORGANIZATION.to_string());
    let (name, _) = objects(&shared).await.remove(0);
    below.remove(&name).await.unwrap();
    let unverified = names(&["acme"]);
    assert_eq!(
        read(&shared_ledger(&shared)).await,
        (vec![], unverified.clone())
    );
    // The next run keeps the customer blocked, until the ledger is signed.
    let ledger = shared_ledger(&shared);
    started(&ledger).await;
    ledger.checkpoint().await.unwrap();
    assert_eq!(read(&shared_ledger(&shared)).await, (vec![], unverified));
    let ledger = shared_ledger(&shared);
    ledger.load_unsigned().await.unwrap();
    ledger.clear_journal(&[]).await.unwrap();
    ledger.checkpoint().await.unwrap();
    assert_eq!(read(&shared_ledger(&shared)).await, (vec![], vec![]));
}

#[tokio::test]
async fn journal_objects_of_killed_run_removed_stop_the_run() {
    for at in [0, 1] {
        let shared = writable_store();
        let ledger = shared_ledger(&shared);
        begun(&ledger, "acme").await;
        let below = shared.below(&ORGANIZATION.to_string());
        let (name, _) = objects(&shared).await.remove(at);
        below.remove(&name).await.unwrap();
        match (at, shared_ledger(&shared).load().await) {
            // The end of the journal of a run that was killed can be cut off.
            (0, Err(LedgerError::JournalMissing { .. })) | (1, Ok(_)) => {}
            (at, other) => panic!("{at}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn journal_object_removed_in_the_middle_claims_nothing_after_it() {
    let shared = writable_store();
    let ledger = shared_ledger(&shared);
    let journal = started(&ledger).await;
    for customer in ["first", "second"] {
        journal.begin(creation(customer)).await.unwrap();
    }
    let below = shared.below(&ORGANIZATION.to_string());
    let (name, _) = objects(&shared).await.remove(1);
    below.remove(&name).await.unwrap();
    let unverified = names(&["second"]);
    assert_eq!(read(&shared_ledger(&shared)).await, (vec![], unverified));
}

#[tokio::test]
async fn journal_objects_left_over_from_a_complete_run_are_ignored() {
    let shared = writable_store();
    let ledger = shared_ledger(&shared);
    let journal = started(&ledger).await;
    for customer in ["first", "second"] {
        let seq = journal.begin(creation(customer)).await.unwrap();
        journal.end(seq, IntentOutcome::Failed).await.unwrap();
    }
    let before = objects(&shared).await;
    ledger.checkpoint().await.unwrap();
    let below = shared.below(&ORGANIZATION.to_string());
    // Killed after the first segment was removed.
    for (name, text) in &before[1..] {
        below.replace(name, text.as_bytes()).await.unwrap();
    }
    for _ in 0..2 {
        assert_eq!(read(&shared_ledger(&shared)).await, (vec![], vec![]));
        started(&shared_ledger(&shared)).await;
        assert_eq!(objects(&shared).await.len(), 1);
    }
}

#[tokio::test]
async fn journal_objects_restore_the_entries_of_a_killed_run() {
    let shared = writable_store();
    let ledger = shared_ledger(&shared);
    let journal = started(&ledger).await;
    let changed = BTreeSet::new();
    ledger
        .record(id(1), &named("acme"), &changed)
        .await
        .unwrap();
    // The change is durable with the next intent.
    assert!(
        shared_ledger(&shared)
            .load()
            .await
            .unwrap()
            .customers
            .is_empty()
    );
    journal.begin(creation("other")).await.unwrap();
    let state = shared_ledger(&shared).load().await.unwrap();
    assert_eq!(state.customers[&id(1)], named("acme"));
    let next = shared_ledger(&shared);
    started(&next).await;
    next.checkpoint().await.unwrap();
    let state = shared_ledger(&shared).load().await.unwrap();
    assert_eq!(state.customers[&id(1)], named("acme"));
}

#[tokio::test]
async fn journal_objects_of_run_killed_before_the_head_are_ignored() {
    let shared = writable_store();
    let ledger = shared_ledger(&shared);
    begun(&ledger, "acme").await;
    let head = shared.below(&ORGANIZATION.to_string());
    let before = head.read("head.json").await.unwrap().unwrap();
    let earlier = objects(&shared).await;
    let next = shared_ledger(&shared);
    begun(&next, "acme").await;
    // Killed before the head: both journals have objects, and the head names the first one.
    head.replace("head.json", before.as_bytes()).await.unwrap();
    for (name, text) in &earlier {
        head.replace(name, text.as_bytes()).await.unwrap();
    }
    assert_eq!(objects(&shared).await.len(), 4);
    assert_eq!(
        read(&shared_ledger(&shared)).await,
        (names(&["acme"]), vec![])
    );
}

#[tokio::test]
async fn journal_line_altered_claims_nothing_and_stays() {
    let fixture = Fixture::saved().await;
    let path = fixture.path("journal.ndjson");
    begun(&fixture.ledger(), "acme").await;
    Fixture::edit(&path, "acme", "emca");
    for _ in 0..2 {
        let ledger = fixture.ledger();
        let (state, open) = ledger.load_with_journal().await.unwrap();
        assert!(open.iter().all(|entry| entry.intent.customer() == "other"));
        assert_eq!(Vec::from_iter(state.unverified_names), ["emca"]);
        begun(&ledger, "other").await;
        ledger.checkpoint().await.unwrap();
    }
    let ledger = fixture.ledger();
    let open = ledger.open_intents().await.unwrap();
    ledger.clear_journal(&open).await.unwrap();
    assert!(fixture.load().await.unverified_names.is_empty());
}

#[tokio::test]
async fn journal_of_version_1_claims_nothing() {
    let fixture = Fixture::new();
    std::fs::create_dir_all(fixture.path("")).unwrap();
    let begun = |seq: u32, name: &str| {
        format!("{{\"seq\":{seq},\"intent\":\"create_customer\",\"customer\":\"{name}\"}}\n")
    };
    let text = begun(1, "done") + &begun(2, "open") + "{\"seq\":1,\"outcome\":\"done\"}\n";
    std::fs::write(fixture.path("journal.ndjson"), text).unwrap();
    let (state, open) = fixture.ledger().load_with_journal().await.unwrap();
    assert!(open.is_empty());
    assert_eq!(Vec::from_iter(state.unverified_names), ["open"]);
}

#[tokio::test]
async fn journal_with_unreadable_line_names_its_number() {
    let fixture = Fixture::new();
    begun(&fixture.ledger(), "a").await;
    let path = fixture.path("journal.ndjson");
    let text = Fixture::read(&path);
    std::fs::write(&path, text + "planted\n").unwrap();
    let error = fixture
        .ledger()
        .open_intents()
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("line 4") && !error.contains("planted"),
        "{error}"
    );
}
