//! The store that a shared ledger is kept in, and what goes wrong there.

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

use crate::bench::Files;

/// What `--ledger` is told where a scenario shares its ledger.
pub(crate) const SHARED: &str = "--ledger s3://shared/ledgers";

/// What can go wrong at an operation of the store.
pub(crate) const STORE_FAULTS: [&str; 5] =
    ["refused", "lost", "down", "crash-before", "crash-after"];

/// Something that goes wrong at the n-th operation of a run.
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
        let wrong = "a store fault is store:N:KIND";
        let text = text.strip_prefix("store:").ok_or(wrong)?;
        let (operation, kind) = text.split_once(':').ok_or(wrong)?;
        let mut kinds = STORE_FAULTS.into_iter();
        Ok(Self {
            operation: operation.parse().map_err(|_| wrong)?,
            kind: kinds.find(|one| *one == kind).ok_or(wrong)?,
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
    /// Another one that holds the same, where nothing goes wrong.
    pub(crate) fn fork(&self) -> Self {
        Self {
            objects: Arc::new(self.objects.fork()),
            ..Self::default()
        }
    }

    /// From now on this goes wrong, or nothing.
    pub(crate) fn expect(&self, store_fault: Option<StoreFault>) {
        let state = State {
            store_fault,
            ..State::default()
        };
        *self.state.lock().unwrap() = state;
    }

    /// Operations since then.
    pub(crate) fn operations(&self) -> usize {
        self.state.lock().unwrap().operations
    }

    pub(crate) fn met(&self) -> bool {
        self.state.lock().unwrap().met
    }

    /// Resolves where a run is to be killed.
    pub(crate) async fn kills(&self) {
        self.killed.notified().await;
    }

    /// Everything that is kept.
    pub(crate) async fn read(&self) -> Files {
        let found: Vec<ObjectMeta> = self.objects.list(None).try_collect().await.unwrap();
        let mut files = Files::new();
        for one in found {
            let content = self.objects.get(&one.location).await.unwrap();
            let content = content.bytes().await.unwrap().to_vec();
            files.push((one.location.to_string().into(), content));
        }
        files
    }

    /// What goes wrong at this operation.
    fn meet(&self) -> &'static str {
        let mut state = self.state.lock().unwrap();
        state.operations += 1;
        let now = state.operations;
        let store_fault = state.store_fault.as_ref();
        let kind = match store_fault {
            Some(one) if now == one.operation => one.kind,
            Some(one) if now > one.operation && one.kind == "down" => one.kind,
            _ => return "",
        };
        state.met = true;
        kind
    }

    /// Does something, or not, as it is to go wrong.
    async fn go<T>(&self, operation: impl Future<Output = Result<T>>) -> Result<T> {
        let kind = self.meet();
        if let "refused" | "down" = kind {
            return Err(broken());
        }
        if kind == "crash-before" {
            self.killed.notify_one();
            pending::<()>().await;
        }
        let done = operation.await;
        match kind {
            "lost" => Err(broken()),
            "crash-after" => {
                self.killed.notify_one();
                pending().await
            }
            _ => done,
        }
    }
}

fn broken() -> Error {
    Error::Generic {
        store: "a store of the tests",
        source: "it does not answer".into(),
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
        self.go(self.objects.put_opts(location, payload, options))
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
        self.go(self.objects.get_opts(location, options)).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        let this = self.clone();
        let delete = move |location: Path| {
            let this = this.clone();
            async move {
                this.go(this.objects.delete(&location)).await?;
                Ok(location)
            }
        };
        locations.and_then(delete).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (this, prefix) = (self.clone(), prefix.cloned());
        let listed = async move {
            let all = this.objects.list(prefix.as_ref());
            this.go(all.try_collect::<Vec<_>>()).await
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
