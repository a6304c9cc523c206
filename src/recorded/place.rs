//! Where a ledger is kept: a directory on this machine, or an object store that machines share.
//!
//! Owns the one set of operations that both have. Refuses to know what is kept there.

use super::{RecordError, Shared, files};
use crate::model::OrganizationId;
use std::path::{Path, PathBuf};

/// A directory or a shared store.
#[derive(Clone, Debug)]
pub enum Place {
    /// A directory on this machine.
    Dir(PathBuf),
    /// Objects that several machines can reach.
    Shared(Shared),
}

impl From<&Path> for Place {
    fn from(dir: &Path) -> Self {
        Self::Dir(dir.to_owned())
    }
}

impl Place {
    /// The part that an organization has of it.
    pub(super) fn of(&self, organization: OrganizationId) -> Self {
        match self {
            Self::Dir(dir) => Self::Dir(dir.join(organization.to_string())),
            Self::Shared(shared) => Self::Shared(shared.below(&organization.to_string())),
        }
    }

    /// What is kept under a name, as people find it.
    pub(super) fn shown(&self, name: &str) -> PathBuf {
        match self {
            Self::Dir(dir) => dir.join(name),
            Self::Shared(shared) => shared.shown(name),
        }
    }

    /// The text under a name, or nothing if there is none.
    pub(super) async fn read(&self, name: &str) -> Result<Option<String>, RecordError> {
        match self {
            Self::Dir(dir) => files::read(&dir.join(name)),
            Self::Shared(shared) => shared.read(name).await,
        }
    }

    /// Replaces what is under a name as a whole, durably.
    pub(super) async fn replace(&self, name: &str, content: &[u8]) -> Result<(), RecordError> {
        match self {
            Self::Dir(dir) => {
                let path = dir.join(name);
                files::private_dir(path.parent().unwrap_or(dir))?;
                files::replace(&path, content).map(drop)
            }
            Self::Shared(shared) => shared.replace(name, content).await,
        }
    }

    /// Removes what is under a name, durably, if it is there.
    pub(super) async fn remove(&self, name: &str) -> Result<(), RecordError> {
        match self {
            Self::Dir(dir) => files::remove(&dir.join(name)),
            Self::Shared(shared) => shared.remove(name).await,
        }
    }

    /// The names of all JSON below a directory, in order.
    pub(super) async fn list(&self, dir: &str) -> Result<Vec<String>, RecordError> {
        let mut names = match self {
            Self::Dir(root) => {
                files::trusted(root)?;
                files::names(&root.join(dir))?
            }
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
