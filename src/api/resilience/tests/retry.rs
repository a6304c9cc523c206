//! Tests of the limits of one call, and of parsing `Retry-After`.

use super::super::retry::{CallState, Idempotency, may_retry, retry_after};
use crate::api::options::RetryPolicy;
use crate::api::tests::{call, status_error as server, throttled};
use crate::api::{ApiError, ApiErrorKind, ServerMessage};
use std::time::Duration;
use tokio::time::advance;

#[test]
fn retry_after_accepts_seconds_and_dates() {
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
    let past = "Wed, 21 Oct 2015 07:28:30 GMT";
    assert_eq!(retry_after(Some(past), None), seconds(0));
    let future = "Wed, 21 Oct 2415 07:28:30 GMT";
    assert!(retry_after(Some(future), None) > seconds(86_400));
    for invalid in ["-1", "soon", "", "NaN"] {
        assert_eq!(retry_after(Some(invalid), None), None, "{invalid}");
    }
}

#[test]
fn retry_depends_on_error_and_idempotency() {
    let timed_out = ApiError::new(call(), ApiErrorKind::TimedOut);
    let connect = ApiError::new(call(), ApiErrorKind::Connect(String::new()));
    for (error, idempotency, expected) in [
        (server(503), Idempotency::NotIdempotent, false),
        (timed_out.clone(), Idempotency::NotIdempotent, false),
        (connect, Idempotency::NotIdempotent, true),
        (server(429), Idempotency::NotIdempotent, true),
        (server(504), Idempotency::SlowIdempotent, false),
        (timed_out.clone(), Idempotency::SlowIdempotent, false),
        (server(502), Idempotency::SlowIdempotent, true),
        (timed_out, Idempotency::Idempotent, true),
        (server(504), Idempotency::Idempotent, true),
        (server(501), Idempotency::Idempotent, false),
    ] {
        assert_eq!(
            may_retry(&error, idempotency),
            expected,
            "{error} {idempotency:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn attempts_and_total_time_are_bounded() {
    let policy = RetryPolicy::default();
    let mut state = CallState::new(false);
    state.attempts = 3;
    state.failures = 3;
    let delay =
        |error: &ApiError, state: &CallState| policy.delay(error, Idempotency::Idempotent, state);
    let paused = delay(&server(500), &state);
    assert!(paused.is_some_and(|pause| pause <= Duration::from_secs(2)));
    state.failures = policy.attempts;
    assert_eq!(delay(&server(500), &state), None);
    // 429 is bounded by time alone.
    state.failures = 0;
    state.attempts = 1000;
    assert!(delay(&server(429), &state).is_some_and(|pause| pause <= policy.cap));
    advance(Duration::from_secs(290)).await;
    assert_eq!(delay(&throttled(10), &state), None);
    assert!(delay(&throttled(9), &state).is_some());
}

#[tokio::test(start_paused = true)]
async fn retry_after_replaces_the_pause_and_is_clamped() {
    let policy = RetryPolicy::default();
    let delay =
        |error: &ApiError| policy.delay(error, Idempotency::Idempotent, &CallState::new(false));
    assert_eq!(delay(&throttled(80_000)), Some(Duration::ZERO));
    assert_eq!(
        policy.retry_after(&throttled(80_000)),
        Some(policy.retry_after_cap)
    );
    // With `Retry-After: 0` the pauses grow, too.
    let longest = (0..50).map(|_| policy.pause(&throttled(0), 6)).max();
    assert!(longest > Some(Duration::from_secs(5)));
}

fn unavailable(wait: Option<u64>) -> ApiError {
    let kind = ApiErrorKind::Status {
        status: 503,
        retry_after: wait.map(Duration::from_millis),
        message: ServerMessage::default(),
    };
    ApiError::new(call(), kind)
}

fn longest(policy: &RetryPolicy, wait: Option<u64>, attempts: u32) -> Duration {
    let pauses = (0..200).map(|_| policy.pause(&unavailable(wait), attempts));
    pauses.max().unwrap()
}

#[test]
fn pauses_double_up_to_the_cap() {
    let policy = RetryPolicy::default();
    for (attempts, bound) in [
        (0, 500),
        (1, 500),
        (2, 1000),
        (3, 2000),
        (6, 16_000),
        (7, 20_000),
        (99, 20_000),
    ] {
        let bound = Duration::from_millis(bound);
        let longest = longest(&policy, None, attempts);
        assert!(
            longest <= bound && longest > bound.mul_f64(0.8),
            "{attempts}: {longest:?}"
        );
    }
}

#[test]
fn retry_after_as_long_as_the_first_pause_replaces_it() {
    let policy = RetryPolicy::default();
    assert!(longest(&policy, Some(499), 1) > Duration::ZERO);
    assert_eq!(longest(&policy, Some(500), 1), Duration::ZERO);
    assert_eq!(longest(&policy, Some(501), 1), Duration::ZERO);
    assert_eq!(policy.retry_after(&unavailable(None)), None);
    assert_eq!(
        policy.retry_after(&unavailable(Some(7))),
        Some(Duration::from_millis(7))
    );
}

#[tokio::test(start_paused = true)]
async fn failures_and_time_are_bounded_exactly() {
    let policy = RetryPolicy::default();
    let delay =
        |error: &ApiError, state: &CallState| policy.delay(error, Idempotency::Idempotent, state);
    let mut state = CallState::new(false);
    state.failures = policy.attempts - 1;
    assert!(delay(&unavailable(None), &state).is_some());
    state.failures = policy.attempts;
    assert_eq!(delay(&unavailable(None), &state), None);
    state.failures = policy.attempts + 1;
    assert_eq!(delay(&unavailable(None), &state), None);
    let state = CallState::new(true);
    assert!(state.may_have_taken_effect && state.attempts == 0 && !state.renewed);
    advance(policy.total.saturating_sub(Duration::from_mins(1))).await;
    assert!(delay(&unavailable(Some(59_999)), &state).is_some());
    assert_eq!(delay(&unavailable(Some(60_000)), &state), None);
    assert_eq!(delay(&unavailable(Some(60_001)), &state), None);
}

#[test]
fn final_errors_are_not_retried() {
    let interrupted = ApiError::new(call(), ApiErrorKind::Interrupted(String::new()));
    assert!(may_retry(&interrupted, Idempotency::Idempotent));
    assert!(may_retry(&interrupted, Idempotency::SlowIdempotent));
    assert!(!may_retry(&interrupted, Idempotency::NotIdempotent));
    assert!(!may_retry(
        &ApiError::new(call(), ApiErrorKind::TooLarge { limit: 1 }),
        Idempotency::Idempotent
    ));
}

#[test]
fn retry_after_at_the_limits() {
    let zero = Some(Duration::ZERO);
    assert_eq!(
        (
            retry_after(Some("0"), None),
            retry_after(Some(" 0.0 "), None)
        ),
        (zero, zero)
    );
    assert_eq!(
        retry_after(Some("0.5"), None),
        Some(Duration::from_millis(500))
    );
    assert_eq!(retry_after(Some("inf"), None), None);
    assert_eq!(retry_after(Some("-0.5"), None), None);
    assert_eq!(
        retry_after(None, Some("Wed, 21 Oct 2015 07:28:00 GMT")),
        None
    );
}
