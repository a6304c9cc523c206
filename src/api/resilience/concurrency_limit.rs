//! Responsible for how many calls are in flight at a time: the adaptive limit, and the pause of all
//! calls after `Retry-After`. Reads and writes have a limit each. The limit is the configured
//! parallelism once the service has responded. It decreases by a factor after 429 and after timeouts,
//! and then increases by one for each round of responses.

use super::places::{Places, Priority};
use crate::model::LockUnpoisoned;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

/// The initial limit, even if a higher parallelism is configured, so that a service that is down does
/// not get more attempts at a time.
const START: usize = 10;
/// The factor of the decrease after a 429, and after a timeout.
const THROTTLED: f64 = 0.5;
const TIMED_OUT: f64 = 0.8;

/// The limit of reads or of writes.
pub(super) struct AdaptiveLimit {
    pub(super) places: Places,
    parallelism: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
pub(super) struct State {
    /// Its integer part is the number of permits.
    pub(super) limit: f64,
    /// The number of permits, in use or not.
    pub(super) issued: usize,
    /// Whether no response has arrived.
    starting: bool,
    /// The outcomes of attempts that were sent earlier do not change the limit.
    decreased_at: Option<Instant>,
    paused_until: Option<Instant>,
}

impl AdaptiveLimit {
    pub(super) fn new(parallelism: usize) -> Self {
        let parallelism = parallelism.clamp(1, Semaphore::MAX_PERMITS);
        let issued = parallelism.min(START);
        let state = State {
            limit: count(issued),
            issued,
            starting: true,
            decreased_at: None,
            paused_until: None,
        };
        Self {
            places: Places::new(issued),
            parallelism,
            state: Mutex::new(state),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock_unpoisoned()
    }

    /// Waits for a permit; `None` after the deadline.
    pub(super) async fn acquire(
        &self,
        deadline: Instant,
        priority: Priority,
    ) -> Option<Permit<'_>> {
        let permit = timeout_at(deadline, self.places.acquire(priority))
            .await
            .ok()??;
        Some(Permit {
            limit: self,
            permit: Some(permit),
        })
    }

    /// The end of the pause; `None` if there is none.
    pub(super) fn paused_until(&self) -> Option<Instant> {
        let now = Instant::now();
        self.state().paused_until.filter(|until| *until > now)
    }

    /// Pauses all attempts.
    pub(super) fn pause(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut state = self.state();
        state.paused_until = state.paused_until.max(Some(until));
    }

    /// Records a response.
    pub(super) fn responded(&self, sent_at: Instant) {
        let mut state = self.state();
        if state.is_outdated(sent_at) {
            return;
        }
        if std::mem::take(&mut state.starting) {
            state.limit = count(self.parallelism);
            self.increase(&mut state);
            return;
        }
        // The limit is increased only if at least half of it was in use.
        let used = state
            .issued
            .saturating_sub(self.places.permits.available_permits());
        if 2 * used >= state.issued {
            let increased = state.limit + state.limit.recip();
            state.limit = increased.min(count(self.parallelism));
            self.increase(&mut state);
        }
    }

    /// Records a 429.
    pub(super) fn throttled(&self, sent_at: Instant) {
        let mut state = self.state();
        if !state.is_outdated(sent_at) {
            self.decrease(&mut state, THROTTLED);
        }
    }

    /// Records a timeout.
    pub(super) fn timed_out(&self, sent_at: Instant) {
        let mut state = self.state();
        if !state.is_outdated(sent_at) {
            self.decrease(&mut state, TIMED_OUT);
        }
    }

    fn decrease(&self, state: &mut State, factor: f64) {
        state.limit = (state.limit * factor).max(1.0);
        state.starting = false;
        state.decreased_at = Some(Instant::now());
        let excess = state.issued.saturating_sub(whole(state.limit));
        state.issued -= self.places.permits.forget_permits(excess);
    }

    fn increase(&self, state: &mut State) {
        let more = whole(state.limit).saturating_sub(state.issued);
        self.places.permits.add_permits(more);
        state.issued += more;
    }
}

impl State {
    pub(super) fn is_outdated(&self, sent_at: Instant) -> bool {
        self.decreased_at
            .is_some_and(|decreased_at| sent_at < decreased_at)
    }
}

/// The permission to have one call in flight. Returned on drop, unless the limit has decreased.
pub(super) struct Permit<'a> {
    limit: &'a AdaptiveLimit,
    permit: Option<SemaphorePermit<'a>>,
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.limit.state();
        if let Some(permit) = self.permit.take()
            && state.issued > whole(state.limit)
        {
            permit.forget();
            state.issued -= 1;
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "numbers of calls at a time are small"
)]
pub(super) fn count(calls: usize) -> f64 {
    calls as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a limit is between one and the parallelism"
)]
pub(super) fn whole(limit: f64) -> usize {
    limit as usize
}
