//! Tests of old heads: which entries they accept.

use super::{Fixture, ORGANIZATION, id, named, refused, with_key};
use crate::model::UnverifiedCause;

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
