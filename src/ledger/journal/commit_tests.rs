//! Tests of syncs that serve several customers, and of syncs that fail.

use super::commit::GroupCommit;
use super::tests::{intent, intents, start};
use super::{IntentOutcome, Journal, Log};
use crate::ledger::store::Moment;
use crate::ledger::store::object::tests::writable_store;
use crate::ledger::{LedgerError, LedgerStore};
use futures_util::poll;
use std::time::Duration;

/// A file that can be written and not synced.
#[cfg(unix)]
fn pipe() -> std::fs::File {
    let (reader, writer) = std::io::pipe().unwrap();
    // The pipe stays open for writing until the end of the tests.
    std::mem::forget(reader);
    std::os::fd::OwnedFd::from(writer).into()
}

#[cfg(unix)]
#[tokio::test]
async fn journal_outcome_that_is_not_durable_fails_the_end_of_the_run() {
    let dir = tempfile::tempdir().unwrap();
    let store = LedgerStore::from(dir.path());
    let journal = start(&store, &[]).await;
    let seq = journal.begin(intent("first")).await.unwrap();
    journal.end(seq, IntentOutcome::Failed).await.unwrap();
    let Log::File(log) = &*journal.log else {
        panic!("not in a file")
    };
    log.tail().file = pipe().into();
    let error = journal.close().await.unwrap_err();
    assert!(matches!(error, LedgerError::Io { .. }), "{error}");
    let error = journal.begin(intent("after")).await.unwrap_err();
    assert!(matches!(error, LedgerError::Io { .. }), "{error}");
}

/// The number of syncs of a journal.
fn syncs(journal: &Journal) -> u64 {
    match &*journal.log {
        Log::File(log) => log.tail().syncs,
        Log::Segments(_) => panic!("not in a file"),
    }
}

#[tokio::test]
async fn journal_of_one_customer_syncs_once_for_each_intent() {
    let dir = tempfile::tempdir().unwrap();
    let journal = start(&LedgerStore::from(dir.path()), &[]).await;
    let _customer = journal.customer_at_work();
    for name in ["a", "b", "c"] {
        let seq = journal.begin(intent(name)).await.unwrap();
        journal.end(seq, IntentOutcome::TookEffect).await.unwrap();
    }
    assert_eq!(syncs(&journal), 3);
    journal.close().await.unwrap();
    assert_eq!(syncs(&journal), 4);
    journal.close().await.unwrap();
    assert_eq!(syncs(&journal), 4);
}

#[tokio::test]
async fn journal_outcome_is_written_at_once_or_with_the_sync_that_a_customer_waits_for() {
    let dir = tempfile::tempdir().unwrap();
    let journal = start(&LedgerStore::from(dir.path()), &[]).await;
    let size = || {
        let file = std::fs::metadata(dir.path().join("journal.ndjson"));
        file.unwrap().len()
    };
    let first = journal.begin(intent("a")).await.unwrap();
    let second = journal.begin(intent("b")).await.unwrap();
    let before = size();
    journal.end(first, IntentOutcome::TookEffect).await.unwrap();
    let line = size() - before;
    assert!(line > 0);
    let mut waits = std::pin::pin!(journal.begin(intent("c")));
    assert!(poll!(&mut waits).is_pending());
    journal
        .end(second, IntentOutcome::TookEffect)
        .await
        .unwrap();
    assert_eq!(size(), before + line);
    waits.await.unwrap();
    assert!(size() > before + 2 * line);
}

#[tokio::test]
async fn customer_that_another_sync_served_or_that_is_dropped_waits_no_longer() {
    let group = GroupCommit::default();
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let under_way = async || {
        ended.await.unwrap();
        Ok(())
    };
    let mut first = std::pin::pin!(group.sync_alone(under_way));
    assert!(poll!(&mut first).is_pending());
    let mut second = std::pin::pin!(group.sync_alone(async || Ok(())));
    assert!(poll!(&mut second).is_pending());
    let served = group.wait(|| true, async || panic!("a second sync of the line"));
    let mut served = std::pin::pin!(served);
    assert!(poll!(&mut served).is_pending() && group.is_awaited());
    end.send(()).unwrap();
    first.await.unwrap();
    second.await.unwrap();
    served.await.unwrap();
    assert!(!group.is_awaited());
    let mut dropped = Box::pin(group.wait(|| false, async || Ok(())));
    assert!(poll!(&mut dropped).is_pending() && group.is_awaited());
    drop(dropped);
    assert!(!group.is_awaited());
}

#[tokio::test]
async fn journal_that_is_dropped_writes_its_outcomes() {
    let dir = tempfile::tempdir().unwrap();
    let store = LedgerStore::from(dir.path());
    let journal = start(&store, &[]).await;
    let seq = journal.begin(intent("a")).await.unwrap();
    let mut waits = Box::pin(journal.begin(intent("b")));
    assert!(poll!(&mut waits).is_pending());
    journal.end(seq, IntentOutcome::TookEffect).await.unwrap();
    drop(waits);
    drop(journal);
    assert_eq!(intents(&store).await, [intent("b")]);
}

#[tokio::test]
async fn journal_of_many_customers_syncs_once_for_all_that_wait() {
    let dir = tempfile::tempdir().unwrap();
    let store = LedgerStore::from(dir.path());
    let journal = start(&store, &[]).await;
    let names: Vec<String> = (0..50).map(|n| format!("c{n}")).collect();
    let customers = names.iter().map(async |name| {
        let _customer = journal.customer_at_work();
        for _ in 0..4 {
            journal.begin(intent(name)).await.unwrap();
        }
    });
    futures_util::future::join_all(customers).await;
    assert!((4..=8).contains(&syncs(&journal)), "{}", syncs(&journal));
    assert_eq!(intents(&store).await.len(), 200);
}

#[tokio::test]
async fn journal_in_objects_has_one_segment_for_all_customers_that_wait() {
    let shared = writable_store();
    let store = LedgerStore::Shared(shared.clone());
    let journal = start(&store, &[]).await;
    let names: Vec<String> = (0..50).map(|n| format!("c{n}")).collect();
    let customers = names.iter().map(async |name| {
        let _customer = journal.customer_at_work();
        for _ in 0..4 {
            let seq = journal.begin(intent(name)).await.unwrap();
            journal.end(seq, IntentOutcome::Failed).await.unwrap();
        }
        journal.begin(intent(name)).await.unwrap();
    });
    futures_util::future::join_all(customers).await;
    let segments = shared.names("journal").await.unwrap().len();
    assert!((6..=12).contains(&segments), "{segments}");
    assert_eq!(intents(&store).await.len(), 50);
    // Nothing is open after the end.
    for seq in 1..=250 {
        journal.end(seq, IntentOutcome::Failed).await.unwrap();
    }
    assert_eq!(journal.close().await.unwrap(), Some([].into()));
    journal.remove_own().await.unwrap();
    assert!(shared.names("journal").await.unwrap().is_empty());
}

#[tokio::test]
async fn journal_in_objects_after_failed_write_keeps_its_order() {
    let shared = writable_store();
    let store = LedgerStore::Shared(shared.clone());
    let journal = start(&store, &[]).await;
    shared.forbid();
    let (first, second) = tokio::join!(journal.begin(intent("a")), journal.begin(intent("b")));
    first.unwrap_err();
    second.unwrap_err();
    // A later run must not find an intent that another one precedes and that is missing.
    shared.allow(Moment::now(), Duration::from_mins(1));
    journal.begin(intent("after")).await.unwrap();
    assert_eq!(
        intents(&store).await,
        [intent("a"), intent("b"), intent("after")]
    );
    // The run does not know whether its failed writes took effect.
    assert_eq!(journal.close().await.unwrap(), None);
}

#[cfg(unix)]
#[tokio::test]
async fn journal_sync_for_several_customers_fails_for_each() {
    let dir = tempfile::tempdir().unwrap();
    let journal = start(&LedgerStore::from(dir.path()), &[]).await;
    let Log::File(log) = &*journal.log else {
        panic!("not in a file")
    };
    log.tail().file = pipe().into();
    let (first, second) = tokio::join!(journal.begin(intent("a")), journal.begin(intent("b")));
    first.unwrap_err();
    second.unwrap_err();
}
