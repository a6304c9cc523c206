//! Responsible for the store of a ledger: a directory on this machine, or an object store that
//! machines share. Offers the operations that both have. Does not know the content.

pub(in crate::ledger) mod local;
pub(in crate::ledger) mod object;

pub use local::{LocalStore, trusted};
pub use object::{CANNOT_OPEN, SharedStore, open_shared};
pub(in crate::ledger) use object::{Moment, Put};

use super::lock::LOCK_FILE;
use super::{LedgerError, disk_thread};
use crate::files::Access;
use crate::model::OrganizationId;
use std::path::{Path, PathBuf};

/// The number of files that take longer to write than the requests of other customers should wait.
const MANY: usize = 8;

/// A local directory or a shared object store.
#[derive(Clone, Debug)]
pub enum LedgerStore {
    /// A directory on this machine.
    Local(LocalStore),
    /// An object store that several machines use.
    Shared(SharedStore),
}

#[cfg(any(fuzzing, test))]
impl From<&Path> for LedgerStore {
    fn from(dir: &Path) -> Self {
        Self::local(dir, Access::Private)
    }
}

impl LedgerStore {
    /// A directory on this machine, whose files only this user or also the group may write.
    pub fn local(dir: &Path, access: Access) -> Self {
        Self::Local(LocalStore::new(dir, access))
    }

    /// The path or address of the store for messages.
    pub fn address(&self) -> String {
        let address = self.shown("").display().to_string();
        address.trim_end_matches('/').to_owned()
    }

    /// The organizations that have a ledger in the store.
    pub async fn organizations(&self) -> Result<Vec<OrganizationId>, LedgerError> {
        let names = self.directories().await?;
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }

    /// The store of one organization.
    pub(in crate::ledger) fn for_organization(&self, organization: OrganizationId) -> Self {
        self.below(&organization.to_string())
    }

    /// A directory of the store.
    pub(in crate::ledger) fn below(&self, dir: &str) -> Self {
        match self {
            Self::Local(local) => Self::Local(local.below(dir)),
            Self::Shared(shared) => Self::Shared(shared.below(dir)),
        }
    }

    /// The path or address of a name for messages.
    pub(in crate::ledger) fn shown(&self, name: &str) -> PathBuf {
        match self {
            Self::Local(local) => local.path(name),
            Self::Shared(shared) => shared.shown(name),
        }
    }

    /// The text of a file or object, or `None` if it does not exist.
    pub(in crate::ledger) async fn read(&self, name: &str) -> Result<Option<String>, LedgerError> {
        match self {
            Self::Local(local) => local.text(name),
            Self::Shared(shared) => shared.read(name).await,
        }
    }

    /// Fails if this user cannot write the directory. Writes nothing, so a shared store is not checked.
    pub fn check_writable(&self) -> Result<(), LedgerError> {
        match self {
            Self::Local(local) => local.check_writable(LOCK_FILE),
            Self::Shared(_) => Ok(()),
        }
    }

    /// Fails, with the name of an object, if this run lost the lock. The lock of a directory cannot be lost.
    pub(in crate::ledger) fn check_lock(&self, name: &str) -> Result<(), LedgerError> {
        match self {
            Self::Local(_) => Ok(()),
            Self::Shared(shared) => shared.writable(name),
        }
    }

    /// Replaces the content of a file or object atomically and durably.
    pub(in crate::ledger) async fn replace(
        &self,
        name: &str,
        content: &[u8],
    ) -> Result<(), LedgerError> {
        match self {
            Self::Local(local) => local.replace(name, content).map(drop),
            Self::Shared(shared) => shared.replace(name, content).await,
        }
    }

    /// The text of a file or object of at most `limit` bytes, or `None` if it does not exist.
    pub(in crate::ledger) async fn read_up_to(
        &self,
        name: &str,
        limit: u64,
    ) -> Result<Option<String>, LedgerError> {
        match self {
            Self::Local(local) => local.text_up_to(name, limit),
            Self::Shared(shared) => shared.read_up_to(name, limit).await,
        }
    }

    /// Replaces files or objects durably, each of them atomically.
    pub(in crate::ledger) async fn replace_all(
        &self,
        contents: Vec<(String, Vec<u8>)>,
    ) -> Result<(), LedgerError> {
        match self {
            // In a run over few customers one thread writes everything, in the same order every time.
            Self::Local(local) if contents.len() < MANY => local.replace_all(&contents),
            Self::Local(local) => {
                let (local, path) = (local.clone(), local.path(""));
                disk_thread::run(move || local.replace_all(&contents))
                    .await
                    .map_err(LedgerError::io("cannot write", &path))
                    .flatten()
            }
            Self::Shared(shared) => shared.replace_all(&contents).await,
        }
    }

    /// Removes a file or object durably, if it exists.
    pub(in crate::ledger) async fn remove(&self, name: &str) -> Result<(), LedgerError> {
        match self {
            Self::Local(local) => local.remove(name),
            Self::Shared(shared) => shared.remove(name).await,
        }
    }

    /// Removes files or objects durably, if they exist.
    pub(in crate::ledger) async fn remove_all(&self, names: &[String]) -> Result<(), LedgerError> {
        match self {
            Self::Local(local) => local.remove_all(names),
            Self::Shared(shared) => shared.remove_all(names).await,
        }
    }

    /// The names of what may be a directory directly below the store.
    pub(in crate::ledger) async fn directories(&self) -> Result<Vec<String>, LedgerError> {
        match self {
            Self::Local(local) => local.names(""),
            Self::Shared(shared) => shared.directories().await,
        }
    }

    /// The names of all JSON files in a directory, in order.
    pub(in crate::ledger) async fn list(&self, dir: &str) -> Result<Vec<String>, LedgerError> {
        let mut names = match self {
            Self::Local(local) => local.names(dir)?,
            Self::Shared(shared) => shared.names(dir).await?,
        };
        names.retain(|name| Path::new(name).extension().is_some_and(|end| end == "json"));
        names.sort();
        Ok(names
            .into_iter()
            .map(|name| format!("{dir}/{name}"))
            .collect())
    }
}
