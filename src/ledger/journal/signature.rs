//! Responsible for the authentication of journal lines and objects: which journal a line belongs to,
//! and whether the ledger's head accepts that journal.

use crate::ledger::authenticate::Authenticator;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A journal's id, and the id of the journal that the head named when it started.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub(super) struct JournalId {
    pub(super) journal: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) previous: Option<Uuid>,
}

impl JournalId {
    /// A new journal.
    pub(super) fn new(previous: Option<Uuid>) -> Self {
        Self {
            journal: Uuid::new_v4(),
            previous,
        }
    }

    /// Whether the head accepts the journal: it is the last one, or its run was killed before it
    /// wrote the head.
    pub(super) fn is_accepted_by(self, head: Option<Uuid>) -> bool {
        Some(self.journal) == head || self.previous == head
    }

    /// The MAC of a line. `place` is the line's name within its store.
    pub(super) fn mac(
        self,
        authenticator: &Authenticator,
        place: &str,
        seq: u64,
        content: &str,
    ) -> String {
        let previous = self.previous.unwrap_or_default();
        let seq = seq.to_be_bytes();
        authenticator.mac(KIND, &self.parts(&previous, place, &seq, content))
    }

    pub(super) fn verifies(
        self,
        authenticator: &Authenticator,
        (place, seq): (&str, u64),
        content: &str,
        mac: &str,
    ) -> bool {
        let previous = self.previous.unwrap_or_default();
        let seq = seq.to_be_bytes();
        authenticator.verifies(KIND, &self.parts(&previous, place, &seq, content), mac)
    }

    fn parts<'a>(
        &'a self,
        previous: &'a Uuid,
        place: &'a str,
        seq: &'a [u8; 8],
        content: &'a str,
    ) -> [&'a [u8]; 5] {
        [
            self.journal.as_bytes(),
            previous.as_bytes(),
            place.as_bytes(),
            seq,
            content.as_bytes(),
        ]
    }
}

const KIND: &str = "journal";
