//! Responsible for the journal in a shared store: an object for each intent that has no certain
//! outcome. The object of an intent with one is removed, so the objects are the unsettled intents.

use super::{Intent, IntentOutcome, Unsettled};
use crate::ledger::{LedgerError, SharedStore};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

const DIR: &str = "journal";

#[derive(Serialize, Deserialize)]
struct Entry {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    #[serde(flatten)]
    intent: Intent,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    outcome: Option<IntentOutcome>,
}

impl From<Entry> for Unsettled {
    fn from(entry: Entry) -> Self {
        Self {
            intent: entry.intent,
            at: entry.at,
            outcome: entry.outcome,
        }
    }
}

/// The open journal of one run.
#[derive(Debug)]
pub(super) struct Log {
    shared: SharedStore,
    run: Uuid,
    /// The objects of intents that are carried over from earlier runs.
    carried_over: BTreeMap<u64, String>,
}

/// Intents without a certain outcome, oldest first.
pub(super) async fn unsettled(shared: &SharedStore) -> Result<Vec<Unsettled>, LedgerError> {
    let named = read(shared).await?;
    Ok(named.into_iter().map(|(_, unsettled)| unsettled).collect())
}

/// Every intent by its object's name, oldest first.
async fn read(shared: &SharedStore) -> Result<Vec<(String, Unsettled)>, LedgerError> {
    let mut named = Vec::new();
    for name in shared.names(DIR).await? {
        let name = format!("{DIR}/{name}");
        // An object that was removed since the listing has a certain outcome.
        if let Some(text) = shared.read(&name).await? {
            let entry: Entry =
                serde_json::from_str(&text).map_err(|error| LedgerError::Unreadable {
                    path: shared.shown(&name),
                    what: "journal entry",
                    line: error.line(),
                })?;
            named.push((name, Unsettled::from(entry)));
        }
    }
    named.sort_by_cached_key(|(name, unsettled)| (unsettled.time(), name.clone()));
    Ok(named)
}

impl Log {
    /// Removes the objects of earlier runs, except for those of intents that are carried over.
    pub(super) async fn start(
        shared: &SharedStore,
        carried_over: &BTreeMap<u64, Unsettled>,
    ) -> Result<Self, LedgerError> {
        let mut log = Self {
            shared: shared.clone(),
            run: Uuid::new_v4(),
            carried_over: BTreeMap::new(),
        };
        for (name, found) in read(shared).await? {
            let same = carried_over.iter().find(|(seq, unsettled)| {
                !log.carried_over.contains_key(seq)
                    && unsettled.intent == found.intent
                    && unsettled.at == found.at
            });
            match same {
                Some((seq, unsettled)) => {
                    log.carried_over.insert(*seq, name);
                    if unsettled.outcome != found.outcome {
                        log.write(*seq, unsettled).await?;
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

    pub(super) async fn begin(&self, seq: u64, unsettled: &Unsettled) -> Result<(), LedgerError> {
        self.write(seq, unsettled).await
    }

    /// Writes an outcome. `open` is the intent if the outcome is not certain.
    pub(super) async fn end(&self, seq: u64, open: Option<&Unsettled>) -> Result<(), LedgerError> {
        match open {
            Some(unsettled) => self.write(seq, unsettled).await,
            None => self.shared.remove(&self.name(seq)).await,
        }
    }

    async fn write(&self, seq: u64, unsettled: &Unsettled) -> Result<(), LedgerError> {
        let name = self.name(seq);
        let entry = Entry {
            at: unsettled.at.clone(),
            intent: unsettled.intent.clone(),
            outcome: unsettled.outcome,
        };
        let text = serde_json::to_vec(&entry).map_err(|error| LedgerError::Io {
            action: "cannot write",
            path: self.shared.shown(&name),
            source: error.into(),
        })?;
        self.shared.replace(&name, &text).await
    }
}
