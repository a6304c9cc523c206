//! Tests of renewing, losing and releasing a lease, with a store that does not respond.

use super::{Lease, LeaseRecord, OBJECT, Put, put, read};
use crate::events::Sinks;
use crate::ledger::{LedgerError, SharedStore};
use futures_util::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
    UpdateVersion,
};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::time::sleep;
use uuid::Uuid;

/// A store that executes requests and loses some responses.
#[derive(Debug, Default)]
struct Silent {
    objects: InMemory,
    /// The number of writes whose response is lost.
    writes: AtomicU32,
    /// The number of reads whose response is lost.
    reads: AtomicU32,
    /// Whether the bucket is missing.
    absent: bool,
    /// Whether the store ignores the conditions of writes.
    ignores_conditions: bool,
}

impl Silent {
    fn respond<T>(left: &AtomicU32, result: Result<T>) -> Result<T> {
        let less = |left: u32| left.checked_sub(1);
        let is_silent = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less);
        match is_silent {
            Ok(_) => Err(Error::NotImplemented {
                operation: "responding".to_owned(),
                implementer: "Silent".to_owned(),
            }),
            Err(_) => result,
        }
    }
}

impl fmt::Display for Silent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Silent")
    }
}

#[async_trait::async_trait]
impl ObjectStore for Silent {
    async fn put_opts(&self, at: &Path, what: PutPayload, how: PutOptions) -> Result<PutResult> {
        if self.absent {
            return Err(Error::NotFound {
                path: at.to_string(),
                source: "no bucket".into(),
            });
        }
        let how = if self.ignores_conditions {
            PutOptions::from(PutMode::Overwrite)
        } else {
            how
        };
        Self::respond(&self.writes, self.objects.put_opts(at, what, how).await)
    }

    async fn put_multipart_opts(
        &self,
        at: &Path,
        how: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.objects.put_multipart_opts(at, how).await
    }

    async fn get_opts(&self, at: &Path, how: GetOptions) -> Result<GetResult> {
        Self::respond(&self.reads, self.objects.get_opts(at, how).await)
    }

    fn delete_stream(
        &self,
        all: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.objects.delete_stream(all)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.objects.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.objects.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, how: CopyOptions) -> Result<()> {
        self.objects.copy_opts(from, to, how).await
    }
}

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
    lease.release().await;
    // The creation gets its response, and the repeated creation and the read after it do not.
    store.reads.store(1, Ordering::SeqCst);
    let outcome = Lease::acquire(&shared, "one", &Sinks::default()).await;
    assert!(outcome.is_err());
    assert!(!shared.may_write());
    assert!(read(&shared).await.unwrap().is_none());
}
