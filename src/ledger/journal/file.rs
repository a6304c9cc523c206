//! Responsible for the journal as a file that only grows during a run: a line for each intent, and
//! one for each outcome.

use super::{Intent, IntentOutcome, Unsettled};
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
    Begun {
        seq: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<String>,
        #[serde(flatten)]
        intent: Intent,
    },
    Ended {
        seq: u64,
        outcome: IntentOutcome,
    },
}

/// The open file.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    tail: Mutex<Tail>,
}

/// The end of the file, where the next line goes.
#[derive(Debug)]
pub(super) struct Tail {
    pub(super) file: File,
    /// Set while a line is written, and for good if that fails: the file may end with half a line.
    is_broken: bool,
}

pub(super) fn path(dir: &Path) -> PathBuf {
    dir.join("journal.ndjson")
}

/// Intents without a certain outcome, oldest first.
pub(super) fn unsettled(dir: &Path) -> Result<Vec<Unsettled>, LedgerError> {
    let path = path(dir);
    let bytes = local::bytes(&path)?.unwrap_or_default();
    let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    // The run was killed while it wrote a last line without its end, perhaps within a letter. So
    // the request of its intent was never sent.
    lines.pop();
    let mut open = BTreeMap::new();
    for (index, line) in lines.into_iter().enumerate() {
        let line = serde_json::from_slice(line).map_err(|_| LedgerError::Unreadable {
            path: path.clone(),
            what: "journal",
            line: index + 1,
        })?;
        match line {
            Line::Begun { seq, at, intent } => {
                let outcome = None;
                let begun = Unsettled {
                    intent,
                    at,
                    outcome,
                };
                open.insert(seq, begun);
            }
            Line::Ended { seq, outcome } => super::end(&mut open, seq, outcome),
        }
    }
    Ok(open.into_values().collect())
}

impl Log {
    /// Replaces the file of the run before in one step.
    pub(super) fn start(
        dir: &Path,
        carried_over: &BTreeMap<u64, Unsettled>,
    ) -> Result<Self, LedgerError> {
        local::private_dir(dir)?;
        let path = path(dir);
        let mut text = Vec::new();
        for (seq, unsettled) in carried_over {
            text.extend(encoded(&begun(*seq, unsettled), &path)?);
            if let Some(outcome) = unsettled.outcome {
                text.extend(encoded(&Line::Ended { seq: *seq, outcome }, &path)?);
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

    pub(super) fn begin(&self, seq: u64, unsettled: &Unsettled) -> Result<(), LedgerError> {
        self.append(&begun(seq, unsettled))
    }

    pub(super) fn end(&self, seq: u64, outcome: IntentOutcome) -> Result<(), LedgerError> {
        self.append(&Line::Ended { seq, outcome })
    }

    pub(super) fn tail(&self) -> MutexGuard<'_, Tail> {
        self.tail.lock_unpoisoned()
    }

    /// Appends a line. After a failure every further append fails, too: a line behind half a line
    /// would be lost, and no request may be sent whose intent is not on disk.
    fn append(&self, line: &Line) -> Result<(), LedgerError> {
        let failed = || LedgerError::io("cannot write", &self.path);
        let text = encoded(line, &self.path)?;
        let mut tail = self.tail();
        if tail.is_broken {
            let error = std::io::Error::other("an earlier write to it failed");
            return Err(failed()(error));
        }
        tail.is_broken = true;
        tail.file.write_all(&text).map_err(failed())?;
        tail.file.sync_data().map_err(failed())?;
        tail.is_broken = false;
        Ok(())
    }
}

fn begun(seq: u64, unsettled: &Unsettled) -> Line {
    Line::Begun {
        seq,
        at: unsettled.at.clone(),
        intent: unsettled.intent.clone(),
    }
}

fn encoded(line: &Line, path: &Path) -> Result<Vec<u8>, LedgerError> {
    let mut text = serde_json::to_vec(line)
        .map_err(std::io::Error::from)
        .map_err(LedgerError::io("cannot write", path))?;
    text.push(b'\n');
    Ok(text)
}
