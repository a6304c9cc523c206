//! Responsible for the journal in a shared store, which cannot append to objects: each sync writes the
//! lines that have gathered as one object, a segment. The segments of a journal are one chain of lines,
//! as a file is.
//!
//! A run first writes a segment with the lines that it carries over, then the head names its journal,
//! and then it removes the segments of earlier runs. So the segments of the journal that the head names
//! are always complete. After the head says that a run ended without open intents, the run removes its
//! segments, the first one before the others. Segments without the first one of their journal are
//! ignored.

use super::commit::GroupCommit;
use super::lines::{Chain, IntentLine, NO_INTENT, OutcomeLine, newer_version};
use super::reading::FirstLine;
use super::saved::{SavedEntries, SavedLine};
use super::signature::JournalId;
use super::{Intent, IntentOutcome, JournalContent, JournalEntry, MAX_SIZE, opening, reading};
use crate::ledger::authenticate::Authenticator;
use crate::ledger::head::HeadJournal;
use crate::ledger::organization::UnverifiedLines;
use crate::ledger::{LedgerError, SharedStore};
use crate::model::Damage;
use crate::model::LockUnpoisoned;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use uuid::Uuid;

const DIR: &str = "journal";
/// Segments that are read at the same time.
const PARALLEL_READS: usize = 32;

/// The journal of one run.
#[derive(Debug)]
pub(super) struct Log {
    shared: SharedStore,
    authenticator: Arc<Authenticator>,
    id: JournalId,
    tail: Mutex<Tail>,
    group: GroupCommit,
    /// Objects of earlier runs.
    earlier: Vec<String>,
    /// Whether the first segment names customers whose lines are not authenticated.
    has_unverified: bool,
}

/// The end of the journal, where the next line goes.
#[derive(Debug)]
struct Tail {
    chain: Chain,
    /// Lines that are in no segment yet.
    buffer: Vec<u8>,
    /// The number of lines that this run appended.
    lines: u64,
    /// How many of them are durable.
    synced: u64,
    segments: u64,
    /// A segment whose write failed or is under way. It is written again before any other segment: the
    /// object either does not exist or has this text.
    unwritten: Option<Segment>,
}

/// Lines that are one object.
#[derive(Clone, Debug)]
struct Segment {
    name: String,
    text: Vec<u8>,
    /// The number of lines with which it ends.
    lines: u64,
}

/// The objects of a journal, in order.
struct Segments {
    /// `None` for objects whose names are not those of segments.
    journal: Option<Uuid>,
    names: Vec<String>,
    text: String,
}

/// What the head says about a journal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Standing {
    /// The head names the journal.
    Current,
    /// The run was killed before the head named its journal.
    Follows,
    /// Another journal has taken its place.
    Obsolete,
    /// The objects are not authenticated.
    Unverified,
}

/// An object of version 1, which has no MAC.
#[derive(Deserialize)]
struct ObjectOfVersion1 {
    #[serde(flatten)]
    intent: Intent,
}

/// Reads the journal. `head` is the journal that the ledger's head names.
pub(super) async fn read(
    shared: &SharedStore,
    authenticator: &Authenticator,
    head: Option<&HeadJournal>,
) -> Result<JournalContent, LedgerError> {
    let (groups, is_removed) = groups(shared).await?;
    let mut content = content(shared, &groups, authenticator, head)?;
    // Another run has ended or started since the listing.
    content.is_missing |= is_removed;
    Ok(content)
}

/// The objects of each journal, and whether an object was removed since the listing.
async fn groups(shared: &SharedStore) -> Result<(Vec<Segments>, bool), LedgerError> {
    let names = shared.names(DIR).await?;
    let count = names.len();
    let objects: Vec<(String, String)> = stream::iter(names)
        .map(async |name| {
            let name = format!("{DIR}/{name}");
            let text = shared.read_up_to(&name, MAX_SIZE).await?;
            Ok::<_, LedgerError>(text.map(|text| (name, text)))
        })
        .buffered(PARALLEL_READS)
        .try_filter_map(async |object| Ok(object))
        .try_collect()
        .await?;
    let is_removed = objects.len() < count;
    let mut groups: Vec<Segments> = Vec::new();
    for (name, text) in objects {
        let journal = journal_of(&name);
        match groups.last_mut() {
            Some(group) if journal.is_some() && group.journal == journal => {
                group.names.push(name);
                group.text.push_str(&text);
            }
            _ => groups.push(Segments {
                journal,
                names: vec![name],
                text,
            }),
        }
    }
    Ok((groups, is_removed))
}

/// The journal that an object belongs to by its name.
fn journal_of(name: &str) -> Option<Uuid> {
    let name = name.strip_prefix("journal/")?.strip_suffix(".ndjson")?;
    let (journal, number) = name.rsplit_once('-')?;
    let journal = journal.parse().ok()?;
    let number = number.parse().ok()?;
    (segment(journal, number) == format!("{DIR}/{name}.ndjson")).then_some(journal)
}

fn segment(journal: Uuid, number: u64) -> String {
    format!("{DIR}/{journal}-{number:08}.ndjson")
}

fn content(
    shared: &SharedStore,
    groups: &[Segments],
    authenticator: &Authenticator,
    head: Option<&HeadJournal>,
) -> Result<JournalContent, LedgerError> {
    let mut current = None;
    let mut following: Option<JournalContent> = None;
    let mut unverified = BTreeSet::new();
    for group in groups {
        let lines = group.lines();
        if let Some(version) = newer_version(&lines).filter(|_| group.journal.is_some()) {
            let path = group.shown(shared);
            return Err(LedgerError::Newer { path, version });
        }
        let read = || reading::read(&lines, authenticator, head).map_err(group.unreadable(shared));
        match group.standing(authenticator, head) {
            Standing::Current => current = Some(read()?),
            Standing::Follows => following.get_or_insert_default().extend(read()?),
            Standing::Obsolete => {}
            Standing::Unverified => unverified.extend(group.customers(shared, authenticator)?),
        }
    }
    let mut content = match current.or(following) {
        Some(content) => content,
        // Without lines, none is unreadable.
        None => reading::read(&[], authenticator, head).unwrap_or_default(),
    };
    content.unverified_names.extend(unverified);
    Ok(content)
}

impl Segments {
    fn lines(&self) -> Vec<&[u8]> {
        let lines = self.text.split('\n').filter(|line| !line.is_empty());
        lines.map(str::as_bytes).collect()
    }

    fn standing(&self, authenticator: &Authenticator, head: Option<&HeadJournal>) -> Standing {
        let lines = self.lines();
        let first = lines.first().copied().unwrap_or_default();
        match reading::header(first, authenticator) {
            FirstLine::Signed(id) if Some(id.journal) != self.journal => Standing::Unverified,
            FirstLine::Signed(id) if id.is_current(head) => Standing::Current,
            FirstLine::Signed(id) if id.follows(head) => Standing::Follows,
            FirstLine::Signed(_) => Standing::Obsolete,
            // A run that was killed while it removed segments left the others.
            FirstLine::Absent if self.journal.is_some() => Standing::Obsolete,
            FirstLine::Altered | FirstLine::Absent => Standing::Unverified,
        }
    }

    fn shown(&self, shared: &SharedStore) -> PathBuf {
        shared.shown(self.names.first().map_or(DIR, String::as_str))
    }

    fn unreadable(&self, shared: &SharedStore) -> impl FnOnce(usize) -> LedgerError {
        let path = self.shown(shared);
        move |line| LedgerError::Unreadable {
            path,
            what: "journal entry",
            line,
            damage: Damage::Other,
        }
    }

    /// The customers that lines without authentication name.
    fn customers(
        &self,
        shared: &SharedStore,
        authenticator: &Authenticator,
    ) -> Result<BTreeSet<String>, LedgerError> {
        if let Ok(object) = serde_json::from_str::<ObjectOfVersion1>(&self.text) {
            return Ok(BTreeSet::from([object.intent.customer().to_owned()]));
        }
        reading::unverified_customers(&self.lines(), authenticator).map_err(self.unreadable(shared))
    }
}

impl Log {
    /// Writes the first segment, with the lines that are carried over.
    pub(super) async fn start(
        shared: &SharedStore,
        authenticator: Arc<Authenticator>,
        head: Option<&HeadJournal>,
        carried_over: &BTreeMap<u64, JournalEntry>,
        saved: &SavedEntries,
        unverified: UnverifiedLines,
    ) -> Result<Self, LedgerError> {
        let (groups, _) = groups(shared).await?;
        let customers = match unverified {
            UnverifiedLines::Keep => {
                content(shared, &groups, &authenticator, head)?.unverified_names
            }
            UnverifiedLines::Drop => BTreeSet::new(),
        };
        let id = JournalId::new(head.map(|head| head.id));
        let has_unverified = !customers.is_empty();
        let (chain, buffer) = opening::encode(&authenticator, id, carried_over, saved, customers)
            .map_err(std::io::Error::from)
            .map_err(LedgerError::io("cannot write", &shared.shown(DIR)))?;
        let log = Self {
            shared: shared.clone(),
            authenticator,
            id,
            tail: Mutex::new(Tail {
                chain,
                buffer,
                // The opening.
                lines: 1,
                synced: 0,
                segments: 0,
                unwritten: None,
            }),
            group: GroupCommit::default(),
            earlier: groups.into_iter().flat_map(|group| group.names).collect(),
            has_unverified,
        };
        log.write_segments().await?;
        Ok(log)
    }

    /// Removes the objects of earlier runs, after the head names this journal.
    pub(super) async fn remove_earlier(&self) -> Result<(), LedgerError> {
        self.shared.remove_all(&self.earlier).await
    }

    /// Removes the segments after the head says that the run ended without open intents.
    pub(super) async fn remove_own(&self) -> Result<(), LedgerError> {
        if self.has_unverified {
            return Ok(());
        }
        let names: Vec<String> = (0..self.tail().segments)
            .map(|number| segment(self.id.journal, number))
            .collect();
        let Some((first, others)) = names.split_first() else {
            return Ok(());
        };
        self.shared.remove(first).await?;
        self.shared.remove_all(others).await
    }

    pub(super) fn id(&self) -> Uuid {
        self.id.journal
    }

    pub(super) fn customer_at_work(&self) -> Arc<()> {
        self.group.customer_at_work()
    }

    /// Appends an intent, and waits until the line is in a segment.
    pub(super) async fn begin(&self, seq: u64, entry: &JournalEntry) -> Result<(), LedgerError> {
        let content = IntentLine::new(entry);
        let line = self.append(|chain| chain.line(&self.authenticator, seq, &content))?;
        let is_durable = || self.tail().synced >= line;
        let sync = async || self.write_segments().await;
        self.group.wait(is_durable, sync).await
    }

    /// Appends an outcome, which is in the next segment.
    pub(super) fn end(&self, seq: u64, outcome: IntentOutcome) -> Result<(), LedgerError> {
        let content = OutcomeLine { outcome };
        self.append(|chain| chain.line(&self.authenticator, seq, &content))
            .map(drop)
    }

    /// Appends a change of an entry, which is in the next segment.
    pub(super) fn save(&self, saved: &SavedLine) -> Result<(), LedgerError> {
        self.append(|chain| chain.line(&self.authenticator, NO_INTENT, saved))
            .map(drop)
    }

    /// Adds to the next segment that the head names this journal.
    pub(super) fn note_head(&self) -> Result<(), LedgerError> {
        let mut tail = self.tail();
        let line = tail.chain.head_line(&self.authenticator);
        let line = line.map_err(|error| self.failed(error.into()))?;
        tail.buffer.extend(line);
        Ok(())
    }

    /// Writes all lines.
    pub(super) async fn sync(&self) -> Result<(), LedgerError> {
        self.group
            .sync_alone(async || self.write_segments().await)
            .await
    }

    fn tail(&self) -> MutexGuard<'_, Tail> {
        self.tail.lock_unpoisoned()
    }

    /// Appends a line. Returns its number.
    fn append(
        &self,
        next_line: impl FnOnce(&mut Chain) -> serde_json::Result<Vec<u8>>,
    ) -> Result<u64, LedgerError> {
        let mut tail = self.tail();
        let line = next_line(&mut tail.chain).map_err(|error| self.failed(error.into()))?;
        tail.buffer.extend(line);
        tail.lines += 1;
        Ok(tail.lines)
    }

    fn failed(&self, error: std::io::Error) -> LedgerError {
        LedgerError::io("cannot write", &self.shared.shown(DIR))(error)
    }

    /// Writes all lines that were appended by now. Only one call at a time.
    async fn write_segments(&self) -> Result<(), LedgerError> {
        let lines = self.tail().lines;
        while let Some(segment) = self.next_segment(lines) {
            self.shared.replace(&segment.name, &segment.text).await?;
            let mut tail = self.tail();
            tail.unwritten = None;
            tail.segments += 1;
            tail.synced = segment.lines;
        }
        Ok(())
    }

    /// The segment whose write failed, or else one with the lines that are in no segment. `None` if
    /// this number of lines is durable.
    fn next_segment(&self, lines: u64) -> Option<Segment> {
        let mut tail = self.tail();
        if tail.synced >= lines {
            return None;
        }
        if tail.unwritten.is_none() && !tail.buffer.is_empty() {
            tail.unwritten = Some(Segment {
                name: segment(self.id.journal, tail.segments),
                text: std::mem::take(&mut tail.buffer),
                lines: tail.lines,
            });
        }
        tail.unwritten.clone()
    }
}
