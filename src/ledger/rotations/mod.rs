//! Responsible for unfinished rotations, so that they can be resumed after a failure, a signal or a
//! kill.
//!
//! A rotation replaces each of its connectors and stores the ids from before. The ids that the
//! ledger still has are those of connectors that are not rotated yet. No clock is involved.
//!
//! The head names the generation of the list, so that an old list is refused. The last rotation leaves
//! an empty list, which is removed after the head no longer names a list.

use super::authenticate::Authenticator;
use super::envelope::{self, Opened};
use super::head::{Head, StoredHead};
use super::organization::Ledger;
use super::{LedgerError, LedgerStore, head};
use crate::model::{ConnectorId, Selector, UnverifiedCause};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use uuid::Uuid;

pub(super) const FILE: &str = "rotation.json";
const WHAT: &str = "list of rotations";

/// A rotation that has started.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct UnfinishedRotation {
    /// The selectors as given. Empty selects everything.
    pub selector: BTreeSet<Selector>,
    /// The start, RFC 3339, for messages.
    pub started_at: String,
    /// The ids of the selected connectors at the start.
    pub before: BTreeSet<ConnectorId>,
}

/// Every unfinished rotation of a ledger.
#[derive(Debug)]
pub struct Rotations {
    ledger: Ledger,
    open: Vec<UnfinishedRotation>,
}

/// The content of the list.
#[derive(Serialize)]
pub(super) struct ListToWrite<'a> {
    pub(super) run: Uuid,
    pub(super) rotations: &'a [UnfinishedRotation],
}

#[derive(Deserialize)]
struct StoredList {
    run: Uuid,
    rotations: Vec<UnfinishedRotation>,
}

/// The list of rotations, compared with the head.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum RotationList {
    /// The list does not exist, and the head names none.
    #[default]
    Absent,
    /// The list is authenticated and current.
    Current {
        generation: u64,
        rotations: Vec<UnfinishedRotation>,
    },
    /// The last rotation ended. The file is not needed.
    Ended { generation: u64 },
    /// The list is not authenticated, or is not the one that the head means.
    Refused {
        cause: UnverifiedCause,
        /// The generation that the head names.
        named: Option<u64>,
        /// The first line that cannot be read, or 1.
        line: usize,
    },
}

impl RotationList {
    /// The generation that the next head names.
    pub(super) fn generation(&self) -> Option<u64> {
        match self {
            Self::Current { generation, .. } => Some(*generation),
            Self::Refused { named, .. } => *named,
            Self::Absent | Self::Ended { .. } => None,
        }
    }

    /// The generation of the file.
    pub(super) fn counter(&self) -> u64 {
        match self {
            Self::Current { generation, .. } | Self::Ended { generation } => *generation,
            Self::Absent | Self::Refused { .. } => 0,
        }
    }

    fn refused(cause: UnverifiedCause, named: Option<u64>) -> Self {
        let line = 1;
        Self::Refused { cause, named, line }
    }

    pub(super) fn is_refused(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }

    fn open(self, store: &LedgerStore) -> Result<Vec<UnfinishedRotation>, LedgerError> {
        let path = store.shown(FILE);
        match self {
            Self::Absent | Self::Ended { .. } => Ok(Vec::new()),
            Self::Current { rotations, .. } => Ok(rotations),
            Self::Refused { cause, line, .. } => Err(match cause {
                UnverifiedCause::OldCopy => LedgerError::OldCopy { path },
                UnverifiedCause::Missing => LedgerError::Missing { path },
                UnverifiedCause::Damaged(damage) => LedgerError::Unreadable {
                    path,
                    what: WHAT,
                    line,
                    damage,
                },
                _ => LedgerError::Unverified { path },
            }),
        }
    }
}

impl Rotations {
    /// Reads the unfinished rotations of a ledger.
    pub(super) async fn load(
        ledger: Ledger,
        store: &LedgerStore,
        authenticator: &Authenticator,
    ) -> Result<Self, LedgerError> {
        let mut read = read_with_head(store, authenticator).await?;
        if read.1.is_refused() {
            // A concurrent run may have written the list and the head in the meantime.
            let again = read_with_head(store, authenticator).await?;
            if again.0 != read.0 {
                read = again;
            }
        }
        let open = read.1.open(store)?;
        Ok(Self { ledger, open })
    }

    /// The unfinished rotations, the oldest first.
    pub fn open(&self) -> &[UnfinishedRotation] {
        &self.open
    }

    /// The rotation with a selector.
    pub fn with_selector(&self, selector: &BTreeSet<Selector>) -> Option<&UnfinishedRotation> {
        self.open
            .iter()
            .find(|rotation| rotation.selector == *selector)
    }

    /// Records a started rotation. Replaces an earlier one with the same selector.
    pub async fn begin(&mut self, rotation: UnfinishedRotation) -> Result<(), LedgerError> {
        self.open
            .retain(|other| other.selector != rotation.selector);
        self.open.push(rotation);
        self.ledger.save_rotations(&self.open).await
    }

    /// Removes a finished rotation.
    pub async fn end(&mut self, selector: &BTreeSet<Selector>) -> Result<(), LedgerError> {
        self.open.retain(|other| other.selector != *selector);
        self.ledger.save_rotations(&self.open).await
    }

    /// Writes the rotations with the current key.
    pub async fn resign(&self) -> Result<(), LedgerError> {
        if self.open.is_empty() {
            return Ok(());
        }
        self.ledger.save_rotations(&self.open).await
    }
}

async fn read_with_head(
    store: &LedgerStore,
    authenticator: &Authenticator,
) -> Result<(StoredHead, RotationList), LedgerError> {
    let stored = head::read(store, authenticator).await?;
    let list = read(store, authenticator, stored.signed()).await?;
    Ok((stored, list))
}

/// Reads the list. `head` was read before it.
pub(super) async fn read(
    store: &LedgerStore,
    authenticator: &Authenticator,
    head: Option<&Head>,
) -> Result<RotationList, LedgerError> {
    let named = head.and_then(|head| head.rotations);
    let read = match store.read(FILE).await {
        Ok(None) => {
            return Ok(named.map_or(RotationList::Absent, |_| {
                RotationList::refused(UnverifiedCause::Missing, named)
            }));
        }
        Ok(Some(text)) => parsed(store, authenticator, head, &text),
        Err(error) => Err(error),
    };
    read.or_else(|error| {
        let line = match &error {
            LedgerError::Unreadable { line, .. } => *line,
            _ => 1,
        };
        let cause = UnverifiedCause::Damaged(error.damage().ok_or(error)?);
        Ok(RotationList::Refused { cause, named, line })
    })
}

fn parsed(
    store: &LedgerStore,
    authenticator: &Authenticator,
    head: Option<&Head>,
    text: &str,
) -> Result<RotationList, LedgerError> {
    let named = head.and_then(|head| head.rotations);
    let refused = |cause| RotationList::refused(cause, named);
    let path = store.shown(FILE);
    let place = (path.as_path(), WHAT);
    let sealed = match envelope::open(authenticator, FILE, text, place)? {
        Opened::Signed(sealed) => sealed,
        Opened::Altered(_) => return Ok(refused(UnverifiedCause::BadMac)),
        Opened::Version1 => return Ok(refused(UnverifiedCause::Version1)),
    };
    let generation = sealed.generation;
    let StoredList { run, rotations } = envelope::parse(sealed.content, place)?;
    let is_current = head.is_some_and(|head| head.accepts(named, (generation, Some(run))));
    Ok(match (is_current, rotations.is_empty()) {
        (true, false) => RotationList::Current {
            generation,
            rotations,
        },
        (true, true) => RotationList::Ended { generation },
        // The run was killed after it wrote the head and before it removed the file.
        (false, true) if named.is_none() => RotationList::Ended { generation },
        (false, _) => refused(UnverifiedCause::OldCopy),
    })
}

#[cfg(test)]
mod tests;
