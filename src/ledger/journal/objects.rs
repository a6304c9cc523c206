//! Responsible for the journal in a shared store: an object for each intent without a certain
//! outcome. A certain outcome removes the object.

use super::{Intent, IntentOutcome, JournalEntry};
use crate::ledger::{LedgerError, SharedStore};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

const DIR: &str = "journal";

#[derive(Serialize, Deserialize)]
struct StoredIntent {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    #[serde(flatten)]
    intent: Intent,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    outcome: Option<IntentOutcome>,
}

impl From<StoredIntent> for JournalEntry {
    fn from(entry: StoredIntent) -> Self {
        Self {
            intent: entry.intent,
            at: entry.at,
            outcome: entry.outcome,
        }
    }
}

/// The journal of one run.
#[derive(Debug)]
pub(super) struct Log {
    shared: SharedStore,
    run: Uuid,
    /// The object names of intents that are carried over from earlier runs.
    carried_over: BTreeMap<u64, String>,
}

/// The intents without a certain outcome, the oldest first.
pub(super) async fn open_intents(shared: &SharedStore) -> Result<Vec<JournalEntry>, LedgerError> {
    let named = read(shared).await?;
    Ok(named.into_iter().map(|(_, entry)| entry).collect())
}

/// Every intent with its object name, the oldest first.
async fn read(shared: &SharedStore) -> Result<Vec<(String, JournalEntry)>, LedgerError> {
    let mut named = Vec::new();
    for name in shared.names(DIR).await? {
        let name = format!("{DIR}/{name}");
        // The intent of an object that was removed since the listing has a certain outcome.
        if let Some(text) = shared.read(&name).await? {
            let entry: StoredIntent =
                serde_json::from_str(&text).map_err(|error| LedgerError::Unreadable {
                    path: shared.shown(&name),
                    what: "journal entry",
                    line: error.line(),
                })?;
            named.push((name, JournalEntry::from(entry)));
        }
    }
    named.sort_by_cached_key(|(name, entry)| (entry.time(), name.clone()));
    Ok(named)
}

impl Log {
    /// Removes the objects of earlier runs, except for those of intents that are carried over.
    pub(super) async fn start(
        shared: &SharedStore,
        carried_over: &BTreeMap<u64, JournalEntry>,
    ) -> Result<Self, LedgerError> {
        let mut log = Self {
            shared: shared.clone(),
            run: Uuid::new_v4(),
            carried_over: BTreeMap::new(),
        };
        for (name, stored) in read(shared).await? {
            let same = carried_over.iter().find(|(seq, entry)| {
                !log.carried_over.contains_key(seq)
                    && entry.intent == stored.intent
                    && entry.at == stored.at
            });
            match same {
                Some((seq, entry)) => {
                    log.carried_over.insert(*seq, name);
                    if entry.outcome != stored.outcome {
                        log.write(*seq, entry).await?;
                    }
                }
                None => shared.remove(&name).await?,
            }
        }
        Ok(log)
    }

    fn name(&self, seq: u64) -> String {
        let own = || format!("{DIR}/{}-{seq:08}.json", self.run);
        self.carried_over.get(&seq).cloned().unwrap_or_else(own)
    }

    pub(super) async fn begin(&self, seq: u64, entry: &JournalEntry) -> Result<(), LedgerError> {
        self.write(seq, entry).await
    }

    /// Logs an outcome. `open` is the entry if the outcome is not certain.
    pub(super) async fn end(
        &self,
        seq: u64,
        open: Option<&JournalEntry>,
    ) -> Result<(), LedgerError> {
        match open {
            Some(entry) => self.write(seq, entry).await,
            None => self.shared.remove(&self.name(seq)).await,
        }
    }

    async fn write(&self, seq: u64, entry: &JournalEntry) -> Result<(), LedgerError> {
        let name = self.name(seq);
        let stored = StoredIntent {
            at: entry.at.clone(),
            intent: entry.intent.clone(),
            outcome: entry.outcome,
        };
        let text = serde_json::to_vec(&stored).map_err(|error| LedgerError::Io {
            action: "cannot write",
            path: self.shared.shown(&name),
            source: error.into(),
        })?;
        self.shared.replace(&name, &text).await
    }
}
