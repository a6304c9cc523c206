//! Responsible for whether and when one call is retried, and for reading `Retry-After`. Does not
//! limit what all calls together do; see [`super::admission`].

use super::circuit_breaker::AttemptKind;
use crate::api::error::{ApiError, ApiErrorKind};
use crate::api::options::RetryPolicy;
use std::time::Duration;
use tokio::time::Instant;

/// What a repetition of an operation can do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::api) enum Idempotency {
    /// The same again: reads, PUT and DELETE by id, mints by name.
    Idempotent,
    /// As `Idempotent`, but slow work may go on behind a gateway that gave up: after a 504 or a
    /// timeout the result is read instead (`delete_workspaces_workspace_id`).
    SlowIdempotent,
    /// Creates a second object: retried only when the first request was certainly not accepted.
    NotIdempotent,
}

/// Whether a retry may help and does no harm.
pub(super) fn may_retry(error: &ApiError, idempotency: Idempotency) -> bool {
    let fast = idempotency != Idempotency::NotIdempotent;
    let slow = idempotency == Idempotency::Idempotent;
    match error.kind() {
        ApiErrorKind::Connect(_) | ApiErrorKind::Status { status: 429, .. } => true,
        ApiErrorKind::Interrupted(_)
        | ApiErrorKind::Status {
            status: 500 | 502 | 503,
            ..
        } => fast,
        ApiErrorKind::TimedOut | ApiErrorKind::Status { status: 504, .. } => slow,
        _ => false,
    }
}

/// A call's attempts so far.
#[derive(Debug)]
pub(in crate::api) struct CallState {
    pub(in crate::api) started: Instant,
    pub(in crate::api) attempts: u32,
    /// Attempts that failed; 429 is no failure.
    pub(in crate::api) failures: u32,
    /// Whether one of the attempts may have had an effect.
    pub(in crate::api) may_have_taken_effect: bool,
    pub(in crate::api) kind: AttemptKind,
    /// Why the last attempt is retried.
    pub(in crate::api) last: Option<ApiError>,
    /// Whether a refused token was replaced.
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
    /// How long to wait before the next attempt; `None` to give up.
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

    /// Full jitter. If the server asks for more than the first pause, there is none: all calls
    /// wait that long.
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

/// `Retry-After` in seconds or as a date. A date counts from the response's own `Date`, so that a
/// wrong clock on either side does no harm; without one it counts from this machine's clock.
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

fn parse_date(text: &str) -> Option<jiff::Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text.trim())
        .ok()
}
