//! Responsible for reading references: each distinct reference once per run, a few at the same time. Values and
//! errors stay in memory until the run ends.
//!
//! Refuses stores that the project does not list, and values that would not arrive unchanged.

use super::stores::{self, Store, StoreContext, check_value};
use super::{ResolveError, ResolveErrorKind, Values};
use crate::model::LockUnpoisoned;
use crate::model::{DEFAULT_STORES, HealthCheck, SecretRef, SecretValue, StoreKind};
use futures_util::{StreamExt, future, stream};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tokio::sync::OnceCell;

/// The number of references that are read at the same time.
const PARALLEL_READS: usize = 8;

/// A reference's value or error, once it is read.
type ReadCell = Arc<OnceCell<Result<Arc<SecretValue>, ResolveErrorKind>>>;

/// Reads references.
pub struct Resolver {
    context: StoreContext,
    allowed: BTreeSet<StoreKind>,
    stores: Mutex<BTreeMap<StoreKind, Arc<dyn Store>>>,
    read: Mutex<BTreeMap<SecretRef, ReadCell>>,
}

impl std::fmt::Debug for Resolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resolver")
            .field("context", &self.context)
            .field("allowed", &self.allowed)
            .finish_non_exhaustive()
    }
}

impl Resolver {
    /// A resolver with the default stores, whose file references are confined to the project and the given
    /// roots. It opens nothing before a reference is read.
    pub fn new(project: PathBuf, roots: Vec<PathBuf>) -> Self {
        Self {
            context: StoreContext {
                project,
                roots,
                ca_pem: Vec::new(),
            },
            allowed: DEFAULT_STORES
                .iter()
                .copied()
                .map(StoreKind::from)
                .collect(),
            stores: Mutex::default(),
            read: Mutex::default(),
        }
    }

    /// Allows the stores that the project lists, in place of the default ones.
    #[must_use]
    pub fn with_stores(self, allowed: &BTreeSet<String>) -> Self {
        Self {
            allowed: allowed.iter().map(|name| name.as_str().into()).collect(),
            ..self
        }
    }

    /// Trusts certificates in PEM form beside the system's.
    #[must_use]
    pub fn with_ca(self, ca_pem: Vec<u8>) -> Self {
        Self {
            context: StoreContext {
                ca_pem,
                ..self.context
            },
            ..self
        }
    }

    /// The versions of references, where their stores tell a version without the value.
    pub async fn versions(&self, references: &BTreeSet<SecretRef>) -> BTreeMap<SecretRef, String> {
        let version = async |reference: &SecretRef| {
            let store = self.store(&reference.store).ok()?;
            Some((reference.clone(), store.version(reference).await?))
        };
        stream::iter(references)
            .map(version)
            .buffered(PARALLEL_READS)
            .filter_map(future::ready)
            .collect()
            .await
    }

    /// Checks for `doctor` every store that the references use.
    pub async fn health(&self, references: &BTreeSet<SecretRef>) -> Vec<HealthCheck> {
        let mut checks = Vec::new();
        for (kind, references) in by_store(references) {
            match self.store(kind) {
                Ok(store) => checks.extend(store.health(&references).await),
                Err(ResolveErrorKind::UnknownStore) => {}
                Err(error) => checks.push(HealthCheck::fail(
                    &format!("store {kind}"),
                    error.to_string(),
                    "list it under `stores` in the project file",
                )),
            }
        }
        checks
    }

    /// Logs out of the stores.
    pub async fn close(&self) {
        let stores: Vec<Arc<dyn Store>> = self.stores().values().cloned().collect();
        for store in stores {
            store.close().await;
        }
    }

    /// Reads one reference, unless it was read before.
    pub async fn resolve(&self, reference: &SecretRef) -> Result<Arc<SecretValue>, ResolveError> {
        let cell = {
            let mut read = self.read.lock_unpoisoned();
            Arc::clone(read.entry(reference.clone()).or_default())
        };
        let read = async || {
            let value = self.store(&reference.store)?.read(reference).await?;
            check_value(value).map(Arc::new)
        };
        let outcome = cell.get_or_init(read).await;
        outcome.clone().map_err(|kind| ResolveError {
            reference: reference.clone(),
            kind,
        })
    }

    /// Reads every reference: the values, and the errors of those that cannot be read, both in order.
    pub async fn resolve_all(
        &self,
        references: &BTreeSet<SecretRef>,
    ) -> (Values, Vec<ResolveError>) {
        self.prefetch(references).await;
        let mut resolved = Values::new();
        let mut failures = Vec::new();
        let read = async |reference: &SecretRef| (reference.clone(), self.resolve(reference).await);
        let mut outcomes = stream::iter(references).map(read).buffered(PARALLEL_READS);
        while let Some((reference, outcome)) = outcomes.next().await {
            match outcome {
                Ok(value) => {
                    resolved.insert(reference, value);
                }
                Err(failure) => failures.push(failure),
            }
        }
        (resolved, failures)
    }

    async fn prefetch(&self, references: &BTreeSet<SecretRef>) {
        let prefetch = async |(kind, references): (&StoreKind, Vec<&SecretRef>)| {
            // Reading each reference reports the error of a store that is not allowed.
            if let Ok(store) = self.store(kind) {
                store.prefetch(&references).await;
            }
        };
        future::join_all(by_store(references).into_iter().map(prefetch)).await;
    }

    /// The store of a kind, if the project may use it.
    fn store(&self, kind: &StoreKind) -> Result<Arc<dyn Store>, ResolveErrorKind> {
        if matches!(kind, StoreKind::Unknown(_)) {
            return Err(ResolveErrorKind::UnknownStore);
        }
        if !self.allowed.contains(kind) {
            return Err(ResolveErrorKind::NotAllowed);
        }
        let mut stores = self.stores();
        if let Some(store) = stores.get(kind) {
            return Ok(Arc::clone(store));
        }
        let store = stores::store(kind, &self.context).ok_or(ResolveErrorKind::UnknownStore)?;
        stores.insert(kind.clone(), Arc::clone(&store));
        Ok(store)
    }

    fn stores(&self) -> std::sync::MutexGuard<'_, BTreeMap<StoreKind, Arc<dyn Store>>> {
        self.stores.lock_unpoisoned()
    }
}

fn by_store(references: &BTreeSet<SecretRef>) -> BTreeMap<&StoreKind, Vec<&SecretRef>> {
    let mut by_store: BTreeMap<&StoreKind, Vec<&SecretRef>> = BTreeMap::new();
    for reference in references {
        by_store
            .entry(&reference.store)
            .or_default()
            .push(reference);
    }
    by_store
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::{ResolveErrorKind, Resolver};
    use crate::model::{Health, SecretRef};
    use std::collections::BTreeSet;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    fn reference(text: &str) -> SecretRef {
        text.parse().unwrap()
    }

    async fn told(resolver: &Resolver, text: &str) -> Result<String, ResolveErrorKind> {
        match resolver.resolve(&reference(text)).await {
            Ok(value) => Ok(value.expose().to_owned()),
            Err(failure) => Err(failure.kind),
        }
    }

    fn resolver(project: &Path) -> Resolver {
        Resolver::new(project.to_owned(), Vec::new())
    }

    #[tokio::test]
    async fn a_file_loses_one_trailing_newline_and_nothing_else() {
        let project = tempfile::tempdir().unwrap();
        fs::write(project.path().join("token"), " a\nb \n\n").unwrap();
        fs::write(project.path().join("empty"), "\n").unwrap();
        fs::write(project.path().join("nul"), "a\0b").unwrap();
        fs::write(project.path().join("binary"), [0xff, 0xfe]).unwrap();
        fs::write(project.path().join("a.json"), "{\"k\": \"a\\u0007\"}").unwrap();
        let resolver = resolver(project.path());
        let read = async |text: &str| told(&resolver, text).await;
        assert_eq!(read("${file:token}").await.unwrap(), " a\nb \n");
        assert_eq!(read("${file:empty}").await, Err(ResolveErrorKind::Empty));
        assert_eq!(
            read("${file:nul}").await,
            Err(ResolveErrorKind::ControlCharacter)
        );
        assert_eq!(
            read("${file:a.json#k}").await,
            Err(ResolveErrorKind::ControlCharacter)
        );
        assert_eq!(read("${file:binary}").await, Err(ResolveErrorKind::NotText));
        assert_eq!(read("${env:X#y}").await, Err(ResolveErrorKind::NoFields));
        assert_eq!(read("${op:x}").await, Err(ResolveErrorKind::UnknownStore));
        assert_eq!(
            read("${env:AIRLIFT_TEST_UNSET}").await,
            Err(ResolveErrorKind::NotSet)
        );
    }

    #[tokio::test]
    async fn stores_are_off_unless_they_are_listed() {
        let closed = resolver(Path::new("/nonexistent"));
        assert_eq!(
            told(&closed, "${vault:kv/a#b}").await,
            Err(ResolveErrorKind::NotAllowed)
        );
        assert_eq!(
            told(&closed, "${exec:a}").await,
            Err(ResolveErrorKind::NotAllowed)
        );
        let allowed = BTreeSet::from(["vault".to_owned()]);
        let vault = resolver(Path::new("/nonexistent")).with_stores(&allowed);
        assert_eq!(
            told(&vault, "${vault:kv/a}").await,
            Err(ResolveErrorKind::FieldNeeded)
        );
        assert_eq!(
            told(&vault, "${env:HOME}").await,
            Err(ResolveErrorKind::NotAllowed)
        );
    }

    #[tokio::test]
    async fn each_reference_is_read_once_per_run() {
        let project = tempfile::tempdir().unwrap();
        let references: BTreeSet<SecretRef> = (0..40)
            .map(|number| reference(&format!("${{file:{number}}}")))
            .collect();
        for number in 0..39 {
            fs::write(project.path().join(number.to_string()), "first").unwrap();
        }
        let resolver = resolver(project.path());
        let (values, failures) = resolver.resolve_all(&references).await;
        assert_eq!((values.len(), failures.len()), (39, 1));
        for number in 0..40 {
            fs::write(project.path().join(number.to_string()), "second").unwrap();
        }
        let (values, failures) = resolver.resolve_all(&references).await;
        assert_eq!(failures.len(), 1);
        assert!(values.values().all(|value| value.expose() == "first"));
        assert!(!format!("{resolver:?}{values:?}").contains("first"));
    }

    #[tokio::test]
    async fn failures_name_the_reference_only() {
        let resolver = resolver(Path::new("/nonexistent"));
        let wanted = reference("${env:AIRLIFT_TEST_UNSET}");
        let failure = resolver.resolve(&wanted).await.unwrap_err();
        assert_eq!(
            failure.to_string(),
            "${env:AIRLIFT_TEST_UNSET}: the environment variable is not set"
        );
    }

    #[tokio::test]
    async fn health_checks_each_store_and_shows_no_value() {
        let project = tempfile::tempdir().unwrap();
        for (name, mode) in [("open", 0o644), ("shut", 0o600)] {
            let path = project.path().join(name);
            fs::write(&path, "hunter2").unwrap();
            fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        }
        let references: BTreeSet<SecretRef> = [
            "${env:AIRLIFT_TEST_UNSET}",
            "${file:open}",
            "${file:shut}",
            "${file:none}",
        ]
        .iter()
        .map(|text| text.parse().unwrap())
        .collect();
        let resolver = Resolver::new(project.path().to_owned(), Vec::new());
        let checks = resolver.health(&references).await;
        let told: Vec<(Health, &str)> = checks
            .iter()
            .map(|check| (check.health, check.detail.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                (Health::Fail, "AIRLIFT_TEST_UNSET is not set"),
                (Health::Fail, "none: the file cannot be read (not found)"),
                (Health::Warn, "open can be read by everybody"),
            ]
        );
        assert!(!format!("{checks:?}").contains("hunter2"));
    }
}
