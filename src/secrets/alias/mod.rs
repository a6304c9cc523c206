//! Stores behind an alias: `${prod-aws:acme/github#token}` is read from the store that the
//! user's own configuration names `prod-aws`, and `token` is a field of its JSON.
//!
//! The alias says where secrets are read from, so a project can name it and never define it.
//! Each secret is read once per run, several in one request where the store can; a read has a
//! time limit. Refuses kinds of stores that this build lacks, and to repeat what a store says.

#[cfg(not(feature = "stores"))]
mod absent;
#[cfg(feature = "stores")]
mod library;

#[cfg(not(feature = "stores"))]
use absent::Library;
#[cfg(feature = "stores")]
use library::Library;

use super::Why;
use super::fields;
use super::file::LIMIT;
use super::user::{self, Outside};
use crate::model::{FieldsForm, SecretRef, SecretValue};
use futures_util::{StreamExt, stream};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

/// Secrets that are asked for in one request; what AWS allows.
const BATCH: usize = 20;
/// Such requests at the same time.
const AT_ONCE: usize = 4;

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
fn kind_of(provider: &str) -> Result<&'static Kind, Why> {
    let scheme = provider.split_once(':').map_or(provider, |(one, _)| one);
    let found = KINDS.iter().find(|kind| kind.scheme == scheme);
    let Some(kind) = found else {
        let all: Vec<&str> = KINDS.iter().map(|kind| kind.scheme).collect();
        let what = format!("its `provider` begins with none of {}", all.join(", "));
        return Err(Why::NotConfigured(what));
    };
    if kind.built {
        return Ok(kind);
    }
    Err(Why::NotBuilt {
        scheme: kind.scheme,
        feature: kind.feature,
    })
}

/// The file that a provider's address names, if it names one.
pub(super) fn file_of(provider: &str) -> Option<&str> {
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
type Whole = Zeroizing<Vec<u8>>;
type Place = Arc<OnceCell<Result<Arc<Whole>, Why>>>;

/// One store behind an alias, and what was read of it in this run.
pub(super) struct Alias {
    kind: &'static Kind,
    library: Library,
    limit: Duration,
    read: Mutex<BTreeMap<Key, Place>>,
}

/// Every store of the user's configuration.
pub(super) type Aliases = BTreeMap<String, Result<Alias, Why>>;

/// From the user's configuration; the error says what is the matter with it.
pub(super) fn open(project: &Path) -> Result<Aliases, Why> {
    let config = user::open(project)?.unwrap_or_default();
    let stores = config.stores.into_iter();
    Ok(stores
        .map(|(name, outside)| (name, Alias::new(&outside)))
        .collect())
}

impl Alias {
    fn new(outside: &Outside) -> Result<Self, Why> {
        Ok(Self {
            kind: kind_of(&outside.provider)?,
            library: Library::open(&outside.provider)?,
            limit: outside.deadline(),
            read: Mutex::default(),
        })
    }

    /// What kind of store it is.
    pub(super) fn scheme(&self) -> &'static str {
        self.kind.scheme
    }

    /// Reads one reference.
    pub(super) async fn read(&self, reference: &SecretRef) -> Result<SecretValue, Why> {
        let key = self.key(reference);
        let place = self.place(&key);
        let whole = place.get_or_init(|| self.single(key)).await;
        let whole = whole.as_ref().map_err(Why::clone)?;
        let text = std::str::from_utf8(whole).map_err(|_| Why::NotText)?;
        match &reference.field {
            Some(field) if !self.kind.has_parts => fields::read(FieldsForm::Json, text, field),
            _ => Ok(SecretValue::new(text.to_owned())),
        }
    }

    /// Reads many secrets in few requests. What a request does not give is left to be read
    /// alone, which tells each one's own trouble, unless nothing can be had at present.
    pub(super) async fn prefetch(&self, references: impl IntoIterator<Item = &SecretRef>) {
        let keys = references.into_iter().map(|reference| self.key(reference));
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

    async fn single(&self, key: Key) -> Result<Arc<Whole>, Why> {
        let mut found = self.library.read(vec![key], self.limit).await?;
        let (_, whole) = found.pop().ok_or(Why::NotFound)?;
        bounded(whole)
    }

    fn key(&self, reference: &SecretRef) -> Key {
        let part = reference.field.clone();
        Key {
            name: reference.path.clone(),
            part: part.filter(|_| self.kind.has_parts),
        }
    }

    fn place(&self, key: &Key) -> Place {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(read.entry(key.clone()).or_default())
    }
}

/// Whether it would be the same for every secret of the store.
fn is_general(why: &Why) -> bool {
    matches!(
        why,
        Why::TimedOut | Why::Unreachable(_) | Why::LoginRefused(_) | Why::NotConfigured(_)
    )
}

fn bounded(whole: Whole) -> Result<Arc<Whole>, Why> {
    if whole.len() > LIMIT {
        return Err(Why::TooLarge);
    }
    Ok(Arc::new(whole))
}

#[cfg(test)]
mod tests {
    use super::{Alias, Why, kind_of};

    #[test]
    fn a_kind_that_is_not_built_in_names_its_feature() {
        let outside = serde_yaml::from_str("provider: 'awssm://eu-west-1'").unwrap();
        let opened = Alias::new(&outside).map(|alias| alias.scheme());
        if cfg!(feature = "stores-aws") {
            assert_eq!(opened, Ok("awssm"));
        } else {
            let (scheme, feature) = ("awssm", "stores-aws");
            assert_eq!(opened, Err(Why::NotBuilt { scheme, feature }));
        }
    }

    #[test]
    fn a_provider_of_no_kind_is_refused_without_quoting_it() {
        for provider in ["hunter2", "env://", "hunter2://x", ""] {
            let why = kind_of(provider).unwrap_err();
            assert!(matches!(why, Why::NotConfigured(_)));
            assert!(!why.to_string().contains("hunter2"));
        }
    }
}
