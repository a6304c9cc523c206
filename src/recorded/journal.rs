//! The journal: what a run was about to write, on disk before it writes, and how it ended.
//!
//! Append-only while a run lasts. A run that was killed leaves intents without an outcome; the
//! next one looks at what there is and settles them before it plans. A creation that it looks for
//! in vain is carried over as long as it may still take effect.

use super::settle::is_of;
use super::{RecordError, files};
use crate::model::{
    Address, ConnectorId, DefinitionId, ObservedConnector, RecordedConnector, WorkspaceId,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long after its intent a creation may still take effect: the token that it was sent with
/// lives for 20 minutes, and the server refuses it after that.
pub(super) const LIFE: Duration = Duration::from_mins(20);

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
    /// A later run looked for it in vain. It may still come.
    Missing,
}

impl Outcome {
    fn is_certain(self) -> bool {
        matches!(self, Self::Done | Self::Failed)
    }
}

/// An intent without a certain outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Unsettled {
    /// What was to be written.
    pub intent: Intent,
    /// When, RFC 3339 in UTC; journals of earlier versions do not tell.
    pub at: Option<String>,
    /// What is known of its end; nothing when the run was cut short.
    pub outcome: Option<Outcome>,
}

impl Unsettled {
    fn now(intent: Intent) -> Self {
        Self {
            intent,
            at: Some(Timestamp::now().to_string()),
            outcome: None,
        }
    }

    /// When it was to be written.
    pub(super) fn time(&self) -> Option<Timestamp> {
        self.at.as_ref()?.parse().ok()
    }

    /// How much is left of a time after the intent; nothing when it is over. A clock that was
    /// set back does not prolong it.
    pub fn left_of(&self, grace: Duration) -> Option<Duration> {
        let age = Duration::try_from(Timestamp::now().duration_since(self.time()?));
        let left = grace.saturating_sub(age.unwrap_or_default());
        (!left.is_zero()).then_some(left)
    }

    /// Whether it is a creation that may still take effect. Minting for a name again gives the
    /// same workspace, and a write by id is judged by what is read, so only connectors can come
    /// to be twice.
    fn may_come(&self, now: Timestamp) -> bool {
        matches!(self.intent, Intent::CreateConnector { .. })
            && self.time().is_some_and(|at| now < at + LIFE)
    }
}

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
    unsettled: BTreeMap<u64, Unsettled>,
    /// An append failed: what is at the file's end is not known, so nothing may follow it.
    broken: bool,
}

impl Journal {
    fn place(dir: &Path) -> PathBuf {
        dir.join("journal.ndjson")
    }

    /// Intents of earlier runs that have no certain outcome, oldest first. Reads only.
    pub fn unsettled(dir: &Path) -> Result<Vec<Unsettled>, RecordError> {
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

    /// Starts anew, in one step. What earlier runs left must have been settled into the ledger;
    /// `open` is what was looked for in vain, and is kept as long as it may still come.
    pub fn start(dir: &Path, open: &[Unsettled]) -> Result<Self, RecordError> {
        files::private_dir(dir)?;
        let path = Self::place(dir);
        let now = Timestamp::now();
        let kept = open.iter().filter(|one| one.may_come(now)).cloned();
        let unsettled: BTreeMap<u64, Unsettled> = (1..)
            .zip(kept.map(|one| Unsettled {
                outcome: Some(Outcome::Missing),
                ..one
            }))
            .collect();
        let mut text = Vec::new();
        for (seq, one) in &unsettled {
            let outcome = Outcome::Missing;
            text.extend(encoded(&begun(*seq, one), &path)?);
            text.extend(encoded(&Line::Ended { seq: *seq, outcome }, &path)?);
        }
        let state = State {
            file: files::replace(&path, &text)?,
            next: unsettled.keys().next_back().map_or(1, |last| last + 1),
            unsettled,
            broken: false,
        };
        Ok(Self {
            path,
            state: Mutex::new(state),
        })
    }

    /// Puts an intent on disk; the write may begin when this returns.
    pub fn begin(&self, intent: Intent) -> Result<u64, RecordError> {
        let mut state = self.state();
        let seq = state.next;
        state.next += 1;
        let one = Unsettled::now(intent);
        self.append(&mut state, &begun(seq, &one))?;
        state.unsettled.insert(seq, one);
        Ok(seq)
    }

    /// Puts an outcome on disk.
    pub fn end(&self, seq: u64, outcome: Outcome) -> Result<(), RecordError> {
        let mut state = self.state();
        self.append(&mut state, &Line::Ended { seq, outcome })?;
        ended(&mut state.unsettled, seq, outcome);
        Ok(())
    }

    /// What the ledger is to hold of a connector that a creation of ours explains of which no
    /// answer came.
    pub fn explains(
        &self,
        workspace: WorkspaceId,
        id: ConnectorId,
        found: &ObservedConnector,
    ) -> Option<RecordedConnector> {
        let state = self.state();
        let ended = |one: &&Unsettled| one.outcome.is_some();
        let made = |one: &Unsettled| is_of(one, workspace, id, found);
        state.unsettled.values().filter(ended).find_map(made)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// After a failure every further append fails, too: behind half a line it would be lost, and
    /// nothing may be written remotely that is not on disk first.
    fn append(&self, state: &mut State, line: &Line) -> Result<(), RecordError> {
        let failed = || RecordError::io("cannot write", &self.path);
        let text = encoded(line, &self.path)?;
        if state.broken {
            let error = std::io::Error::other("an earlier write to it failed");
            return Err(failed()(error));
        }
        state.broken = true;
        state.file.write_all(&text).map_err(failed())?;
        state.file.sync_data().map_err(failed())?;
        state.broken = false;
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

fn ended(open: &mut BTreeMap<u64, Unsettled>, seq: u64, outcome: Outcome) {
    if outcome.is_certain() {
        open.remove(&seq);
    } else if let Some(one) = open.get_mut(&seq) {
        one.outcome = Some(outcome);
    }
}

fn encoded(line: &Line, path: &Path) -> Result<Vec<u8>, RecordError> {
    let mut text = serde_json::to_vec(line)
        .map_err(std::io::Error::from)
        .map_err(RecordError::io("cannot write", path))?;
    text.push(b'\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::{Intent, Journal, LIFE, Outcome, Unsettled};
    use crate::recorded::settle::tests::{KIND, WORKSPACE, record};
    use jiff::Timestamp;
    use std::collections::BTreeSet;
    use std::io::Write;
    use std::path::Path;

    fn intent(name: &str) -> Intent {
        Intent::CreateCustomer {
            customer: name.into(),
        }
    }

    fn creation(name: &str) -> Intent {
        Intent::CreateConnector {
            customer: "acme".into(),
            workspace_id: WORKSPACE,
            name: name.into(),
            definition_id: KIND,
            known: BTreeSet::new(),
            replaces: None,
            record: Box::new(record(0)),
        }
    }

    fn unsettled(dir: &Path) -> Vec<Intent> {
        let open = Journal::unsettled(dir).unwrap().into_iter();
        open.map(|one| one.intent).collect()
    }

    #[test]
    fn only_intents_without_a_certain_outcome_are_unsettled() {
        let dir = tempfile::tempdir().unwrap();
        assert!(unsettled(dir.path()).is_empty());
        let journal = Journal::start(dir.path(), &[]).unwrap();
        let [done, failed, unknown, _open] =
            ["done", "failed", "unknown", "open"].map(|name| journal.begin(intent(name)).unwrap());
        journal.end(done, Outcome::Done).unwrap();
        journal.end(failed, Outcome::Failed).unwrap();
        journal.end(unknown, Outcome::Unknown).unwrap();
        assert_eq!(unsettled(dir.path()), [intent("unknown"), intent("open")]);
        let open = Journal::unsettled(dir.path()).unwrap();
        assert_eq!(open[0].outcome, Some(Outcome::Unknown));
        assert_eq!(open[1].outcome, None);
        assert!(open[1].time() <= Some(Timestamp::now()));
    }

    #[test]
    fn a_torn_last_line_announces_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::start(dir.path(), &[]).unwrap();
        journal.begin(intent("whole")).unwrap();
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .open(Journal::place(dir.path()))
            .unwrap();
        file.write_all(b"{\"seq\":2,\"intent\":\"create_cus")
            .unwrap();
        assert_eq!(unsettled(dir.path()), [intent("whole")]);
        file.write_all(b"\n").unwrap();
        assert!(Journal::unsettled(dir.path()).is_err());
    }

    #[test]
    fn a_creation_is_carried_over_as_long_as_it_may_come() {
        let dir = tempfile::tempdir().unwrap();
        let begun = |name: &str, at: Option<Timestamp>| Unsettled {
            intent: creation(name),
            at: at.map(|at| at.to_string()),
            outcome: None,
        };
        let now = Timestamp::now();
        let customer = Unsettled::now(intent("acme"));
        let (late, young) = (begun("late", Some(now - LIFE)), begun("young", Some(now)));
        let open = [begun("undated", None), late, customer, young];
        let journal = Journal::start(dir.path(), &open).unwrap();
        let next = journal.begin(creation("next")).unwrap();
        let found = Journal::unsettled(dir.path()).unwrap();
        assert_eq!(found[0].intent, creation("young"));
        assert_eq!(found[0].outcome, Some(Outcome::Missing));
        assert_eq!(found[0].time(), Some(now));
        assert_eq!(found[1].intent, creation("next"));
        assert_eq!(found.len(), 2);
        // And once more.
        journal.end(next, Outcome::Done).unwrap();
        let open = Journal::unsettled(dir.path()).unwrap();
        drop(Journal::start(dir.path(), &open).unwrap());
        assert_eq!(unsettled(dir.path()), [creation("young")]);
    }

    #[test]
    fn a_journal_of_an_earlier_version_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let text = "{\"seq\":1,\"intent\":\"create_customer\",\"customer\":\"acme\"}\n";
        std::fs::write(Journal::place(dir.path()), text).unwrap();
        let open = Journal::unsettled(dir.path()).unwrap();
        assert_eq!((&open[0].intent, &open[0].at), (&intent("acme"), &None));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn after_a_failed_append_nothing_follows() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::start(dir.path(), &[]).unwrap();
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
        let good = std::mem::replace(&mut journal.state().file, full.unwrap());
        journal.begin(intent("lost")).unwrap_err();
        journal.state().file = good;
        let error = journal.begin(intent("after")).unwrap_err().to_string();
        assert!(error.contains("an earlier write to it failed"), "{error}");
        assert!(unsettled(dir.path()).is_empty());
    }
}
