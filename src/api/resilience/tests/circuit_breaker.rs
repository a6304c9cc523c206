//! Tests of the circuit breaker through its public methods.

use super::super::circuit_breaker::{Admission, AttemptKind, AttemptOutcome, CircuitBreaker};
use crate::api::options::{CircuitOptions, RetryPolicy};
use std::time::Duration;
use tokio::time::{Instant, advance};

const RETRY: AttemptKind = AttemptKind::Retry { recoveries: 0 };

fn breaker() -> CircuitBreaker {
    CircuitBreaker::new(CircuitOptions::default(), &RetryPolicy::default())
}

/// Makes an attempt. Returns whether the attempt was allowed.
fn attempt(breaker: &CircuitBreaker, kind: AttemptKind, outcome: AttemptOutcome) -> bool {
    let mut pending = breaker.announce(kind);
    let admission = breaker.state().admit(&mut pending.kind);
    let allowed = (admission == Admission::Allow)
        .then(|| pending.start())
        .flatten();
    drop(pending);
    allowed.map(|attempt| attempt.end(outcome)).is_some()
}

fn fail(breaker: &CircuitBreaker, times: usize) {
    for _ in 0..times {
        assert!(attempt(breaker, AttemptKind::First, AttemptOutcome::Failed));
    }
}

#[tokio::test(start_paused = true)]
async fn circuit_opens_probes_and_closes() {
    let breaker = breaker();
    assert!(attempt(
        &breaker,
        AttemptKind::First,
        AttemptOutcome::Responded
    ));
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
    assert!(attempt(
        &breaker,
        AttemptKind::First,
        AttemptOutcome::Responded
    ));
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
    assert!(attempt(
        &breaker,
        AttemptKind::First,
        AttemptOutcome::Responded
    ));
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
    assert!(attempt(
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
    assert!(attempt(&breaker, RETRY, AttemptOutcome::Throttled));
    assert!(attempt(&breaker, RETRY, AttemptOutcome::Throttled));
    assert_eq!(breaker.state().admission(RETRY), Admission::Reject(0));
    // While another attempt is in flight, the retry waits for its outcome.
    let other = breaker.announce(AttemptKind::First).start().unwrap();
    assert_eq!(breaker.state().admission(RETRY), Admission::Wait(None));
    other.end(AttemptOutcome::Responded);
    assert_eq!(breaker.state().admission(RETRY), Admission::Reject(0));
    assert!(attempt(
        &breaker,
        AttemptKind::First,
        AttemptOutcome::Responded
    ));
    assert!(attempt(&breaker, RETRY, AttemptOutcome::Throttled));
    for _ in 0..100 {
        assert!(attempt(
            &breaker,
            AttemptKind::First,
            AttemptOutcome::Responded
        ));
    }
    let retries = (0..100).filter(|_| attempt(&breaker, RETRY, AttemptOutcome::Throttled));
    assert_eq!(retries.count(), 20);
}

#[tokio::test(start_paused = true)]
async fn retry_after_a_recovery_needs_no_budget() {
    let breaker = breaker();
    fail(&breaker, 5);
    for _ in 0..2 {
        advance(Duration::from_secs(2)).await;
        assert!(attempt(&breaker, RETRY, AttemptOutcome::Failed));
    }
    advance(Duration::from_secs(5)).await;
    assert!(attempt(
        &breaker,
        AttemptKind::First,
        AttemptOutcome::Responded
    ));
    for _ in 0..10 {
        assert!(attempt(&breaker, RETRY, AttemptOutcome::Throttled));
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
