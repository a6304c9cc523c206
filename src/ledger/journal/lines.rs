//! Responsible for the form of a journal's lines, and for writing them as a chain.
//!
//! The MAC of a line covers the MAC of the line before it. After a line that was changed, removed or
//! inserted, no line is authenticated. A line that is not authenticated claims nothing. It names a
//! customer, which the planner blocks.

use super::signature::{JournalId, Position};
use super::{Intent, IntentOutcome, JournalEntry};
use crate::ledger::authenticate::Authenticator;
use crate::ledger::envelope::VERSION;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The name of all lines of a file in their MACs.
const PLACE: &str = "file";
/// The sequence number of lines that belong to no intent. Intents are numbered from 1.
pub(super) const NO_INTENT: u64 = 0;

/// The first line.
#[derive(Serialize, Deserialize)]
pub(super) struct Header {
    version: u32,
    #[serde(flatten)]
    pub(super) id: JournalId,
    mac: String,
}

#[derive(Deserialize)]
struct StoredVersion {
    version: u32,
}

/// The version of a journal whose first line a newer airlift wrote.
pub(super) fn newer_version(lines: &[&[u8]]) -> Option<u32> {
    let stored: StoredVersion = serde_json::from_slice(lines.first()?).ok()?;
    Some(stored.version).filter(|version| *version > VERSION)
}

impl Header {
    pub(super) fn is_signed(&self, authenticator: &Authenticator) -> bool {
        let position = position("", NO_INTENT);
        self.version == VERSION && self.id.verifies(authenticator, position, "", &self.mac)
    }
}

/// The content of a line for an intent.
#[derive(Serialize, Deserialize)]
pub(super) struct IntentLine {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<String>,
    #[serde(flatten)]
    pub(super) intent: Intent,
}

impl IntentLine {
    pub(super) fn new(entry: &JournalEntry) -> Self {
        Self {
            at: entry.at.clone(),
            intent: entry.intent.clone(),
        }
    }
}

/// The content of a line for an outcome.
#[derive(Serialize, Deserialize)]
pub(super) struct OutcomeLine {
    pub(super) outcome: IntentOutcome,
}

/// A customer that an intent of an earlier journal names, which was not authenticated.
#[derive(Serialize, Deserialize)]
pub(super) struct UnverifiedLine {
    pub(super) unverified: String,
}

/// Says that the ledger's head names the journal. A head that names an earlier one is an old copy.
#[derive(Serialize, Deserialize)]
pub(super) struct HeadLine {
    pub(super) head_written: bool,
}

#[derive(Deserialize)]
pub(super) struct StoredLine<'a> {
    pub(super) seq: u64,
    mac: String,
    #[serde(borrow)]
    pub(super) entry: &'a RawValue,
}

/// The authenticated lines of a journal, up to the last one.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    id: JournalId,
    /// The MAC of the last line.
    last: String,
}

impl Chain {
    /// Starts a file. Also returns its first line.
    pub(super) fn start(
        authenticator: &Authenticator,
        id: JournalId,
    ) -> serde_json::Result<(Self, Vec<u8>)> {
        let mac = id.mac(authenticator, position("", NO_INTENT), "");
        let header = Header {
            version: VERSION,
            id,
            mac: mac.clone(),
        };
        let mut text = serde_json::to_vec(&header)?;
        text.push(b'\n');
        Ok((Self { id, last: mac }, text))
    }

    /// The chain after an authenticated first line.
    pub(super) fn after(header: &Header) -> Self {
        Self {
            id: header.id,
            last: header.mac.clone(),
        }
    }

    /// The next line of an intent.
    pub(super) fn line(
        &mut self,
        authenticator: &Authenticator,
        seq: u64,
        content: &impl Serialize,
    ) -> serde_json::Result<Vec<u8>> {
        let content = serde_json::to_string(content)?;
        let position = position(&self.last, seq);
        let mac = self.id.mac(authenticator, position, &content);
        // A MAC has no character that JSON escapes.
        let line = format!("{{\"seq\":{seq},\"mac\":\"{mac}\",\"entry\":{content}}}\n");
        self.last = mac;
        Ok(line.into_bytes())
    }

    /// The next line for a customer whose intent was not authenticated.
    pub(super) fn unverified_line(
        &mut self,
        authenticator: &Authenticator,
        customer: String,
    ) -> serde_json::Result<Vec<u8>> {
        let unverified = UnverifiedLine {
            unverified: customer,
        };
        self.line(authenticator, NO_INTENT, &unverified)
    }

    /// The line after the head that names the journal was written.
    pub(super) fn head_line(
        &mut self,
        authenticator: &Authenticator,
    ) -> serde_json::Result<Vec<u8>> {
        self.line(authenticator, NO_INTENT, &HeadLine { head_written: true })
    }

    /// Whether a line is authenticated. It is the last one then.
    pub(super) fn accepts(&mut self, authenticator: &Authenticator, line: &StoredLine<'_>) -> bool {
        let position = position(&self.last, line.seq);
        let accepts = self
            .id
            .verifies(authenticator, position, line.entry.get(), &line.mac);
        if accepts {
            self.last.clone_from(&line.mac);
        }
        accepts
    }
}

fn position(after: &str, seq: u64) -> Position<'_> {
    Position {
        place: PLACE,
        after,
        seq,
    }
}
