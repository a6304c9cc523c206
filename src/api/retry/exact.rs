//! The bounds of one call, to the moment.

use super::super::error::{ApiError, ApiErrorKind, ServerMessage};
use super::super::options::RetryPolicy;
use super::super::tests::call;
use super::{Repeat, Tries, may_repeat, retry_after};
use std::time::Duration;
use tokio::time::advance;

fn unavailable(wish: Option<u64>) -> ApiError {
    let kind = ApiErrorKind::Status {
        status: 503,
        retry_after: wish.map(Duration::from_millis),
        message: ServerMessage::default(),
    };
    ApiError::new(call(), kind)
}

fn longest(policy: &RetryPolicy, wish: Option<u64>, attempts: u32) -> Duration {
    let pauses = (0..200).map(|_| policy.pause(&unavailable(wish), attempts));
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
fn a_wish_as_long_as_the_first_pause_takes_its_place() {
    let policy = RetryPolicy::default();
    assert!(longest(&policy, Some(499), 1) > Duration::ZERO);
    assert_eq!(longest(&policy, Some(500), 1), Duration::ZERO);
    assert_eq!(longest(&policy, Some(501), 1), Duration::ZERO);
    assert_eq!(policy.wish(&unavailable(None)), None);
    assert_eq!(
        policy.wish(&unavailable(Some(7))),
        Some(Duration::from_millis(7))
    );
}

#[tokio::test(start_paused = true)]
async fn failures_and_time_are_bounded_to_the_last() {
    let policy = RetryPolicy::default();
    let wait = |error: &ApiError, tries: &Tries| policy.wait(error, Repeat::Harmless, tries);
    let mut tries = Tries::new(false);
    tries.failures = policy.attempts - 1;
    assert!(wait(&unavailable(None), &tries).is_some());
    tries.failures = policy.attempts;
    assert_eq!(wait(&unavailable(None), &tries), None);
    tries.failures = policy.attempts + 1;
    assert_eq!(wait(&unavailable(None), &tries), None);
    let tries = Tries::new(true);
    assert!(tries.doubt && tries.attempts == 0 && !tries.renewed);
    advance(policy.total.saturating_sub(Duration::from_mins(1))).await;
    assert!(wait(&unavailable(Some(59_999)), &tries).is_some());
    assert_eq!(wait(&unavailable(Some(60_000)), &tries), None);
    assert_eq!(wait(&unavailable(Some(60_001)), &tries), None);
}

#[test]
fn what_is_for_good_is_not_repeated() {
    let interrupted = ApiError::new(call(), ApiErrorKind::Interrupted(String::new()));
    assert!(may_repeat(&interrupted, Repeat::Harmless));
    assert!(may_repeat(&interrupted, Repeat::HarmlessButSlow));
    assert!(!may_repeat(&interrupted, Repeat::Duplicates));
    assert!(!may_repeat(
        &ApiError::new(call(), ApiErrorKind::TooLarge { limit: 1 }),
        Repeat::Harmless
    ));
}

#[test]
fn retry_after_has_its_edges() {
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
