//! Responsible for the number of shards of a ledger. The head of a ledger with shards has only that number; each
//! shard has a ledger of its own below it, with its own lock, journal and head.
//!
//! Two numbers at the same time would let two runs create the same customer, so a run with another number is
//! refused.

use super::authenticate::Authenticator;
use super::head::{self, Head, StoredHead};
use super::store::Put;
use super::{LedgerError, LedgerStore, envelope};
use crate::model::Shard;

/// The store of the ledger that an authenticator is for: that of its shard, or of its organization.
pub(super) fn store_of(root: &LedgerStore, authenticator: &Authenticator) -> LedgerStore {
    let store = root.for_organization(authenticator.organization());
    match authenticator.shard() {
        Some(shard) => store.below("shards").below(shard),
        None => store,
    }
}

/// Refuses a ledger whose entries are in the ledgers of shards.
pub(super) fn refuse_divided(store: &LedgerStore, head: Option<&Head>) -> Result<(), LedgerError> {
    let shards = head.and_then(|head| head.shards);
    shards.map_or(Ok(()), |count| {
        Err(LedgerError::OtherShards {
            path: store.shown(""),
            count: Some(count),
        })
    })
}

/// How a ledger is divided.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Division {
    /// No run has written the ledger.
    Unused,
    /// One ledger for all customers.
    Undivided,
    /// A ledger for each of so many shards.
    Shards(u16),
}

/// How the ledger of an organization is divided. `authenticator` is that of the ledger without shards.
pub async fn division(
    root: &LedgerStore,
    authenticator: &Authenticator,
) -> Result<Division, LedgerError> {
    let store = root.for_organization(authenticator.organization());
    read(&store, authenticator).await
}

/// Refuses a ledger that is not divided into as many shards as the run says. `authenticator` is that of the ledger
/// without shards.
pub async fn check_shards(
    root: &LedgerStore,
    authenticator: &Authenticator,
    shard: Shard,
) -> Result<(), LedgerError> {
    let store = root.for_organization(authenticator.organization());
    fitting_division(&store, authenticator, shard)
        .await
        .map(drop)
}

/// Refuses a ledger whose content is divided otherwise than the run says, whether its head verifies or not.
/// `authenticator` is that of the ledger without shards.
pub async fn check_claimed_shards(
    root: &LedgerStore,
    authenticator: &Authenticator,
    shard: Option<Shard>,
) -> Result<(), LedgerError> {
    let store = root.for_organization(authenticator.organization());
    let claimed = head::claimed_shards(&store, authenticator).await?;
    let shards = store.below("shards").directories().await?;
    let indexes = shards.iter().filter_map(|name| name.parse::<u16>().ok());
    let at_least = indexes.max().map(|last| last.saturating_add(1));
    let count = claimed.flatten().or(at_least);
    let is_fitting = match (shard, claimed) {
        (None, _) => count.is_none(),
        (Some(shard), Some(claimed)) => claimed == Some(shard.count()),
        (Some(shard), None) => shards.contains(&shard.index().to_string()),
    };
    if is_fitting {
        return Ok(());
    }
    Err(LedgerError::OtherShards {
        path: store.shown(""),
        count,
    })
}

/// Divides a ledger that no run has written into as many shards as the run says. Refuses one with another division.
pub async fn claim_shards(
    root: &LedgerStore,
    authenticator: &Authenticator,
    shard: Shard,
) -> Result<(), LedgerError> {
    let store = root.for_organization(authenticator.organization());
    let division = fitting_division(&store, authenticator, shard).await?;
    if division != Division::Unused {
        return Ok(());
    }
    let head = Head {
        shards: Some(shard.count()),
        key_id: authenticator.key_id().to_owned(),
        ..Head::default()
    };
    let text = sealed(&store, authenticator, &head)?;
    match &store {
        LedgerStore::Local(local) => local.replace(head::OBJECT, &text).map(drop),
        // Needs no lease: the condition lets one of several runs create the head.
        LedgerStore::Shared(objects) => match objects.put(head::OBJECT, &text, None).await? {
            Put::Written(_) => Ok(()),
            Put::Conflict => fitting_division(&store, authenticator, shard)
                .await
                .map(drop),
        },
    }
}

/// Writes the number of shards with the current key, after a previous key wrote it.
pub async fn resign_shards(
    root: &LedgerStore,
    authenticator: &Authenticator,
) -> Result<(), LedgerError> {
    let store = root.for_organization(authenticator.organization());
    let StoredHead::Signed(head) = head::read(&store, authenticator).await? else {
        return Ok(());
    };
    let head = Head {
        key_id: authenticator.key_id().to_owned(),
        ..*head
    };
    let text = sealed(&store, authenticator, &head)?;
    match &store {
        LedgerStore::Local(local) => local.replace(head::OBJECT, &text).map(drop),
        LedgerStore::Shared(shared) => {
            let version = shared.get(head::OBJECT).await?.map(|(_, version)| version);
            // After a conflict, another shard has written it.
            shared.put(head::OBJECT, &text, version).await.map(drop)
        }
    }
}

fn sealed(
    store: &LedgerStore,
    authenticator: &Authenticator,
    head: &Head,
) -> Result<Vec<u8>, LedgerError> {
    envelope::seal(authenticator, head::OBJECT, head.counter, head)
        .map(String::into_bytes)
        .map_err(std::io::Error::from)
        .map_err(LedgerError::io("cannot write", &store.shown(head::OBJECT)))
}

async fn read(store: &LedgerStore, authenticator: &Authenticator) -> Result<Division, LedgerError> {
    match head::read(store, authenticator).await? {
        StoredHead::Absent => Ok(Division::Unused),
        StoredHead::Altered => Err(LedgerError::KeyChanged {
            path: store.shown(""),
        }),
        StoredHead::Signed(head) => Ok(head.shards.map_or(Division::Undivided, Division::Shards)),
    }
}

/// The division of a ledger that has as many shards as the run says, or that no run has written.
async fn fitting_division(
    store: &LedgerStore,
    authenticator: &Authenticator,
    shard: Shard,
) -> Result<Division, LedgerError> {
    let division = read(store, authenticator).await?;
    let count = match division {
        Division::Unused => return Ok(division),
        Division::Shards(count) if count == shard.count() => return Ok(division),
        Division::Shards(count) => Some(count),
        Division::Undivided => None,
    };
    Err(LedgerError::OtherShards {
        path: store.shown(""),
        count,
    })
}
