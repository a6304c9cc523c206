//! Tests of the adaptive limit.

use super::super::concurrency_limit::{AdaptiveLimit, count, whole};
use super::super::places::Priority;
use std::time::Duration;
use tokio::time::{Instant, advance};

fn limit(parallelism: usize) -> AdaptiveLimit {
    AdaptiveLimit::new(parallelism)
}

fn idle_limit(limit: &AdaptiveLimit) -> usize {
    let state = limit.state();
    assert_eq!(
        state.issued,
        limit.places.permits.available_permits(),
        "all are back"
    );
    state.issued
}

/// Makes calls of the duration `took` that use all permits.
async fn rounds(limit: &AdaptiveLimit, rounds: usize, took: Duration) {
    for _ in 0..rounds {
        let sent = Instant::now();
        let mut permits = Vec::new();
        for _ in 0..idle_limit(limit) {
            permits.push(limit.acquire(sent, Priority::Normal).await.unwrap());
        }
        advance(took).await;
        for _ in &permits {
            limit.responded(sent);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn limit_is_full_after_a_response_halves_on_429_and_grows_again() {
    let limit = limit(80);
    let quick = Duration::from_millis(10);
    assert_eq!(idle_limit(&limit), 10);
    rounds(&limit, 1, quick).await;
    assert_eq!(idle_limit(&limit), 80);
    // Twenty attempts that got 429 together count once.
    let sent = Instant::now();
    advance(quick).await;
    (0..20).for_each(|_| limit.throttled(sent));
    assert_eq!(idle_limit(&limit), 40);
    rounds(&limit, 1, quick).await;
    assert!((40..42).contains(&idle_limit(&limit)), "one more per round");
    for _ in 0..20 {
        limit.throttled(Instant::now());
    }
    assert_eq!(idle_limit(&limit), 1);
    rounds(&limit, 500, quick).await;
    assert_eq!(idle_limit(&limit), 80);
}

#[tokio::test(start_paused = true)]
async fn limit_of_one_stays_one() {
    for parallelism in [0, 1] {
        let limit = limit(parallelism);
        rounds(&limit, 10, Duration::from_millis(1)).await;
        assert_eq!(idle_limit(&limit), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn permits_in_use_are_withdrawn_on_return() {
    let limit = limit(8);
    let now = Instant::now();
    let mut permits = Vec::new();
    for _ in 0..8 {
        permits.push(limit.acquire(now, Priority::Normal).await.unwrap());
    }
    limit.throttled(now);
    assert!(
        limit
            .acquire(now + Duration::from_secs(1), Priority::Normal)
            .await
            .is_none()
    );
    drop(permits);
    assert_eq!(idle_limit(&limit), 4);
}

#[tokio::test(start_paused = true)]
async fn pause_ends_at_the_latest_retry_after() {
    let limit = limit(1);
    assert_eq!(limit.paused_until(), None);
    limit.pause(Duration::from_secs(5));
    limit.pause(Duration::from_secs(3));
    advance(Duration::from_secs(4)).await;
    assert!(limit.paused_until().is_some());
    advance(Duration::from_secs(1)).await;
    assert_eq!(limit.paused_until(), None);
}

fn issued(limit: &AdaptiveLimit) -> usize {
    limit.state().issued
}

fn millis(number: u64) -> Duration {
    Duration::from_millis(number)
}

#[tokio::test(start_paused = true)]
async fn limit_below_half_use_is_not_increased() {
    let limit = limit(20);
    limit.responded(Instant::now());
    limit.throttled(Instant::now());
    let now = Instant::now();
    let mut permits = Vec::new();
    for _ in 0..4 {
        permits.push(limit.acquire(now, Priority::Normal).await.unwrap());
    }
    (0..20).for_each(|_| limit.responded(now));
    assert_eq!(issued(&limit), 10);
    permits.push(limit.acquire(now, Priority::Normal).await.unwrap());
    (0..11).for_each(|_| limit.responded(now));
    assert_eq!(
        (issued(&limit), limit.places.permits.available_permits()),
        (11, 6)
    );
    (0..20).for_each(|_| limit.responded(now));
    assert_eq!(
        (issued(&limit), limit.places.permits.available_permits()),
        (11, 6)
    );
}

#[tokio::test(start_paused = true)]
async fn limit_after_a_decrease_grows_by_one_per_round() {
    let limit = limit(10);
    limit.throttled(Instant::now());
    assert_eq!(
        (issued(&limit), limit.places.permits.available_permits()),
        (5, 5)
    );
    let now = Instant::now();
    let mut permits = Vec::new();
    for _ in 0..5 {
        permits.push(limit.acquire(now, Priority::Normal).await.unwrap());
    }
    for expected in [5, 5, 5, 5, 5, 6] {
        limit.responded(now);
        assert_eq!(issued(&limit), expected);
    }
    limit.timed_out(now);
    assert_eq!(issued(&limit), 5);
    for _ in 0..9 {
        limit.throttled(Instant::now());
    }
    drop(permits);
    assert_eq!(
        (issued(&limit), limit.state().limit.to_string()),
        (1, "1".into())
    );
}

#[tokio::test(start_paused = true)]
async fn attempt_sent_before_a_decrease_is_ignored() {
    let limit = limit(10);
    let before = Instant::now();
    advance(millis(1)).await;
    let at = Instant::now();
    limit.throttled(at);
    for old in [before, before] {
        limit.throttled(old);
        limit.timed_out(old);
    }
    assert_eq!(issued(&limit), 5);
    assert!(limit.state().is_outdated(before) && !limit.state().is_outdated(at));
    limit.timed_out(at);
    assert_eq!(issued(&limit), 4);
}

#[tokio::test(start_paused = true)]
async fn permit_beyond_the_limit_is_not_returned() {
    let limit = limit(4);
    let now = Instant::now();
    let mut permits = Vec::new();
    for _ in 0..4 {
        permits.push(limit.acquire(now, Priority::Normal).await.unwrap());
    }
    limit.throttled(now);
    assert_eq!(
        (issued(&limit), limit.places.permits.available_permits()),
        (4, 0)
    );
    for (issued_after, free) in [(3, 0), (2, 0), (2, 1), (2, 2)] {
        permits.pop();
        assert_eq!(
            (issued(&limit), limit.places.permits.available_permits()),
            (issued_after, free)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn pause_ends_at_its_moment() {
    let limit = limit(1);
    limit.pause(millis(5));
    let until = Instant::now() + millis(5);
    assert_eq!(limit.paused_until(), Some(until));
    advance(millis(4)).await;
    assert_eq!(limit.paused_until(), Some(until));
    advance(millis(1)).await;
    assert_eq!(limit.paused_until(), None);
    advance(millis(1)).await;
    assert_eq!(limit.paused_until(), None);
}

#[test]
fn limit_is_between_one_and_the_parallelism() {
    assert_eq!(
        [0, 1, 4, 300].map(|wanted| issued(&limit(wanted))),
        [1, 1, 4, 10]
    );
    assert_eq!(
        (whole(3.9), whole(1.0), count(7).to_string()),
        (3, 1, "7".into())
    );
}
