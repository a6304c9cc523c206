//! The journal in a shared store: an object for each intent that has no certain outcome. One that
//! ended well is removed, so what is there is what is to be settled.

use super::{Intent, Outcome, Unsettled};
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
    outcome: Option<Outcome>,
}

/// The open journal of one run.
#[derive(Debug)]
pub(super) struct Log {
    shared: SharedStore,
    run: Uuid,
    /// Objects of earlier runs, by what they are now.
    earlier: BTreeMap<u64, String>,
}

/// Intents without a certain outcome, oldest first.
pub(super) async fn unsettled(shared: &SharedStore) -> Result<Vec<Unsettled>, LedgerError> {
    let all = read(shared).await?.into_iter();
    Ok(all.map(|(_, one)| one).collect())
}

/// Every entry by its name, oldest first.
async fn read(shared: &SharedStore) -> Result<Vec<(String, Unsettled)>, LedgerError> {
    let mut found = Vec::new();
    for name in shared.names(DIR).await? {
        let name = format!("{DIR}/{name}");
        // One that is gone by now has had its end.
        if let Some(text) = shared.read(&name).await? {
            let entry: Entry =
                serde_json::from_str(&text).map_err(|error| LedgerError::Unreadable {
                    path: shared.shown(&name),
                    what: "journal entry",
                    line: error.line(),
                })?;
            let Entry {
                at,
                intent,
                outcome,
            } = entry;
            let one = Unsettled {
                intent,
                at,
                outcome,
            };
            found.push((name, one));
        }
    }
    found.sort_by(|(name, one), (other_name, other)| {
        (one.time(), name).cmp(&(other.time(), other_name))
    });
    Ok(found)
}

impl Log {
    /// Removes what is settled, and keeps what may still come.
    pub(super) async fn start(
        shared: &SharedStore,
        kept: &BTreeMap<u64, Unsettled>,
    ) -> Result<Self, LedgerError> {
        let mut log = Self {
            shared: shared.clone(),
            run: Uuid::new_v4(),
            earlier: BTreeMap::new(),
        };
        for (name, found) in read(shared).await? {
            let same = |(seq, one): &(&u64, &Unsettled)| {
                !log.earlier.contains_key(seq) && one.intent == found.intent && one.at == found.at
            };
            match kept.iter().find(same) {
                Some((seq, one)) => {
                    log.earlier.insert(*seq, name);
                    if one.outcome != found.outcome {
                        log.write(*seq, one).await?;
                    }
                }
                None => shared.remove(&name).await?,
            }
        }
        Ok(log)
    }

    fn name(&self, seq: u64) -> String {
        let own = || format!("{DIR}/{}-{seq:08}.json", self.run);
        self.earlier.get(&seq).cloned().unwrap_or_else(own)
    }

    pub(super) async fn begun(&self, seq: u64, one: &Unsettled) -> Result<(), LedgerError> {
        self.write(seq, one).await
    }

    /// An outcome; `left` is the entry where it is not certain.
    pub(super) async fn ended(
        &self,
        seq: u64,
        left: Option<&Unsettled>,
    ) -> Result<(), LedgerError> {
        match left {
            Some(one) => self.write(seq, one).await,
            None => self.shared.remove(&self.name(seq)).await,
        }
    }

    async fn write(&self, seq: u64, one: &Unsettled) -> Result<(), LedgerError> {
        let name = self.name(seq);
        let entry = Entry {
            at: one.at.clone(),
            intent: one.intent.clone(),
            outcome: one.outcome,
        };
        let text = serde_json::to_vec(&entry).map_err(|error| LedgerError::Io {
            action: "cannot write",
            path: self.shared.shown(&name),
            source: error.into(),
        })?;
        self.shared.replace(&name, &text).await
    }
}
