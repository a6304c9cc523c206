//! Responsible for the journal in a shared store: an object for each intent without a certain
//! outcome. A certain outcome removes the object.
//!
//! A run first copies the objects that it carries over, then the head names its journal, and then it
//! removes the objects of earlier runs. So the objects of the journal that the head names are always
//! complete.

use super::lines::UnverifiedLine;
use super::signature::{JournalId, Position};
use super::{Intent, IntentOutcome, JournalContent, JournalEntry};
use crate::ledger::authenticate::Authenticator;
use crate::ledger::envelope::VERSION;
use crate::ledger::head::HeadJournal;
use crate::ledger::organization::UnverifiedLines;
use crate::ledger::{LedgerError, SharedStore};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
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
    seq: u64,
    content: ObjectContent,
}

enum ObjectContent {
    /// An intent that is authenticated and current.
    Open(JournalEntry),
    /// A customer that an intent without authentication names.
    Unverified(String),
    /// An object of another run that was killed before it removed the object or used it.
    Obsolete,
}

/// The journal of one run.
#[derive(Debug)]
pub(super) struct Log {
    shared: SharedStore,
    authenticator: Arc<Authenticator>,
    id: JournalId,
    /// Objects of earlier runs.
    earlier: Vec<String>,
}

/// Reads the journal. `head` is the journal that the ledger's head names.
pub(super) async fn read(
    shared: &SharedStore,
    authenticator: &Authenticator,
    head: Option<&HeadJournal>,
) -> Result<JournalContent, LedgerError> {
    let objects = objects(shared, authenticator, head).await?;
    Ok(content(objects, head))
}

fn content(objects: Vec<ReadObject>, head: Option<&HeadJournal>) -> JournalContent {
    let mut content = JournalContent::default();
    let mut removed = head.and_then(|head| head.open.clone()).unwrap_or_default();
    for object in objects {
        match object.content {
            ObjectContent::Open(entry) => {
                removed.remove(&object.seq);
                content.entries.push(entry);
            }
            ObjectContent::Unverified(customer) => {
                content.unverified_names.insert(customer);
            }
            ObjectContent::Obsolete => {}
        }
    }
    content.unverified_names.extend(removed.into_values());
    content.entries.sort_by_cached_key(JournalEntry::time);
    content
}

/// Every object, in the order of their names.
async fn objects(
    shared: &SharedStore,
    authenticator: &Authenticator,
    head: Option<&HeadJournal>,
) -> Result<Vec<ReadObject>, LedgerError> {
    let mut objects = Vec::new();
    for name in shared.names(DIR).await? {
        let name = format!("{DIR}/{name}");
        // The intent of an object that was removed since the listing has a certain outcome.
        if let Some(text) = shared.read(&name).await? {
            let (seq, content) = parse(&name, &text, authenticator, head).map_err(
                LedgerError::unreadable(&shared.shown(&name), "journal entry", &text),
            )?;
            objects.push(ReadObject { name, seq, content });
        }
    }
    Ok(objects)
}

/// The number of an object, and what it says.
fn parse(
    name: &str,
    text: &str,
    authenticator: &Authenticator,
    head: Option<&HeadJournal>,
) -> serde_json::Result<(u64, ObjectContent)> {
    let Ok(stored) = serde_json::from_str::<StoredObject<'_>>(text) else {
        // The format of version 1 has no MAC.
        let stored: StoredIntent = serde_json::from_str(text)?;
        let customer = stored.intent.customer().to_owned();
        return Ok((0, ObjectContent::Unverified(customer)));
    };
    let content = stored.entry.get();
    let id = JournalId {
        journal: stored.journal,
        previous: stored.previous,
    };
    let is_signed = id.verifies(
        authenticator,
        position(name, stored.seq),
        content,
        &stored.mac,
    );
    if let Ok(UnverifiedLine { unverified }) = serde_json::from_str(content) {
        return Ok((stored.seq, ObjectContent::Unverified(unverified)));
    }
    let intent: StoredIntent = serde_json::from_str(content)?;
    let content = if is_signed && is_open(id, stored.seq, head) {
        ObjectContent::Open(JournalEntry {
            intent: intent.intent,
            at: intent.at,
            outcome: intent.outcome,
        })
    } else if is_signed && !id.is_current(head) && (id.follows(head) || id.precedes(head)) {
        ObjectContent::Obsolete
    } else {
        ObjectContent::Unverified(intent.intent.customer().to_owned())
    };
    Ok((stored.seq, content))
}

/// Whether the head accepts an intent: its journal is the last one, and the intent had no certain
/// outcome when the run ended. Without a head, no run has ended.
fn is_open(id: JournalId, seq: u64, head: Option<&HeadJournal>) -> bool {
    match head {
        None => id.follows(head),
        Some(journal) => {
            let is_listed = |open: &BTreeMap<u64, String>| open.contains_key(&seq);
            id.is_current(head) && journal.open.as_ref().is_none_or(is_listed)
        }
    }
}

fn position(name: &str, seq: u64) -> Position<'_> {
    Position {
        place: name,
        after: "",
        seq,
    }
}

impl Log {
    /// Copies the objects of the intents that are carried over.
    pub(super) async fn start(
        shared: &SharedStore,
        authenticator: Arc<Authenticator>,
        head: Option<&HeadJournal>,
        carried_over: &BTreeMap<u64, JournalEntry>,
        unverified: UnverifiedLines,
    ) -> Result<Self, LedgerError> {
        let earlier = objects(shared, &authenticator, head).await?;
        let log = Self {
            shared: shared.clone(),
            id: JournalId::new(head.map(|head| head.id)),
            authenticator,
            earlier: earlier.iter().map(|object| object.name.clone()).collect(),
        };
        for (seq, entry) in carried_over {
            log.write(*seq, entry).await?;
        }
        let customers = match unverified {
            UnverifiedLines::Keep => content(earlier, head).unverified_names,
            UnverifiedLines::Drop => BTreeSet::new(),
        };
        for (index, unverified) in customers.into_iter().enumerate() {
            let name = format!("{DIR}/{}-unverified-{index}.json", log.id.journal);
            log.replace(&name, 0, &UnverifiedLine { unverified })
                .await?;
        }
        Ok(log)
    }

    /// Removes the objects of earlier runs, after the head names this journal.
    pub(super) async fn remove_earlier(&self) -> Result<(), LedgerError> {
        for name in &self.earlier {
            self.shared.remove(name).await?;
        }
        Ok(())
    }

    pub(super) fn id(&self) -> Uuid {
        self.id.journal
    }

    fn name(&self, seq: u64) -> String {
        format!("{DIR}/{}-{seq:08}.json", self.id.journal)
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
        let stored = StoredIntent {
            at: entry.at.clone(),
            intent: entry.intent.clone(),
            outcome: entry.outcome,
        };
        self.replace(&self.name(seq), seq, &stored).await
    }

    async fn replace(
        &self,
        name: &str,
        seq: u64,
        content: &impl Serialize,
    ) -> Result<(), LedgerError> {
        let text = self
            .encoded(name, seq, content)
            .map_err(std::io::Error::from)
            .map_err(LedgerError::io("cannot write", &self.shared.shown(name)))?;
        self.shared.replace(name, &text).await
    }

    fn encoded(
        &self,
        name: &str,
        seq: u64,
        content: &impl Serialize,
    ) -> serde_json::Result<Vec<u8>> {
        let content = RawValue::from_string(serde_json::to_string(content)?)?;
        let position = position(name, seq);
        serde_json::to_vec(&ObjectToWrite {
            version: VERSION,
            journal: self.id.journal,
            previous: self.id.previous,
            seq,
            mac: &self.id.mac(&self.authenticator, position, content.get()),
            entry: &content,
        })
    }
}
