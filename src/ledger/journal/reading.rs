//! Responsible for reading the lines of a journal: which intents are open, and which customers lines
//! without authentication name.

use super::lines::{Chain, HeadLine, Header, IntentLine, OutcomeLine, StoredLine, UnverifiedLine};
use super::saved::{SavedEntries, SavedLine};
use super::signature::JournalId;
use super::{Intent, IntentOutcome, JournalContent, JournalEntry};
use crate::ledger::authenticate::Authenticator;
use crate::ledger::head::HeadJournal;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// What a line says.
#[derive(Deserialize)]
#[serde(untagged)]
enum LineContent {
    Outcome(OutcomeLine),
    Unverified(UnverifiedLine),
    Head(HeadLine),
    Saved(SavedLine),
    Intent(IntentLine),
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

/// The first line of a journal.
pub(super) enum FirstLine {
    /// The line is authenticated.
    Signed(JournalId),
    /// The line has the form of a first line, and no valid MAC.
    Altered,
    /// The line is another one.
    Absent,
}

pub(super) fn header(line: &[u8], authenticator: &Authenticator) -> FirstLine {
    match serde_json::from_slice::<Header>(line) {
        Ok(header) if header.is_signed(authenticator) => FirstLine::Signed(header.id),
        Ok(_) => FirstLine::Altered,
        Err(_) => FirstLine::Absent,
    }
}

/// The customers of lines that are not authenticated, whatever outcomes the lines have.
pub(super) fn unverified_customers(
    lines: &[&[u8]],
    authenticator: &Authenticator,
) -> Result<BTreeSet<String>, usize> {
    let mut reader = LineReader::new(authenticator, None, None);
    reader.is_altered = true;
    let header = lines
        .first()
        .and_then(|line| serde_json::from_slice::<Header>(line).ok());
    reader.read_lines(lines, usize::from(header.is_some()))?;
    Ok(reader.finish(None).unverified_names)
}

/// Reads complete lines. Fails with the number of a line that is no journal line.
pub(super) fn read(
    lines: &[&[u8]],
    authenticator: &Authenticator,
    head: Option<&HeadJournal>,
) -> Result<JournalContent, usize> {
    let header = lines
        .first()
        .and_then(|line| serde_json::from_slice::<Header>(line).ok());
    let mut reader = LineReader::new(authenticator, header.as_ref(), head);
    reader.read_lines(lines, header.iter().count())?;
    Ok(reader.finish(head))
}

/// What the head says about a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Standing {
    /// The head names the journal.
    Current,
    /// The run was killed before the head named its journal.
    Follows,
    /// The file does not exist, is an old one, or is not authenticated.
    Other,
}

struct LineReader<'a> {
    authenticator: &'a Authenticator,
    /// The lines so far, if they are authenticated and current.
    chain: Option<Chain>,
    standing: Standing,
    /// Whether a head named the journal.
    has_head: bool,
    /// Whether a line may be missing: one is not authenticated, or the file is an old one.
    is_altered: bool,
    open: BTreeMap<u64, JournalEntry>,
    /// The numbers of all authenticated intents.
    seen: BTreeSet<u64>,
    /// The customers of intents that are not authenticated, by their number.
    claims: BTreeMap<u64, BTreeSet<String>>,
    /// Numbers with an outcome that is not authenticated.
    ended: BTreeSet<u64>,
    unverified_names: BTreeSet<String>,
    saved: SavedEntries,
    /// The customers of entries that are not authenticated.
    saved_claims: BTreeSet<String>,
}

impl<'a> LineReader<'a> {
    fn new(
        authenticator: &'a Authenticator,
        header: Option<&Header>,
        head: Option<&HeadJournal>,
    ) -> Self {
        let signed = header.filter(|header| header.is_signed(authenticator));
        let standing = match signed {
            Some(header) if header.id.is_current(head) => Standing::Current,
            Some(header) if header.id.follows(head) => Standing::Follows,
            _ => Standing::Other,
        };
        let accepted = signed.filter(|_| standing != Standing::Other);
        Self {
            authenticator,
            chain: accepted.map(Chain::after),
            standing,
            has_head: false,
            is_altered: signed.is_some() && accepted.is_none(),
            open: BTreeMap::new(),
            seen: BTreeSet::new(),
            claims: BTreeMap::new(),
            ended: BTreeSet::new(),
            unverified_names: BTreeSet::new(),
            saved: SavedEntries::new(),
            saved_claims: BTreeSet::new(),
        }
    }

    fn read_lines(&mut self, lines: &[&[u8]], skipped: usize) -> Result<(), usize> {
        for (index, line) in lines.iter().enumerate().skip(skipped) {
            // After a crash of the machine, a part of the file that was not durable can be zeros, and a
            // later part can be there. Nothing proves what was lost, as with an altered line.
            if line.contains(&0) {
                self.end_chain();
            } else {
                self.read_line(line).ok_or(index + 1)?;
            }
        }
        Ok(())
    }

    /// Reads a line. `None` if it is no journal line.
    fn read_line(&mut self, line: &[u8]) -> Option<()> {
        let text = std::str::from_utf8(line).ok()?;
        if let Ok(stored) = serde_json::from_str::<StoredLine<'_>>(text) {
            let content = stored.entry.get();
            let chain = self.chain.as_mut();
            return if chain.is_some_and(|chain| chain.accepts(self.authenticator, &stored)) {
                self.read_signed(stored.seq, content)
            } else {
                self.read_unsigned(stored.seq, content)
            };
        }
        let line = serde_json::from_str(text).ok()?;
        self.end_chain();
        match line {
            LineOfVersion1::Intent { seq, intent } => self.claim(seq, &intent),
            LineOfVersion1::Outcome { seq, outcome } => self.end_claim(seq, outcome),
        }
        Some(())
    }

    fn read_signed(&mut self, seq: u64, content: &str) -> Option<()> {
        match serde_json::from_str(content).ok()? {
            LineContent::Outcome(OutcomeLine { outcome }) => {
                super::end(&mut self.open, seq, outcome);
            }
            LineContent::Unverified(UnverifiedLine { unverified }) => {
                self.unverified_names.insert(unverified);
            }
            LineContent::Head(line) => self.has_head |= line.head_written,
            LineContent::Saved(saved) => saved.apply(&mut self.saved)?,
            LineContent::Intent(IntentLine { at, intent }) => {
                let entry = JournalEntry {
                    intent,
                    at,
                    outcome: None,
                };
                self.seen.insert(seq);
                self.open.insert(seq, entry);
            }
        }
        Some(())
    }

    fn read_unsigned(&mut self, seq: u64, content: &str) -> Option<()> {
        self.end_chain();
        match serde_json::from_str(content).ok()? {
            LineContent::Outcome(OutcomeLine { outcome }) => self.end_claim(seq, outcome),
            LineContent::Unverified(UnverifiedLine { unverified }) => {
                self.unverified_names.insert(unverified);
            }
            LineContent::Head(_) => {}
            LineContent::Saved(saved) => {
                self.saved_claims
                    .extend(saved.customer().map(str::to_owned));
            }
            LineContent::Intent(IntentLine { intent, .. }) => self.claim(seq, &intent),
        }
        Some(())
    }

    /// Authenticates no further line. A line before this one may be missing, so that an intent
    /// without an outcome may have had one.
    fn end_chain(&mut self) {
        if self.chain.take().is_some() {
            self.is_altered = true;
            for (seq, entry) in std::mem::take(&mut self.open) {
                self.claim(seq, &entry.intent);
            }
        }
    }

    fn claim(&mut self, seq: u64, intent: &Intent) {
        let customers = self.claims.entry(seq).or_default();
        customers.insert(intent.customer().to_owned());
    }

    fn end_claim(&mut self, seq: u64, outcome: IntentOutcome) {
        if outcome.is_certain() {
            self.ended.insert(seq);
        }
    }

    fn finish(mut self, head: Option<&HeadJournal>) -> JournalContent {
        let is_missing =
            self.standing == Standing::Other && head.is_some_and(|head| head.open.is_none());
        if let Some(closed) = head.and_then(|head| head.open.as_ref())
            && self.standing != Standing::Follows
        {
            self.compare(closed);
        }
        let is_ahead = self.is_ahead_of_files(head);
        // Anyone could have written an outcome that is not authenticated. One in a journal of
        // version 1 or of another key says that its intent needs no attention.
        if self.is_altered {
            self.ended.clear();
            self.unverified_names.append(&mut self.saved_claims);
        }
        let claims = self.claims.into_iter();
        let claimed = claims
            .filter(|(seq, _)| !self.ended.contains(seq))
            .flat_map(|(_, customers)| customers);
        JournalContent {
            entries: self.open.into_values().collect(),
            unverified_names: claimed.chain(self.unverified_names).collect(),
            is_missing,
            is_head_old: self.has_head && self.standing == Standing::Follows && head.is_some(),
            saved: if is_ahead {
                self.saved
            } else {
                SavedEntries::new()
            },
        }
    }

    /// Whether the files of the entries may be older than the journal: the run that wrote it has not
    /// ended. Without a head, someone may have put an old journal back.
    fn is_ahead_of_files(&self, head: Option<&HeadJournal>) -> bool {
        match (self.standing, head) {
            (Standing::Current, Some(head)) => head.open.is_none(),
            (standing, head) => standing == Standing::Follows && head.is_some(),
        }
    }

    /// Compares the intents with those that had no certain outcome when the run ended.
    fn compare(&mut self, closed: &BTreeMap<u64, String>) {
        let (open, ended) = std::mem::take(&mut self.open)
            .into_iter()
            .partition(|(seq, _)| closed.contains_key(seq));
        self.open = open;
        let reopened = ended.into_values().map(|entry: JournalEntry| entry.intent);
        let removed = closed.iter().filter(|(seq, _)| !self.seen.contains(seq));
        let names = reopened
            .map(|intent| intent.customer().to_owned())
            .chain(removed.map(|(_, customer)| customer.clone()));
        self.unverified_names.extend(names);
    }
}
