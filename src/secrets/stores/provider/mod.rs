//! Responsible for stores that the user's own configuration defines: `${prod-aws:acme/github#token}` is the field
//! `token` of the JSON secret `acme/github` in the store `prod-aws`.
//!
//! Does not let a project define such a store: a project only names it. Each secret is read once per run and within a
//! time limit, several in one request if the store supports that. Refuses kinds of stores that this build lacks. Does
//! not repeat a store's text.

#[cfg(not(feature = "stores"))]
mod absent;
#[cfg(feature = "stores")]
mod library;

#[cfg(not(feature = "stores"))]
use absent::Library;
#[cfg(feature = "stores")]
use library::Library;

use super::file::LIMIT;
use super::{Store, utf8};
use crate::model::{LockUnpoisoned, SecretRef, SecretValue};
use crate::secrets::ResolveErrorKind;
use crate::secrets::fields::{self, FieldsForm};
use crate::secrets::user_config::{self, ProviderConfig};
use futures_util::future::{BoxFuture, FutureExt as _};
use futures_util::{StreamExt, stream};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

/// The number of secrets in one request: the limit of AWS.
const BATCH_SIZE: usize = 20;
/// The number of such requests at the same time.
const PARALLEL_BATCHES: usize = 4;

/// A kind of store.
#[derive(Clone, Copy, Debug)]
struct Kind {
    scheme: &'static str,
    /// The Cargo feature that adds the kind.
    feature: &'static str,
    is_built: bool,
    /// Whether a secret has named parts. Other kinds have one value per secret, which may be JSON.
    has_parts: bool,
}

const fn kind(scheme: &'static str, feature: &'static str, is_built: bool) -> Kind {
    Kind {
        scheme,
        feature,
        is_built,
        has_parts: false,
    }
}

const fn with_parts(kind: Kind) -> Kind {
    Kind {
        has_parts: true,
        ..kind
    }
}

const KINDS: [Kind; 13] = [
    kind("awssm", "stores-aws", cfg!(feature = "stores-aws")),
    kind("awsps", "stores-aws", cfg!(feature = "stores-aws")),
    kind("akv", "stores-azure", cfg!(feature = "stores-azure")),
    kind("gcsm", "stores-gcp", cfg!(feature = "stores-gcp")),
    kind("age", "stores-age", cfg!(feature = "stores-age")),
    kind("bws", "stores", cfg!(feature = "stores")),
    kind("doppler", "stores", cfg!(feature = "stores")),
    kind("gopass", "stores", cfg!(feature = "stores")),
    kind("infisical", "stores", cfg!(feature = "stores")),
    kind("pass", "stores", cfg!(feature = "stores")),
    kind("sops", "stores", cfg!(feature = "stores")),
    with_parts(kind("bw", "stores", cfg!(feature = "stores"))),
    with_parts(kind("onepassword", "stores", cfg!(feature = "stores"))),
];

/// The kind of a provider's address.
fn kind_of(provider: &str) -> Result<&'static Kind, ResolveErrorKind> {
    let scheme = provider
        .split_once(':')
        .map_or(provider, |(scheme, _)| scheme);
    let Some(kind) = KINDS.iter().find(|kind| kind.scheme == scheme) else {
        let schemes: Vec<&str> = KINDS.iter().map(|kind| kind.scheme).collect();
        let what = format!("its `provider` starts with none of {}", schemes.join(", "));
        return Err(ResolveErrorKind::NotConfigured(what));
    };
    if kind.is_built {
        return Ok(kind);
    }
    Err(ResolveErrorKind::NotBuilt {
        scheme: kind.scheme,
        feature: kind.feature,
    })
}

/// The file that a provider's address names, if it names one.
pub(in crate::secrets) fn file_of(provider: &str) -> Option<&str> {
    let (scheme, rest) = provider.split_once(':')?;
    let path = rest.strip_prefix("//").unwrap_or(rest);
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    matches!(scheme, "age" | "sops").then_some(path)
}

/// A secret in a store: its name, and the part for kinds with parts.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Key {
    name: String,
    part: Option<String>,
}

/// The bytes of a secret.
type SecretBytes = Zeroizing<Vec<u8>>;
type ReadCell = Arc<OnceCell<Result<Arc<SecretBytes>, ResolveErrorKind>>>;

/// A store that the user's own configuration defines.
pub(super) struct ProviderStore {
    name: String,
    project: PathBuf,
    opened: OnceLock<Result<Provider, ResolveErrorKind>>,
}

impl ProviderStore {
    pub(super) fn new(name: String, project: PathBuf) -> Self {
        Self {
            name,
            project,
            opened: OnceLock::new(),
        }
    }

    fn provider(&self) -> Result<&Provider, ResolveErrorKind> {
        self.opened
            .get_or_init(|| Provider::open(&self.name, &self.project))
            .as_ref()
            .map_err(ResolveErrorKind::clone)
    }
}

impl Store for ProviderStore {
    fn check_reference(&self, _reference: &SecretRef) -> Result<(), &'static str> {
        Ok(())
    }

    fn read<'a>(
        &'a self,
        reference: &'a SecretRef,
    ) -> BoxFuture<'a, Result<SecretValue, ResolveErrorKind>> {
        async { self.provider()?.read(reference).await }.boxed()
    }

    fn prefetch<'a>(&'a self, references: &'a [&'a SecretRef]) -> BoxFuture<'a, ()> {
        async {
            // Reading each reference reports the error of a store that does not open.
            if let Ok(provider) = self.provider() {
                provider.prefetch(references).await;
            }
        }
        .boxed()
    }
}

/// An opened store and the secrets that this run has read.
struct Provider {
    kind: &'static Kind,
    library: Library,
    limit: Duration,
    read: Mutex<BTreeMap<Key, ReadCell>>,
}

impl Provider {
    /// Opens the store that the user's own configuration defines under a name.
    fn open(name: &str, project: &Path) -> Result<Self, ResolveErrorKind> {
        let config = user_config::open(project)?.unwrap_or_default();
        let config = config.stores.get(name).ok_or_else(|| {
            let what = "the user's own configuration defines no such store";
            ResolveErrorKind::NotConfigured(what.to_owned())
        })?;
        Self::new(config)
    }

    fn new(config: &ProviderConfig) -> Result<Self, ResolveErrorKind> {
        Ok(Self {
            kind: kind_of(&config.provider)?,
            library: Library::open(&config.provider)?,
            limit: config.deadline(),
            read: Mutex::default(),
        })
    }

    /// Reads one reference.
    async fn read(&self, reference: &SecretRef) -> Result<SecretValue, ResolveErrorKind> {
        let key = self.key(reference);
        let cell = self.cell(&key);
        let bytes = cell
            .get_or_init(|| self.read_single(key))
            .await
            .as_ref()
            .map_err(ResolveErrorKind::clone)?;
        let text = utf8(bytes)?;
        match &reference.field {
            Some(field) if !self.kind.has_parts => fields::read(FieldsForm::Json, text, field),
            _ => Ok(SecretValue::new(text.to_owned())),
        }
    }

    /// Reads many secrets in few requests. A secret that a batch does not return is read alone later, because that
    /// request reports the error of this secret.
    async fn prefetch(&self, references: &[&SecretRef]) {
        let keys: Vec<Key> = references
            .iter()
            .map(|reference| self.key(reference))
            .filter(|key| !self.cell(key).initialized())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        if keys.len() < 2 {
            return;
        }
        let read_batch = async |keys: &[Key]| self.read_batch(keys.to_vec()).await;
        stream::iter(keys.chunks(BATCH_SIZE))
            .map(read_batch)
            .buffer_unordered(PARALLEL_BATCHES)
            .collect::<()>()
            .await;
    }

    async fn read_batch(&self, keys: Vec<Key>) {
        let secrets = match self.library.read(keys.clone(), self.limit).await {
            Ok(secrets) => secrets,
            Err(error) if concerns_whole_store(&error) => {
                for key in &keys {
                    // A result that `read_single` has stored in the meantime stays.
                    let _ = self.cell(key).set(Err(error.clone()));
                }
                return;
            }
            Err(_) => return,
        };
        for (key, bytes) in secrets {
            let _ = self.cell(&key).set(check_size(bytes));
        }
    }

    async fn read_single(&self, key: Key) -> Result<Arc<SecretBytes>, ResolveErrorKind> {
        let mut secrets = self.library.read(vec![key], self.limit).await?;
        let (_, bytes) = secrets.pop().ok_or(ResolveErrorKind::NotFound)?;
        check_size(bytes)
    }

    fn key(&self, reference: &SecretRef) -> Key {
        let part = reference.field.clone();
        Key {
            name: reference.path.clone(),
            part: part.filter(|_| self.kind.has_parts),
        }
    }

    fn cell(&self, key: &Key) -> ReadCell {
        let mut read = self.read.lock_unpoisoned();
        Arc::clone(read.entry(key.clone()).or_default())
    }
}

/// Whether every secret of the store would fail with this error.
fn concerns_whole_store(error: &ResolveErrorKind) -> bool {
    matches!(
        error,
        ResolveErrorKind::TimedOut
            | ResolveErrorKind::Unreachable(_)
            | ResolveErrorKind::LoginRefused(_)
            | ResolveErrorKind::NotConfigured(_)
    )
}

fn check_size(bytes: SecretBytes) -> Result<Arc<SecretBytes>, ResolveErrorKind> {
    if bytes.len() > LIMIT {
        return Err(ResolveErrorKind::TooLarge);
    }
    Ok(Arc::new(bytes))
}

#[cfg(test)]
mod tests {
    use super::{Provider, ResolveErrorKind, kind_of};

    #[test]
    fn new_kind_that_is_not_built_in_names_its_feature() {
        let config = serde_yaml::from_str("provider: 'awssm://eu-west-1'").unwrap();
        let opened = Provider::new(&config).map(|provider| provider.kind.scheme);
        if cfg!(feature = "stores-aws") {
            assert_eq!(opened, Ok("awssm"));
        } else {
            let (scheme, feature) = ("awssm", "stores-aws");
            assert_eq!(opened, Err(ResolveErrorKind::NotBuilt { scheme, feature }));
        }
    }

    #[test]
    fn kind_of_unknown_provider_fails_without_quoting_it() {
        for provider in ["hunter2", "env://", "hunter2://x", ""] {
            let error = kind_of(provider).unwrap_err();
            assert!(matches!(error, ResolveErrorKind::NotConfigured(_)));
            assert!(!error.to_string().contains("hunter2"));
        }
    }
}
