//! The disk side: the ledger of what is ours, the journal of what was begun, and the lock that
//! keeps two runs apart.
//!
//! Owns the files under `.airlift`. Refuses secret values (its types have no place for one), and
//! to go on after a file it cannot read: a ledger that is guessed at creates duplicates.

mod files;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod journal;
mod ledger;
mod lock;
mod rotation;
mod settle;

#[cfg(test)]
mod tests;

pub use files::trusted;
pub use journal::{Intent, Journal, Outcome, Unsettled};
pub use ledger::Ledger;
pub use lock::Lock;
pub use rotation::{Rotation, Rotations};
pub use settle::{Settled, has_come, interchangeable, is_wanting, precedence, settle};

use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why the disk side cannot go on.
#[derive(Debug, Error)]
pub enum RecordError {
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
    /// Somebody else could have put there what is read.
    #[error("{path} {why}")]
    Untrusted {
        /// What is not to be relied on.
        path: PathBuf,
        /// Why not.
        why: &'static str,
    },
}

impl RecordError {
    fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}
