//! When a call is made again, and after how long. Owns the policy, the session's budget and the
//! reading of `Retry-After`; sends nothing itself.

use super::error::ApiError;
use super::options::RetryPolicy;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// What repeating an operation could do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Repeat {
    /// The same again: reads, PUT and DELETE by id, mints by name.
    Harmless,
    /// As `Harmless`, but slow work may go on behind a gateway that gave up: after a 504 or a
    /// timeout it is looked at, not repeated (`delete_workspaces_workspace_id`).
    HarmlessButSlow,
    /// A second object: repeated only when the first was certainly not taken.
    Duplicates,
}

/// Costs of a retry in tokens, as the AWS SDKs' standard mode has them.
const RETRY: u32 = 5;
const TIMEOUT: u32 = 10;

/// What a retry costs, or nothing when the failure is final.
fn cost(error: &ApiError, repeat: Repeat) -> Option<u32> {
    let fast = repeat != Repeat::Duplicates;
    let slow = repeat == Repeat::Harmless;
    match error {
        ApiError::Connect { .. } | ApiError::Throttled { .. } => Some(RETRY),
        ApiError::Interrupted { .. }
        | ApiError::Server {
            status: 500 | 502 | 503,
            ..
        } if fast => Some(RETRY),
        ApiError::Server { status: 504, .. } if slow => Some(RETRY),
        ApiError::TimedOut { .. } if slow => Some(TIMEOUT),
        _ => None,
    }
}

/// The session's retry tokens.
#[derive(Debug)]
pub(super) struct Budget {
    left: AtomicU32,
    full: u32,
}

impl Budget {
    pub(super) fn new(full: u32) -> Self {
        Self {
            left: AtomicU32::new(full),
            full,
        }
    }

    fn take(&self, tokens: u32) -> bool {
        self.left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(tokens)
            })
            .is_ok()
    }

    /// A call succeeded: the service is there.
    pub(super) fn refill(&self) {
        // A full bucket stays as it is, which is what the error says.
        let _ = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                (left < self.full).then_some(left + 1)
            });
    }
}

impl RetryPolicy {
    /// How long to wait before attempt `attempts + 1`, or nothing to give up.
    pub(super) fn wait(
        &self,
        budget: &Budget,
        error: &ApiError,
        repeat: Repeat,
        attempts: u32,
        elapsed: Duration,
    ) -> Option<Duration> {
        let cost = cost(error, repeat)?;
        if attempts >= self.attempts {
            return None;
        }
        let wait = self.pause(error, attempts);
        (elapsed.saturating_add(wait) < self.total && budget.take(cost)).then_some(wait)
    }

    /// Full jitter; on top of the server's own wish where it has one, so that all who were
    /// turned away do not come back at once.
    fn pause(&self, error: &ApiError, attempts: u32) -> Duration {
        let asked = match error {
            ApiError::Throttled { retry_after, .. } | ApiError::Server { retry_after, .. } => {
                *retry_after
            }
            _ => None,
        };
        let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1));
        let bound = self.base.saturating_mul(doubled).min(self.cap);
        match asked {
            None => bound.mul_f64(fastrand::f64()),
            Some(asked) => asked.min(self.retry_after_cap) + self.base.mul_f64(fastrand::f64()),
        }
    }
}

/// `Retry-After` in seconds or as a date; the date counts from the reply's own `Date`, so that
/// a wrong clock on either side does no harm.
pub(super) fn retry_after(value: Option<&str>, date: Option<&str>) -> Option<Duration> {
    let value = value?.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return (seconds.is_finite() && seconds >= 0.0)
            .then(|| Duration::from_secs_f64(seconds.min(86_400.0)));
    }
    let until = parse_date(value)?;
    let now = date.and_then(parse_date)?;
    Some(Duration::try_from(until.duration_since(now)).unwrap_or_default())
}

fn parse_date(text: &str) -> Option<jiff::Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text.trim())
        .ok()
}

#[cfg(test)]
mod tests {
    use super::{Budget, Repeat, cost, retry_after};
    use crate::api::error::{ApiError, Call, Said};
    use crate::api::options::RetryPolicy;
    use std::time::Duration;

    fn call() -> Call {
        Call {
            operation: "x",
            elapsed: Duration::ZERO,
            attempts: 1,
            writes: true,
            doubt: false,
        }
    }

    fn server(status: u16) -> ApiError {
        ApiError::Server {
            call: call(),
            status,
            retry_after: None,
            said: Said::default(),
        }
    }

    #[test]
    fn retry_after_in_all_its_forms() {
        let seconds = |n| Some(Duration::from_secs(n));
        let date = Some("Wed, 21 Oct 2015 07:28:00 GMT");
        assert_eq!(retry_after(Some("7"), None), seconds(7));
        assert_eq!(
            retry_after(Some("Wed, 21 Oct 2015 07:28:30 GMT"), date),
            seconds(30)
        );
        assert_eq!(
            retry_after(Some("Wed, 21 Oct 2015 07:27:30 GMT"), date),
            seconds(0)
        );
        assert_eq!(retry_after(Some("1e300"), None), seconds(86_400));
        for odd in ["-1", "soon", "", "NaN", "Wed, 21 Oct 2015 07:28:30 GMT"] {
            assert_eq!(retry_after(Some(odd), None), None, "{odd}");
        }
    }

    #[test]
    fn only_what_may_be_repeated_is_repeated() {
        let timed_out = ApiError::TimedOut { call: call() };
        let connect = ApiError::Connect {
            call: call(),
            reason: String::new(),
        };
        assert_eq!(cost(&server(503), Repeat::Duplicates), None);
        assert_eq!(cost(&timed_out, Repeat::Duplicates), None);
        assert_eq!(cost(&connect, Repeat::Duplicates), Some(5));
        assert_eq!(cost(&server(504), Repeat::HarmlessButSlow), None);
        assert_eq!(cost(&server(502), Repeat::HarmlessButSlow), Some(5));
        assert_eq!(cost(&timed_out, Repeat::Harmless), Some(10));
        assert_eq!(cost(&server(501), Repeat::Harmless), None);
    }

    #[test]
    fn the_budget_runs_dry_and_refills() {
        let policy = RetryPolicy {
            budget: 10,
            ..RetryPolicy::default()
        };
        let budget = Budget::new(policy.budget);
        let go = || policy.wait(&budget, &server(500), Repeat::Harmless, 1, Duration::ZERO);
        assert!(go().is_some() && go().is_some() && go().is_none());
        (0..5).for_each(|_| budget.refill());
        assert!(go().is_some() && go().is_none());
        (0..100).for_each(|_| budget.refill());
        assert!(go().is_some() && go().is_some() && go().is_none());
    }

    #[test]
    fn attempts_and_total_time_are_bounded() {
        let policy = RetryPolicy::default();
        let budget = Budget::new(policy.budget);
        let late = policy.total;
        let wait = |n, elapsed| policy.wait(&budget, &server(500), Repeat::Harmless, n, elapsed);
        assert!(wait(3, Duration::ZERO).is_some_and(|wait| wait <= Duration::from_secs(2)));
        assert!(wait(4, Duration::ZERO).is_none());
        assert!(wait(1, late).is_none());
    }

    #[test]
    fn absurd_wishes_are_clamped() {
        let policy = RetryPolicy::default();
        let throttled = ApiError::Throttled {
            call: call(),
            retry_after: Some(Duration::from_secs(80_000)),
            said: Said::default(),
        };
        let wait = policy.pause(&throttled, 1);
        assert!(wait >= Duration::from_mins(2) && wait <= Duration::from_millis(120_500));
    }
}
