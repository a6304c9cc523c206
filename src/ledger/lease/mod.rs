//! One writing run at a time on a shared ledger: an object that its holder renews.
//!
//! No clock of another machine is believed. Who finds the lease held watches it: one that is not
//! renewed for a while by the own clock is taken over, on the condition that it is still the same.
//! The holder itself stops writing well before that, and every write of the ledger names the
//! version it was decided on, so that a holder that slept through all this overwrites nothing.

use super::lock::holder;
use super::store::{Moment, Put};
use super::{LedgerError, SharedStore};
use crate::events::{Event, Sink};
use jiff::Timestamp;
use object_store::UpdateVersion;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

/// The object.
const NAME: &str = "lock.json";
/// How often it is renewed.
const RENEW_EVERY: Duration = Duration::from_secs(10);
/// How long its holder relies on it without having renewed it.
const VALID_FOR: Duration = Duration::from_secs(40);
/// How long it is watched before it is taken over.
const TAKEOVER_AFTER: Duration = Duration::from_mins(1);
/// How often it is looked at.
const LOOK: Duration = Duration::from_secs(2);
/// How soon one that was just given back is asked for again.
const AGAIN: Duration = Duration::from_millis(200);

/// What the object holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct LeaseRecord {
    /// Of the run.
    id: Uuid,
    /// Who, for people, and since when.
    owner: String,
    /// How often it was renewed.
    beat: u64,
}

/// Held until it is given back, or until its holder has been silent for a minute.
#[derive(Debug)]
pub(super) struct Lease {
    shared: SharedStore,
    id: Uuid,
    renewal: JoinHandle<()>,
}

impl Lease {
    /// Takes the lease, or says who holds it. `events` receives a wait before a silent holder is watched.
    pub(super) async fn take(
        shared: &SharedStore,
        owner: &str,
        events: &dyn Sink,
    ) -> Result<Self, LedgerError> {
        let note = LeaseRecord {
            id: Uuid::new_v4(),
            owner: owner.to_owned(),
            beat: 0,
        };
        let mut before = None;
        loop {
            let asked = Moment::now();
            if let Put::Done(version) = put(shared, &note, before.take()).await? {
                shared.allow(asked, VALID_FOR);
                let renewal = renew(shared.clone(), note.clone(), version);
                return Ok(Self {
                    shared: shared.clone(),
                    id: note.id,
                    renewal: tokio::spawn(renewal),
                });
            }
            match read(shared).await? {
                Some(held) => before = watch(shared, held, events).await?,
                // Given back a moment ago.
                None => sleep(AGAIN).await,
            }
        }
    }

    /// Gives it back.
    pub(super) async fn release(self) {
        self.renewal.abort();
        let mine = self.shared.may_write()
            && matches!(read(&self.shared).await, Ok(Some((note, _))) if note.id == self.id);
        if mine {
            // One that cannot be given back is taken over by the next run.
            let _ = self.shared.remove(NAME).await;
        }
        self.shared.forbid();
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

async fn read(shared: &SharedStore) -> Result<Option<(LeaseRecord, UpdateVersion)>, LedgerError> {
    let Some((text, version)) = shared.get(NAME).await? else {
        return Ok(None);
    };
    let note = serde_json::from_str(&text).map_err(|error| LedgerError::Unreadable {
        path: shared.shown(NAME),
        what: "lock",
        line: error.line(),
    })?;
    Ok(Some((note, version)))
}

async fn put(
    shared: &SharedStore,
    note: &LeaseRecord,
    before: Option<UpdateVersion>,
) -> Result<Put, LedgerError> {
    let text = serde_json::to_vec(note).map_err(|error| LedgerError::Io {
        action: "cannot write",
        path: shared.shown(NAME),
        source: error.into(),
    })?;
    shared.put(NAME, &text, before).await
}

/// Watches a lease that is held: the version to take over once its holder has been silent for
/// long enough, or nothing where it has been given back.
async fn watch(
    shared: &SharedStore,
    (held, version): (LeaseRecord, UpdateVersion),
    events: &dyn Sink,
) -> Result<Option<UpdateVersion>, LedgerError> {
    let told = |note: &LeaseRecord| holder(&note.owner, Timestamp::now());
    let text = format!(
        "the ledger is {}; waiting whether that run still works",
        told(&held)
    );
    events.emit(Event::WaitStarted {
        reason: &text,
        longest: TAKEOVER_AFTER,
    });
    let since = Instant::now();
    while since.elapsed() < TAKEOVER_AFTER {
        sleep(LOOK).await;
        match read(shared).await? {
            None => return Ok(None),
            Some((_, now)) if now == version => {}
            Some((now, _)) => return Err(LedgerError::Locked { holder: told(&now) }),
        }
    }
    Ok(Some(version))
}

/// Renews the lease for as long as it is held.
async fn renew(shared: SharedStore, mut note: LeaseRecord, mut version: UpdateVersion) {
    loop {
        sleep(RENEW_EVERY).await;
        note.beat += 1;
        let asked = Moment::now();
        if let Ok(Put::Done(now)) = put(&shared, &note, Some(version.clone())).await {
            version = now;
            shared.allow(asked, VALID_FOR);
            continue;
        }
        // Something else is there, or no answer came: what is there tells what became of this
        // renewal and of those before it.
        match read(&shared).await {
            Ok(Some((found, now))) if found.id == note.id => {
                version = now;
                if found.beat == note.beat {
                    shared.allow(asked, VALID_FOR);
                }
            }
            // Another run has taken it over.
            Ok(_) => {
                shared.forbid();
                return;
            }
            // Not for now; it stays held for as long as nobody else can have it.
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
