//! Responsible for the journal in a local file: a header, then a line for each intent and a line for
//! each outcome, which a run appends.
//!
//! One sync of the file makes the lines of several customers durable. An outcome waits for no sync: if
//! it is lost, the next run finds the effect of the request in the API. A line is durable only together
//! with all lines before it, because the next run accepts only an unbroken chain.
//!
//! Lines gather in memory while a customer waits for a sync, which writes them together. A write that fails then is an
//! error of the customer that waits, and of all later lines.
//!
//! A sync runs on a thread of its own, so that customers whose lines are durable send their requests
//! meanwhile.

use super::commit::GroupCommit;
use super::lines::{Chain, IntentLine, NO_INTENT, OutcomeLine, newer_version};
use super::saved::{SavedEntries, SavedLine};
use super::signature::JournalId;
use super::{IntentOutcome, JournalContent, JournalEntry, MAX_SIZE, opening, reading};
use crate::ledger::authenticate::Authenticator;
use crate::ledger::head::HeadJournal;
use crate::ledger::organization::UnverifiedLines;
use crate::ledger::store::LocalStore;
use crate::ledger::{LedgerError, disk_thread};
use crate::model::Damage;
use crate::model::LockUnpoisoned;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use uuid::Uuid;

const FILE: &str = "journal.ndjson";

/// The open journal file.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    authenticator: Arc<Authenticator>,
    id: Uuid,
    tail: Mutex<Tail>,
    group: GroupCommit,
}

/// The end of the file, where the next line goes.
#[derive(Debug)]
pub(super) struct Tail {
    pub(super) file: Arc<File>,
    chain: Chain,
    /// Lines that are not in the file yet.
    gathered: Vec<u8>,
    /// The number of lines of this run.
    lines: u64,
    /// How many of them are durable.
    synced: u64,
    /// The number of syncs.
    pub(super) syncs: u64,
    /// The length of the lines at the start that stay after the run.
    start: u64,
    /// Whether intents or entries of earlier runs are among them, which only lines of this run end or change.
    needs_own: bool,
    /// Why a write or a sync failed. No line follows then, because the file may end with an incomplete
    /// line, and a later sync can succeed although the lines are lost.
    failure: Option<(ErrorKind, String)>,
}

/// Reads the journal. `head` is the journal that the ledger's head names.
pub(super) fn read(
    store: &LocalStore,
    authenticator: &Authenticator,
    head: Option<&HeadJournal>,
) -> Result<JournalContent, LedgerError> {
    let bytes = store.read_up_to(FILE, MAX_SIZE)?.unwrap_or_default();
    let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    // A last line without a newline is incomplete: the run was killed while it wrote the line. The
    // request is sent after the line is on disk, so it was not sent.
    lines.pop();
    if let Some(version) = newer_version(&lines) {
        let path = store.path(FILE);
        return Err(LedgerError::Newer { path, version });
    }
    reading::read(&lines, authenticator, head).map_err(|line| LedgerError::Unreadable {
        path: store.path(FILE),
        what: "journal",
        line,
        damage: Damage::from_content(&bytes, None),
    })
}

impl Log {
    /// Replaces the file of the previous run atomically.
    pub(super) fn start(
        store: &LocalStore,
        authenticator: Arc<Authenticator>,
        head: Option<&HeadJournal>,
        carried_over: &BTreeMap<u64, JournalEntry>,
        saved: &SavedEntries,
        unverified: UnverifiedLines,
    ) -> Result<Self, LedgerError> {
        let path = store.path(FILE);
        let customers = match unverified {
            UnverifiedLines::Keep => read(store, &authenticator, head)?.unverified_names,
            UnverifiedLines::Drop => BTreeSet::new(),
        };
        let id = JournalId::new(head.map(|head| head.id));
        let (chain, text) = opening::encode(&authenticator, id, carried_over, saved, customers)
            .map_err(std::io::Error::from)
            .map_err(LedgerError::io("cannot write", &path))?;
        let tail = Tail {
            file: Arc::new(store.replace(FILE, &text)?),
            chain,
            gathered: Vec::new(),
            lines: 0,
            synced: 0,
            syncs: 0,
            start: to_u64(text.len()),
            needs_own: !(carried_over.is_empty() && saved.is_empty()),
            failure: None,
        };
        Ok(Self {
            path,
            authenticator,
            id: id.journal,
            tail: Mutex::new(tail),
            group: GroupCommit::default(),
        })
    }

    pub(super) fn id(&self) -> Uuid {
        self.id
    }

    /// Counts a customer as at work until the result is dropped.
    pub(super) fn customer_at_work(&self) -> Arc<()> {
        self.group.customer_at_work()
    }

    /// Appends an intent, and waits until the line is durable.
    pub(super) async fn begin(&self, seq: u64, entry: &JournalEntry) -> Result<(), LedgerError> {
        let content = IntentLine::new(entry);
        let line = self.append(|chain| chain.line(&self.authenticator, seq, &content))?;
        let is_durable = || self.tail().synced >= line;
        self.group
            .wait(is_durable, async || self.sync_lines().await)
            .await
    }

    /// Appends an outcome, which the next sync makes durable.
    pub(super) fn end(&self, seq: u64, outcome: IntentOutcome) -> Result<(), LedgerError> {
        let content = OutcomeLine { outcome };
        self.append(|chain| chain.line(&self.authenticator, seq, &content))?;
        self.write_unless_awaited()
    }

    /// Appends a change of an entry, which the next sync makes durable.
    pub(super) fn save(&self, saved: &SavedLine) -> Result<(), LedgerError> {
        self.append(|chain| chain.line(&self.authenticator, NO_INTENT, saved))?;
        self.write_unless_awaited()
    }

    /// Logs that the head names this journal, without a sync of its own.
    pub(super) fn note_head(&self) -> Result<(), LedgerError> {
        let mut tail = self.tail();
        self.write(&mut tail, |tail| {
            let line = tail.chain.head_line(&self.authenticator)?;
            tail.start += to_u64(line.len());
            tail.gathered.extend(line);
            tail.write_gathered()
        })
    }

    /// Cuts off the lines of this run, after the head says that no intent is open, so that the next run does not read
    /// them. Needs neither a sync nor success: the lines say nothing that the entries and the head do not say. No line
    /// may follow.
    pub(super) fn cut_off_own(&self) {
        let mut tail = self.tail();
        if !tail.needs_own && tail.failure.is_none() && tail.file.set_len(tail.start).is_ok() {
            tail.failure = Some((ErrorKind::Other, "the run has ended".to_owned()));
        }
    }

    /// Makes all lines durable that were appended by now. Two syncs never overlap: the system reports a
    /// failed write once, so that only one of them would fail.
    pub(super) async fn sync(&self) -> Result<(), LedgerError> {
        self.group
            .sync_alone(async || self.sync_lines().await)
            .await
    }

    async fn sync_lines(&self) -> Result<(), LedgerError> {
        let (file, lines) = {
            let mut tail = self.tail();
            self.write(&mut tail, Tail::write_gathered)?;
            if tail.lines == tail.synced {
                return Ok(());
            }
            (Arc::clone(&tail.file), tail.lines)
        };
        // With one customer at a time there is nothing to do meanwhile, and one thread writes everything.
        let synced = if self.group.at_work() > 1 {
            disk_thread::run(move || file.sync_data()).await.flatten()
        } else {
            file.sync_data()
        };
        let mut tail = self.tail();
        self.write(&mut tail, |_| synced)?;
        tail.synced = tail.synced.max(lines);
        tail.syncs += 1;
        Ok(())
    }

    pub(super) fn tail(&self) -> MutexGuard<'_, Tail> {
        self.tail.lock_unpoisoned()
    }

    /// Appends a line. Returns its number.
    fn append(
        &self,
        next_line: impl FnOnce(&mut Chain) -> serde_json::Result<Vec<u8>>,
    ) -> Result<u64, LedgerError> {
        let mut tail = self.tail();
        self.write(&mut tail, |tail| {
            let line = next_line(&mut tail.chain)?;
            tail.gathered.extend(line);
            Ok(())
        })?;
        tail.lines += 1;
        Ok(tail.lines)
    }

    /// Writes the lines that have gathered, unless a sync is about to.
    fn write_unless_awaited(&self) -> Result<(), LedgerError> {
        if self.group.is_awaited() {
            return Ok(());
        }
        self.write(&mut self.tail(), Tail::write_gathered)
    }

    /// Changes the file. After a failure all later changes fail: a line after an incomplete line would
    /// be unreadable, and a request must not be sent before its intent is durable.
    fn write(
        &self,
        tail: &mut Tail,
        change: impl FnOnce(&mut Tail) -> std::io::Result<()>,
    ) -> Result<(), LedgerError> {
        self.check(tail)?;
        change(tail).map_err(|error| {
            let text = format!("an earlier write to the file failed: {error}");
            tail.failure = Some((error.kind(), text));
            self.failed(error)
        })
    }

    /// Fails if an earlier change of the file failed.
    fn check(&self, tail: &Tail) -> Result<(), LedgerError> {
        let Some((kind, cause)) = &tail.failure else {
            return Ok(());
        };
        Err(self.failed(std::io::Error::new(*kind, cause.clone())))
    }

    fn failed(&self, error: std::io::Error) -> LedgerError {
        LedgerError::io("cannot write", &self.path)(error)
    }
}

impl Drop for Log {
    /// A run that is dropped, such as one of a program that uses the library, leaves its outcomes in the file.
    fn drop(&mut self) {
        let mut tail = self.tail();
        if tail.failure.is_none() {
            // The next run finds the effects of the requests in the API.
            let _ = tail.write_gathered();
        }
    }
}

impl Tail {
    fn write_gathered(&mut self) -> std::io::Result<()> {
        let written = (&*self.file).write_all(&self.gathered);
        self.gathered.clear();
        written
    }
}

fn to_u64(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
