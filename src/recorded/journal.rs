//! The journal: what a run was about to write, on disk before it writes, and how it ended.
//!
//! Append-only while a run lasts. A run that was killed leaves intents without an outcome; the
//! next one looks at what there is and settles them before it plans.

use super::{RecordError, files};
use crate::model::{Address, ConnectorId, DefinitionId, RecordedConnector, WorkspaceId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What is about to be written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "intent", rename_all = "snake_case")]
pub enum Intent {
    /// Mint a token for a name that is not there, which creates the workspace.
    CreateCustomer {
        /// The name.
        customer: String,
    },
    /// Create a connector.
    CreateConnector {
        /// The customer's name.
        customer: String,
        /// The customer's workspace.
        workspace_id: WorkspaceId,
        /// The connector's name.
        name: String,
        /// Its type.
        definition_id: DefinitionId,
        /// Connectors that were there before: none of them is the new one.
        known: BTreeSet<ConnectorId>,
        /// The connector that the new one takes the place of.
        replaces: Option<ConnectorId>,
        /// What the ledger will hold of it, its id aside.
        record: Box<RecordedConnector>,
    },
    /// A write by id, which the next plan judges by what it reads.
    Write {
        /// To what.
        address: Address,
        /// The API's operation.
        operation: String,
    },
}

/// How it ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It had its effect, and the ledger knows.
    Done,
    /// It had none.
    Failed,
    /// Nobody knows: the next run looks.
    Unknown,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Begun {
        seq: u64,
        #[serde(flatten)]
        intent: Intent,
    },
    Ended {
        seq: u64,
        outcome: Outcome,
    },
}

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    next: u64,
}

impl Journal {
    fn place(dir: &Path) -> PathBuf {
        dir.join("journal.ndjson")
    }

    /// Intents of earlier runs that have no certain outcome, oldest first. Reads only.
    pub fn unsettled(dir: &Path) -> Result<Vec<Intent>, RecordError> {
        let path = Self::place(dir);
        let text = files::read(&path)?.unwrap_or_default();
        // A last line without its end was being written when the run was killed, so what it
        // announces was never begun.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let mut open = BTreeMap::new();
        for (index, line) in whole.lines().enumerate() {
            let unreadable = |_| RecordError::Unreadable {
                path: path.clone(),
                what: "journal",
                line: index + 1,
            };
            match serde_json::from_str(line).map_err(unreadable)? {
                Line::Begun { seq, intent } => {
                    open.insert(seq, intent);
                }
                Line::Ended {
                    seq,
                    outcome: Outcome::Done | Outcome::Failed,
                } => {
                    open.remove(&seq);
                }
                Line::Ended {
                    outcome: Outcome::Unknown,
                    ..
                } => {}
            }
        }
        Ok(open.into_values().collect())
    }

    /// Starts anew: the intents of earlier runs must have been settled into the ledger.
    pub fn start(dir: &Path) -> Result<Self, RecordError> {
        files::private_dir(dir)?;
        let path = Self::place(dir);
        let mut options = OpenOptions::new();
        options.create(true).write(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options
            .open(&path)
            .map_err(RecordError::io("cannot open", &path))?;
        file.sync_all()
            .map_err(RecordError::io("cannot sync", &path))?;
        files::sync_dir(dir)?;
        Ok(Self {
            path,
            state: Mutex::new(State { file, next: 1 }),
        })
    }

    /// Puts an intent on disk; the write may begin when this returns.
    pub fn begin(&self, intent: Intent) -> Result<u64, RecordError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let seq = state.next;
        state.next += 1;
        self.append(&mut state.file, &Line::Begun { seq, intent })?;
        Ok(seq)
    }

    /// Puts an outcome on disk.
    pub fn end(&self, seq: u64, outcome: Outcome) -> Result<(), RecordError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.append(&mut state.file, &Line::Ended { seq, outcome })
    }

    fn append(&self, file: &mut File, line: &Line) -> Result<(), RecordError> {
        let failed = || RecordError::io("cannot write", &self.path);
        let mut text = serde_json::to_vec(line)
            .map_err(std::io::Error::from)
            .map_err(failed())?;
        text.push(b'\n');
        file.write_all(&text).map_err(failed())?;
        file.sync_data().map_err(failed())
    }
}

#[cfg(test)]
mod tests {
    use super::{Intent, Journal, Outcome};
    use std::io::Write;

    fn intent(name: &str) -> Intent {
        Intent::CreateCustomer {
            customer: name.into(),
        }
    }

    #[test]
    fn only_intents_without_a_certain_outcome_are_unsettled() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Journal::unsettled(dir.path()).unwrap().is_empty());
        let journal = Journal::start(dir.path()).unwrap();
        let [done, failed, unknown, _open] =
            ["done", "failed", "unknown", "open"].map(|name| journal.begin(intent(name)).unwrap());
        journal.end(done, Outcome::Done).unwrap();
        journal.end(failed, Outcome::Failed).unwrap();
        journal.end(unknown, Outcome::Unknown).unwrap();
        let unsettled = Journal::unsettled(dir.path()).unwrap();
        assert_eq!(unsettled, [intent("unknown"), intent("open")]);
    }

    #[test]
    fn a_torn_last_line_announces_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::start(dir.path()).unwrap();
        journal.begin(intent("whole")).unwrap();
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .open(Journal::place(dir.path()))
            .unwrap();
        file.write_all(b"{\"seq\":2,\"intent\":\"create_cus")
            .unwrap();
        assert_eq!(Journal::unsettled(dir.path()).unwrap(), [intent("whole")]);
        file.write_all(b"\n").unwrap();
        assert!(Journal::unsettled(dir.path()).is_err());
    }
}
