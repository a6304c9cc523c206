//! The circuit breaker as attempts use it.

use super::super::circuit_breaker::{Admission, AttemptKind, AttemptOutcome, CircuitBreaker};
use crate::api::options::{CircuitOptions, RetryPolicy};
use std::time::Duration;
use tokio::time::{Instant, advance};

const RETRY: AttemptKind = AttemptKind::Retry { recoveries: 0 };

fn breaker() -> CircuitBreaker {
    CircuitBreaker::new(CircuitOptions::default(), &RetryPolicy::default())
}

fn ends(breaker: &CircuitBreaker, kind: AttemptKind, outcome: AttemptOutcome) -> bool {
    let mut pending = breaker.announce(kind);
    let admission = breaker.state().pay(&mut pending.kind);
    let attempt = (admission == Admission::Allow)
        .then(|| pending.start())
        .flatten();
    drop(pending);
    attempt.map(|attempt| attempt.end(outcome)).is_some()
}

fn fail(breaker: &CircuitBreaker, times: usize) {
    for _ in 0..times {
        assert!(ends(breaker, AttemptKind::First, AttemptOutcome::Failed));
    }
}

#[tokio::test(start_paused = true)]
async fn circuit_opens_probes_and_closes() {
    let breaker = breaker();
    assert!(ends(&breaker, AttemptKind::First, AttemptOutcome::Answered));
    fail(&breaker, 4);
    assert_eq!(
        breaker.state().admission(AttemptKind::First),
        Admission::Allow
    );
    fail(&breaker, 1);
    assert!(matches!(
        breaker.state().admission(AttemptKind::First),
        Admission::Wait(Some(_))
    ));
    let mut gaps = Vec::new();
    for _ in 0..5 {
        let before = Instant::now();
        let far = before + Duration::from_mins(1);
        let mut pending = breaker.announce(AttemptKind::First);
        assert_eq!(pending.admission(far).await, Admission::Allow);
        gaps.push(before.elapsed());
        let probe = pending.start().unwrap();
        assert!(pending.start().is_none(), "one at a time");
        probe.end(AttemptOutcome::Failed);
    }
    assert!(gaps.iter().all(|gap| *gap <= Duration::from_secs(5)));
    assert!(gaps[4] >= Duration::from_millis(3750), "{gaps:?}");
    advance(Duration::from_secs(5)).await;
    assert!(ends(&breaker, AttemptKind::First, AttemptOutcome::Answered));
    assert_eq!(
        breaker.state().admission(AttemptKind::First),
        Admission::Allow
    );
    assert_eq!(breaker.state().recoveries, 1);
    assert_eq!(breaker.state().outage(), None);
}

#[tokio::test(start_paused = true)]
async fn open_timeout_rejects_but_probes_go_on() {
    let breaker = breaker();
    assert!(ends(&breaker, AttemptKind::First, AttemptOutcome::Answered));
    fail(&breaker, 5);
    advance(Duration::from_secs(31)).await;
    let probe = breaker.announce(AttemptKind::First).start().unwrap();
    assert_eq!(
        breaker.state().admission(AttemptKind::First),
        Admission::Reject(5)
    );
    probe.end(AttemptOutcome::Failed);
    assert_eq!(
        breaker.state().admission(AttemptKind::First),
        Admission::Reject(6)
    );
    advance(Duration::from_secs(5)).await;
    assert_eq!(
        breaker.state().admission(AttemptKind::First),
        Admission::Allow
    );
}

#[tokio::test(start_paused = true)]
async fn probe_that_is_dropped_or_throttled_keeps_the_circuit_open() {
    let breaker = breaker();
    fail(&breaker, 5);
    advance(Duration::from_secs(1)).await;
    drop(breaker.announce(AttemptKind::First).start());
    assert_eq!(
        breaker.state().admission(AttemptKind::First),
        Admission::Allow
    );
    assert!(ends(
        &breaker,
        AttemptKind::First,
        AttemptOutcome::Throttled
    ));
    assert!(matches!(
        breaker.state().admission(AttemptKind::First),
        Admission::Wait(Some(_))
    ));
    assert!(breaker.state().outage().is_some());
}

#[tokio::test]
async fn budget_is_spent_and_earned_again() {
    let breaker = breaker();
    let again = RETRY;
    assert!(ends(&breaker, again, AttemptOutcome::Throttled));
    assert!(ends(&breaker, again, AttemptOutcome::Throttled));
    assert_eq!(breaker.state().admission(again), Admission::Reject(0));
    // While another call is under way, there is hope.
    let other = breaker.announce(AttemptKind::First).start().unwrap();
    assert_eq!(breaker.state().admission(again), Admission::Wait(None));
    other.end(AttemptOutcome::Answered);
    assert_eq!(breaker.state().admission(again), Admission::Reject(0));
    assert!(ends(&breaker, AttemptKind::First, AttemptOutcome::Answered));
    assert!(ends(&breaker, again, AttemptOutcome::Throttled));
    for _ in 0..100 {
        assert!(ends(&breaker, AttemptKind::First, AttemptOutcome::Answered));
    }
    let retries = (0..100).filter(|_| ends(&breaker, again, AttemptOutcome::Throttled));
    assert_eq!(retries.count(), 20);
}

#[tokio::test(start_paused = true)]
async fn retry_after_a_recovery_needs_no_budget() {
    let breaker = breaker();
    fail(&breaker, 5);
    for _ in 0..2 {
        advance(Duration::from_secs(2)).await;
        assert!(ends(&breaker, RETRY, AttemptOutcome::Failed));
    }
    advance(Duration::from_secs(5)).await;
    assert!(ends(&breaker, AttemptKind::First, AttemptOutcome::Answered));
    for _ in 0..10 {
        assert!(ends(&breaker, RETRY, AttemptOutcome::Throttled));
    }
    assert_eq!(
        breaker.state().admission(AttemptKind::First),
        Admission::Allow
    );
}

#[tokio::test]
async fn giving_up_after_429_opens() {
    let breaker = breaker();
    (0..5).for_each(|_| breaker.state().fail());
    assert!(breaker.state().outage().is_some());
}
