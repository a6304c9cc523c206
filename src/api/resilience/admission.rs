//! Responsible for when an attempt may be sent: asks the circuit breaker, `Retry-After`, the
//! concurrency limit and the rate limit, in this order, and passes them the outcome. Reports waits.
//! Does not send requests.

use super::circuit_breaker::{
    Admission, Attempt, AttemptKind, AttemptOutcome, CircuitBreaker, PendingAttempt,
};
use super::concurrency_limit::{AdaptiveLimit, Permit};
use super::places::{Places, Priority};
use super::rate_limit::RateLimit;
use crate::api::error::{ApiError, ApiErrorKind};
use crate::api::options::Options;
use crate::events::{Event, Sink};
use crate::model::LockUnpoisoned;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

/// A shorter wait is not reported.
const NOTICEABLE: Duration = Duration::from_secs(1);
/// The shortest time between two reports of the same wait, because many calls wait at a time.
const REPORT_INTERVAL: Duration = Duration::from_secs(10);
/// How long requests in flight may take after a shutdown. CI systems kill a program ten seconds after
/// the request to stop.
const DRAIN: Duration = Duration::from_secs(8);

/// Admits the attempts of a session.
pub(in crate::api) struct AdmissionControl {
    pub(super) breaker: CircuitBreaker,
    pub(super) reads: AdaptiveLimit,
    pub(super) writes: AdaptiveLimit,
    /// The places of all requests in flight.
    total: Places,
    rate: RateLimit,
    /// The largest random delay after `Retry-After`, so that attempts do not start all at once.
    spread: Duration,
    pub(super) max_retry_after: Duration,
    events: Option<Arc<dyn Sink>>,
    last_report: Mutex<Option<(WaitReason, Instant)>>,
    shut_down_at: watch::Sender<Option<Instant>>,
}

/// Why an attempt waits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum WaitReason {
    RetryAfter,
    Outage,
    RateLimit,
    Retry,
}

/// A request to admit an attempt.
#[derive(Clone, Copy)]
pub(in crate::api) struct AttemptRequest {
    pub(in crate::api) writes: bool,
    pub(in crate::api) priority: Priority,
    pub(in crate::api) kind: AttemptKind,
    /// The latest time to start the attempt.
    pub(in crate::api) deadline: Instant,
    pub(in crate::api) token_expires_at: Option<Instant>,
}

/// Why an attempt was not admitted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::api) enum Rejection {
    /// The token expired during the wait.
    TokenExpired,
    /// The circuit is open, after this number of failures in a row.
    Outage(u32),
    DeadlineExceeded,
    /// The attempt would have to wait, and the session is shutting down.
    ShutDown,
}

impl AdmissionControl {
    pub(in crate::api) fn new(options: &Options) -> Self {
        Self {
            breaker: CircuitBreaker::new(options.circuit, &options.retry),
            reads: AdaptiveLimit::new(options.load.parallelism),
            writes: AdaptiveLimit::new(options.load.parallelism),
            total: Places::new(options.load.parallelism.clamp(1, Semaphore::MAX_PERMITS)),
            rate: RateLimit::new(options.load.max_rps),
            spread: options.retry.base,
            max_retry_after: options.retry.retry_after_cap,
            events: options.events.clone(),
            last_report: Mutex::new(None),
            shut_down_at: watch::Sender::new(None),
        }
    }

    /// Waits until an attempt may be sent.
    pub(in crate::api) async fn admit(
        &self,
        request: AttemptRequest,
    ) -> Result<AttemptPermit<'_>, Rejection> {
        let AttemptRequest {
            deadline, priority, ..
        } = request;
        let limit = if request.writes {
            &self.writes
        } else {
            &self.reads
        };
        let mut pending = self.breaker.announce(request.kind);
        loop {
            self.unless_shut_down(async {
                self.recovery(&mut pending, deadline).await?;
                self.retry_after(limit, deadline).await
            })
            .await?;
            let acquired = limit.acquire(deadline, priority).await;
            let slot = acquired.ok_or(Rejection::DeadlineExceeded)?;
            if limit.paused_until().is_some() || !pending.is_allowed() {
                continue;
            }
            let place = timeout_at(deadline, self.total.acquire(priority))
                .await
                .ok()
                .flatten()
                .ok_or(Rejection::DeadlineExceeded)?;
            self.keep_rate(deadline).await?;
            let now = Instant::now();
            if now > deadline {
                return Err(Rejection::DeadlineExceeded);
            }
            if request.token_expires_at.is_some_and(|end| now >= end) {
                return Err(Rejection::TokenExpired);
            }
            if limit.paused_until().is_none()
                && let Some(attempt) = pending.start()
            {
                return Ok(AttemptPermit {
                    control: self,
                    limit,
                    sent_at: Instant::now(),
                    attempt,
                    _slot: slot,
                    _place: place,
                });
            }
        }
    }

    /// From now on, an attempt that would have to wait is rejected. Other attempts are still admitted.
    pub(in crate::api) fn shut_down(&self) {
        let now = Instant::now();
        self.shut_down_at
            .send_modify(|at| _ = at.get_or_insert(now));
    }

    /// Completes when requests in flight have to end after a shutdown.
    pub(in crate::api) async fn drain(&self) {
        let mut shut_down_at = self.shut_down_at.subscribe();
        // Copied, so that the channel is not locked during the sleep.
        let at = shut_down_at.wait_for(Option::is_some).await;
        if let Some(at) = at.ok().and_then(|at| *at) {
            sleep_until(at + DRAIN).await;
        }
    }

    async fn unless_shut_down(
        &self,
        wait: impl Future<Output = Result<(), Rejection>>,
    ) -> Result<(), Rejection> {
        let mut shut_down_at = self.shut_down_at.subscribe();
        tokio::select! {
            biased;
            result = wait => result,
            _ = shut_down_at.wait_for(Option::is_some) => Err(Rejection::ShutDown),
        }
    }

    /// Waits until the circuit breaker allows the attempt.
    async fn recovery(
        &self,
        pending: &mut PendingAttempt<'_>,
        deadline: Instant,
    ) -> Result<(), Rejection> {
        let noticed = Instant::now() + NOTICEABLE;
        let soon = timeout_at(noticed, pending.admission(deadline)).await;
        let admission = if let Ok(admission) = soon {
            admission
        } else {
            self.report_outage();
            pending.admission(deadline).await
        };
        match admission {
            Admission::Allow => Ok(()),
            Admission::Wait(_) => Err(Rejection::DeadlineExceeded),
            Admission::Reject(failures) => Err(Rejection::Outage(failures)),
        }
    }

    fn report_outage(&self) {
        let outage = self.breaker.state().outage();
        if let Some((failures, until)) = outage {
            let left = until.saturating_duration_since(Instant::now());
            let reason = format!("the service failed {failures} times in a row");
            self.notify_wait(WaitReason::Outage, &reason, left);
        }
    }

    /// Waits until the time of `Retry-After` is over.
    pub(super) async fn retry_after(
        &self,
        limit: &AdaptiveLimit,
        deadline: Instant,
    ) -> Result<(), Rejection> {
        while let Some(until) = limit.paused_until() {
            if until > deadline {
                return Err(Rejection::DeadlineExceeded);
            }
            let wait = until.saturating_duration_since(Instant::now());
            let reason = "the service asked for it (Retry-After)";
            self.notify_wait(WaitReason::RetryAfter, reason, wait);
            sleep_until(until + self.spread.mul_f64(fastrand::f64())).await;
        }
        Ok(())
    }

    async fn keep_rate(&self, deadline: Instant) -> Result<(), Rejection> {
        let slot = self.rate.next_slot(deadline);
        let slot = slot.ok_or(Rejection::DeadlineExceeded)?;
        let wait = slot.saturating_duration_since(Instant::now());
        let reason = "the limit of requests per second is reached";
        self.notify_wait(WaitReason::RateLimit, reason, wait);
        if !wait.is_zero() {
            sleep_until(slot).await;
        }
        Ok(())
    }

    /// Waits before a retry. Does not wait during an outage, because the circuit breaker delays
    /// attempts then, and an additional pause could outlast the open timeout.
    pub(in crate::api) async fn pause(
        &self,
        pause: Duration,
        operation: &str,
    ) -> Result<(), Rejection> {
        let pause = async {
            if self.breaker.state().outage().is_none() {
                self.notify_wait(
                    WaitReason::Retry,
                    &format!("{operation} failed and is retried"),
                    pause,
                );
                sleep(pause).await;
            }
            Ok(())
        };
        self.unless_shut_down(pause).await
    }

    pub(super) fn notify_wait(&self, why: WaitReason, reason: &str, wait: Duration) {
        let Some(events) = self.events.as_ref().filter(|_| wait > NOTICEABLE) else {
            return;
        };
        let now = Instant::now();
        let mut last_report = self.last_report.lock_unpoisoned();
        if last_report.is_some_and(|(last, at)| last == why && now < at + REPORT_INTERVAL) {
            return;
        }
        *last_report = Some((why, now));
        drop(last_report);
        events.emit(Event::WaitStarted {
            reason,
            longest: wait,
        });
    }

    /// The kind of the next attempt after a failure.
    pub(in crate::api) fn retry(&self) -> AttemptKind {
        AttemptKind::Retry {
            recoveries: self.breaker.state().recoveries,
        }
    }

    /// Records a call that got 429 until its time was over.
    pub(in crate::api) fn gave_up(&self) {
        self.breaker.state().fail();
    }
}

/// The permission to send one attempt.
pub(in crate::api) struct AttemptPermit<'a> {
    control: &'a AdmissionControl,
    limit: &'a AdaptiveLimit,
    sent_at: Instant,
    attempt: Attempt<'a>,
    _slot: Permit<'a>,
    _place: SemaphorePermit<'a>,
}

impl AttemptPermit<'_> {
    /// Whether the attempt tests if the service has recovered.
    pub(in crate::api) fn is_probe(&self) -> bool {
        self.attempt.is_probe
    }

    /// Records the outcome of the attempt.
    pub(in crate::api) fn end<T>(self, outcome: &Result<T, ApiError>) {
        let Self { limit, sent_at, .. } = self;
        let error = outcome.as_ref().err();
        if let Some(wait) = error.and_then(ApiError::retry_after) {
            limit.pause(wait.min(self.control.max_retry_after));
        }
        self.attempt.end(match error {
            Some(error) if error.is_throttled() => {
                limit.throttled(sent_at);
                AttemptOutcome::Throttled
            }
            Some(error) if error.is_outage() => {
                if matches!(error.kind(), ApiErrorKind::TimedOut) {
                    limit.timed_out(sent_at);
                }
                AttemptOutcome::Failed
            }
            _ => {
                limit.responded(sent_at);
                AttemptOutcome::Responded
            }
        });
    }
}
