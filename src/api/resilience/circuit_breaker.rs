//! Responsible for the circuit breaker: decides whether an attempt may be sent while the service
//! fails, and whether the retry budget of the session allows a retry. Does not send requests.
//!
//! While the circuit is closed, first attempts are allowed, and retries are allowed until the budget
//! is spent. While the circuit is open, one probe at a time is allowed, and any response closes the
//! circuit.

use crate::api::options::{CircuitOptions, RetryPolicy};
use crate::model::LockUnpoisoned;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// The budget is counted in half retries: a retry costs two, and a response adds one.
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

/// How an attempt ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum AttemptOutcome {
    /// The service responded, if only with an error such as 404.
    Responded,
    /// The service responded with 429, which does not change the circuit.
    Throttled,
    /// The service responded with 5xx, or not at all.
    Failed,
    /// The caller dropped the attempt.
    Abandoned,
}

/// Whether an attempt may be sent now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Admission {
    Allow,
    /// Ask again when the state changes, or at this time.
    Wait(Option<Instant>),
    /// The circuit is open, after this number of failures in a row.
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
    /// budget wait for its outcome.
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
    /// Waits until the attempt is allowed or rejected, up to `deadline`. An allowed retry is deducted
    /// from the budget.
    pub(super) async fn admission(&mut self, deadline: Instant) -> Admission {
        loop {
            let mut state_changed = std::pin::pin!(self.breaker.state_changed.notified());
            // Enabled before the state is read, so that no change in between is missed.
            state_changed.as_mut().enable();
            let admission = self.breaker.state().admit(&mut self.kind);
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

    pub(super) fn is_allowed(&self) -> bool {
        self.breaker.state().admission(self.kind) == Admission::Allow
    }

    /// Starts the attempt, if it is allowed.
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

/// The state machine of the circuit breaker. Does not wait.
#[derive(Debug)]
pub(super) struct State {
    options: CircuitOptions,
    pub(super) max_retry_budget: u32,
    pub(super) retry_budget: u32,
    /// Failures since the last response.
    failures: u32,
    pub(super) open: Option<Open>,
    /// Whether the service has ever responded.
    pub(super) has_responded: bool,
    /// How many times the circuit has closed.
    pub(super) recoveries: u64,
    pub(super) in_flight: usize,
    /// Announced attempts that need no budget, or whose budget is deducted.
    pub(super) pending: usize,
}

/// The state of the open circuit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub(super) since: Instant,
    pub(super) next_probe: Instant,
    /// The time between the last two probes.
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
            has_responded: false,
            recoveries: 0,
            in_flight: 0,
            pending: 0,
        }
    }

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
        // Probes are free. After the open timeout only first attempts are probes.
        if is_due && (now < end || kind == AttemptKind::First) {
            return Admission::Allow;
        }
        if now >= end {
            return reject;
        }
        let next = if open.probing { end } else { open.next_probe };
        Admission::Wait(Some(next.min(end)))
    }

    /// As [`Self::admission`]. An allowed retry is deducted from the budget, and counts as a first
    /// attempt from then on.
    pub(super) fn admit(&mut self, kind: &mut AttemptKind) -> Admission {
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

    /// Starts an attempt, if the circuit allows one. Returns whether the attempt is a probe.
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
            AttemptOutcome::Responded => self.close(),
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

    /// Records a failure: an attempt that is no probe, or a call that got 429 until its time was over.
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

    /// The number of failures in a row, and until when calls wait for a recovery; `None` while the
    /// circuit is closed.
    pub(super) fn outage(&self) -> Option<(u32, Instant)> {
        let open = self.open?;
        Some((self.failures, self.end_of_wait(open)))
    }

    /// Shorter for a service that has never responded, because its address may be wrong.
    fn end_of_wait(&self, open: Open) -> Instant {
        let timeout = self.options.open_timeout;
        open.since
            + if self.has_responded {
                timeout
            } else {
                timeout / 3
            }
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
        self.has_responded = true;
        self.retry_budget = (self.retry_budget + RESPONSE_GAIN).min(self.max_retry_budget);
        if self.open.take().is_some() {
            self.recoveries += 1;
        }
    }

    /// Whether a failure opens the circuit: after several failures in a row, or after one failure if
    /// neither a retry nor another attempt can show that the failure was an isolated one.
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

/// Shortens an interval by up to a quarter, at random.
pub(super) fn jittered(interval: Duration) -> Duration {
    interval.mul_f64(1.0 - fastrand::f64() / 4.0)
}
