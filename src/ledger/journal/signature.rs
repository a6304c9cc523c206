//! Responsible for the authentication of journal lines and objects: which journal a line belongs to,
//! and whether the ledger's head accepts that journal.

use crate::ledger::authenticate::Authenticator;
use crate::ledger::head::HeadJournal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A journal's id, and the id of the journal that the head named when it started.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub(super) struct JournalId {
    pub(super) journal: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) previous: Option<Uuid>,
}

/// What the MAC of a line covers beside its content.
#[derive(Clone, Copy, Debug)]
pub(super) struct Position<'a> {
    /// The line's name within its store.
    pub(super) place: &'a str,
    /// The MAC of the line before it in a file, so that no line can be removed or moved.
    pub(super) after: &'a str,
    pub(super) seq: u64,
}

impl JournalId {
    /// A new journal.
    pub(super) fn new(previous: Option<Uuid>) -> Self {
        Self {
            journal: Uuid::new_v4(),
            previous,
        }
    }

    /// Whether the head names the journal.
    pub(super) fn is_current(self, head: Option<&HeadJournal>) -> bool {
        head.is_some_and(|head| head.id == self.journal)
    }

    /// Whether the journal started after the one that the head names, and its run was killed before
    /// it wrote the head.
    pub(super) fn follows(self, head: Option<&HeadJournal>) -> bool {
        self.previous == head.map(|head| head.id)
    }

    /// The MAC of a line.
    pub(super) fn mac(
        self,
        authenticator: &Authenticator,
        position: Position<'_>,
        content: &str,
    ) -> String {
        let seq = position.seq.to_be_bytes();
        authenticator.mac(KIND, &self.parts(position, &seq, content))
    }

    pub(super) fn verifies(
        self,
        authenticator: &Authenticator,
        position: Position<'_>,
        content: &str,
        mac: &str,
    ) -> bool {
        let seq = position.seq.to_be_bytes();
        authenticator.verifies(KIND, &self.parts(position, &seq, content), mac)
    }

    fn parts<'a>(
        &'a self,
        position: Position<'a>,
        seq: &'a [u8; 8],
        content: &'a str,
    ) -> [&'a [u8]; 6] {
        let previous = self.previous.as_ref().map(|id| id.as_bytes().as_slice());
        [
            self.journal.as_bytes(),
            previous.unwrap_or_default(),
            position.place.as_bytes(),
            position.after.as_bytes(),
            seq,
            content.as_bytes(),
        ]
    }
}

const KIND: &str = "journal";

#[cfg(test)]
mod tests {
    use super::{JournalId, Position};
    use crate::ledger::testing::authenticator;
    use crate::model::OrganizationId;
    use uuid::Uuid;

    #[test]
    fn mac_without_previous_journal_differs_from_that_of_a_nil_id() {
        let authenticator = authenticator(OrganizationId(Uuid::nil()));
        let position = Position {
            place: "file",
            after: "",
            seq: 1,
        };
        let journal = Uuid::from_u128(1);
        let macs = [None, Some(Uuid::nil())].map(|previous| {
            let id = JournalId { journal, previous };
            id.mac(&authenticator, position, "content")
        });
        assert_ne!(macs[0], macs[1]);
    }
}
