//! Responsible for stores that the user's own configuration names: `${prod-aws:acme/github#token}` is read from the
//! store that it calls `prod-aws`, and `token` is a field of the secret's JSON.
//!
//! A project can name such a store and never define it. Each secret is read once per run, several in one request where
//! the store can, within a time limit. Refuses kinds of stores that this build lacks, and repeating a store's text.

#[cfg(not(feature = "stores"))]
mod absent;
#[cfg(feature = "stores")]
mod library;

#[cfg(not(feature = "stores"))]
use absent::Library;
#[cfg(feature = "stores")]
use library::Library;

use super::file::LIMIT;
use super::health::{counted, listed};
use super::{Store, check_value};
use crate::model::{HealthCheck, LockUnpoisoned, SecretRef, SecretValue};
use crate::secrets::fields::{self, FieldsForm};
use crate::secrets::user_config::{self, ProviderConfig};
use crate::secrets::{ResolveError, ResolveErrorKind};
use futures_util::future::{self, BoxFuture, FutureExt as _};
use futures_util::{StreamExt, stream};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

/// Secrets that are asked for in one request; what AWS allows.
const BATCH: usize = 20;
/// Such requests at the same time.
const AT_ONCE: usize = 4;
/// References that a health check reads at the same time.
const PARALLEL_READS: usize = 8;

/// A kind of store.
#[derive(Clone, Copy, Debug)]
struct Kind {
    scheme: &'static str,
    /// The feature that builds it in.
    feature: &'static str,
    built: bool,
    /// Its secrets have named parts; those of the others are one value, which may be JSON.
    has_parts: bool,
}

const fn kind(scheme: &'static str, feature: &'static str, built: bool) -> Kind {
    Kind {
        scheme,
        feature,
        built,
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
    let scheme = provider.split_once(':').map_or(provider, |(one, _)| one);
    let found = KINDS.iter().find(|kind| kind.scheme == scheme);
    let Some(kind) = found else {
        let all: Vec<&str> = KINDS.iter().map(|kind| kind.scheme).collect();
        let what = format!("its `provider` begins with none of {}", all.join(", "));
        return Err(ResolveErrorKind::NotConfigured(what));
    };
    if kind.built {
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

/// What is asked of a store: a secret's name, and the part of it for stores that know parts.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Key {
    name: String,
    part: Option<String>,
}

/// A secret as the store has it.
type SecretBytes = Zeroizing<Vec<u8>>;
type ReadCell = Arc<OnceCell<Result<Arc<SecretBytes>, ResolveErrorKind>>>;

const HINT: &str = "check the secret's name, and the store's own login and permissions";

/// A store that the user's own configuration names.
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

    async fn check_references(&self, references: &[&SecretRef]) -> Vec<HealthCheck> {
        let subject = format!("store {}", self.name);
        let provider = match self.provider() {
            Ok(provider) => provider,
            Err(kind) => {
                let hint = "describe it under `stores` in your own configuration, \
                            ~/.config/airlift/config.yaml, outside the project";
                return vec![HealthCheck::fail(&subject, kind.to_string(), hint)];
            }
        };
        provider.prefetch(references).await;
        let reads: Vec<_> = references
            .iter()
            .map(|reference| provider.failure(reference))
            .collect();
        let failures: Vec<String> = stream::iter(reads)
            .buffered(PARALLEL_READS)
            .filter_map(future::ready)
            .collect()
            .await;
        if failures.is_empty() {
            let count = counted(references.len(), "secret");
            let detail = format!("{}: {count} can be read", provider.kind.scheme);
            return vec![HealthCheck::ok(&subject, detail)];
        }
        listed(failures, |text| HealthCheck::fail(&subject, text, HINT))
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

    fn health<'a>(&'a self, references: &'a [&'a SecretRef]) -> BoxFuture<'a, Vec<HealthCheck>> {
        self.check_references(references).boxed()
    }
}

/// The opened store, with the secrets that were read in this run.
struct Provider {
    kind: &'static Kind,
    library: Library,
    limit: Duration,
    read: Mutex<BTreeMap<Key, ReadCell>>,
}

impl Provider {
    /// Opens the store that the user's own configuration describes under a name.
    fn open(name: &str, project: &Path) -> Result<Self, ResolveErrorKind> {
        let config = user_config::open(project)?.unwrap_or_default();
        let config = config.stores.get(name).ok_or_else(|| {
            let what = "the user's own configuration names no such store";
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
        let place = self.place(&key);
        let whole = place.get_or_init(|| self.single(key)).await;
        let whole = whole.as_ref().map_err(ResolveErrorKind::clone)?;
        let text = std::str::from_utf8(whole).map_err(|_| ResolveErrorKind::NotText)?;
        match &reference.field {
            Some(field) if !self.kind.has_parts => fields::read(FieldsForm::Json, text, field),
            _ => Ok(SecretValue::new(text.to_owned())),
        }
    }

    /// Reads many secrets in few requests. What a request does not give is left to be read
    /// alone, which tells each one's own trouble, unless nothing can be had at present.
    async fn prefetch(&self, references: &[&SecretRef]) {
        let keys = references.iter().map(|reference| self.key(reference));
        let unread = |key: &Key| !self.place(key).initialized();
        let keys: Vec<Key> = keys
            .filter(unread)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        if keys.len() < 2 {
            return;
        }
        let batch = async |keys: &[Key]| self.batch(keys.to_vec()).await;
        stream::iter(keys.chunks(BATCH))
            .map(batch)
            .buffer_unordered(AT_ONCE)
            .collect::<()>()
            .await;
    }

    /// Why a reference cannot be read, if it cannot.
    async fn failure(&self, reference: &SecretRef) -> Option<String> {
        let kind = self.read(reference).await.and_then(check_value).err()?;
        let reference = reference.clone();
        Some(ResolveError { reference, kind }.to_string())
    }

    async fn batch(&self, keys: Vec<Key>) {
        let found = match self.library.read(keys.clone(), self.limit).await {
            Ok(found) => found,
            Err(why) if is_general(&why) => {
                for key in &keys {
                    // Where it was read alone in between, that holds.
                    let _ = self.place(key).set(Err(why.clone()));
                }
                return;
            }
            Err(_) => return,
        };
        for (key, whole) in found {
            let _ = self.place(&key).set(bounded(whole));
        }
    }

    async fn single(&self, key: Key) -> Result<Arc<SecretBytes>, ResolveErrorKind> {
        let mut found = self.library.read(vec![key], self.limit).await?;
        let (_, whole) = found.pop().ok_or(ResolveErrorKind::NotFound)?;
        bounded(whole)
    }

    fn key(&self, reference: &SecretRef) -> Key {
        let part = reference.field.clone();
        Key {
            name: reference.path.clone(),
            part: part.filter(|_| self.kind.has_parts),
        }
    }

    fn place(&self, key: &Key) -> ReadCell {
        let mut read = self.read.lock_unpoisoned();
        Arc::clone(read.entry(key.clone()).or_default())
    }
}

/// Whether it would be the same for every secret of the store.
fn is_general(why: &ResolveErrorKind) -> bool {
    matches!(
        why,
        ResolveErrorKind::TimedOut
            | ResolveErrorKind::Unreachable(_)
            | ResolveErrorKind::LoginRefused(_)
            | ResolveErrorKind::NotConfigured(_)
    )
}

fn bounded(whole: SecretBytes) -> Result<Arc<SecretBytes>, ResolveErrorKind> {
    if whole.len() > LIMIT {
        return Err(ResolveErrorKind::TooLarge);
    }
    Ok(Arc::new(whole))
}

#[cfg(test)]
mod tests {
    use super::{Provider, ResolveErrorKind, kind_of};

    #[test]
    fn a_kind_that_is_not_built_in_names_its_feature() {
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
    fn a_provider_of_no_kind_is_refused_without_quoting_it() {
        for provider in ["hunter2", "env://", "hunter2://x", ""] {
            let why = kind_of(provider).unwrap_err();
            assert!(matches!(why, ResolveErrorKind::NotConfigured(_)));
            assert!(!why.to_string().contains("hunter2"));
        }
    }
}
