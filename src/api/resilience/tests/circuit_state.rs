//! Tests of the circuit breaker's state machine and of the retry budget, on a simulated clock.

use super::super::circuit_breaker::{Admission, AttemptKind, AttemptOutcome, State, jittered};
use crate::api::options::{CircuitOptions, RetryPolicy};
use std::time::Duration;
use tokio::time::{Instant, advance};

const RETRY: AttemptKind = AttemptKind::Retry { recoveries: 0 };

/// The state for a service that has responded before.
fn state() -> State {
    let mut state = State::new(CircuitOptions::default(), &RetryPolicy::default());
    state.has_responded = true;
    state
}

/// Makes an attempt with this outcome.
fn attempt(state: &mut State, outcome: AttemptOutcome) {
    let probe = state.start().unwrap();
    state.end(probe, outcome);
}

/// The state after five failures in a row.
fn down() -> State {
    let mut state = state();
    (0..5).for_each(|_| attempt(&mut state, AttemptOutcome::Failed));
    state
}

fn open_for(state: &State) -> Duration {
    state
        .open
        .unwrap()
        .next_probe
        .duration_since(Instant::now())
}

#[tokio::test(start_paused = true)]
async fn failures_count_until_a_response() {
    let mut state = state();
    for _ in 0..4 {
        attempt(&mut state, AttemptOutcome::Failed);
    }
    attempt(&mut state, AttemptOutcome::Responded);
    for _ in 0..4 {
        attempt(&mut state, AttemptOutcome::Failed);
    }
    attempt(&mut state, AttemptOutcome::Throttled);
    attempt(&mut state, AttemptOutcome::Abandoned);
    assert_eq!(
        (state.admission(AttemptKind::First), state.outage()),
        (Admission::Allow, None)
    );
    assert_eq!(
        (state.recoveries, state.in_flight, state.pending),
        (0, 0, 0)
    );
    attempt(&mut state, AttemptOutcome::Failed);
    let since = Instant::now();
    assert_eq!(state.outage(), Some((5, since + Duration::from_secs(30))));
    // Failures of attempts that were in flight do not move the next probe.
    let before = state.open.unwrap().next_probe;
    advance(Duration::from_millis(100)).await;
    state.fail();
    assert_eq!(state.open.unwrap().next_probe, before);
    assert_eq!(state.outage(), Some((6, since + Duration::from_secs(30))));
}

#[tokio::test(start_paused = true)]
async fn probes_are_sent_one_at_a_time_with_growing_intervals() {
    let mut state = down();
    let wait = open_for(&state);
    assert!(Duration::from_millis(468) <= wait && wait <= Duration::from_millis(625));
    let next_probe = Instant::now() + wait;
    assert_eq!(
        state.admission(AttemptKind::First),
        Admission::Wait(Some(next_probe))
    );
    assert_eq!(state.start(), None);
    advance(wait).await;
    assert_eq!(state.admission(AttemptKind::First), Admission::Allow);
    assert_eq!(state.start(), Some(true));
    let end = state.open.unwrap().since + Duration::from_secs(30);
    assert_eq!(
        state.admission(AttemptKind::First),
        Admission::Wait(Some(end))
    );
    state.end(true, AttemptOutcome::Failed);
    let wait = open_for(&state);
    assert!(Duration::from_millis(937) <= wait && wait <= Duration::from_millis(1250));
    for _ in 0..4 {
        advance(Duration::from_secs(5)).await;
        attempt(&mut state, AttemptOutcome::Throttled);
    }
    let wait = open_for(&state);
    assert!(Duration::from_millis(3750) <= wait && wait <= Duration::from_secs(5));
    advance(wait).await;
    // A probe without outcome is repeated at once.
    attempt(&mut state, AttemptOutcome::Abandoned);
    assert_eq!(state.admission(AttemptKind::First), Admission::Allow);
    attempt(&mut state, AttemptOutcome::Responded);
    assert_eq!((state.recoveries, state.outage()), (1, None));
    assert_eq!(state.start(), Some(false));
}

#[tokio::test(start_paused = true)]
async fn attempt_that_ends_during_a_probe_leaves_the_probe() {
    let mut state = state();
    assert_eq!(state.start(), Some(false));
    assert_eq!(state.start(), Some(false));
    (0..5).for_each(|_| attempt(&mut state, AttemptOutcome::Failed));
    advance(Duration::from_secs(1)).await;
    assert_eq!(state.start(), Some(true));
    state.end(false, AttemptOutcome::Throttled);
    state.end(false, AttemptOutcome::Abandoned);
    assert!(state.open.unwrap().probing);
    state.end(true, AttemptOutcome::Abandoned);
    assert!(!state.open.unwrap().probing);
}

#[tokio::test(start_paused = true)]
async fn open_timeout_rejects_to_the_millisecond() {
    let mut state = down();
    advance(Duration::from_millis(29_999)).await;
    assert_eq!(state.start(), Some(true));
    let end = Instant::now() + Duration::from_millis(1);
    assert_eq!(
        state.admission(AttemptKind::First),
        Admission::Wait(Some(end))
    );
    advance(Duration::from_millis(1)).await;
    assert_eq!(state.admission(AttemptKind::First), Admission::Reject(5));
    state.end(true, AttemptOutcome::Failed);
    assert_eq!(state.admission(AttemptKind::First), Admission::Reject(6));
    // The next probe would come after the end.
    let mut late = down();
    advance(Duration::from_secs(29)).await;
    let probe = late.start().unwrap();
    late.end(probe, AttemptOutcome::Failed);
    late.open.as_mut().unwrap().next_probe = Instant::now() + Duration::from_secs(9);
    let end = Instant::now() + Duration::from_secs(1);
    assert_eq!(
        late.admission(AttemptKind::First),
        Admission::Wait(Some(end))
    );
}

#[tokio::test(start_paused = true)]
async fn retry_costs_budget_once() {
    let mut state = state();
    assert_eq!((state.retry_budget, state.max_retry_budget), (4, 40));
    let mut kind = RETRY;
    assert_eq!(state.admit(&mut kind), Admission::Allow);
    assert_eq!(
        (kind, state.retry_budget, state.pending),
        (AttemptKind::First, 2, 1)
    );
    // The budget is deducted once.
    assert_eq!(state.admit(&mut kind), Admission::Allow);
    assert_eq!((state.retry_budget, state.pending), (2, 1));
    let mut other = RETRY;
    state.admit(&mut other);
    let mut third = RETRY;
    assert_eq!(
        (state.admit(&mut third), third),
        (Admission::Wait(None), RETRY)
    );
    state.pending -= 1;
    assert_eq!(state.admission(RETRY), Admission::Wait(None));
    state.pending -= 1;
    assert_eq!(state.admission(RETRY), Admission::Reject(0));
    assert_eq!(state.start(), Some(false));
    assert_eq!(state.admission(RETRY), Admission::Wait(None));
    state.end(false, AttemptOutcome::Responded);
    assert_eq!(
        (state.retry_budget, state.admission(RETRY)),
        (1, Admission::Reject(0))
    );
    assert!(state.open.is_none());
    attempt(&mut state, AttemptOutcome::Responded);
    assert_eq!(state.admission(RETRY), Admission::Allow);
    (0..100).for_each(|_| attempt(&mut state, AttemptOutcome::Responded));
    assert_eq!(state.retry_budget, 40);
}

#[tokio::test(start_paused = true)]
async fn recovery_makes_retries_free() {
    let mut state = down();
    advance(Duration::from_secs(1)).await;
    attempt(&mut state, AttemptOutcome::Responded);
    state.retry_budget = 0;
    let mut before = RETRY;
    assert_eq!(state.admit(&mut before), Admission::Allow);
    assert_eq!(
        (before, state.retry_budget, state.pending),
        (AttemptKind::First, 0, 1)
    );
    assert_eq!(
        state.admission(AttemptKind::Retry { recoveries: 1 }),
        Admission::Wait(None)
    );
}

#[tokio::test(start_paused = true)]
async fn probe_is_free() {
    let mut state = down();
    state.retry_budget = 1;
    let next_probe = state.open.unwrap().next_probe;
    assert_eq!(state.admission(RETRY), Admission::Wait(Some(next_probe)));
    advance(Duration::from_secs(1)).await;
    let mut kind = RETRY;
    assert_eq!(state.admit(&mut kind), Admission::Allow);
    assert_eq!(
        (kind, state.retry_budget, state.pending),
        (AttemptKind::First, 1, 1)
    );
    // Retries end with the open timeout.
    advance(Duration::from_secs(29)).await;
    assert_eq!(state.admission(RETRY), Admission::Reject(5));
    assert_eq!(state.admission(AttemptKind::First), Admission::Allow);
}

#[tokio::test(start_paused = true)]
async fn failure_without_budget_and_other_attempts_opens() {
    let mut state = state();
    state.retry_budget = 2;
    attempt(&mut state, AttemptOutcome::Failed);
    assert_eq!(state.outage(), None);
    state.retry_budget = 1;
    // Another attempt may show that the failure was an isolated one.
    state.pending += 1;
    attempt(&mut state, AttemptOutcome::Failed);
    assert_eq!(state.outage(), None);
    state.pending -= 1;
    assert_eq!(state.start(), Some(false));
    attempt(&mut state, AttemptOutcome::Failed);
    assert_eq!(state.outage(), None);
    state.end(false, AttemptOutcome::Failed);
    let since = Instant::now();
    assert_eq!(state.outage(), Some((4, since + Duration::from_secs(30))));
}

#[tokio::test(start_paused = true)]
async fn open_timeout_of_a_service_that_never_responded_is_a_third() {
    let mut state = State::new(CircuitOptions::default(), &RetryPolicy::default());
    (0..5).for_each(|_| attempt(&mut state, AttemptOutcome::Failed));
    let since = Instant::now();
    assert_eq!(state.outage(), Some((5, since + Duration::from_secs(10))));
    advance(Duration::from_millis(9_999)).await;
    assert_eq!(state.admission(RETRY), Admission::Allow);
    advance(Duration::from_millis(1)).await;
    assert_eq!(state.admission(RETRY), Admission::Reject(5));
    attempt(&mut state, AttemptOutcome::Responded);
    (0..5).for_each(|_| attempt(&mut state, AttemptOutcome::Failed));
    let since = Instant::now();
    assert_eq!(state.outage(), Some((5, since + Duration::from_secs(30))));
}

#[test]
fn jitter_takes_up_to_a_quarter() {
    let second = Duration::from_secs(1);
    let drawn: Vec<Duration> = (0..200).map(|_| jittered(second)).collect();
    assert!(
        drawn
            .iter()
            .all(|interval| Duration::from_millis(750) <= *interval && *interval <= second)
    );
    assert!(
        drawn
            .iter()
            .any(|interval| *interval < Duration::from_millis(900))
    );
}
