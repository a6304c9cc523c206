//! Responsible for the head of a ledger, which names the generation of each entry, so that an old copy
//! of one object is refused. An old copy of all objects cannot be detected.

use super::authenticate::Authenticator;
use super::envelope::{self, Opened};
use super::{LedgerError, LedgerStore};
use crate::model::{DefinitionId, RecordedGuards, RecordedOauthApp, RunRecord, WorkspaceId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

pub(super) const OBJECT: &str = "head.json";
const WHAT: &str = "ledger head";

/// The content of the head.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Head {
    /// The largest generation of all entries, those that were removed included.
    pub(super) counter: u64,
    /// The generation of each entry.
    pub(super) generations: BTreeMap<WorkspaceId, u64>,
    /// The generation of the list of rotations, if one is unfinished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rotations: Option<u64>,
    /// The last journal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) journal: Option<HeadJournal>,
    /// The run that writes entries since the head was written. Only its entries may be newer than
    /// the head. `None` after a complete run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) run: Option<Uuid>,
    /// The id of the key that wrote the head.
    pub(super) key_id: String,
    /// The number of shards, if the ledger is divided. The entries are then in the ledgers of the shards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) shards: Option<u16>,
    /// The guards of the files at the last apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) guards: Option<RecordedGuards>,
    /// The OAuth apps that airlift set. They belong to no customer, so that no entry has them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) oauth_apps: BTreeMap<DefinitionId, RecordedOauthApp>,
    /// The history of runs, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) runs: Vec<RunRecord>,
}

impl Head {
    /// Whether an object is the one that the head means. `named` is the generation of the object in
    /// the head. A generation above the head's counter must belong to the run that the head names,
    /// which is writing or was killed.
    pub(super) fn accepts(
        &self,
        named: Option<u64>,
        (generation, run): (u64, Option<Uuid>),
    ) -> bool {
        if generation > self.counter {
            return self.run.is_some() && self.run == run;
        }
        named == Some(generation)
    }
}

/// A journal as the head names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct HeadJournal {
    pub(super) id: Uuid,
    /// The journal that the head named before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) previous: Option<Uuid>,
    /// The intents without a certain outcome at the end of the run, each with its customer. `None`
    /// until then, and if a write of the journal failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) open: Option<BTreeMap<u64, String>>,
}

/// The head as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum StoredHead {
    /// No head exists.
    Absent,
    /// The head has a valid MAC.
    Signed(Box<Head>),
    /// The head has no valid MAC.
    Altered,
}

impl StoredHead {
    /// The head, if it is authenticated.
    pub(super) fn signed(&self) -> Option<&Head> {
        match self {
            Self::Signed(head) => Some(head),
            Self::Absent | Self::Altered => None,
        }
    }
}

pub(super) async fn read(
    store: &LedgerStore,
    authenticator: &Authenticator,
) -> Result<StoredHead, LedgerError> {
    let Some(text) = store.read(OBJECT).await? else {
        return Ok(StoredHead::Absent);
    };
    let path = store.shown(OBJECT);
    let place = (path.as_path(), WHAT);
    Ok(match envelope::open(authenticator, OBJECT, &text, place)? {
        Opened::Signed(sealed) => {
            StoredHead::Signed(Box::new(envelope::parse(sealed.content, place)?))
        }
        Opened::Altered(_) | Opened::Version1 => StoredHead::Altered,
    })
}

/// The number of shards that a head claims, verified or not. `None` without a head that can be read.
pub(super) async fn claimed_shards(
    store: &LedgerStore,
    authenticator: &Authenticator,
) -> Result<Option<Option<u16>>, LedgerError> {
    let Some(text) = store.read(OBJECT).await? else {
        return Ok(None);
    };
    let path = store.shown(OBJECT);
    let opened = envelope::open(authenticator, OBJECT, &text, (path.as_path(), WHAT))?;
    let (Opened::Signed(sealed) | Opened::Altered(sealed)) = opened else {
        return Ok(None);
    };
    let head: Option<Head> = serde_json::from_str(sealed.content).ok();
    Ok(head.map(|head| head.shards))
}

pub(super) async fn write(
    store: &LedgerStore,
    authenticator: &Authenticator,
    head: &Head,
) -> Result<(), LedgerError> {
    let text = envelope::seal(authenticator, OBJECT, head.counter, head)
        .map_err(std::io::Error::from)
        .map_err(LedgerError::io("cannot write", &store.shown(OBJECT)))?;
    store.replace(OBJECT, text.as_bytes()).await
}
