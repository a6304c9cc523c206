//! Responsible for the state between runs, as files under `.airlift` or as objects in a store that
//! machines share: the ledger of owned resources, the journal of writes, and the lock that lets one
//! run at a time write.
//!
//! Does not store secret values. An entry that cannot be read blocks its customer. Does not continue
//! after another file that it cannot read, because a run with an incomplete ledger creates duplicates.

mod authenticate;
mod disk_thread;
mod entries;
mod envelope;
mod environment;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod head;
mod journal;
mod lease;
mod lock;
mod organization;
mod packs;
mod plans;
mod recovery;
mod rotations;
mod shards;
mod snapshot;
mod store;

#[cfg(any(fuzzing, test))]
pub(crate) use authenticate::testing;

pub use authenticate::{Authenticator, LedgerKey, Scope};
pub(crate) use disk_thread::use_disk_thread;
pub use environment::check_environment;
pub use journal::{CLOCK_DIFFERENCE, Intent, IntentOutcome, Journal, JournalEntry};
pub use lock::Lock;
pub use organization::{Ledger, UnsignedLedger};
pub use packs::pack_of;
pub use plans::{MAX_PLAN_SIZE, PlanStore};
pub use recovery::{interchangeable, is_unresolved, precedence, recover, was_created};
pub use rotations::{Rotations, UnfinishedRotation};
pub use shards::{
    Division, check_claimed_shards, check_shards, claim_shards, division, resign_shards,
};
pub use store::{CANNOT_OPEN, LedgerStore, SharedStore, open_shared, trusted};

use crate::model::Damage;
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
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// A request to a shared store failed.
    #[error("{action} {path}: {cause}")]
    Store {
        /// What was attempted.
        action: &'static str,
        /// The object.
        path: PathBuf,
        /// The error of the store.
        cause: String,
    },
    /// Another run changed an object that this run was about to write.
    #[error("another run changed {path}; plan again")]
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
    /// The store overwrote an object although the request allowed only its creation.
    #[error(
        "cannot lock the ledger: the store of {path} ignores conditions of writes, so that two runs could write at the same time"
    )]
    WithoutConditions {
        /// The object.
        path: PathBuf,
    },
    /// A file has content that this version does not write. The message does not quote it.
    #[error("{path} is not a {what} that this version can read (line {line}){damage}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The expected kind of file.
        what: &'static str,
        /// The line of the first error.
        line: usize,
        /// The cause, if the content shows it.
        damage: Damage,
    },
    /// A file is larger than any that airlift writes.
    #[error("{path} is larger than {limit} bytes, and airlift writes no such file")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most bytes.
        limit: u64,
    },
    /// A file has the format of a newer version of airlift.
    #[error("{path} has version {version} of the ledger's format, and this airlift knows up to 2")]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version.
        version: u32,
    },
    /// No object of the ledger has a valid MAC.
    #[error(
        "no object of the ledger {path} can be verified: it was written with another key, for another \
         API address or environment, or by someone else"
    )]
    KeyChanged {
        /// The ledger.
        path: PathBuf,
    },
    /// The ledgers of the store belong to another environment.
    #[error(
        "the ledger {path} belongs to the environment {environment:?}, and this run is for another one"
    )]
    OtherEnvironment {
        /// The store.
        path: PathBuf,
        /// The environment of the store.
        environment: String,
    },
    /// The ledger is not divided into as many shards as the run says.
    #[error(
        "the ledger {path} is {}",
        .count.map_or(
            "one for all customers, and --shard is for one that is divided, 0/1 included".to_owned(),
            |count| format!("divided into {count} shards, and this run is for another number of shards")
        )
    )]
    OtherShards {
        /// The ledger.
        path: PathBuf,
        /// The number of its shards. `None` if it is not divided.
        count: Option<u16>,
    },
    /// The journal of an interrupted run does not exist.
    #[error("the ledger {path} has no journal, although its last run was interrupted")]
    JournalMissing {
        /// The ledger.
        path: PathBuf,
    },
    /// An object has no valid MAC.
    #[error("{path} cannot be verified: this ledger's key did not write it")]
    Unverified {
        /// The object.
        path: PathBuf,
    },
    /// An object is not the one that the head names.
    #[error("{path} is an old copy: the ledger's head names another one")]
    OldCopy {
        /// The object.
        path: PathBuf,
    },
    /// The head is older than the journal.
    #[error("{path} is an old copy: the journal is that of a later run")]
    OldHead {
        /// The head.
        path: PathBuf,
    },
    /// An object that the head names does not exist.
    #[error("{path} does not exist, although the ledger's head names it")]
    Missing {
        /// The object.
        path: PathBuf,
    },
    /// Another run holds the lock.
    #[error("another run uses this ledger ({holder}); wait for it to end")]
    Locked {
        /// The holder, from its own text, and how long it has held the lock.
        holder: String,
    },
    /// The group of a file or directory can write it.
    #[error("{path} can be written by other users: the members of its group (mode {mode:04o})")]
    GroupWritable {
        /// The file or directory.
        path: PathBuf,
        /// The mode.
        mode: u32,
    },
    /// Another user could have written the file or the directory.
    #[error("{path} {why}")]
    Untrusted {
        /// The file or directory.
        path: PathBuf,
        /// The reason.
        why: String,
    },
}

impl LedgerError {
    /// A file with content that is not JSON of the expected kind.
    fn unreadable(
        path: &Path,
        what: &'static str,
        text: &str,
    ) -> impl FnOnce(serde_json::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::Unreadable {
            path,
            what,
            line: error.line(),
            damage: Damage::from_content(text.as_bytes(), Some(&error)),
        }
    }

    /// A file that is no UTF-8 text.
    fn no_text(path: &Path, bytes: &[u8], valid: usize) -> Self {
        let valid = bytes.iter().take(valid);
        Self::Unreadable {
            path: path.to_owned(),
            what: "file of the ledger",
            line: 1 + valid.filter(|byte| **byte == b'\n').count(),
            damage: Damage::NoText,
        }
    }

    /// The damage of a file with content that no run writes. A file that was not durable when the
    /// machine crashed can have such content.
    fn damage(&self) -> Option<Damage> {
        match self {
            Self::Unreadable { damage, .. } => Some(*damage),
            Self::TooLarge { .. } => Some(Damage::TooLarge),
            _ => None,
        }
    }

    fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}
