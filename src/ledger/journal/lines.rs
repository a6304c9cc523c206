//! Responsible for the lines of a journal file: their form, and which of them are authenticated.
//!
//! A line that is not authenticated claims nothing. It names a customer, which the planner blocks.

use super::signature::JournalId;
use super::{Intent, IntentOutcome, JournalContent, JournalEntry};
use crate::ledger::authenticate::Authenticator;
use crate::ledger::envelope::VERSION;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// The name of all lines of a file in their MACs.
const PLACE: &str = "file";
/// The sequence number of the header in its MAC. Intents are numbered from 1.
const HEADER: u64 = 0;

#[derive(Serialize, Deserialize)]
struct Header {
    version: u32,
    #[serde(flatten)]
    id: JournalId,
    mac: String,
}

/// The content of a line for an intent.
#[derive(Serialize, Deserialize)]
pub(super) struct IntentLine {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    #[serde(flatten)]
    intent: Intent,
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

#[derive(Serialize)]
struct LineToWrite<'a> {
    seq: u64,
    mac: &'a str,
    entry: &'a RawValue,
}

#[derive(Deserialize)]
struct StoredLine<'a> {
    seq: u64,
    mac: String,
    #[serde(borrow)]
    entry: &'a RawValue,
}

/// A line of version 1, which has no MAC.
#[derive(Deserialize)]
#[serde(untagged)]
enum LineOfVersion1 {
    Intent {
        seq: u64,
        #[serde(flatten)]
        intent: Intent,
    },
    Outcome {
        seq: u64,
        outcome: IntentOutcome,
    },
}

pub(super) fn header(authenticator: &Authenticator, id: JournalId) -> serde_json::Result<Vec<u8>> {
    let header = Header {
        version: VERSION,
        id,
        mac: id.mac(authenticator, PLACE, HEADER, ""),
    };
    let mut text = serde_json::to_vec(&header)?;
    text.push(b'\n');
    Ok(text)
}

pub(super) fn signed(
    authenticator: &Authenticator,
    id: JournalId,
    seq: u64,
    content: &impl Serialize,
) -> serde_json::Result<Vec<u8>> {
    let content = RawValue::from_string(serde_json::to_string(content)?)?;
    let line = LineToWrite {
        seq,
        mac: &id.mac(authenticator, PLACE, seq, content.get()),
        entry: &content,
    };
    let mut text = serde_json::to_vec(&line)?;
    text.push(b'\n');
    Ok(text)
}

/// Reads complete lines. Fails with the number of a line that is no journal line.
pub(super) fn read(
    lines: &[&[u8]],
    authenticator: &Authenticator,
    head: Option<Uuid>,
) -> Result<JournalContent, usize> {
    let id = lines
        .first()
        .and_then(|line| serde_json::from_slice::<Header>(line).ok())
        .filter(|header| {
            let id = header.id;
            header.version == VERSION
                && id.verifies(authenticator, (PLACE, HEADER), "", &header.mac)
        })
        .map(|header| header.id)
        .filter(|id| id.is_accepted_by(head));
    let mut reader = LineReader {
        authenticator,
        id,
        open: BTreeMap::new(),
        claims: BTreeMap::new(),
        ended: BTreeSet::new(),
    };
    for (index, line) in lines.iter().enumerate() {
        let is_header = index == 0 && serde_json::from_slice::<Header>(line).is_ok();
        if !is_header {
            reader.read_line(line).ok_or(index + 1)?;
        }
    }
    Ok(reader.finish())
}

struct LineReader<'a> {
    authenticator: &'a Authenticator,
    /// The journal's id, if the journal is authenticated and current.
    id: Option<JournalId>,
    open: BTreeMap<u64, JournalEntry>,
    /// Intents that are not authenticated, by their number: the customer and the line.
    claims: BTreeMap<u64, Vec<Claim>>,
    /// Numbers with an outcome that is not authenticated.
    ended: BTreeSet<u64>,
}

struct Claim {
    customer: String,
    line: String,
    /// Whether an outcome without authentication ends the claim: it is from a journal of version 1
    /// or from an earlier journal.
    may_end: bool,
}

impl LineReader<'_> {
    /// Reads a line. `None` if it is no journal line.
    fn read_line(&mut self, line: &[u8]) -> Option<()> {
        let text = std::str::from_utf8(line).ok()?;
        if let Ok(stored) = serde_json::from_str::<StoredLine<'_>>(text) {
            let content = stored.entry.get();
            let is_signed = self.id.is_some_and(|id| {
                id.verifies(
                    self.authenticator,
                    (PLACE, stored.seq),
                    content,
                    &stored.mac,
                )
            });
            return if is_signed {
                self.read_signed(stored.seq, content)
            } else {
                self.read_unsigned(stored.seq, content, text)
            };
        }
        match serde_json::from_str(text).ok()? {
            LineOfVersion1::Intent { seq, intent } => self.claim(seq, &intent, text, true),
            LineOfVersion1::Outcome { seq, outcome } => self.end_claim(seq, outcome),
        }
        Some(())
    }

    fn read_signed(&mut self, seq: u64, content: &str) -> Option<()> {
        if let Ok(OutcomeLine { outcome }) = serde_json::from_str(content) {
            super::end(&mut self.open, seq, outcome);
            return Some(());
        }
        let IntentLine { at, intent } = serde_json::from_str(content).ok()?;
        let entry = JournalEntry {
            intent,
            at,
            outcome: None,
        };
        self.open.insert(seq, entry);
        Some(())
    }

    fn read_unsigned(&mut self, seq: u64, content: &str, line: &str) -> Option<()> {
        if let Ok(OutcomeLine { outcome }) = serde_json::from_str(content) {
            self.end_claim(seq, outcome);
            return Some(());
        }
        let IntentLine { intent, .. } = serde_json::from_str(content).ok()?;
        let may_end = self.id.is_none();
        self.claim(seq, &intent, line, may_end);
        Some(())
    }

    fn claim(&mut self, seq: u64, intent: &Intent, line: &str, may_end: bool) {
        let claim = Claim {
            customer: intent.customer().to_owned(),
            line: line.to_owned(),
            may_end,
        };
        self.claims.entry(seq).or_default().push(claim);
    }

    fn end_claim(&mut self, seq: u64, outcome: IntentOutcome) {
        if outcome.is_certain() {
            self.ended.insert(seq);
        }
    }

    fn finish(self) -> JournalContent {
        let ended = self.ended;
        let claims: Vec<Claim> = self
            .claims
            .into_iter()
            .flat_map(|(seq, claims)| claims.into_iter().map(move |claim| (seq, claim)))
            .filter(|(seq, claim)| !(claim.may_end && ended.contains(seq)))
            .map(|(_, claim)| claim)
            .collect();
        JournalContent {
            entries: self.open.into_values().collect(),
            unverified_names: claims.iter().map(|claim| claim.customer.clone()).collect(),
            unverified_lines: claims.into_iter().map(|claim| claim.line).collect(),
        }
    }
}
