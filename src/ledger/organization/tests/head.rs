//! Tests of old heads: which entries they accept.

use super::journal::{begun, creation, failed, read, rewrite, started};
use super::{Fixture, LedgerError, ORGANIZATION, id, named, refused, with_key};
use crate::ledger::IntentOutcome;
use crate::model::UnverifiedCause;
use std::collections::BTreeSet;

#[tokio::test]
async fn old_head_with_old_entry_makes_newer_entries_old() {
    let fixture = Fixture::saved().await;
    let old = [fixture.path("head.json"), fixture.file(1)];
    let texts = old.clone().map(|path| Fixture::read(&path));
    for n in [1, 2] {
        let ledger = fixture.ledger();
        ledger.save(id(n), &named("new")).await.unwrap();
        ledger.checkpoint().await.unwrap();
    }
    for (path, text) in old.iter().zip(texts) {
        std::fs::write(path, text).unwrap();
    }
    assert_eq!(
        fixture.cause(2).await,
        Some(refused(UnverifiedCause::OldCopy, "new"))
    );
}

#[tokio::test]
async fn head_of_killed_run_accepts_no_newer_entry_of_other_run() {
    let fixture = Fixture::saved().await;
    let killed = fixture.ledger();
    killed.save(id(1), &named("killed")).await.unwrap();
    let head = Fixture::read(&fixture.path("head.json"));
    let next = fixture.ledger();
    next.load().await.unwrap();
    next.save(id(2), &named("next")).await.unwrap();
    next.checkpoint().await.unwrap();
    std::fs::write(fixture.path("head.json"), head).unwrap();
    assert_eq!(fixture.cause(1).await, None);
    assert_eq!(
        fixture.cause(2).await,
        Some(refused(UnverifiedCause::OldCopy, "next"))
    );
}

#[tokio::test]
async fn tombstone_with_previous_key_blocks_nothing() {
    let fixture = Fixture::saved().await;
    let killed = fixture.ledger();
    killed.remove(id(1)).await.unwrap();
    let tombstone = Fixture::read(&fixture.file(1));
    let old = with_key(ORGANIZATION, 1).key();
    let rekeyed = fixture.ledger_with_key(2).accepting(old);
    for (id, entry) in rekeyed.load().await.unwrap().customers {
        rekeyed.save(id, &entry).await.unwrap();
    }
    rekeyed.checkpoint().await.unwrap();
    // A kill between the head and the removal leaves the file.
    std::fs::write(fixture.file(1), &tombstone).unwrap();
    let state = fixture.ledger_with_key(2).load().await.unwrap();
    assert_eq!((state.customers.len(), state.unverified.len()), (2, 0));
    // It does not hide an entry that the head names.
    std::fs::write(fixture.file(2), tombstone).unwrap();
    let state = fixture.ledger_with_key(2).load().await.unwrap();
    assert_eq!(state.unverified[&id(2)].cause, UnverifiedCause::BadMac);
}

#[tokio::test]
async fn head_of_the_run_before_restored_is_refused_until_it_is_signed() {
    let fixture = Fixture::saved().await;
    let head = fixture.path("head.json");
    let ledger = fixture.ledger();
    failed(&ledger, &["first", "first"]).await;
    ledger.checkpoint().await.unwrap();
    let old = Fixture::read(&head);
    let ledger = fixture.ledger();
    let journal = started(&ledger).await;
    ledger
        .record(id(9), &named("ninth"), &BTreeSet::new())
        .await
        .unwrap();
    journal.sync().await.unwrap();
    ledger.checkpoint().await.unwrap();
    std::fs::write(&head, old).unwrap();
    let error = fixture.ledger().load().await.unwrap_err();
    assert!(matches!(error, LedgerError::OldHead { .. }), "{error}");
    let ledger = fixture.ledger();
    let unsigned = ledger.load_unsigned().await.unwrap();
    assert_eq!(unsigned.objects, ["head"]);
    assert_eq!(unsigned.claims[&id(9)].name, "ninth");
    ledger.sign(id(9));
    ledger.save(id(9), &unsigned.claims[&id(9)]).await.unwrap();
    ledger.clear_journal(&unsigned.open).await.unwrap();
    ledger.checkpoint().await.unwrap();
    assert!(fixture.load().await.customers.contains_key(&id(9)));
}

#[tokio::test]
async fn journal_of_complete_run_has_only_its_first_lines() {
    let fixture = Fixture::saved().await;
    let path = fixture.path("journal.ndjson");
    let ledger = fixture.ledger();
    let journal = started(&ledger).await;
    let seq = journal.begin(creation("acme")).await.unwrap();
    journal.end(seq, IntentOutcome::TookEffect).await.unwrap();
    ledger.checkpoint().await.unwrap();
    let text = Fixture::read(&path);
    assert!(text.ends_with("{\"head_written\":true}}\n"), "{text}");
    assert_eq!(text.lines().count(), 2);
    assert!(journal.begin(creation("later")).await.is_err());
    // What the next run carries over needs the lines that end it.
    let intent = crate::ledger::recovery::tests::creation(1, &[], None).intent;
    let journal = started(&fixture.ledger()).await;
    journal.begin(intent).await.unwrap();
    let ledger = fixture.ledger();
    let (_, open) = ledger.load_with_journal().await.unwrap();
    let journal = ledger.journal(&open).await.unwrap();
    journal.end(1, IntentOutcome::TookEffect).await.unwrap();
    ledger.checkpoint().await.unwrap();
    assert!(Fixture::read(&path).contains("\"outcome\""));
    assert_eq!(read(&fixture.ledger()).await, (vec![], vec![]));
}

/// An old head makes what the run recovered valid again, unless the later lines show the changes since.
#[tokio::test]
async fn journal_of_complete_run_that_recovered_an_entry_keeps_its_lines() {
    let fixture = Fixture::saved().await;
    let ledger = fixture.ledger();
    let open = ledger.open_intents().await.unwrap();
    ledger.recover(id(1), &named("recovered")).unwrap();
    ledger.journal(&open).await.unwrap();
    ledger
        .record(id(1), &named("later"), &BTreeSet::new())
        .await
        .unwrap();
    ledger.checkpoint().await.unwrap();
    let text = Fixture::read(&fixture.path("journal.ndjson"));
    assert!(
        text.contains("recovered") && text.contains("later"),
        "{text}"
    );
}

#[tokio::test]
async fn journal_of_run_killed_before_its_head_is_recovered() {
    let fixture = Fixture::saved().await;
    let (head, path) = (fixture.path("head.json"), fixture.path("journal.ndjson"));
    begun(&fixture.ledger(), "first").await;
    let old = Fixture::read(&head);
    begun(&fixture.ledger(), "second").await;
    // Only the header and what was carried over, as before the head is written.
    let carried_over = |lines: &mut Vec<String>| {
        let at = lines.iter().position(|line| line.contains("head_written"));
        lines.truncate(at.unwrap());
    };
    rewrite(&path, carried_over);
    std::fs::write(&head, old).unwrap();
    assert_eq!(read(&fixture.ledger()).await, (vec![], vec![]));
}
