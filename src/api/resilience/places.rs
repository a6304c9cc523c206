//! Responsible for the order in which calls get their places: in the order of the calls, but one that
//! others wait for goes first. The pages of a listing follow each other, and its customers wait for the
//! last one, so that a page which queued behind all other calls would leave places unused later.

use tokio::sync::{Mutex, Semaphore, SemaphorePermit};

/// Whether a call waits for those before it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(in crate::api) enum Priority {
    /// Waits for the calls before it.
    #[default]
    Normal,
    /// Other calls wait for this one, so that it waits for one normal call at most.
    First,
}

/// Places of calls in flight. A call that waits must be polled or dropped: while it holds the turn, no other normal
/// call gets a place.
pub(super) struct Places {
    pub(super) permits: Semaphore,
    /// Held by the normal call that waits for the next place, so that only this one is before a call
    /// with priority.
    turn: Mutex<()>,
}

impl Places {
    pub(super) fn new(count: usize) -> Self {
        Self {
            permits: Semaphore::new(count),
            turn: Mutex::new(()),
        }
    }

    /// Waits for a place. `None` if there will be none, which does not happen: nothing closes the semaphore.
    pub(super) async fn acquire(&self, priority: Priority) -> Option<SemaphorePermit<'_>> {
        let _turn = match priority {
            Priority::Normal => Some(self.turn.lock().await),
            Priority::First => None,
        };
        self.permits.acquire().await.ok()
    }
}
