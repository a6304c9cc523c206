//! Responsible for an object store that loses responses, for tests.

use futures_util::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

/// A store that executes requests and loses some responses.
#[derive(Debug, Default)]
pub(in crate::ledger) struct Silent {
    pub(in crate::ledger) objects: InMemory,
    /// The objects that were read, in order.
    pub(in crate::ledger) read: Mutex<Vec<Path>>,
    /// The number of writes whose response is lost.
    pub(in crate::ledger) writes: AtomicU32,
    /// The number of reads whose response is lost.
    pub(in crate::ledger) reads: AtomicU32,
    /// Whether the bucket is missing.
    pub(in crate::ledger) absent: bool,
    /// Whether the store ignores the conditions of writes.
    pub(in crate::ledger) ignores_conditions: bool,
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
        self.read.lock().unwrap().push(at.clone());
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
