//! Responsible for one sync that serves several customers: the first customer that waits for its line
//! syncs the journal for all customers whose lines were appended by then. It first gives the other
//! customers at work a few milliseconds to add their lines.

use crate::ledger::LedgerError;
use crate::model::LockUnpoisoned;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;

/// How long a sync waits for further lines, for each customer at work. With few customers, a wait
/// would take longer than the syncs that it saves.
const GATHER_FOR_EACH: Duration = Duration::from_micros(250);
/// The longest wait.
const LONGEST_GATHERING: Duration = Duration::from_millis(8);

/// The customers that share syncs.
#[derive(Debug, Default)]
pub(super) struct GroupCommit {
    /// Held by the customer that syncs for all.
    turn: tokio::sync::Mutex<()>,
    /// Notified when half of the customers at work wait for a sync.
    gathered: Notify,
    /// Has one more reference for each customer at work.
    at_work: Arc<()>,
    next: Mutex<NextSync>,
}

/// The sync that starts next.
#[derive(Debug, Default)]
struct NextSync {
    number: u64,
    /// The customers that wait for it.
    waiting: usize,
}

/// A customer that waits for a sync, until this is dropped or the sync starts.
struct Waiting<'g> {
    group: &'g GroupCommit,
    sync: u64,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut next = self.group.next();
        if next.number == self.sync {
            next.waiting -= 1;
        }
    }
}

impl GroupCommit {
    /// Counts a customer as at work until the result is dropped.
    pub(super) fn customer_at_work(&self) -> Arc<()> {
        Arc::clone(&self.at_work)
    }

    /// Waits until a line is durable. Syncs the journal if no other customer has done so.
    pub(super) async fn wait(
        &self,
        is_durable: impl Fn() -> bool,
        sync: impl AsyncFnOnce() -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        let _waiting = self.join_next();
        if self.has_gathered() {
            self.gathered.notify_one();
        }
        let _turn = self.turn.lock().await;
        if is_durable() {
            return Ok(());
        }
        self.gather().await;
        self.start_next();
        sync().await
    }

    /// Syncs the journal while no other customer does.
    pub(super) async fn sync_alone(
        &self,
        sync: impl AsyncFnOnce() -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        let _turn = self.turn.lock().await;
        self.start_next();
        sync().await
    }

    fn next(&self) -> MutexGuard<'_, NextSync> {
        self.next.lock_unpoisoned()
    }

    fn join_next(&self) -> Waiting<'_> {
        let mut next = self.next();
        next.waiting += 1;
        Waiting {
            group: self,
            sync: next.number,
        }
    }

    /// Starts the next sync, which serves all customers that wait for it.
    fn start_next(&self) {
        let mut next = self.next();
        next.number += 1;
        next.waiting = 0;
    }

    /// Whether a customer waits for a sync that has not started.
    pub(super) fn is_awaited(&self) -> bool {
        self.next().waiting > 0
    }

    /// Whether half of the customers at work wait for a sync.
    fn has_gathered(&self) -> bool {
        self.next().waiting * 2 >= self.at_work()
    }

    /// The number of customers at work.
    pub(super) fn at_work(&self) -> usize {
        Arc::strong_count(&self.at_work) - 1
    }

    /// Lets other customers add their lines.
    async fn gather(&self) {
        // The customers whose responses have arrived.
        tokio::task::yield_now().await;
        let customers = u32::try_from(self.at_work()).unwrap_or(u32::MAX);
        let longest = GATHER_FOR_EACH
            .saturating_mul(customers)
            .min(LONGEST_GATHERING);
        // The timer of the runtime has steps of a millisecond.
        if longest.as_millis() > 0 && !self.has_gathered() {
            let _ = timeout(longest, self.gathered.notified()).await;
        }
    }
}
