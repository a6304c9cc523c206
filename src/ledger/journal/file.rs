//! Responsible for the journal in a local file: a header, then a line for each intent and a line for
//! each outcome, which a run appends.

use super::lines::{self, Chain, IntentLine, OutcomeLine};
use super::signature::JournalId;
use super::{IntentOutcome, JournalContent, JournalEntry};
use crate::ledger::authenticate::Authenticator;
use crate::ledger::head::HeadJournal;
use crate::ledger::organization::UnverifiedLines;
use crate::ledger::store::LocalStore;
use crate::ledger::{Damage, LedgerError};
use crate::model::LockUnpoisoned;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use uuid::Uuid;

const FILE: &str = "journal.ndjson";
/// The maximum size of a journal that is read. A creation takes about 1 KiB, and the journal of a run
/// with hundreds of thousands of creations must be readable.
const MAX_SIZE: u64 = 512 * 1024 * 1024;

/// The open journal file.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    authenticator: Arc<Authenticator>,
    id: Uuid,
    tail: Mutex<Tail>,
}

/// The end of the file, where the next line goes.
#[derive(Debug)]
pub(super) struct Tail {
    pub(super) file: File,
    chain: Chain,
    /// Set while a line is written. Stays set after a failed write, because the file may end with an
    /// incomplete line.
    is_broken: bool,
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
    lines::read(&lines, authenticator, head).map_err(|line| LedgerError::Unreadable {
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
        unverified: UnverifiedLines,
    ) -> Result<Self, LedgerError> {
        let path = store.path(FILE);
        let customers = match unverified {
            UnverifiedLines::Keep => read(store, &authenticator, head)?.unverified_names,
            UnverifiedLines::Drop => BTreeSet::new(),
        };
        let id = JournalId::new(head.map(|head| head.id));
        let (chain, text) = encode(&authenticator, id, carried_over, customers)
            .map_err(std::io::Error::from)
            .map_err(LedgerError::io("cannot write", &path))?;
        let tail = Tail {
            file: store.replace(FILE, &text)?,
            chain,
            is_broken: false,
        };
        Ok(Self {
            path,
            authenticator,
            id: id.journal,
            tail: Mutex::new(tail),
        })
    }

    pub(super) fn id(&self) -> Uuid {
        self.id
    }

    pub(super) fn begin(&self, seq: u64, entry: &JournalEntry) -> Result<(), LedgerError> {
        self.append(seq, &IntentLine::new(entry))
    }

    pub(super) fn end(&self, seq: u64, outcome: IntentOutcome) -> Result<(), LedgerError> {
        self.append(seq, &OutcomeLine { outcome })
    }

    pub(super) fn tail(&self) -> MutexGuard<'_, Tail> {
        self.tail.lock_unpoisoned()
    }

    /// Appends a line. After a failed append all later appends fail: a line after an incomplete line
    /// would be unreadable, and a request must not be sent before its intent is on disk.
    fn append(&self, seq: u64, content: &impl serde::Serialize) -> Result<(), LedgerError> {
        let failed = || LedgerError::io("cannot write", &self.path);
        let mut tail = self.tail();
        if tail.is_broken {
            let error = std::io::Error::other("an earlier write to the file failed");
            return Err(failed()(error));
        }
        tail.is_broken = true;
        let text = tail
            .chain
            .line(&self.authenticator, seq, content)
            .map_err(std::io::Error::from)
            .map_err(failed())?;
        tail.file.write_all(&text).map_err(failed())?;
        tail.file.sync_data().map_err(failed())?;
        tail.is_broken = false;
        Ok(())
    }
}

/// The lines at the start of a file.
fn encode(
    authenticator: &Authenticator,
    id: JournalId,
    carried_over: &BTreeMap<u64, JournalEntry>,
    unverified: BTreeSet<String>,
) -> serde_json::Result<(Chain, Vec<u8>)> {
    let (mut chain, mut text) = Chain::start(authenticator, id)?;
    for (seq, entry) in carried_over {
        text.extend(chain.line(authenticator, *seq, &IntentLine::new(entry))?);
        if let Some(outcome) = entry.outcome {
            text.extend(chain.line(authenticator, *seq, &OutcomeLine { outcome })?);
        }
    }
    for customer in unverified {
        text.extend(chain.unverified_line(authenticator, customer)?);
    }
    Ok((chain, text))
}
