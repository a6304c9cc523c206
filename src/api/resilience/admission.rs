//! Responsible for when an attempt may be made: circuit breaker, `Retry-After`, concurrency limit
//! and rate limit, in this order, and for what each learns from the outcome. Reports waits. Does
//! not send anything.

use super::circuit_breaker::{
    Admission, Attempt, AttemptKind, AttemptOutcome, CircuitBreaker, PendingAttempt,
};
use super::concurrency_limit::{AdaptiveLimit, Permit};
use super::rate_limit::RateLimit;
use crate::api::error::{ApiError, ApiErrorKind};
use crate::api::options::Options;
use crate::events::{Event, Sink};
use crate::model::LockUnpoisoned;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

/// A shorter wait is not reported.
const NOTICEABLE: Duration = Duration::from_secs(1);
/// The same wait is not reported more often: many calls wait for the same.
const REPORT_INTERVAL: Duration = Duration::from_secs(10);
/// How long responses are waited for after a shut-down: CI systems kill ten seconds after they
/// asked a program to end.
const DRAIN: Duration = Duration::from_secs(8);

/// Admits the attempts of a session.
pub(in crate::api) struct AdmissionControl {
    pub(super) breaker: CircuitBreaker,
    pub(super) reads: AdaptiveLimit,
    pub(super) writes: AdaptiveLimit,
    rate: RateLimit,
    /// Spreads attempts that waited for the same moment.
    spread: Duration,
    pub(super) max_retry_after: Duration,
    events: Option<Arc<dyn Sink>>,
    last_report: Mutex<Option<(WaitReason, Instant)>>,
    shut_down_at: watch::Sender<Option<Instant>>,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum WaitReason {
    RetryAfter,
    Outage,
    RateLimit,
    Retry,
}

/// An attempt that asks for admission.
#[derive(Clone, Copy)]
pub(in crate::api) struct AttemptRequest {
    pub(in crate::api) writes: bool,
    pub(in crate::api) kind: AttemptKind,
    /// The latest moment to begin.
    pub(in crate::api) deadline: Instant,
    pub(in crate::api) token_expires_at: Option<Instant>,
}

/// Why an attempt was not admitted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::api) enum Rejection {
    /// The token expired during the wait.
    TokenExpired,
    /// The service has failed so many times in a row.
    Outage(u32),
    DeadlineExceeded,
    /// The attempt would have to wait, and the session is shut down.
    ShutDown,
}

impl AdmissionControl {
    pub(in crate::api) fn new(options: &Options) -> Self {
        Self {
            breaker: CircuitBreaker::new(options.circuit, &options.retry),
            reads: AdaptiveLimit::new(options.load.parallelism),
            writes: AdaptiveLimit::new(options.load.parallelism),
            rate: RateLimit::new(options.load.max_rps),
            spread: options.retry.base,
            max_retry_after: options.retry.retry_after_cap,
            events: options.events.clone(),
            last_report: Mutex::new(None),
            shut_down_at: watch::Sender::new(None),
        }
    }

    /// Waits until an attempt may be made.
    pub(in crate::api) async fn admit(
        &self,
        request: AttemptRequest,
    ) -> Result<AttemptPermit<'_>, Rejection> {
        let AttemptRequest { deadline, .. } = request;
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
            let acquired = limit.acquire(deadline).await;
            let slot = acquired.ok_or(Rejection::DeadlineExceeded)?;
            if limit.paused_until().is_some() || !pending.is_allowed() {
                continue;
            }
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
                    sent: Instant::now(),
                    attempt,
                    _slot: slot,
                });
            }
        }
    }

    /// From now on an attempt that would have to wait is rejected. Attempts in flight and attempts
    /// that need not wait go on.
    pub(in crate::api) fn shut_down(&self) {
        let now = Instant::now();
        self.shut_down_at
            .send_modify(|at| _ = at.get_or_insert(now));
    }

    /// Ends some seconds after the shut-down: responses are not waited for any longer.
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
            let reason = format!("at most, as the service has failed {failures} times in a row");
            self.notify_wait(WaitReason::Outage, &reason, left);
        }
    }

    /// Waits until the moment that the server asked to wait for.
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
            let reason = "the service asks to (Retry-After)";
            self.notify_wait(WaitReason::RetryAfter, reason, wait);
            sleep_until(until + self.spread.mul_f64(fastrand::f64())).await;
        }
        Ok(())
    }

    async fn keep_rate(&self, deadline: Instant) -> Result<(), Rejection> {
        let slot = self.rate.next_slot(deadline);
        let slot = slot.ok_or(Rejection::DeadlineExceeded)?;
        let wait = slot.saturating_duration_since(Instant::now());
        let reason = "as many requests per second as allowed";
        self.notify_wait(WaitReason::RateLimit, reason, wait);
        if !wait.is_zero() {
            sleep_until(slot).await;
        }
        Ok(())
    }

    /// The pause of one call before a retry. During an outage the circuit breaker alone spaces
    /// attempts: a pause beside it could outlast the open timeout.
    pub(in crate::api) async fn pause(
        &self,
        pause: Duration,
        operation: &str,
    ) -> Result<(), Rejection> {
        let pause = async {
            if self.breaker.state().outage().is_none() {
                self.notify_wait(
                    WaitReason::Retry,
                    &format!("{operation} is made again"),
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

    /// The kind of a retry after an attempt that failed just now.
    pub(in crate::api) fn retry(&self) -> AttemptKind {
        AttemptKind::Retry {
            recoveries: self.breaker.state().recoveries,
        }
    }

    /// A call got 429 until its time was over.
    pub(in crate::api) fn gave_up(&self) {
        self.breaker.state().fail();
    }
}

/// The right to make one attempt.
pub(in crate::api) struct AttemptPermit<'a> {
    control: &'a AdmissionControl,
    limit: &'a AdaptiveLimit,
    sent: Instant,
    attempt: Attempt<'a>,
    _slot: Permit<'a>,
}

impl AttemptPermit<'_> {
    /// Whether the attempt finds out whether the service has recovered.
    pub(in crate::api) fn is_probe(&self) -> bool {
        self.attempt.is_probe
    }

    /// The attempt ended with this outcome.
    pub(in crate::api) fn end<T>(self, outcome: &Result<T, ApiError>) {
        let Self { limit, sent, .. } = self;
        let error = outcome.as_ref().err();
        if let Some(wait) = error.and_then(ApiError::retry_after) {
            limit.pause(wait.min(self.control.max_retry_after));
        }
        self.attempt.end(match error {
            Some(error) if error.is_throttled() => {
                limit.throttled(sent);
                AttemptOutcome::Throttled
            }
            Some(error) if error.is_outage() => {
                if matches!(error.kind(), ApiErrorKind::TimedOut) {
                    limit.timed_out(sent);
                }
                AttemptOutcome::Failed
            }
            _ => {
                limit.answered(sent);
                AttemptOutcome::Answered
            }
        });
    }
}
