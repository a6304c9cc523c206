//! Responsible for how many calls of one kind are made at a time: the adaptive limit (additive
//! increase, multiplicative decrease after 429 and after timeouts) and the pause that
//! `Retry-After` asks all of them for.

use crate::model::LockUnpoisoned;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

/// The first limit, whatever parallelism is asked for: the service has to show that it bears more.
const START: usize = 10;
/// What is left of the limit after a 429, and after a timeout.
const THROTTLED: f64 = 0.5;
const TIMED_OUT: f64 = 0.8;

/// The limit of one kind of calls.
pub(super) struct AdaptiveLimit {
    pub(super) permits: Semaphore,
    parallelism: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
pub(super) struct State {
    /// Calls at a time; the permits follow its whole part.
    pub(super) limit: f64,
    /// Permits there are, taken or not.
    pub(super) issued: usize,
    /// Whether the limit has never been decreased.
    starting: bool,
    /// Attempts sent before say nothing about the present limit.
    decreased_at: Option<Instant>,
    /// No attempt is sent before.
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
            permits: Semaphore::new(issued),
            parallelism,
            state: Mutex::new(state),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock_unpoisoned()
    }

    /// A permit, first come first served; `None` after the deadline.
    pub(super) async fn acquire(&self, deadline: Instant) -> Option<Permit<'_>> {
        let permit = timeout_at(deadline, self.permits.acquire())
            .await
            .ok()?
            .ok()?;
        Some(Permit {
            limit: self,
            permit: Some(permit),
        })
    }

    /// Until when no attempt is sent, if that is in the future.
    pub(super) fn paused_until(&self) -> Option<Instant> {
        let now = Instant::now();
        self.state().paused_until.filter(|until| *until > now)
    }

    /// No attempt is sent for a while.
    pub(super) fn pause(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut state = self.state();
        state.paused_until = state.paused_until.max(Some(until));
    }

    /// An attempt got a response.
    pub(super) fn answered(&self, sent: Instant) {
        let mut state = self.state();
        if state.is_old(sent) {
            return;
        }
        // A limit that was not used up was not tested.
        let used = state
            .issued
            .saturating_sub(self.permits.available_permits());
        if 2 * used >= state.issued {
            let step = if state.starting {
                1.0
            } else {
                state.limit.recip()
            };
            state.limit = (state.limit + step).min(count(self.parallelism));
            self.increase(&mut state);
        }
    }

    /// An attempt got 429.
    pub(super) fn throttled(&self, sent: Instant) {
        let mut state = self.state();
        if !state.is_old(sent) {
            self.decrease(&mut state, THROTTLED);
        }
    }

    /// An attempt got no response in time.
    pub(super) fn timed_out(&self, sent: Instant) {
        let mut state = self.state();
        if !state.is_old(sent) {
            self.decrease(&mut state, TIMED_OUT);
        }
    }

    fn decrease(&self, state: &mut State, share: f64) {
        state.limit = (state.limit * share).max(1.0);
        state.starting = false;
        state.decreased_at = Some(Instant::now());
        let excess = state.issued.saturating_sub(whole(state.limit));
        state.issued -= self.permits.forget_permits(excess);
    }

    fn increase(&self, state: &mut State) {
        let more = whole(state.limit).saturating_sub(state.issued);
        self.permits.add_permits(more);
        state.issued += more;
    }
}

impl State {
    pub(super) fn is_old(&self, sent: Instant) -> bool {
        self.decreased_at.is_some_and(|decreased| sent < decreased)
    }
}

/// The right to make one attempt. Returned on drop, unless the limit has decreased.
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
