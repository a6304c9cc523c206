//! Tests of how many requests an outage costs, and how soon a recovery is detected, on a simulated
//! clock. The service is up or down as a function of time.

use super::super::admission::{AdmissionControl, AttemptRequest};
use super::super::places::Priority;
use super::super::retry::{CallState, Idempotency};
use crate::api::options::{Options, RetryPolicy};
use crate::api::tests::status_error;
use futures_util::future::join_all;
use std::cell::Cell;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long the service takes to respond.
const LATENCY: Duration = Duration::from_millis(50);

/// The result of a run of calls.
struct Run {
    requests: usize,
    failed: usize,
    took: Duration,
}

/// Makes a number of calls, as fast as the session admits them. The service is down between two
/// times after the start.
async fn run(calls: usize, down: (Duration, Duration)) -> Run {
    let options = Options::default();
    let (control, requests, started) = (
        AdmissionControl::new(&options),
        Cell::new(0),
        Instant::now(),
    );
    let is_up = || started.elapsed() < down.0 || started.elapsed() >= down.1;
    let call = async || {
        let mut state = CallState::new(false);
        loop {
            let request = AttemptRequest {
                writes: false,
                priority: Priority::Normal,
                kind: state.kind,
                deadline: state.started + options.retry.total.mul_f64(0.9),
                token_expires_at: None,
            };
            let Ok(permit) = control.admit(request).await else {
                return false;
            };
            state.attempts += 1;
            requests.set(requests.get() + 1);
            sleep(LATENCY).await;
            let outcome = is_up().then_some(()).ok_or_else(|| status_error(503));
            let is_probe = permit.is_probe();
            permit.end(&outcome);
            let Err(error) = outcome else {
                return true;
            };
            state.failures += u32::from(!is_probe);
            let Some(pause) = options.retry.delay(&error, Idempotency::Idempotent, &state) else {
                return false;
            };
            state.kind = control.retry();
            if control.pause(pause, "x").await.is_err() {
                return false;
            }
        }
    };
    let successes = join_all((0..calls).map(|_| call())).await;
    Run {
        requests: requests.get(),
        failed: successes.iter().filter(|success| !**success).count(),
        took: started.elapsed(),
    }
}

/// One attempt for each call, and a tenth more or `at_least` more.
fn allowed(calls: usize, at_least: u32) -> usize {
    calls + (calls / 10).max(usize::try_from(at_least).unwrap())
}

#[tokio::test(start_paused = true)]
async fn outage_from_the_start_costs_up_to_a_tenth_more_requests() {
    // A run with few calls also probes: twice for a failure that could be an isolated one, then
    // about ten times in half a minute.
    let at_least = RetryPolicy::default().initial_budget + 10;
    for calls in [1, 3, 10, 50, 200, 2000] {
        let run = run(calls, (Duration::ZERO, Duration::MAX)).await;
        assert_eq!(run.failed, calls);
        assert!(run.took < Duration::from_secs(40), "{:?}", run.took);
        assert!(
            run.requests <= allowed(calls, at_least),
            "{} for {calls}",
            run.requests
        );
    }
}

#[tokio::test(start_paused = true)]
async fn outage_in_mid_run_costs_up_to_a_tenth_more_requests() {
    // Successful calls have filled the retry budget, which is spent on retries.
    let max_budget = RetryPolicy::default().max_budget;
    for calls in [3, 10, 50, 100, 200, 400, 2000] {
        for part in 1..=9 {
            let whole = run(calls, (Duration::MAX, Duration::MAX)).await;
            assert_eq!((whole.failed, whole.requests), (0, calls));
            let run = run(calls, (whole.took * part / 10, Duration::MAX)).await;
            let spent = run.requests;
            assert!(
                spent <= allowed(calls, max_budget),
                "{spent} for {calls}, down at {part}/10"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn recovery_is_detected_within_ten_seconds() {
    for (from, to) in [(0, 3), (0, 6), (1, 4), (1, 12), (2, 29)] {
        let [from, to] = [from, to].map(Duration::from_secs);
        let run = run(300, (from, to)).await;
        // 300 calls of 50 ms, ten at a time, take 1.5 s of the time.
        let after = run.took.saturating_sub(to);
        assert!(after <= Duration::from_secs(10), "{after:?} after {to:?}");
        assert_eq!(run.failed, 0, "down from {from:?} to {to:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn recovery_is_awaited_by_a_single_call() {
    // In seven seconds a call fails three times as a retry and three times as a probe, whatever the
    // jitter.
    for to in [1, 5, 7] {
        let to = Duration::from_secs(to);
        let run = run(1, (Duration::ZERO, to)).await;
        assert_eq!(run.failed, 0, "down to {to:?}");
        assert!(run.took <= to + Duration::from_secs(5), "{:?}", run.took);
    }
}
