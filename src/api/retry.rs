//! When a call is made again, and after how long. Owns the policy for one call and the reading
//! of `Retry-After`; sends nothing itself. What all calls together may do is `super::traffic`'s.

#[cfg(test)]
mod exact;

use super::error::{ApiError, ApiErrorKind};
use super::health::Turn;
use super::options::RetryPolicy;
use std::time::Duration;
use tokio::time::Instant;

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

/// Whether a failure is worth another attempt that does no harm.
fn may_repeat(error: &ApiError, repeat: Repeat) -> bool {
    let fast = repeat != Repeat::Duplicates;
    let slow = repeat == Repeat::Harmless;
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

/// What a call has been through.
#[derive(Debug)]
pub(super) struct Tries {
    pub(super) started: Instant,
    pub(super) attempts: u32,
    /// Those that failed; to be turned away for now is no failure.
    pub(super) failures: u32,
    /// Whether one of them may have had an effect.
    pub(super) doubt: bool,
    pub(super) turn: Turn,
    /// Why the last one is to be repeated.
    pub(super) last: Option<ApiError>,
    /// Whether a refused token was replaced.
    pub(super) renewed: bool,
}

impl Tries {
    pub(super) fn new(doubt: bool) -> Self {
        Self {
            started: Instant::now(),
            attempts: 0,
            failures: 0,
            doubt,
            turn: Turn::Free,
            last: None,
            renewed: false,
        }
    }
}

impl RetryPolicy {
    /// How long to wait before the next attempt, or nothing to give up.
    pub(super) fn wait(&self, error: &ApiError, repeat: Repeat, tries: &Tries) -> Option<Duration> {
        if !may_repeat(error, repeat) || tries.failures >= self.attempts {
            return None;
        }
        let pause = self.pause(error, tries.attempts);
        let wish = self.wish(error).unwrap_or_default();
        let elapsed = tries.started.elapsed();
        (elapsed.saturating_add(pause.max(wish)) < self.total).then_some(pause)
    }

    /// Full jitter. Where the server asks for more than the first pause there is none: the gate
    /// stays closed that long, for everybody.
    fn pause(&self, error: &ApiError, attempts: u32) -> Duration {
        if self.wish(error).is_some_and(|wish| wish >= self.base) {
            return Duration::ZERO;
        }
        let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1));
        let bound = self.base.saturating_mul(doubled).min(self.cap);
        bound.mul_f64(fastrand::f64())
    }

    fn wish(&self, error: &ApiError) -> Option<Duration> {
        let wish = error.retry_after()?;
        Some(wish.min(self.retry_after_cap))
    }
}

/// `Retry-After` in seconds or as a date; the date counts from the reply's own `Date`, so that
/// a wrong clock on either side does no harm, and without one from this machine's clock.
pub(super) fn retry_after(value: Option<&str>, date: Option<&str>) -> Option<Duration> {
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

#[cfg(test)]
mod tests {
    use super::{Repeat, Tries, may_repeat, retry_after};
    use crate::api::error::{ApiError, ApiErrorKind};
    use crate::api::options::RetryPolicy;
    use crate::api::tests::{call, status_error as server, throttled};
    use std::time::Duration;

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
        let ago = "Wed, 21 Oct 2015 07:28:30 GMT";
        assert_eq!(retry_after(Some(ago), None), seconds(0));
        let far = "Wed, 21 Oct 2415 07:28:30 GMT";
        assert!(retry_after(Some(far), None) > seconds(86_400));
        for odd in ["-1", "soon", "", "NaN"] {
            assert_eq!(retry_after(Some(odd), None), None, "{odd}");
        }
    }

    #[test]
    fn only_what_may_be_repeated_is_repeated() {
        let timed_out = ApiError::new(call(), ApiErrorKind::TimedOut);
        let connect = ApiError::new(call(), ApiErrorKind::Connect(String::new()));
        for (error, repeat, expected) in [
            (server(503), Repeat::Duplicates, false),
            (timed_out.clone(), Repeat::Duplicates, false),
            (connect, Repeat::Duplicates, true),
            (server(429), Repeat::Duplicates, true),
            (server(504), Repeat::HarmlessButSlow, false),
            (timed_out.clone(), Repeat::HarmlessButSlow, false),
            (server(502), Repeat::HarmlessButSlow, true),
            (timed_out, Repeat::Harmless, true),
            (server(504), Repeat::Harmless, true),
            (server(501), Repeat::Harmless, false),
        ] {
            assert_eq!(may_repeat(&error, repeat), expected, "{error} {repeat:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_and_total_time_are_bounded() {
        let policy = RetryPolicy::default();
        let mut tries = Tries::new(false);
        tries.attempts = 3;
        tries.failures = 3;
        let wait = |error: &ApiError, tries: &Tries| policy.wait(error, Repeat::Harmless, tries);
        let paused = wait(&server(500), &tries);
        assert!(paused.is_some_and(|pause| pause <= Duration::from_secs(2)));
        tries.failures = policy.attempts;
        assert_eq!(wait(&server(500), &tries), None);
        // To be turned away is bounded by time alone.
        tries.failures = 0;
        tries.attempts = 1000;
        assert!(wait(&server(429), &tries).is_some_and(|pause| pause <= policy.cap));
        tokio::time::advance(Duration::from_secs(290)).await;
        assert_eq!(wait(&throttled(10), &tries), None);
        assert!(wait(&throttled(9), &tries).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn the_servers_wish_is_left_to_the_gate_and_clamped() {
        let policy = RetryPolicy::default();
        let wait = |error: &ApiError| policy.wait(error, Repeat::Harmless, &Tries::new(false));
        assert_eq!(wait(&throttled(80_000)), Some(Duration::ZERO));
        assert_eq!(
            policy.wish(&throttled(80_000)),
            Some(policy.retry_after_cap)
        );
        // A server that asks for nothing gets growing pauses all the same.
        let longest = (0..50).map(|_| policy.pause(&throttled(0), 6)).max();
        assert!(longest > Some(Duration::from_secs(5)));
    }
}
