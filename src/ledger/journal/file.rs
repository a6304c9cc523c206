//! Responsible for the journal in a local file: a run appends a line for each intent and a line for
//! each outcome.

use super::{Intent, IntentOutcome, JournalEntry};
use crate::ledger::LedgerError;
use crate::ledger::store::local;
use crate::model::LockUnpoisoned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Intent {
        seq: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<String>,
        #[serde(flatten)]
        intent: Intent,
    },
    Outcome {
        seq: u64,
        outcome: IntentOutcome,
    },
}

/// The open journal file.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    tail: Mutex<Tail>,
}

/// The end of the file, where the next line goes.
#[derive(Debug)]
pub(super) struct Tail {
    pub(super) file: File,
    /// Set while a line is written. Stays set after a failed write, because the file may end with an
    /// incomplete line.
    is_broken: bool,
}

pub(super) fn path(dir: &Path) -> PathBuf {
    dir.join("journal.ndjson")
}

/// The intents without a certain outcome, the oldest first.
pub(super) fn open_intents(dir: &Path) -> Result<Vec<JournalEntry>, LedgerError> {
    let path = path(dir);
    let bytes = local::bytes(&path)?.unwrap_or_default();
    let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    // A last line without a newline is incomplete: the run was killed while it wrote the line. The
    // request is sent after the line is on disk, so it was not sent.
    lines.pop();
    let mut open = BTreeMap::new();
    for (index, line) in lines.into_iter().enumerate() {
        let line = serde_json::from_slice(line).map_err(|_| LedgerError::Unreadable {
            path: path.clone(),
            what: "journal",
            line: index + 1,
        })?;
        match line {
            Line::Intent { seq, at, intent } => {
                let outcome = None;
                let entry = JournalEntry {
                    intent,
                    at,
                    outcome,
                };
                open.insert(seq, entry);
            }
            Line::Outcome { seq, outcome } => super::end(&mut open, seq, outcome),
        }
    }
    Ok(open.into_values().collect())
}

impl Log {
    /// Replaces the file of the previous run atomically.
    pub(super) fn start(
        dir: &Path,
        carried_over: &BTreeMap<u64, JournalEntry>,
    ) -> Result<Self, LedgerError> {
        local::private_dir(dir)?;
        let path = path(dir);
        let mut text = Vec::new();
        for (seq, entry) in carried_over {
            text.extend(encoded(&intent_line(*seq, entry), &path)?);
            if let Some(outcome) = entry.outcome {
                text.extend(encoded(&Line::Outcome { seq: *seq, outcome }, &path)?);
            }
        }
        let tail = Tail {
            file: local::replace(&path, &text)?,
            is_broken: false,
        };
        Ok(Self {
            path,
            tail: Mutex::new(tail),
        })
    }

    pub(super) fn begin(&self, seq: u64, entry: &JournalEntry) -> Result<(), LedgerError> {
        self.append(&intent_line(seq, entry))
    }

    pub(super) fn end(&self, seq: u64, outcome: IntentOutcome) -> Result<(), LedgerError> {
        self.append(&Line::Outcome { seq, outcome })
    }

    pub(super) fn tail(&self) -> MutexGuard<'_, Tail> {
        self.tail.lock_unpoisoned()
    }

    /// Appends a line. After a failed append all later appends fail: a line after an incomplete line
    /// would be unreadable, and a request must not be sent before its intent is on disk.
    fn append(&self, line: &Line) -> Result<(), LedgerError> {
        let failed = || LedgerError::io("cannot write", &self.path);
        let text = encoded(line, &self.path)?;
        let mut tail = self.tail();
        if tail.is_broken {
            let error = std::io::Error::other("an earlier write to the file failed");
            return Err(failed()(error));
        }
        tail.is_broken = true;
        tail.file.write_all(&text).map_err(failed())?;
        tail.file.sync_data().map_err(failed())?;
        tail.is_broken = false;
        Ok(())
    }
}

fn intent_line(seq: u64, entry: &JournalEntry) -> Line {
    Line::Intent {
        seq,
        at: entry.at.clone(),
        intent: entry.intent.clone(),
    }
}

fn encoded(line: &Line, path: &Path) -> Result<Vec<u8>, LedgerError> {
    let mut text = serde_json::to_vec(line)
        .map_err(std::io::Error::from)
        .map_err(LedgerError::io("cannot write", path))?;
    text.push(b'\n');
    Ok(text)
}
