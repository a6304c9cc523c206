//! Responsible for resolving references: reads each distinct reference once per run, several at the same time. Values
//! and errors stay in memory until the run ends.
//!
//! Refuses stores that the project does not list, and values that would not reach the API unchanged.

use super::stores::{self, Store, StoreContext, check_value};
use super::{ResolveError, ResolveErrorKind, SecretAccess, Values};
use crate::model::{
    DEFAULT_STORES, HealthCheck, LockUnpoisoned, SecretRef, SecretValue, StoreKind,
};
use futures_util::{StreamExt, future, stream};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tokio::sync::OnceCell;

/// The number of references that are read at the same time.
const PARALLEL_READS: usize = 8;

/// The value or error of a reference, after the first read.
type ReadCell = Arc<OnceCell<Result<Arc<SecretValue>, ResolveErrorKind>>>;

/// Resolves references to values.
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
    /// Creates a resolver with the default stores. `access` limits the variables and files that references read. No
    /// store opens before a reference is read.
    pub fn new(project: PathBuf, access: SecretAccess) -> Self {
        Self {
            context: StoreContext {
                project,
                access: Arc::new(access),
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

    /// Replaces the default stores by the stores that the project lists.
    #[must_use]
    pub fn with_stores(self, allowed: &BTreeSet<String>) -> Self {
        Self {
            allowed: allowed.iter().map(|name| name.as_str().into()).collect(),
            ..self
        }
    }

    /// Trusts certificates in PEM form in addition to the system's.
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

    /// The versions of references whose stores report a version without the value.
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

    /// Checks every store that the references use, for `doctor`.
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

    /// Resolves one reference. Reads the store only for the first call with the reference.
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

    /// Resolves every reference. Returns the values and the errors, both in the order of the references.
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

    /// The store of a kind, if the project lists the kind.
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
    use super::{ResolveErrorKind, Resolver, SecretAccess};
    use crate::model::{Health, SecretRef};
    use std::collections::BTreeSet;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    fn reference(text: &str) -> SecretRef {
        text.parse().unwrap()
    }

    async fn resolve(resolver: &Resolver, text: &str) -> Result<String, ResolveErrorKind> {
        match resolver.resolve(&reference(text)).await {
            Ok(value) => Ok(value.expose().to_owned()),
            Err(failure) => Err(failure.kind),
        }
    }

    fn resolver(project: &Path) -> Resolver {
        Resolver::new(project.to_owned(), SecretAccess::default())
    }

    #[tokio::test]
    async fn resolve_file_removes_one_trailing_newline() {
        let project = tempfile::tempdir().unwrap();
        fs::write(project.path().join("token"), " a\nb \n\n").unwrap();
        let resolver = resolver(project.path());
        let token = resolve(&resolver, "${file:token}").await;
        assert_eq!(token.as_deref(), Ok(" a\nb \n"));
    }

    #[tokio::test]
    async fn resolve_empty_binary_or_control_character_fails() {
        let project = tempfile::tempdir().unwrap();
        fs::write(project.path().join("empty"), "\n").unwrap();
        fs::write(project.path().join("nul"), "a\0b").unwrap();
        fs::write(project.path().join("binary"), [0xff, 0xfe]).unwrap();
        fs::write(project.path().join("a.json"), "{\"k\": \"a\\u0007\"}").unwrap();
        let resolver = resolver(project.path());
        for (text, kind) in [
            ("${file:empty}", ResolveErrorKind::Empty),
            ("${file:nul}", ResolveErrorKind::ControlCharacter),
            ("${file:a.json#k}", ResolveErrorKind::ControlCharacter),
            ("${file:binary}", ResolveErrorKind::NotText),
        ] {
            assert_eq!(resolve(&resolver, text).await, Err(kind), "{text}");
        }
    }

    #[tokio::test]
    async fn resolve_unusable_reference_fails() {
        let resolver = resolver(Path::new("/nonexistent"));
        for (text, kind) in [
            ("${env:X#y}", ResolveErrorKind::NoFields),
            ("${op:x}", ResolveErrorKind::UnknownStore),
            ("${env:UNSET_IN_TESTS}", ResolveErrorKind::NotSet),
        ] {
            assert_eq!(resolve(&resolver, text).await, Err(kind), "{text}");
        }
    }

    #[tokio::test]
    async fn resolve_store_that_is_not_listed_fails() {
        let default = resolver(Path::new("/nonexistent"));
        for text in ["${vault:kv/a#b}", "${exec:a}"] {
            let error = resolve(&default, text).await;
            assert_eq!(error, Err(ResolveErrorKind::NotAllowed), "{text}");
        }
        let allowed = BTreeSet::from(["vault".to_owned()]);
        let vault = resolver(Path::new("/nonexistent")).with_stores(&allowed);
        let listed = resolve(&vault, "${vault:kv/a}").await;
        assert_eq!(listed, Err(ResolveErrorKind::FieldNeeded));
        let replaced = resolve(&vault, "${env:HOME}").await;
        assert_eq!(replaced, Err(ResolveErrorKind::NotAllowed));
    }

    #[tokio::test]
    async fn resolve_all_repeated_returns_first_values() {
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
    async fn resolve_error_names_the_reference() {
        let resolver = resolver(Path::new("/nonexistent"));
        let unset = reference("${env:UNSET_IN_TESTS}");
        let failure = resolver.resolve(&unset).await.unwrap_err();
        assert_eq!(
            failure.to_string(),
            "${env:UNSET_IN_TESTS}: the environment variable is not set"
        );
    }

    #[tokio::test]
    async fn health_reports_each_store_without_values() {
        let project = tempfile::tempdir().unwrap();
        for (name, mode) in [("open", 0o644), ("shut", 0o600)] {
            let path = project.path().join(name);
            fs::write(&path, "hunter2").unwrap();
            fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        }
        let references: BTreeSet<SecretRef> = [
            "${env:UNSET_IN_TESTS}",
            "${file:open}",
            "${file:shut}",
            "${file:none}",
        ]
        .iter()
        .map(|text| text.parse().unwrap())
        .collect();
        let resolver = resolver(project.path());
        let checks = resolver.health(&references).await;
        let details: Vec<(Health, &str)> = checks
            .iter()
            .map(|check| (check.health, check.detail.as_str()))
            .collect();
        assert_eq!(
            details,
            [
                (Health::Fail, "UNSET_IN_TESTS is not set"),
                (Health::Fail, "none: the file cannot be read (not found)"),
                (Health::Warn, "open is readable by every user"),
            ]
        );
        assert!(!format!("{checks:?}").contains("hunter2"));
    }
}
