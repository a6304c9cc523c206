//! Responsible for what is kept between runs, as files under `.airlift` or as objects in a store that
//! machines share: the ledger of owned resources, the journal of writes, and the lock that lets one
//! run at a time write.
//!
//! Does not hold secret values (its types have no place for one). Does not go on after a file that
//! it cannot read: an incomplete ledger creates duplicates.

mod customers;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod journal;
mod lease;
mod lock;
mod recovery;
mod rotations;
mod store;

#[cfg(test)]
mod tests;

pub use customers::Ledger;
pub use journal::{Intent, IntentOutcome, Journal, Unsettled};
pub use lock::Lock;
pub use recovery::{Recovered, interchangeable, is_unresolved, precedence, recover, was_created};
pub use rotations::{Rotation, Rotations};
pub use store::{LedgerStore, SharedStore, open_shared, trusted};

use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why the ledger cannot be read or written.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// Reading or writing failed.
    #[error("{action} {path}: {source}")]
    Io {
        /// What was attempted.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A request to a shared store failed.
    #[error("{action} {path}: {cause}")]
    Store {
        /// What was attempted.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the store says.
        cause: String,
    },
    /// Another run changed an object that this run was about to write.
    #[error("{path} was changed by another run in the meantime; plan again")]
    Changed {
        /// The object.
        path: PathBuf,
    },
    /// The lock of a shared ledger was not renewed in time, so another run may hold it.
    #[error(
        "cannot write {path}: this run lost the ledger's lock, which it could not renew in time"
    )]
    LeaseLost {
        /// The object.
        path: PathBuf,
    },
    /// A file is not what this program writes. Its content is not quoted.
    #[error("{path} is not a {what} that this version can read (line {line})")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What it should be.
        what: &'static str,
        /// Where reading stopped.
        line: usize,
    },
    /// Another run holds the lock.
    #[error("another run is at work on this ledger ({holder}); wait for it to end")]
    Locked {
        /// Who holds it, as it said itself, and for how long.
        holder: String,
    },
    /// Another user could have written what is read.
    #[error("{path} {why}")]
    Untrusted {
        /// What is not to be relied on.
        path: PathBuf,
        /// Why not.
        why: &'static str,
    },
}

impl LedgerError {
    fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}
