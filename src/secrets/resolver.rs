//! The way from references to values: each distinct reference is read once per run, a few at the
//! same time, and what was read is kept in memory until the run ends.
//!
//! Failures are kept too: a run does not ask a store twice. Refuses stores that the project does
//! not list, and values that would not arrive as they are.

use super::alias::{self, Alias, Aliases};
use super::exec::ExecStore;
use super::file::FileStore;
use super::vault::Vault;
use super::{ResolveError, Values, Why, env};
use crate::model::{DEFAULT_STORES, SecretRef, SecretValue, is_alias, is_store};
use futures_util::{StreamExt, future, stream};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// References that are read at the same time.
const AT_ONCE: usize = 8;

/// A reference's value or failure, once it is there.
type Place = Arc<OnceCell<Result<Arc<SecretValue>, Why>>>;

/// Reads references.
pub struct Resolver {
    pub(super) files: FileStore,
    allowed: BTreeSet<String>,
    pub(super) vault: OnceCell<Result<Vault, Why>>,
    pub(super) exec: OnceCell<Result<ExecStore, Why>>,
    aliases: OnceCell<Result<Aliases, Why>>,
    ca_pem: Vec<u8>,
    read: Mutex<BTreeMap<SecretRef, Place>>,
}

impl std::fmt::Debug for Resolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resolver")
            .field("files", &self.files)
            .field("allowed", &self.allowed)
            .finish_non_exhaustive()
    }
}

impl Resolver {
    /// A resolver whose file references are confined to the project and the given roots, with
    /// the stores that need no permission. Opens nothing before it is asked.
    pub fn new(project: PathBuf, roots: Vec<PathBuf>) -> Self {
        Self {
            files: FileStore::new(project, roots),
            allowed: DEFAULT_STORES.map(str::to_owned).into(),
            vault: OnceCell::new(),
            exec: OnceCell::new(),
            aliases: OnceCell::new(),
            ca_pem: Vec::new(),
            read: Mutex::default(),
        }
    }

    /// The same with the stores that the project lists, in place of the default ones.
    #[must_use]
    pub fn with_stores(self, allowed: BTreeSet<String>) -> Self {
        Self { allowed, ..self }
    }

    /// The same with certificates in PEM form that are trusted beside the system's.
    #[must_use]
    pub fn with_ca(self, ca_pem: Vec<u8>) -> Self {
        Self { ca_pem, ..self }
    }

    /// The versions that stores have of references, told without reading values, as far as that
    /// is possible.
    pub async fn versions(&self, references: &BTreeSet<SecretRef>) -> BTreeMap<SecretRef, String> {
        let one = async |reference: &SecretRef| {
            let vault = match reference.store.as_str() {
                "vault" if self.allowed.contains("vault") => self.vault().await.ok()?,
                _ => return None,
            };
            let version = vault.version(&reference.path).await?;
            Some((reference.clone(), version))
        };
        let versions = stream::iter(references).map(one).buffered(AT_ONCE);
        versions.filter_map(future::ready).collect().await
    }

    /// Ends what was begun with stores: logins are given back.
    pub async fn close(&self) {
        if let Some(Ok(vault)) = self.vault.get() {
            vault.close().await;
        }
    }

    /// Reads one reference, unless it was read before.
    pub async fn resolve(&self, reference: &SecretRef) -> Result<Arc<SecretValue>, ResolveError> {
        let place = {
            let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(read.entry(reference.clone()).or_default())
        };
        let read = async { Ok(Arc::new(checked(self.read(reference).await?)?)) };
        let outcome = place.get_or_init(|| read).await;
        outcome.clone().map_err(|why| ResolveError {
            reference: reference.clone(),
            why,
        })
    }

    /// Reads every reference: the values, and the failures of those that cannot be read, both in
    /// order.
    pub async fn resolve_all(
        &self,
        references: &BTreeSet<SecretRef>,
    ) -> (Values, Vec<ResolveError>) {
        self.prefetch(references).await;
        let mut resolved = Values::new();
        let mut failures = Vec::new();
        let one = async |reference: &SecretRef| (reference.clone(), self.resolve(reference).await);
        let mut outcomes = stream::iter(references).map(one).buffered(AT_ONCE);
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

    async fn read(&self, reference: &SecretRef) -> Result<SecretValue, Why> {
        let SecretRef { store, path, field } = reference;
        if !is_store(store) {
            return Err(Why::UnknownStore);
        }
        if !self.allowed.contains(store) {
            return Err(Why::NotAllowed);
        }
        match (store.as_str(), field) {
            ("env", None) => env::read(path),
            ("file", _) => self.read_file(path.clone(), field.clone()).await,
            ("vault", Some(field)) => self.vault().await?.field(path, field).await,
            ("vault", None) => Err(Why::FieldNeeded),
            ("exec", None) => self.exec().await?.read(path).await,
            (name, _) if is_alias(name) => self.alias(name).await?.read(reference).await,
            _ => Err(Why::NoFields),
        }
    }

    /// Several secrets of one store behind an alias in one request.
    async fn prefetch(&self, references: &BTreeSet<SecretRef>) {
        let mut by_alias: BTreeMap<&str, Vec<&SecretRef>> = BTreeMap::new();
        for reference in references {
            let store = reference.store.as_str();
            if is_alias(store) && self.allowed.contains(store) {
                by_alias.entry(store).or_default().push(reference);
            }
        }
        let one = async |(name, references): (&str, Vec<&SecretRef>)| {
            // What is the matter with it is told by each reference.
            if let Ok(alias) = self.alias(name).await {
                alias.prefetch(references).await;
            }
        };
        future::join_all(by_alias.into_iter().map(one)).await;
    }

    /// Off the threads that wait for the network: a file may be on a slow one, too.
    async fn read_file(&self, path: String, field: Option<String>) -> Result<SecretValue, Why> {
        let files = self.files.clone();
        let read = tokio::task::spawn_blocking(move || files.read(&path, field.as_deref()));
        read.await
            .unwrap_or(Err(Why::Unreadable("reading was stopped")))
    }

    pub(super) async fn vault(&self) -> Result<&Vault, Why> {
        let vault = self
            .vault
            .get_or_init(async || Vault::open(&self.ca_pem))
            .await;
        vault.as_ref().map_err(Why::clone)
    }

    pub(super) async fn exec(&self) -> Result<&ExecStore, Why> {
        let open = async || ExecStore::open(self.files.project());
        let exec = self.exec.get_or_init(open).await;
        exec.as_ref().map_err(Why::clone)
    }

    pub(super) async fn alias(&self, name: &str) -> Result<&Alias, Why> {
        let open = async || alias::open(self.files.project());
        let aliases = self.aliases.get_or_init(open).await;
        let aliases = aliases.as_ref().map_err(Why::clone)?;
        let what = "the user's own configuration names no such store";
        let unnamed = || Why::NotConfigured(what.to_owned());
        let alias = aliases.get(name).ok_or_else(unnamed)?;
        alias.as_ref().map_err(Why::clone)
    }
}

pub(super) fn checked(value: SecretValue) -> Result<SecretValue, Why> {
    let text = value.expose();
    if text.is_empty() {
        return Err(Why::Empty);
    }
    let harmless = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r');
    if text.chars().all(harmless) {
        Ok(value)
    } else {
        Err(Why::ControlCharacter)
    }
}

#[cfg(test)]
mod tests {
    use super::{Resolver, Why};
    use crate::model::SecretRef;
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    fn reference(text: &str) -> SecretRef {
        text.parse().unwrap()
    }

    async fn told(resolver: &Resolver, text: &str) -> Result<String, Why> {
        match resolver.resolve(&reference(text)).await {
            Ok(value) => Ok(value.expose().to_owned()),
            Err(failure) => Err(failure.why),
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
        assert_eq!(read("${file:empty}").await, Err(Why::Empty));
        assert_eq!(read("${file:nul}").await, Err(Why::ControlCharacter));
        assert_eq!(read("${file:a.json#k}").await, Err(Why::ControlCharacter));
        assert_eq!(read("${file:binary}").await, Err(Why::NotText));
        assert_eq!(read("${env:X#y}").await, Err(Why::NoFields));
        assert_eq!(read("${op:x}").await, Err(Why::UnknownStore));
        assert_eq!(read("${env:AIRLIFT_TEST_UNSET}").await, Err(Why::NotSet));
    }

    #[tokio::test]
    async fn stores_are_off_unless_they_are_listed() {
        let closed = resolver(Path::new("/nonexistent"));
        assert_eq!(told(&closed, "${vault:kv/a#b}").await, Err(Why::NotAllowed));
        assert_eq!(told(&closed, "${exec:a}").await, Err(Why::NotAllowed));
        let allowed = BTreeSet::from(["vault".to_owned()]);
        let vault = resolver(Path::new("/nonexistent")).with_stores(allowed);
        assert_eq!(told(&vault, "${vault:kv/a}").await, Err(Why::FieldNeeded));
        assert_eq!(told(&vault, "${env:HOME}").await, Err(Why::NotAllowed));
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
}
