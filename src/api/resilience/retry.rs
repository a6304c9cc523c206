//! Responsible for whether and when a call is retried, and for parsing `Retry-After`. Does not limit
//! the retries of all calls together; see [`super::admission`].

use super::circuit_breaker::AttemptKind;
use crate::api::error::{ApiError, ApiErrorKind};
use crate::api::options::RetryPolicy;
use std::time::Duration;
use tokio::time::Instant;

/// Whether an operation can be retried.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::api) enum Idempotency {
    /// A retry has the same effect: reads, PUT and DELETE by id, token requests by name.
    Idempotent,
    /// As `Idempotent`, but the operation may continue behind a gateway that timed out: not retried
    /// after a 504 or a timeout, so that the caller reads the result (`delete_workspaces_workspace_id`).
    SlowIdempotent,
    /// A retry could create a second object: retried only if the first request had no effect.
    NotIdempotent,
}

/// Whether a retry may succeed and cannot do harm.
pub(super) fn may_retry(error: &ApiError, idempotency: Idempotency) -> bool {
    let is_idempotent = idempotency != Idempotency::NotIdempotent;
    let may_follow_timeout = idempotency == Idempotency::Idempotent;
    match error.kind() {
        ApiErrorKind::Connect(_) | ApiErrorKind::Status { status: 429, .. } => true,
        ApiErrorKind::Interrupted(_)
        | ApiErrorKind::Status {
            status: 500 | 502 | 503,
            ..
        } => is_idempotent,
        ApiErrorKind::TimedOut | ApiErrorKind::Status { status: 504, .. } => may_follow_timeout,
        _ => false,
    }
}

/// The attempts of a call so far.
#[derive(Debug)]
pub(in crate::api) struct CallState {
    pub(in crate::api) started: Instant,
    pub(in crate::api) attempts: u32,
    /// Failed attempts, without 429.
    pub(in crate::api) failures: u32,
    /// Whether one of the attempts may have taken effect.
    pub(in crate::api) may_have_taken_effect: bool,
    pub(in crate::api) kind: AttemptKind,
    /// The error of the last attempt.
    pub(in crate::api) last: Option<ApiError>,
    /// Whether a rejected token was replaced.
    pub(in crate::api) renewed: bool,
}

impl CallState {
    pub(in crate::api) fn new(may_have_taken_effect: bool) -> Self {
        Self {
            started: Instant::now(),
            attempts: 0,
            failures: 0,
            may_have_taken_effect,
            kind: AttemptKind::First,
            last: None,
            renewed: false,
        }
    }
}

impl RetryPolicy {
    /// The pause before the next attempt; `None` to give up.
    pub(in crate::api) fn delay(
        &self,
        error: &ApiError,
        idempotency: Idempotency,
        state: &CallState,
    ) -> Option<Duration> {
        if !may_retry(error, idempotency) || state.failures >= self.attempts {
            return None;
        }
        let pause = self.pause(error, state.attempts);
        let retry_after = self.retry_after(error).unwrap_or_default();
        let elapsed = state.started.elapsed();
        (elapsed.saturating_add(pause.max(retry_after)) < self.total).then_some(pause)
    }

    /// A random pause up to the bound (full jitter). Zero if the server asks for at least the first
    /// pause, because admission control makes all calls wait then.
    pub(super) fn pause(&self, error: &ApiError, attempts: u32) -> Duration {
        if self
            .retry_after(error)
            .is_some_and(|wait| wait >= self.base)
        {
            return Duration::ZERO;
        }
        let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1));
        let bound = self.base.saturating_mul(doubled).min(self.cap);
        bound.mul_f64(fastrand::f64())
    }

    pub(super) fn retry_after(&self, error: &ApiError) -> Option<Duration> {
        Some(error.retry_after()?.min(self.retry_after_cap))
    }
}

/// Parses `Retry-After`, in seconds or as a date. A date is compared with the `Date` header of the
/// response, so that a wrong clock does not matter; without the header, with this machine's clock.
pub(in crate::api) fn retry_after(value: Option<&str>, date: Option<&str>) -> Option<Duration> {
    let value = value?.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return (seconds.is_finite() && seconds >= 0.0)
            .then(|| Duration::from_secs_f64(seconds.min(86_400.0)));
    }
    let until = parse_date(value)?;
    let now = date
        .and_then(parse_date)
        .unwrap_or_else(jiff::Timestamp::now);
    Some(Duration::try_from(until.duration_since(now)).unwrap_or_default())
}

/// The time of a header with a date.
pub(in crate::api) fn parse_date(text: &str) -> Option<jiff::Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text.trim())
        .ok()
}
