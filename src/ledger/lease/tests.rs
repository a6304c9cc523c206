//! Tests of renewing, losing and releasing a lease, with a store that does not respond.

use super::{Lease, LeaseRecord, OBJECT, Put, put, read, require_conditions};
use crate::events::Sinks;
use crate::ledger::store::object::silent::Silent;
use crate::ledger::{LedgerError, SharedStore};
use object_store::UpdateVersion;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::sleep;
use uuid::Uuid;

async fn acquired() -> (Arc<Silent>, SharedStore, Lease) {
    let store = Arc::<Silent>::default();
    let shared = SharedStore::new(Arc::clone(&store) as _, "ledger", "s3://bucket/ledger");
    let lease = Lease::acquire(&shared, "one", &Sinks::default())
        .await
        .unwrap();
    (store, shared, lease)
}

async fn seconds(seconds: u64) {
    sleep(Duration::from_secs(seconds)).await;
}

/// Replaces the lease's record with one of another run.
async fn take_over(shared: &SharedStore) -> Uuid {
    let (before, version) = read(shared).await.unwrap().unwrap();
    let other = LeaseRecord {
        id: Uuid::new_v4(),
        ..before
    };
    put(shared, &other, Some(version)).await.unwrap();
    other.id
}

#[tokio::test(start_paused = true)]
async fn lease_renewal_writes_new_content() {
    let (_, shared, lease) = acquired().await;
    let mut beats = Vec::new();
    for _ in 0..3 {
        beats.push(read(&shared).await.unwrap().unwrap().0.beat);
        seconds(11).await;
    }
    assert_eq!(beats, [0, 1, 2]);
    lease.release().await;
}

#[tokio::test(start_paused = true)]
async fn lease_renewal_without_response_counts_when_it_is_read() {
    let (store, shared, _lease) = acquired().await;
    store.writes.store(5, Ordering::SeqCst);
    for _ in 0..6 {
        seconds(10).await;
        assert!(shared.may_write());
    }
    // The responses of the next reads are lost, too. A later renewal succeeds in time.
    store.writes.store(2, Ordering::SeqCst);
    store.reads.store(2, Ordering::SeqCst);
    seconds(35).await;
    assert!(shared.may_write());
    seconds(35).await;
    assert!(shared.may_write());
}

#[tokio::test(start_paused = true)]
async fn lease_with_silent_store_forbids_writing() {
    let (store, shared, _lease) = acquired().await;
    for left in [&store.writes, &store.reads] {
        left.store(u32::MAX, Ordering::SeqCst);
    }
    seconds(39).await;
    assert!(shared.may_write());
    seconds(2).await;
    assert!(!shared.may_write());
}

#[tokio::test(start_paused = true)]
async fn lease_of_other_run_is_not_released() {
    let (_, shared, lease) = acquired().await;
    let other = take_over(&shared).await;
    assert!(shared.may_write());
    lease.release().await;
    assert_eq!(read(&shared).await.unwrap().unwrap().0.id, other);
    assert!(!shared.may_write());
}

#[tokio::test(start_paused = true)]
async fn lease_taken_over_or_removed_is_lost_at_next_renewal() {
    let (_, shared, _lease) = acquired().await;
    take_over(&shared).await;
    seconds(11).await;
    assert!(!shared.may_write());
    let (_, shared, _lease) = acquired().await;
    shared.remove(OBJECT).await.unwrap();
    seconds(11).await;
    assert!(!shared.may_write());
}

#[tokio::test(start_paused = true)]
async fn lease_with_missing_bucket_fails_at_once() {
    let store = Arc::new(Silent {
        absent: true,
        ..Silent::default()
    });
    let shared = SharedStore::new(store, "ledger", "s3://bucket/ledger");
    let error = Lease::acquire(&shared, "one", &Sinks::default())
        .await
        .unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("the bucket or container does not exist"),
        "{error}"
    );
    // A conditional write of a missing object is a conflict.
    let version = UpdateVersion {
        e_tag: None,
        version: None,
    };
    let put = shared.put(OBJECT, b"{}", Some(version)).await;
    assert!(matches!(put, Ok(Put::Conflict)), "{put:?}");
}

#[tokio::test(start_paused = true)]
async fn lease_dropped_is_not_renewed() {
    let (_, shared, lease) = acquired().await;
    drop(lease);
    let before = read(&shared).await.unwrap().unwrap().1;
    seconds(30).await;
    assert_eq!(read(&shared).await.unwrap().unwrap().1, before);
}

#[tokio::test(start_paused = true)]
async fn lease_in_store_without_conditions_is_refused_and_removed() {
    let store = Arc::new(Silent {
        ignores_conditions: true,
        ..Silent::default()
    });
    let shared = SharedStore::new(store, "ledger", "s3://bucket/ledger");
    for owner in ["one", "two"] {
        let outcome = Lease::acquire(&shared, owner, &Sinks::default()).await;
        assert!(matches!(
            outcome,
            Err(LedgerError::WithoutConditions { .. })
        ));
        assert!(!shared.may_write());
        assert!(read(&shared).await.unwrap().is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn lease_whose_condition_cannot_be_checked_is_removed() {
    let (store, shared, lease) = acquired().await;
    drop(lease);
    let own = read(&shared).await.unwrap().unwrap().0;
    store.writes.store(1, Ordering::SeqCst);
    assert!(require_conditions(&shared, &own).await.is_err());
    assert!(!shared.may_write());
    assert!(read(&shared).await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn lease_is_acquired_without_reading_it() {
    let (store, _shared, _lease) = acquired().await;
    assert!(store.read.lock().unwrap().is_empty());
}
