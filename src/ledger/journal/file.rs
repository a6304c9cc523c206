//! The journal as a file that only grows while a run lasts: a line for each intent, and one for
//! each outcome.

use super::{Intent, Outcome, Unsettled, ended};
use crate::ledger::LedgerError;
use crate::ledger::store::local;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

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
        outcome: Outcome,
    },
}

/// The open file.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    end: Mutex<End>,
}

/// Where the next line goes.
#[derive(Debug)]
pub(super) struct End {
    pub(super) file: File,
    /// An append failed: what is at the file's end is not known, so nothing may follow it.
    broken: bool,
}

pub(super) fn place(dir: &Path) -> PathBuf {
    dir.join("journal.ndjson")
}

/// Intents without a certain outcome, oldest first.
pub(super) fn unsettled(dir: &Path) -> Result<Vec<Unsettled>, LedgerError> {
    let path = place(dir);
    let bytes = local::bytes(&path)?.unwrap_or_default();
    let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    // A last line without its end was being written when the run was killed, perhaps within a
    // letter, so what it announces was never begun.
    lines.pop();
    let mut open = BTreeMap::new();
    for (index, line) in lines.into_iter().enumerate() {
        let unreadable = |_| LedgerError::Unreadable {
            path: path.clone(),
            what: "journal",
            line: index + 1,
        };
        match serde_json::from_slice(line).map_err(unreadable)? {
            Line::Begun { seq, at, intent } => {
                let outcome = None;
                let begun = Unsettled {
                    intent,
                    at,
                    outcome,
                };
                open.insert(seq, begun);
            }
            Line::Ended { seq, outcome } => ended(&mut open, seq, outcome),
        }
    }
    Ok(open.into_values().collect())
}

impl Log {
    /// Begins a new file in place of the one before, in one step.
    pub(super) fn start(dir: &Path, kept: &BTreeMap<u64, Unsettled>) -> Result<Self, LedgerError> {
        local::private_dir(dir)?;
        let path = place(dir);
        let mut text = Vec::new();
        for (seq, one) in kept {
            text.extend(encoded(&begun(*seq, one), &path)?);
            if let Some(outcome) = one.outcome {
                text.extend(encoded(&Line::Ended { seq: *seq, outcome }, &path)?);
            }
        }
        let end = End {
            file: local::replace(&path, &text)?,
            broken: false,
        };
        Ok(Self {
            path,
            end: Mutex::new(end),
        })
    }

    pub(super) fn begun(&self, seq: u64, one: &Unsettled) -> Result<(), LedgerError> {
        self.append(&begun(seq, one))
    }

    pub(super) fn ended(&self, seq: u64, outcome: Outcome) -> Result<(), LedgerError> {
        self.append(&Line::Ended { seq, outcome })
    }

    pub(super) fn end(&self) -> MutexGuard<'_, End> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// After a failure every further append fails, too: behind half a line it would be lost, and
    /// nothing may be written remotely that is not on disk first.
    fn append(&self, line: &Line) -> Result<(), LedgerError> {
        let failed = || LedgerError::io("cannot write", &self.path);
        let text = encoded(line, &self.path)?;
        let mut end = self.end();
        if end.broken {
            let error = std::io::Error::other("an earlier write to it failed");
            return Err(failed()(error));
        }
        end.broken = true;
        end.file.write_all(&text).map_err(failed())?;
        end.file.sync_data().map_err(failed())?;
        end.broken = false;
        Ok(())
    }
}

fn begun(seq: u64, one: &Unsettled) -> Line {
    Line::Begun {
        seq,
        at: one.at.clone(),
        intent: one.intent.clone(),
    }
}

fn encoded(line: &Line, path: &Path) -> Result<Vec<u8>, LedgerError> {
    let mut text = serde_json::to_vec(line)
        .map_err(std::io::Error::from)
        .map_err(LedgerError::io("cannot write", path))?;
    text.push(b'\n');
    Ok(text)
}
