//! What an outage costs and how soon its end is noticed, by a clock that only tests move. The
//! service is a function of time; the rest is what a session's calls go through.

use super::super::admission::{AdmissionControl, AttemptRequest};
use super::super::retry::{CallState, Idempotency};
use crate::api::options::{Options, RetryPolicy};
use crate::api::tests::status_error;
use futures_util::future::join_all;
use std::cell::Cell;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long the service takes to answer.
const ANSWER: Duration = Duration::from_millis(50);

/// How a run of calls went.
struct Run {
    requests: usize,
    failed: usize,
    took: Duration,
}

/// So many calls, begun as fast as the session lets them, while the service is down between two
/// moments after the start.
async fn run(calls: usize, down: (Duration, Duration)) -> Run {
    let options = Options::default();
    let (control, requests, begun) = (
        AdmissionControl::new(&options),
        Cell::new(0),
        Instant::now(),
    );
    let is_up = || begun.elapsed() < down.0 || begun.elapsed() >= down.1;
    let one = async || {
        let mut state = CallState::new(false);
        loop {
            let request = AttemptRequest {
                writes: false,
                kind: state.kind,
                deadline: state.started + options.retry.total.mul_f64(0.9),
                token_expires_at: None,
            };
            let Ok(permit) = control.admit(request).await else {
                return false;
            };
            state.attempts += 1;
            requests.set(requests.get() + 1);
            sleep(ANSWER).await;
            let outcome = if is_up() {
                Ok(())
            } else {
                Err(status_error(503))
            };
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
    let ended = join_all((0..calls).map(|_| one())).await;
    Run {
        requests: requests.get(),
        failed: ended.iter().filter(|done| !**done).count(),
        took: begun.elapsed(),
    }
}

/// One attempt each and a tenth more, or so many more where a tenth is less.
fn allowed(calls: usize, at_least: u32) -> usize {
    calls + (calls / 10).max(usize::try_from(at_least).unwrap())
}

#[tokio::test(start_paused = true)]
async fn outage_from_the_start_costs_a_tenth_more_at_most() {
    // A run of a few calls asks for the service's return all the same: twice for what could be an
    // isolated fault, then about ten times in half a minute.
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
async fn outage_in_mid_run_costs_a_tenth_more_at_most() {
    // A run in which calls went well has saved up retries, and asks with them for the return.
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
async fn recovery_is_noticed_within_ten_seconds() {
    for (from, to) in [(0, 3), (0, 6), (1, 4), (1, 12), (2, 29)] {
        let [from, to] = [from, to].map(Duration::from_secs);
        let run = run(300, (from, to)).await;
        // 300 calls of 50 ms, ten at a time, are 1.5 s of it.
        let after = run.took.saturating_sub(to);
        assert!(after <= Duration::from_secs(10), "{after:?} after {to:?}");
        assert_eq!(run.failed, 0, "down from {from:?} to {to:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn recovery_is_awaited_by_a_single_call_too() {
    // In seven seconds a call fails as often as one may when the service is up, whatever the
    // jitter: three times on its own account, and three times as a probe.
    for to in [1, 5, 7] {
        let to = Duration::from_secs(to);
        let run = run(1, (Duration::ZERO, to)).await;
        assert_eq!(run.failed, 0, "down to {to:?}");
        assert!(run.took <= to + Duration::from_secs(5), "{:?}", run.took);
    }
}
