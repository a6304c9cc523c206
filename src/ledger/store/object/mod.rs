//! Responsible for objects in a store that several machines use. Every write names the version of the
//! object that it replaces, so that the second of two runs that write the same object gets an error.
//!
//! Only the holder of the lease may write, while no other run can have taken the lease over. Does
//! not overwrite an object that it has not read.

mod open;
mod two_clocks;

pub(in crate::ledger) use two_clocks::Moment;

use crate::files::DEFAULT_LIMIT;
use crate::ledger::LedgerError;
use crate::model::LockUnpoisoned;
use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::path::Path as Key;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, UpdateVersion};
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// Objects that are written at the same time.
const PARALLEL_WRITES: usize = 32;
/// The most objects that are removed one by one.
const REMOVED_SINGLY: usize = 2;

/// A directory of an object store.
#[derive(Clone)]
pub struct SharedStore {
    store: Arc<dyn ObjectStore>,
    dir: Key,
    /// The address for messages.
    name: PathBuf,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// The last version of each object that was read or written.
    versions: HashMap<Key, UpdateVersion>,
    /// The time until which no other run can hold the lease.
    writable_until: Option<Moment>,
}

/// The result of a conditional write.
#[derive(Debug)]
pub(in crate::ledger) enum Put {
    /// The object has the content.
    Written(UpdateVersion),
    /// The object has other content.
    Conflict,
}

impl fmt::Debug for SharedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SharedStore").field(&self.name).finish()
    }
}

impl SharedStore {
    /// A directory of a store. `name` is the address for messages.
    pub fn new(store: Arc<dyn ObjectStore>, dir: &str, name: &str) -> Self {
        Self {
            store,
            dir: Key::from(dir),
            name: name.trim_end_matches('/').into(),
            state: Arc::default(),
        }
    }

    /// A subdirectory.
    pub(in crate::ledger) fn below(&self, dir: &str) -> Self {
        Self {
            dir: self.dir.clone().join(dir),
            name: self.name.join(dir),
            ..self.clone()
        }
    }

    /// The address of an object for messages.
    pub(in crate::ledger) fn shown(&self, name: &str) -> PathBuf {
        self.name.join(name)
    }

    fn key(&self, name: &str) -> Key {
        let parts = name.split('/');
        parts.fold(self.dir.clone(), Key::join)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock_unpoisoned()
    }

    /// Allows writing for a period.
    pub(in crate::ledger) fn allow(&self, since: Moment, time: Duration) {
        self.state().writable_until = Some(since.later(time));
    }

    /// Forbids writing.
    pub(in crate::ledger) fn forbid(&self) {
        self.state().writable_until = None;
    }

    /// Whether no other run can hold the lease.
    pub(in crate::ledger) fn may_write(&self) -> bool {
        self.state()
            .writable_until
            .is_some_and(|until| !until.has_passed())
    }

    fn failed(&self, action: &'static str, name: &str, error: &Error) -> LedgerError {
        LedgerError::Store {
            action,
            path: self.shown(name),
            cause: cause(error),
        }
    }

    /// The text and the version of an object, or `None` if it does not exist.
    pub(in crate::ledger) async fn get(
        &self,
        name: &str,
    ) -> Result<Option<(String, UpdateVersion)>, LedgerError> {
        self.get_up_to(name, DEFAULT_LIMIT).await
    }

    async fn get_up_to(
        &self,
        name: &str,
        limit: u64,
    ) -> Result<Option<(String, UpdateVersion)>, LedgerError> {
        let failed = |error| self.failed("cannot read", name, &error);
        let object = match self.store.get(&self.key(name)).await {
            Ok(object) => object,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let version = UpdateVersion {
            e_tag: object.meta.e_tag.clone(),
            version: object.meta.version.clone(),
        };
        if object.meta.size > limit {
            // `ledger sign` replaces this version.
            self.state().versions.insert(self.key(name), version);
            let path = self.shown(name);
            return Err(LedgerError::TooLarge { path, limit });
        }
        let bytes = object.bytes().await.map_err(failed)?;
        Ok(Some((
            String::from_utf8_lossy(&bytes).into_owned(),
            version,
        )))
    }

    /// Writes an object if it still has the version `before`, or if it does not exist and `before` is
    /// `None`.
    pub(in crate::ledger) async fn put(
        &self,
        name: &str,
        content: &[u8],
        before: Option<UpdateVersion>,
    ) -> Result<Put, LedgerError> {
        let is_update = before.is_some();
        match self.put_once(name, content, before).await {
            Ok(version) => Ok(Put::Written(version)),
            // The object was removed.
            Err(Error::NotFound { .. }) if is_update => Ok(Put::Conflict),
            // The store's client repeats requests without a response, so an earlier attempt of this
            // write may have succeeded.
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => {
                Ok(match self.get(name).await? {
                    Some((text, version)) if text.as_bytes() == content => Put::Written(version),
                    _ => Put::Conflict,
                })
            }
            Err(error) => Err(self.failed("cannot write", name, &error)),
        }
    }

    /// Whether the store creates an object although it exists.
    pub(in crate::ledger) async fn creates_again(
        &self,
        name: &str,
        content: &[u8],
    ) -> Result<bool, LedgerError> {
        match self.put_once(name, content, None).await {
            Ok(_) => Ok(true),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(false),
            Err(error) => Err(self.failed("cannot write", name, &error)),
        }
    }

    async fn put_once(
        &self,
        name: &str,
        content: &[u8],
        before: Option<UpdateVersion>,
    ) -> Result<UpdateVersion, Error> {
        let mode = before.map_or(PutMode::Create, PutMode::Update);
        let options = PutOptions::from(mode);
        let (key, payload) = (self.key(name), content.to_vec().into());
        Ok(self.store.put_opts(&key, payload, options).await?.into())
    }

    /// The text of an object, or `None` if it does not exist. A later write replaces this version.
    pub(in crate::ledger) async fn read(&self, name: &str) -> Result<Option<String>, LedgerError> {
        self.read_up_to(name, DEFAULT_LIMIT).await
    }

    /// The text of an object of at most `limit` bytes, as [`Self::read`].
    pub(in crate::ledger) async fn read_up_to(
        &self,
        name: &str,
        limit: u64,
    ) -> Result<Option<String>, LedgerError> {
        let object = self.get_up_to(name, limit).await?;
        let key = self.key(name);
        let mut state = self.state();
        Ok(if let Some((text, version)) = object {
            state.versions.insert(key, version);
            Some(text)
        } else {
            state.versions.remove(&key);
            None
        })
    }

    /// Fails if this run lost the lock.
    pub(in crate::ledger) fn writable(&self, name: &str) -> Result<(), LedgerError> {
        if self.may_write() {
            return Ok(());
        }
        let path = self.shown(name);
        Err(LedgerError::LeaseLost { path })
    }

    /// Replaces an object if it still has the version that was last read or written.
    pub(in crate::ledger) async fn replace(
        &self,
        name: &str,
        content: &[u8],
    ) -> Result<(), LedgerError> {
        self.writable(name)?;
        let key = self.key(name);
        let before = self.state().versions.get(&key).cloned();
        match self.put(name, content, before).await? {
            Put::Written(version) => {
                self.state().versions.insert(key, version);
                Ok(())
            }
            Put::Conflict => Err(LedgerError::Changed {
                path: self.shown(name),
            }),
        }
    }

    /// Replaces objects, several at the same time.
    pub(in crate::ledger) async fn replace_all(
        &self,
        contents: &[(String, Vec<u8>)],
    ) -> Result<(), LedgerError> {
        stream::iter(contents)
            .map(Ok)
            .try_for_each_concurrent(PARALLEL_WRITES, async |(name, content)| {
                self.replace(name, content).await
            })
            .await
    }

    /// Removes objects, if they exist, with one request for many where the store has it.
    pub(in crate::ledger) async fn remove_all(&self, names: &[String]) -> Result<(), LedgerError> {
        if names.len() > REMOVED_SINGLY && self.remove_at_once(names).await? {
            return Ok(());
        }
        for name in names {
            self.remove(name).await?;
        }
        Ok(())
    }

    /// Removes many objects. `false` if the store does not accept the request.
    async fn remove_at_once(&self, names: &[String]) -> Result<bool, LedgerError> {
        self.writable(names.first().map_or("", String::as_str))?;
        let keys: Vec<Key> = names.iter().map(|name| self.key(name)).collect();
        for key in &keys {
            self.state().versions.remove(key);
        }
        let keys = stream::iter(keys).map(Ok).boxed();
        let mut removed = self.store.delete_stream(keys);
        while let Some(result) = removed.next().await {
            match result {
                Ok(_) | Err(Error::NotFound { .. }) => {}
                Err(_) => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Removes an object, if it exists.
    pub(in crate::ledger) async fn remove(&self, name: &str) -> Result<(), LedgerError> {
        self.writable(name)?;
        self.remove_unlocked(name).await
    }

    /// Removes an object, if it exists, without the lease.
    pub(in crate::ledger) async fn remove_unlocked(&self, name: &str) -> Result<(), LedgerError> {
        let key = self.key(name);
        match self.store.delete(&key).await {
            Ok(()) | Err(Error::NotFound { .. }) => {
                self.state().versions.remove(&key);
                Ok(())
            }
            Err(error) => Err(self.failed("cannot remove", name, &error)),
        }
    }

    /// The names of the directories directly below.
    pub(in crate::ledger) async fn directories(&self) -> Result<Vec<String>, LedgerError> {
        let listed = self.store.list_with_delimiter(Some(&self.dir)).await;
        let listed = listed.map_err(|error| self.failed("cannot list", "", &error))?;
        let names = listed.common_prefixes.iter().filter_map(Key::filename);
        Ok(names.map(str::to_owned).collect())
    }

    /// The names of the objects directly in a directory. Drops the versions of objects that no longer
    /// exist.
    pub(in crate::ledger) async fn names(&self, dir: &str) -> Result<Vec<String>, LedgerError> {
        let prefix = self.key(dir);
        let keys: BTreeSet<Key> = self
            .store
            .list(Some(&prefix))
            .map_ok(|object| object.location)
            .try_collect()
            .await
            .map_err(|error| self.failed("cannot list", dir, &error))?;
        self.state()
            .versions
            .retain(|key, _| !key.prefix_matches(&prefix) || keys.contains(key));
        Ok(keys
            .iter()
            .filter_map(|key| name_below(key, &prefix))
            .collect())
    }
}

/// The name of an object directly in a directory.
fn name_below(key: &Key, dir: &Key) -> Option<String> {
    let mut parts = key.prefix_match(dir)?;
    let name = parts.next()?.as_ref().to_owned();
    parts.next().is_none().then_some(name)
}

/// The error of a store as one line of bounded length.
fn cause(error: &Error) -> String {
    let text = match error {
        Error::NotFound { .. } => "the bucket or container does not exist".to_owned(),
        Error::PermissionDenied { .. } => {
            "the credentials of the store do not permit this".to_owned()
        }
        Error::Unauthenticated { .. } => "the store does not accept the credentials".to_owned(),
        Error::NotImplemented { .. } | Error::NotSupported { .. } => {
            "the store does not support conditional writes, which a shared ledger needs".to_owned()
        }
        other => open::known_cause(&other.to_string()),
    };
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(300).collect()
}

/// What was attempted if a store is not opened, because its address or this build does not fit.
pub const CANNOT_OPEN: &str = "cannot open";

/// Opens a store by its address: `s3://`, `gs://` or `az://`.
///
/// `variables` are those that the tools of the store read, such as `AWS_REGION`.
pub fn open_shared(
    address: &str,
    variables: impl IntoIterator<Item = (String, String)>,
) -> Result<SharedStore, LedgerError> {
    let failed = |cause: String| LedgerError::Store {
        action: CANNOT_OPEN,
        path: open::shown(address),
        cause,
    };
    let (store, dir) = open::store(address, variables).map_err(failed)?;
    Ok(SharedStore::new(store, dir.as_ref(), address))
}

#[cfg(test)]
pub(in crate::ledger) mod silent;
#[cfg(test)]
pub(in crate::ledger) mod tests;
