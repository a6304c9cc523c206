//! Responsible for the circuit breaker: whether an attempt may be made while the service may be
//! down, and whether a retry fits into the session's retry budget. Does not send anything.
//!
//! While the circuit is closed, every first attempt may go, and a retry may go while the budget
//! lasts. While it is open, one probe at a time may go, and any response closes it.

use crate::api::options::{CircuitOptions, RetryPolicy};
use crate::model::LockUnpoisoned;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// The budget counts halves of a retry: a retry costs two, and a response earns one.
const RETRY_COST: u32 = 2;
const RESPONSE_GAIN: u32 = 1;

/// Whether the next attempt costs retry budget.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::api) enum AttemptKind {
    /// First attempt, or a repeat after 429: free.
    First,
    /// A retry. `recoveries` is the number of times the circuit had closed when the attempt
    /// failed, so that a retry after a recovery is free.
    Retry { recoveries: u64 },
}

/// How an attempt ended, as far as the circuit is concerned.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum AttemptOutcome {
    /// With any response of a service that works.
    Answered,
    /// With 429, which says nothing about the service.
    Throttled,
    /// With a failure of the service, or without a response.
    Failed,
    /// The caller dropped it.
    Abandoned,
}

/// Whether an attempt may be made now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Admission {
    Allow,
    /// Not before the state changes, or this time comes.
    Wait(Option<Instant>),
    /// Not at all: the service has failed so many times in a row.
    Reject(u32),
}

/// The circuit breaker of a session.
pub(super) struct CircuitBreaker {
    state: Mutex<State>,
    state_changed: Notify,
}

impl CircuitBreaker {
    pub(super) fn new(options: CircuitOptions, retry: &RetryPolicy) -> Self {
        Self {
            state: Mutex::new(State::new(options, retry)),
            state_changed: Notify::new(),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock_unpoisoned()
    }

    /// Announces an attempt. While an attempt that needs no budget is pending, retries without
    /// budget wait for what it finds out.
    pub(super) fn announce(&self, kind: AttemptKind) -> PendingAttempt<'_> {
        if kind == AttemptKind::First {
            self.state().pending += 1;
        }
        PendingAttempt {
            breaker: self,
            kind,
        }
    }
}

/// An attempt that is not sent yet.
pub(super) struct PendingAttempt<'a> {
    breaker: &'a CircuitBreaker,
    pub(super) kind: AttemptKind,
}

impl<'a> PendingAttempt<'a> {
    /// Waits until the attempt is allowed or rejected, up to `deadline`. A retry that is allowed
    /// is paid for.
    pub(super) async fn admission(&mut self, deadline: Instant) -> Admission {
        loop {
            let mut state_changed = std::pin::pin!(self.breaker.state_changed.notified());
            // From here on no change is missed, although it is awaited below.
            state_changed.as_mut().enable();
            let admission = self.breaker.state().pay(&mut self.kind);
            let Admission::Wait(until) = admission else {
                return admission;
            };
            if Instant::now() >= deadline {
                return admission;
            }
            let until = until.map_or(deadline, |until| until.min(deadline));
            let _ = timeout_at(until, state_changed).await;
        }
    }

    /// Whether it may go at this moment.
    pub(super) fn is_allowed(&self) -> bool {
        self.breaker.state().admission(self.kind) == Admission::Allow
    }

    /// Starts the attempt, if it may go.
    pub(super) fn start(&self) -> Option<Attempt<'a>> {
        let is_probe = self.breaker.state().start()?;
        Some(Attempt {
            breaker: self.breaker,
            is_probe,
            outcome: AttemptOutcome::Abandoned,
        })
    }
}

impl Drop for PendingAttempt<'_> {
    fn drop(&mut self) {
        if self.kind == AttemptKind::First {
            self.breaker.state().pending -= 1;
            self.breaker.state_changed.notify_waiters();
        }
    }
}

/// An attempt in flight.
pub(super) struct Attempt<'a> {
    breaker: &'a CircuitBreaker,
    pub(super) is_probe: bool,
    outcome: AttemptOutcome,
}

impl Attempt<'_> {
    pub(super) fn end(mut self, outcome: AttemptOutcome) {
        self.outcome = outcome;
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.breaker.state().end(self.is_probe, self.outcome);
        self.breaker.state_changed.notify_waiters();
    }
}

/// The state machine. It does not wait for anything.
#[derive(Debug)]
pub(super) struct State {
    options: CircuitOptions,
    pub(super) max_retry_budget: u32,
    pub(super) retry_budget: u32,
    /// Failures since the last response.
    failures: u32,
    pub(super) open: Option<Open>,
    /// Whether the service has responded at all.
    pub(super) answered: bool,
    /// How many times the circuit has closed.
    pub(super) recoveries: u64,
    pub(super) in_flight: usize,
    /// Attempts that are announced and need no budget, or no more of it.
    pub(super) pending: usize,
}

/// The circuit is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub(super) since: Instant,
    pub(super) next_probe: Instant,
    /// Between the last two probes.
    interval: Duration,
    pub(super) probing: bool,
}

impl State {
    pub(super) fn new(options: CircuitOptions, retry: &RetryPolicy) -> Self {
        Self {
            options,
            max_retry_budget: RETRY_COST * retry.max_budget,
            retry_budget: RETRY_COST * retry.initial_budget.min(retry.max_budget),
            failures: 0,
            open: None,
            answered: false,
            recoveries: 0,
            in_flight: 0,
            pending: 0,
        }
    }

    /// What an attempt may do now.
    pub(super) fn admission(&self, kind: AttemptKind) -> Admission {
        let reject = Admission::Reject(self.failures);
        let Some(open) = self.open else {
            return if !self.costs(kind) || !self.is_budget_spent() {
                Admission::Allow
            } else if self.has_others() {
                // A response to another attempt adds to the budget.
                Admission::Wait(None)
            } else {
                reject
            };
        };
        let (now, end) = (Instant::now(), self.end_of_wait(open));
        let is_due = !open.probing && now >= open.next_probe;
        // Probes are free. After the open timeout a retry is no probe, and first attempts are.
        if is_due && (now < end || kind == AttemptKind::First) {
            return Admission::Allow;
        }
        if now >= end {
            return reject;
        }
        let next = if open.probing { end } else { open.next_probe };
        Admission::Wait(Some(next.min(end)))
    }

    /// As [`Self::admission`]. A retry that is allowed is paid for and counts as a first attempt
    /// from then on.
    pub(super) fn pay(&mut self, kind: &mut AttemptKind) -> Admission {
        let admission = self.admission(*kind);
        if admission == Admission::Allow && *kind != AttemptKind::First {
            if self.open.is_none() && self.costs(*kind) {
                self.retry_budget -= RETRY_COST;
            }
            *kind = AttemptKind::First;
            self.pending += 1;
        }
        admission
    }

    /// Starts an attempt that is paid for, if one may go; returns whether it is a probe.
    pub(super) fn start(&mut self) -> Option<bool> {
        if self.admission(AttemptKind::First) != Admission::Allow {
            return None;
        }
        self.in_flight += 1;
        let probe = self.open.as_mut().map(|open| open.probing = true);
        Some(probe.is_some())
    }

    pub(super) fn end(&mut self, is_probe: bool, outcome: AttemptOutcome) {
        self.in_flight -= 1;
        match outcome {
            AttemptOutcome::Answered => self.close(),
            AttemptOutcome::Failed if !is_probe => self.fail(),
            AttemptOutcome::Failed => {
                self.failures = self.failures.saturating_add(1);
                self.postpone_probe();
            }
            AttemptOutcome::Throttled if is_probe => self.postpone_probe(),
            AttemptOutcome::Abandoned if is_probe => self.release_probe(),
            AttemptOutcome::Throttled | AttemptOutcome::Abandoned => {}
        }
    }

    /// A failure: of an attempt that is no probe, or of a call that got nothing but 429 until its
    /// time was over.
    pub(super) fn fail(&mut self) {
        self.failures = self.failures.saturating_add(1);
        if self.open.is_none() && self.is_tripped() {
            let (now, interval) = (Instant::now(), self.options.probe_interval / 8);
            self.open = Some(Open {
                since: now,
                next_probe: now + jittered(interval),
                interval,
                probing: false,
            });
        }
    }

    /// While the circuit is open: failures in a row, and until when calls wait for a recovery.
    pub(super) fn outage(&self) -> Option<(u32, Instant)> {
        let open = self.open?;
        Some((self.failures, self.end_of_wait(open)))
    }

    /// A service that has never responded may have another address, which is better reported
    /// soon.
    fn end_of_wait(&self, open: Open) -> Instant {
        let timeout = self.options.open_timeout;
        open.since + if self.answered { timeout } else { timeout / 3 }
    }

    fn costs(&self, kind: AttemptKind) -> bool {
        let recoveries = self.recoveries;
        kind == AttemptKind::Retry { recoveries }
    }

    fn is_budget_spent(&self) -> bool {
        self.retry_budget < RETRY_COST
    }

    fn has_others(&self) -> bool {
        self.in_flight > 0 || self.pending > 0
    }

    fn close(&mut self) {
        self.failures = 0;
        self.answered = true;
        self.retry_budget = (self.retry_budget + RESPONSE_GAIN).min(self.max_retry_budget);
        if self.open.take().is_some() {
            self.recoveries += 1;
        }
    }

    /// Several failures in a row; or one without budget for a retry and without other attempts
    /// that could find out whether the failure was an isolated one.
    fn is_tripped(&self) -> bool {
        self.failures >= self.options.failure_threshold
            || (self.is_budget_spent() && !self.has_others())
    }

    fn postpone_probe(&mut self) {
        if let Some(open) = &mut self.open {
            open.probing = false;
            open.interval = (open.interval * 2).min(self.options.probe_interval);
            open.next_probe = Instant::now() + jittered(open.interval);
        }
    }

    fn release_probe(&mut self) {
        if let Some(open) = &mut self.open {
            open.probing = false;
        }
    }
}

/// Up to a quarter less.
pub(super) fn jittered(interval: Duration) -> Duration {
    interval.mul_f64(1.0 - fastrand::f64() / 4.0)
}
