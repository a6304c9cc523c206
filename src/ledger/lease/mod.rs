//! Responsible for the lease of a shared ledger: an object that its holder renews, so that one run
//! writes at a time.
//!
//! Does not use the clock of another machine. A run that finds a held lease reads it repeatedly and
//! takes it over if it does not change for `TAKEOVER_AFTER` of the run's own clock. The holder stops
//! writing before that. Every write of the ledger names the version of the object that it replaces,
//! so that a holder that was suspended cannot overwrite newer content.
//!
//! Does not assume that the store supports conditional writes: each run that takes the lease checks it.

mod record;

pub(super) use record::{holder, owner_since};

use super::store::{Moment, Put};
use super::{LedgerError, SharedStore};
use crate::events::{Event, Sink};
use jiff::Timestamp;
use object_store::UpdateVersion;
use record::LeaseRecord;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

const OBJECT: &str = "lock.json";
/// The pause between renewals.
const RENEW_EVERY: Duration = Duration::from_secs(10);
/// How long the holder may write after its last renewal.
const VALID_FOR: Duration = Duration::from_secs(40);
/// How long a lease is watched before it is taken over.
const TAKEOVER_AFTER: Duration = Duration::from_mins(1);
/// The pause between two reads of a watched lease.
const READ_EVERY: Duration = Duration::from_secs(2);
/// The pause before a lease that was released in the meantime is requested again.
const RETRY_AFTER: Duration = Duration::from_millis(200);

/// An acquired lease, which a task renews until it is released.
#[derive(Debug)]
pub(super) struct Lease {
    shared: SharedStore,
    id: Uuid,
    renewal: JoinHandle<()>,
}

impl Lease {
    /// Acquires the lease, or returns who holds it. Emits an event before it watches a held lease.
    pub(super) async fn acquire(
        shared: &SharedStore,
        owner: &str,
        events: &dyn Sink,
    ) -> Result<Self, LedgerError> {
        let own = LeaseRecord {
            id: Uuid::new_v4(),
            owner: owner.to_owned(),
            beat: 0,
        };
        let mut replaces = None;
        loop {
            let sent = Moment::now();
            if let Put::Written(version) = put(shared, &own, replaces.take()).await? {
                shared.allow(sent, VALID_FOR);
                require_conditions(shared, &own).await?;
                return Ok(Self {
                    shared: shared.clone(),
                    id: own.id,
                    renewal: tokio::spawn(renew(shared.clone(), own, version)),
                });
            }
            match read(shared).await? {
                Some(current) => replaces = watch(shared, current, events).await?,
                // Released a moment ago.
                None => sleep(RETRY_AFTER).await,
            }
        }
    }

    /// Releases the lease if this run still holds it.
    pub(super) async fn release(self) {
        self.renewal.abort();
        if self.shared.may_write() && self.is_own().await {
            // If the removal fails, the next run takes the lease over.
            let _ = self.shared.remove(OBJECT).await;
        }
        self.shared.forbid();
    }

    /// Describes the run that holds the lease, or that ended without releasing it.
    pub(super) async fn holder(shared: &SharedStore) -> Result<Option<String>, LedgerError> {
        let current = read(shared).await?;
        Ok(current.map(|(record, _)| holder(&record.owner, Timestamp::now())))
    }

    async fn is_own(&self) -> bool {
        matches!(read(&self.shared).await, Ok(Some((record, _))) if record.id == self.id)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

async fn read(shared: &SharedStore) -> Result<Option<(LeaseRecord, UpdateVersion)>, LedgerError> {
    let Some((text, version)) = shared.get(OBJECT).await? else {
        return Ok(None);
    };
    let record = serde_json::from_str(&text).map_err(LedgerError::unreadable(
        &shared.shown(OBJECT),
        "lock",
        &text,
    ))?;
    Ok(Some((record, version)))
}

async fn put(
    shared: &SharedStore,
    record: &LeaseRecord,
    replaces: Option<UpdateVersion>,
) -> Result<Put, LedgerError> {
    shared
        .put(OBJECT, &encoded(shared, record)?, replaces)
        .await
}

fn encoded(shared: &SharedStore, record: &LeaseRecord) -> Result<Vec<u8>, LedgerError> {
    serde_json::to_vec(record).map_err(|error| LedgerError::Io {
        action: "cannot write",
        path: shared.shown(OBJECT),
        source: error.into(),
    })
}

/// Repeats the conditional creation of a lease that this run has taken. The store must refuse it,
/// because the object exists. A store that ignores conditions would let two runs hold the lease.
///
/// Releases the lease if the store accepts the creation or fails.
async fn require_conditions(shared: &SharedStore, own: &LeaseRecord) -> Result<(), LedgerError> {
    let text = encoded(shared, own)?;
    let error = match shared.creates_again(OBJECT, &text).await {
        Ok(false) => return Ok(()),
        Ok(true) => LedgerError::WithoutConditions {
            path: shared.shown(OBJECT),
        },
        Err(error) => error,
    };
    // If the store refuses, the next run takes the lease over.
    let _ = shared.remove(OBJECT).await;
    shared.forbid();
    Err(error)
}

/// Watches a held lease. Returns the version to replace once the lease has stayed the same for long
/// enough, or `None` if it was released.
async fn watch(
    shared: &SharedStore,
    (record, version): (LeaseRecord, UpdateVersion),
    events: &dyn Sink,
) -> Result<Option<UpdateVersion>, LedgerError> {
    let text = format!(
        "the ledger is {}; checking whether that run is still active",
        holder(&record.owner, Timestamp::now())
    );
    events.emit(Event::WaitStarted {
        reason: &text,
        longest: TAKEOVER_AFTER,
    });
    let since = Instant::now();
    while since.elapsed() < TAKEOVER_AFTER {
        sleep(READ_EVERY).await;
        match read(shared).await? {
            None => return Ok(None),
            Some((_, current)) if current == version => {}
            Some((current, _)) => {
                let holder = holder(&current.owner, Timestamp::now());
                return Err(LedgerError::Locked { holder });
            }
        }
    }
    Ok(Some(version))
}

/// Renews the lease until another run has taken it over.
async fn renew(shared: SharedStore, mut own: LeaseRecord, mut version: UpdateVersion) {
    loop {
        sleep(RENEW_EVERY).await;
        own.beat += 1;
        let sent = Moment::now();
        if let Ok(Put::Written(renewed)) = put(&shared, &own, Some(version.clone())).await {
            version = renewed;
            shared.allow(sent, VALID_FOR);
            continue;
        }
        // The object changed, or the response was lost. The object says which renewal took effect.
        match read(&shared).await {
            Ok(Some((stored, current))) if stored.id == own.id => {
                version = current;
                if stored.beat == own.beat {
                    shared.allow(sent, VALID_FOR);
                }
            }
            Ok(_) => {
                shared.forbid();
                return;
            }
            // The lease stays valid until `VALID_FOR` is over: no other run takes it over before.
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
