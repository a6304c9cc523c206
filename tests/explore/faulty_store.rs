//! Responsible for the store of a shared ledger, in memory and with faults.

use futures_util::stream::{BoxStream, StreamExt, TryStreamExt, once};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use std::fmt;
use std::future::pending;
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

use crate::machine::Files;

/// The option of scenarios with a shared ledger.
pub(crate) const SHARED: &str = "--ledger s3://shared/ledgers";

/// The kinds of faults at an operation of the store.
pub(crate) const STORE_FAULTS: [&str; 5] =
    ["refused", "lost", "down", "crash-before", "crash-after"];

/// A fault at the n-th operation of a run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StoreFault {
    pub(crate) operation: usize,
    pub(crate) kind: &'static str,
}

impl fmt::Display for StoreFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "store:{}:{}", self.operation, self.kind)
    }
}

impl FromStr for StoreFault {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected = "a store fault is store:N:KIND";
        let text = text.strip_prefix("store:").ok_or(expected)?;
        let (operation, kind) = text.split_once(':').ok_or(expected)?;
        let mut kinds = STORE_FAULTS.into_iter();
        Ok(Self {
            operation: operation.parse().map_err(|_| expected)?,
            kind: kinds.find(|known| *known == kind).ok_or(expected)?,
        })
    }
}

/// A store in memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct FaultyStore {
    objects: Arc<InMemory>,
    state: Arc<Mutex<State>>,
    killed: Arc<Notify>,
}

#[derive(Debug, Default)]
struct State {
    operations: usize,
    store_fault: Option<StoreFault>,
    met: bool,
}

impl FaultyStore {
    /// A copy of the store without faults.
    pub(crate) fn fork(&self) -> Self {
        Self {
            objects: Arc::new(self.objects.fork()),
            ..Self::default()
        }
    }

    /// Sets the fault, and counts operations from here on.
    pub(crate) fn set_fault(&self, store_fault: Option<StoreFault>) {
        let state = State {
            store_fault,
            ..State::default()
        };
        *self.state.lock().unwrap() = state;
    }

    /// The number of operations since the fault was set.
    pub(crate) fn operations(&self) -> usize {
        self.state.lock().unwrap().operations
    }

    pub(crate) fn met(&self) -> bool {
        self.state.lock().unwrap().met
    }

    /// Completes when the run is to be killed.
    pub(crate) async fn killed(&self) {
        self.killed.notified().await;
    }

    /// All objects of the store.
    pub(crate) async fn read(&self) -> Files {
        let objects: Vec<ObjectMeta> = self.objects.list(None).try_collect().await.unwrap();
        let mut files = Files::new();
        for object in objects {
            let content = self.objects.get(&object.location).await.unwrap();
            let content = content.bytes().await.unwrap().to_vec();
            files.push((object.location.to_string().into(), content));
        }
        files
    }

    /// Counts an operation, and returns the kind of its fault; empty without one.
    fn next_fault(&self) -> &'static str {
        let mut state = self.state.lock().unwrap();
        state.operations += 1;
        let now = state.operations;
        let store_fault = state.store_fault.as_ref();
        let kind = match store_fault {
            Some(fault) if now == fault.operation => fault.kind,
            Some(fault) if now > fault.operation && fault.kind == "down" => fault.kind,
            _ => return "",
        };
        state.met = true;
        kind
    }

    /// Runs an operation with its fault.
    async fn run<T>(&self, operation: impl Future<Output = Result<T>>) -> Result<T> {
        let kind = self.next_fault();
        if let "refused" | "down" = kind {
            return Err(unavailable());
        }
        if kind == "crash-before" {
            self.killed.notify_one();
            pending::<()>().await;
        }
        let result = operation.await;
        match kind {
            "lost" => Err(unavailable()),
            "crash-after" => {
                self.killed.notify_one();
                pending().await
            }
            _ => result,
        }
    }
}

fn unavailable() -> Error {
    Error::Generic {
        store: "a store of the tests",
        source: "the store does not respond".into(),
    }
}

impl fmt::Display for FaultyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a store of the tests")
    }
}

#[async_trait::async_trait]
impl ObjectStore for FaultyStore {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        self.run(self.objects.put_opts(location, payload, options))
            .await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.objects.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.run(self.objects.get_opts(location, options)).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        let this = self.clone();
        let delete = move |location: Path| {
            let this = this.clone();
            async move {
                this.run(this.objects.delete(&location)).await?;
                Ok(location)
            }
        };
        locations.and_then(delete).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (this, prefix) = (self.clone(), prefix.cloned());
        let listed = async move {
            let all = this.objects.list(prefix.as_ref());
            this.run(all.try_collect::<Vec<_>>()).await
        };
        let each = |all: Vec<ObjectMeta>| futures_util::stream::iter(all.into_iter().map(Ok));
        once(listed).map_ok(each).try_flatten().boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.objects.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.objects.copy_opts(from, to, options).await
    }
}
