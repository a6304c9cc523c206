//! Responsible for the journal in a shared store: an object for each intent without a certain
//! outcome. A certain outcome removes the object.

use super::signature::JournalId;
use super::{Intent, IntentOutcome, JournalContent, JournalEntry};
use crate::ledger::authenticate::Authenticator;
use crate::ledger::envelope::VERSION;
use crate::ledger::organization::UnverifiedLines;
use crate::ledger::{LedgerError, SharedStore};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::sync::Arc;
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
    fn from(stored: StoredIntent) -> Self {
        Self {
            intent: stored.intent,
            at: stored.at,
            outcome: stored.outcome,
        }
    }
}

#[derive(Serialize)]
struct ObjectToWrite<'a> {
    version: u32,
    journal: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<Uuid>,
    seq: u64,
    mac: &'a str,
    entry: &'a RawValue,
}

#[derive(Deserialize)]
struct StoredObject<'a> {
    journal: Uuid,
    #[serde(default)]
    previous: Option<Uuid>,
    seq: u64,
    mac: String,
    #[serde(borrow)]
    entry: &'a RawValue,
}

/// An object of the journal.
struct ReadObject {
    name: String,
    entry: JournalEntry,
    is_signed: bool,
}

/// The journal of one run.
#[derive(Debug)]
pub(super) struct Log {
    shared: SharedStore,
    authenticator: Arc<Authenticator>,
    id: JournalId,
    /// The object names of intents that are carried over from earlier runs.
    carried_over: BTreeMap<u64, String>,
}

/// Reads the journal. `head` is the journal that the ledger's head names.
pub(super) async fn read(
    shared: &SharedStore,
    authenticator: &Authenticator,
    head: Option<Uuid>,
) -> Result<JournalContent, LedgerError> {
    let mut content = JournalContent::default();
    for object in objects(shared, authenticator, head).await? {
        if object.is_signed {
            content.entries.push(object.entry);
        } else {
            let customer = object.entry.intent.customer().to_owned();
            content.unverified_names.insert(customer);
        }
    }
    Ok(content)
}

/// Every object, the oldest intent first.
async fn objects(
    shared: &SharedStore,
    authenticator: &Authenticator,
    head: Option<Uuid>,
) -> Result<Vec<ReadObject>, LedgerError> {
    let mut objects = Vec::new();
    for name in shared.names(DIR).await? {
        let name = format!("{DIR}/{name}");
        // The intent of an object that was removed since the listing has a certain outcome.
        if let Some(text) = shared.read(&name).await? {
            let (entry, is_signed) = parse(&name, &text, authenticator, head).map_err(|error| {
                LedgerError::Unreadable {
                    path: shared.shown(&name),
                    what: "journal entry",
                    line: error.line(),
                }
            })?;
            objects.push(ReadObject {
                name,
                entry,
                is_signed,
            });
        }
    }
    objects.sort_by_cached_key(|object| (object.entry.time(), object.name.clone()));
    Ok(objects)
}

/// The entry of an object, and whether it is authenticated and current.
fn parse(
    name: &str,
    text: &str,
    authenticator: &Authenticator,
    head: Option<Uuid>,
) -> serde_json::Result<(JournalEntry, bool)> {
    let Ok(stored) = serde_json::from_str::<StoredObject<'_>>(text) else {
        // The format of version 1 has no MAC.
        let entry: StoredIntent = serde_json::from_str(text)?;
        return Ok((entry.into(), false));
    };
    let content = stored.entry.get();
    let id = JournalId {
        journal: stored.journal,
        previous: stored.previous,
    };
    let is_signed = id.is_accepted_by(head)
        && id.verifies(authenticator, (name, stored.seq), content, &stored.mac);
    let entry: StoredIntent = serde_json::from_str(content)?;
    Ok((entry.into(), is_signed))
}

impl Log {
    /// Removes the objects of earlier runs, except for those of intents that are carried over, which
    /// become objects of this run.
    pub(super) async fn start(
        shared: &SharedStore,
        authenticator: Arc<Authenticator>,
        previous: Option<Uuid>,
        carried_over: &BTreeMap<u64, JournalEntry>,
        unverified: UnverifiedLines,
    ) -> Result<Self, LedgerError> {
        let mut log = Self {
            shared: shared.clone(),
            id: JournalId::new(previous),
            authenticator,
            carried_over: BTreeMap::new(),
        };
        for object in objects(shared, &log.authenticator, previous).await? {
            if !object.is_signed && unverified == UnverifiedLines::Keep {
                continue;
            }
            let same = carried_over.iter().find(|(seq, entry)| {
                object.is_signed
                    && !log.carried_over.contains_key(seq)
                    && entry.intent == object.entry.intent
                    && entry.at == object.entry.at
            });
            match same {
                Some((seq, entry)) => {
                    log.carried_over.insert(*seq, object.name);
                    log.write(*seq, entry).await?;
                }
                None => shared.remove(&object.name).await?,
            }
        }
        Ok(log)
    }

    pub(super) fn id(&self) -> Uuid {
        self.id.journal
    }

    fn name(&self, seq: u64) -> String {
        let own = || format!("{DIR}/{}-{seq:08}.json", self.id.journal);
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
        let text = self
            .encoded(&name, seq, entry)
            .map_err(std::io::Error::from)
            .map_err(LedgerError::io("cannot write", &self.shared.shown(&name)))?;
        self.shared.replace(&name, &text).await
    }

    fn encoded(&self, name: &str, seq: u64, entry: &JournalEntry) -> serde_json::Result<Vec<u8>> {
        let stored = StoredIntent {
            at: entry.at.clone(),
            intent: entry.intent.clone(),
            outcome: entry.outcome,
        };
        let content = RawValue::from_string(serde_json::to_string(&stored)?)?;
        serde_json::to_vec(&ObjectToWrite {
            version: VERSION,
            journal: self.id.journal,
            previous: self.id.previous,
            seq,
            mac: &self.id.mac(&self.authenticator, name, seq, content.get()),
            entry: &content,
        })
    }
}
