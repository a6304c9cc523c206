//! Tests of entries that the journal has before their files.

use super::{Fixture, Ledger, LedgerError, entry, id, named};
use crate::ledger::Journal;
use crate::ledger::recovery::tests::record;
use crate::model::{CustomerEntry, Damage, UnverifiedCause};
use std::collections::BTreeSet;

/// A ledger as a run that writes opens it.
async fn started(fixture: &Fixture) -> (Ledger, Journal) {
    let ledger = fixture.ledger();
    let (_, open) = ledger.load_with_journal().await.unwrap();
    let journal = ledger.journal(&open).await.unwrap();
    (ledger, journal)
}

async fn recorded(ledger: &Ledger, n: u128, entry: &CustomerEntry, changed: &[&str]) {
    let changed: BTreeSet<String> = changed.iter().copied().map(str::to_owned).collect();
    ledger.record(id(n), entry, &changed).await.unwrap();
}

/// A run that changed one entry, created one and removed one, before its end. Also returns the changed
/// entry.
async fn changed(fixture: &Fixture) -> (Ledger, CustomerEntry) {
    let (ledger, _) = started(fixture).await;
    let mut changed = entry(1);
    for n in [1, 2] {
        let name = format!("connector {n}");
        changed
            .connectors
            .insert(name.as_str().into(), record(n).into());
        recorded(&ledger, 1, &changed, &[&name]).await;
    }
    changed.connectors.remove("connector 1");
    recorded(&ledger, 1, &changed, &["connector 1"]).await;
    recorded(&ledger, 4, &entry(4), &[]).await;
    ledger.remove(id(2)).await.unwrap();
    (ledger, changed)
}

/// Asserts that the ledger has the result of [`changed`].
async fn has_changes(fixture: &Fixture, changed: &CustomerEntry) {
    let state = fixture.load().await;
    assert!(state.unverified.is_empty(), "{:?}", state.unverified);
    let customers: Vec<_> = state.customers.into_iter().collect();
    let expected = [(1, changed.clone()), (3, entry(3)), (4, entry(4))];
    assert_eq!(customers, expected.map(|(n, entry)| (id(n), entry)));
}

#[tokio::test]
async fn entry_of_killed_run_is_restored_from_the_journal() {
    let fixture = Fixture::saved().await;
    let before = Fixture::read(&fixture.file(1));
    let (ledger, entry) = changed(&fixture).await;
    assert!(ledger.is_recorded(id(4)) && !ledger.is_recorded(id(2)));
    assert_eq!(Fixture::read(&fixture.file(1)), before);
    assert!(!fixture.file(4).exists());
    has_changes(&fixture, &entry).await;
    // The next run is killed, too.
    started(&fixture).await;
    assert!(!fixture.file(4).exists());
    has_changes(&fixture, &entry).await;
    let (ledger, _) = started(&fixture).await;
    ledger.checkpoint().await.unwrap();
    has_changes(&fixture, &entry).await;
    assert!(fixture.file(4).exists() && !fixture.file(2).exists());
}

#[tokio::test]
async fn entry_at_the_end_of_a_run_is_in_its_file() {
    let fixture = Fixture::saved().await;
    let (ledger, entry) = changed(&fixture).await;
    ledger.checkpoint().await.unwrap();
    assert!(fixture.file(4).exists() && !fixture.file(2).exists());
    // The journal is no longer needed.
    std::fs::remove_file(fixture.path("journal.ndjson")).unwrap();
    has_changes(&fixture, &entry).await;
}

#[tokio::test]
async fn entry_file_incomplete_after_a_crash_is_restored_from_the_journal() {
    let fixture = Fixture::saved().await;
    let (_, changed) = changed(&fixture).await;
    for content in [
        &b""[..],
        b"{\"version\":2,",
        b"\0\0",
        b"{\"version\":2,\"n\":\"\xc3",
    ] {
        for n in [1, 2, 4] {
            std::fs::write(fixture.file(n), content).unwrap();
        }
        has_changes(&fixture, &changed).await;
    }
    std::fs::remove_file(fixture.file(1)).unwrap();
    has_changes(&fixture, &changed).await;
    let (ledger, _) = started(&fixture).await;
    ledger.checkpoint().await.unwrap();
    has_changes(&fixture, &changed).await;
    // No journal restores an entry after the end of its run.
    std::fs::write(fixture.file(1), "").unwrap();
    let state = fixture.ledger().load().await.unwrap();
    let cause = state.unverified[&id(1)].cause;
    assert_eq!(cause, UnverifiedCause::Damaged(Damage::CutShort));
}

/// The ids in the pack of the entries of these tests.
fn packed(fixture: &Fixture) -> BTreeSet<String> {
    let text = Fixture::read(&fixture.path("packs/0.json"));
    let pack: serde_json::Value = serde_json::from_str(&text).unwrap();
    let entries = pack["entries"].as_object().unwrap();
    entries.keys().cloned().collect()
}

#[tokio::test]
async fn entries_of_customers_whose_steps_ended_are_written_during_the_run() {
    let fixture = Fixture::new();
    let (ledger, _) = started(&fixture).await;
    for n in 1..=2200 {
        recorded(&ledger, n, &entry(n), &[]).await;
        if n % 100 != 0 {
            ledger.finish(id(n));
        }
    }
    let packed = packed(&fixture);
    assert_eq!(packed.len(), 2048);
    assert!(!packed.contains(&id(100).to_string()));
    assert_eq!(fixture.load().await.customers.len(), 2200);
    ledger.checkpoint().await.unwrap();
    std::fs::remove_file(fixture.path("journal.ndjson")).unwrap();
    let state = fixture.load().await;
    assert_eq!((state.customers.len(), state.unverified.len()), (2200, 0));
}

#[tokio::test]
async fn entry_in_journal_that_was_put_back_is_not_restored() {
    let fixture = Fixture::new();
    let (first, _) = started(&fixture).await;
    recorded(&first, 1, &named("old"), &[]).await;
    let journal = fixture.path("journal.ndjson");
    let old = Fixture::read(&journal);
    first.checkpoint().await.unwrap();
    let (second, _) = started(&fixture).await;
    recorded(&second, 1, &named("new"), &[]).await;
    second.checkpoint().await.unwrap();
    std::fs::write(&journal, old).unwrap();
    let state = fixture.load().await;
    assert_eq!(state.customers[&id(1)], named("new"));
    assert_eq!(Vec::from_iter(state.unverified_names), ["old"]);
    // Nothing says that the journal is current.
    std::fs::remove_file(fixture.path("head.json")).unwrap();
    let state = fixture.load().await;
    assert!(state.customers.is_empty());
    assert_eq!(state.unverified.len(), 1);
}

#[tokio::test]
async fn entry_in_journal_changed_without_the_key_claims_nothing() {
    let fixture = Fixture::saved().await;
    let (ledger, _) = started(&fixture).await;
    recorded(&ledger, 4, &named("created"), &[]).await;
    Fixture::edit(&fixture.path("journal.ndjson"), "created", "forgedd");
    let state = fixture.load().await;
    assert!(!state.customers.contains_key(&id(4)));
    assert_eq!(Vec::from_iter(state.unverified_names), ["forgedd"]);
}

#[tokio::test]
async fn entry_not_verified_is_not_recorded() {
    let fixture = Fixture::saved().await;
    Fixture::edit(&fixture.file(1), "\"c1\"", "\"cX\"");
    let (ledger, _) = started(&fixture).await;
    let recorded = ledger.record(id(1), &entry(1), &BTreeSet::new()).await;
    let error = recorded.unwrap_err();
    assert!(matches!(error, LedgerError::Unverified { .. }), "{error}");
    let error = ledger.recover(id(1), &entry(1)).unwrap_err();
    assert!(matches!(error, LedgerError::Unverified { .. }), "{error}");
    assert!(!ledger.is_recorded(id(1)));
}

#[tokio::test]
async fn entry_recovered_is_restored_from_the_next_journal() {
    let fixture = Fixture::saved().await;
    let ledger = fixture.ledger();
    ledger.load().await.unwrap();
    ledger.recover(id(1), &named("recovered")).unwrap();
    assert_eq!(fixture.load().await.customers[&id(1)], entry(1));
    ledger.journal(&[]).await.unwrap();
    assert_eq!(fixture.load().await.customers[&id(1)], named("recovered"));
    ledger.checkpoint().await.unwrap();
    assert_eq!(fixture.load().await.customers[&id(1)], named("recovered"));
}

#[tokio::test]
async fn entry_file_newer_than_a_cut_journal_is_believed() {
    let fixture = Fixture::new();
    let (ledger, _) = started(&fixture).await;
    for name in ["old", "new"] {
        recorded(&ledger, 1, &named(name), &[]).await;
    }
    // So many entries whose steps ended are written.
    for n in 1..=2100 {
        if n > 1 {
            recorded(&ledger, n, &entry(n), &[]).await;
        }
        ledger.finish(id(n));
    }
    assert!(packed(&fixture).contains(&id(1).to_string()));
    let journal = fixture.path("journal.ndjson");
    let text = Fixture::read(&journal);
    // The first two lines and the one with the old state.
    let cut: String = text.split_inclusive('\n').take(3).collect();
    assert!(cut.contains("old") && !cut.contains("new"));
    std::fs::write(&journal, &cut).unwrap();
    assert_eq!(fixture.load().await.customers[&id(1)], named("new"));
    // An older file does not replace the journal.
    std::fs::write(&journal, &text).unwrap();
    let (ledger, _) = started(&fixture).await;
    recorded(&ledger, 1, &named("newest"), &[]).await;
    drop(ledger);
    assert_eq!(fixture.load().await.customers[&id(1)], named("newest"));
}
