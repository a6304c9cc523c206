//! Tests of admission control, on a simulated clock.

use super::super::admission::{AdmissionControl, AttemptRequest, Rejection, WaitReason};
use super::super::circuit_breaker::AttemptKind;
use super::super::concurrency_limit::AdaptiveLimit;
use super::super::places::Priority;
use crate::api::error::{ApiError, ApiErrorKind};
use crate::api::options::{Load, Options};
use crate::api::tests::{call, status_error as server, throttled};
use crate::events::recorder::Recorder;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, advance};

type Reports = Arc<Recorder>;

fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

fn control(load: Load) -> (AdmissionControl, Reports) {
    let reports = Reports::default();
    let options = Options {
        load,
        events: Some(Arc::clone(&reports) as _),
        ..Options::default()
    };
    (AdmissionControl::new(&options), reports)
}

fn request(within: u64) -> AttemptRequest {
    AttemptRequest {
        writes: false,
        priority: Priority::Normal,
        kind: AttemptKind::First,
        deadline: Instant::now() + seconds(within),
        token_expires_at: None,
    }
}

/// One attempt with this outcome; returns how long it waited for admission.
async fn attempt(
    control: &AdmissionControl,
    within: u64,
    outcome: Result<(), ApiError>,
) -> Result<Duration, Rejection> {
    let started = Instant::now();
    let permit = control.admit(request(within)).await?;
    let waited = started.elapsed();
    permit.end(&outcome);
    Ok(waited)
}

/// The number of available permits.
async fn limit(limit: &AdaptiveLimit) -> usize {
    let mut permits = Vec::new();
    while let Some(permit) = limit.acquire(Instant::now(), Priority::Normal).await {
        permits.push(permit);
    }
    permits.len()
}

#[tokio::test(start_paused = true)]
async fn attempt_without_limits_is_admitted_at_once() {
    let (control, reported) = control(Load::default());
    for _ in 0..20 {
        assert_eq!(attempt(&control, 0, Ok(())).await, Ok(Duration::ZERO));
    }
    assert!(reported.waits().is_empty());
    assert_eq!(control.retry(), AttemptKind::Retry { recoveries: 0 });
}

#[tokio::test(start_paused = true)]
async fn reads_and_writes_share_the_parallelism() {
    let (control, _) = control(Load {
        parallelism: 2,
        ..Load::default()
    });
    let write = AttemptRequest {
        writes: true,
        ..request(1)
    };
    let read = control.admit(request(1)).await.unwrap();
    let first = control.admit(write).await.unwrap();
    let second = control.admit(write).await;
    assert_eq!(second.err(), Some(Rejection::DeadlineExceeded));
    read.end(&Ok(()));
    let later = AttemptRequest {
        deadline: Instant::now() + seconds(1),
        ..write
    };
    assert!(control.admit(later).await.is_ok());
    first.end(&Ok(()));
}

#[tokio::test(start_paused = true)]
async fn retry_after_pauses_attempts_of_its_kind() {
    let (control, reported) = control(Load::default());
    assert!(attempt(&control, 0, Err(throttled(10))).await.is_ok());
    assert_eq!(
        attempt(&control, 9, Ok(())).await,
        Err(Rejection::DeadlineExceeded)
    );
    let write = AttemptRequest {
        writes: true,
        ..request(0)
    };
    assert!(control.admit(write).await.is_ok());
    assert_eq!(reported.waits().len(), 0);
    let waited = attempt(&control, 60, Ok(())).await.unwrap();
    assert!(seconds(10) <= waited && waited <= seconds(11), "{waited:?}");
    let reported = reported.waits();
    assert_eq!(
        reported,
        [(
            "the service asked for it (Retry-After)".to_owned(),
            seconds(10)
        )]
    );
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_clamped() {
    let (control, _) = control(Load::default());
    assert!(attempt(&control, 0, Err(throttled(80_000))).await.is_ok());
    let until = control.reads.paused_until().unwrap();
    assert_eq!(
        until.duration_since(Instant::now()),
        control.max_retry_after
    );
}

#[tokio::test(start_paused = true)]
async fn rate_limit_spaces_attempts() {
    let (control, reported) = control(Load {
        max_rps: Some(0.5),
        ..Load::default()
    });
    let waited = |within| attempt(&control, within, Ok(()));
    assert_eq!(waited(0).await, Ok(Duration::ZERO));
    assert_eq!(waited(1).await, Err(Rejection::DeadlineExceeded));
    assert_eq!(waited(5).await, Ok(seconds(2)));
    assert_eq!(waited(5).await, Ok(seconds(2)));
    let reported = reported.waits();
    let reason = "the limit of requests per second is reached".to_owned();
    assert_eq!(
        reported,
        [(reason, seconds(2))],
        "the same wait is reported once in ten seconds"
    );
}

#[tokio::test(start_paused = true)]
async fn expired_token_is_rejected() {
    let (control, _) = control(Load::default());
    let request_until = |token_expires_at| AttemptRequest {
        token_expires_at: Some(token_expires_at),
        ..request(60)
    };
    let now = Instant::now();
    assert_eq!(
        control.admit(request_until(now)).await.err(),
        Some(Rejection::TokenExpired)
    );
    assert!(control.admit(request_until(now + seconds(1))).await.is_ok());
    assert!(attempt(&control, 0, Err(throttled(5))).await.is_ok());
    assert_eq!(
        control.admit(request_until(now + seconds(4))).await.err(),
        Some(Rejection::TokenExpired)
    );
}

#[tokio::test(start_paused = true)]
async fn outage_is_waited_for_and_reported() {
    let (control, reported) = control(Load::default());
    assert!(attempt(&control, 0, Ok(())).await.is_ok());
    for _ in 0..5 {
        assert!(attempt(&control, 0, Err(server(503))).await.is_ok());
    }
    assert_eq!(
        attempt(&control, 0, Ok(())).await,
        Err(Rejection::DeadlineExceeded)
    );
    // A probe, which is admitted first, detects the recovery.
    let probe = {
        let deadline = 20;
        advance(seconds(1)).await;
        control.admit(request(deadline)).await.unwrap()
    };
    let waiting = control.admit(request(20));
    let after = async {
        tokio::time::sleep(seconds(3)).await;
        probe.end(&Ok::<(), ApiError>(()));
    };
    let (permit, ()) = tokio::join!(waiting, after);
    assert!(permit.is_ok());
    let reported = reported.waits();
    assert_eq!(reported.len(), 1);
    let (reason, left) = &reported[0];
    assert_eq!(reason, "the service failed 5 times in a row");
    assert!(seconds(25) < *left && *left < seconds(30), "{left:?}");
    assert_eq!(control.retry(), AttemptKind::Retry { recoveries: 1 });
}

#[tokio::test(start_paused = true)]
async fn outage_beyond_the_open_timeout_rejects() {
    let (control, _) = control(Load::default());
    for _ in 0..5 {
        assert!(attempt(&control, 0, Err(server(500))).await.is_ok());
    }
    let _probe = {
        advance(seconds(1)).await;
        control.admit(request(5)).await.unwrap()
    };
    let begun = Instant::now();
    assert_eq!(
        attempt(&control, 100, Ok(())).await,
        Err(Rejection::Outage(5))
    );
    assert!(begun.elapsed() <= seconds(30));
}

#[tokio::test(start_paused = true)]
async fn outcome_changes_limit_and_circuit() {
    let failed = |kind| Err(ApiError::new(call(), kind));
    for (outcome, limit_after, failures) in [
        (Ok(()), 10, 0),
        (Err(throttled(0)), 5, 0),
        (failed(ApiErrorKind::TimedOut), 8, 1),
        (Err(server(503)), 10, 1),
        (failed(ApiErrorKind::Connect(String::new())), 10, 1),
        (failed(ApiErrorKind::TooLarge { limit: 1 }), 10, 0),
    ] {
        let (control, _) = control(Load::default());
        let shown = format!("{outcome:?}");
        assert!(attempt(&control, 0, outcome).await.is_ok());
        assert_eq!(limit(&control.reads).await, limit_after, "{shown}");
        assert_eq!(limit(&control.writes).await, 10);
        for _ in failures..4 {
            assert!(attempt(&control, 0, Err(server(503))).await.is_ok());
        }
        assert!(control.breaker.state().outage().is_none(), "{shown}");
        assert!(attempt(&control, 0, Err(server(503))).await.is_ok());
        assert!(control.breaker.state().outage().is_some(), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn giving_up_counts_as_a_failure() {
    let (control, _) = control(Load::default());
    (0..5).for_each(|_| control.gave_up());
    assert!(control.breaker.state().outage().is_some());
}

#[tokio::test(start_paused = true)]
async fn wait_is_reported_when_noticeable_and_new() {
    let (control, reported) = control(Load::default());
    let count = || reported.waits().len();
    control.notify_wait(WaitReason::RateLimit, "p", seconds(1));
    assert_eq!(count(), 0);
    control.notify_wait(WaitReason::RateLimit, "p", Duration::from_millis(1001));
    control.notify_wait(WaitReason::RateLimit, "p", seconds(5));
    assert_eq!(count(), 1);
    control.notify_wait(WaitReason::Outage, "d", seconds(5));
    assert_eq!(count(), 2);
    advance(Duration::from_millis(9999)).await;
    control.notify_wait(WaitReason::Outage, "d", seconds(5));
    assert_eq!(count(), 2);
    advance(Duration::from_millis(1)).await;
    control.notify_wait(WaitReason::Outage, "d", seconds(5));
    assert_eq!(count(), 3);
    let begun = Instant::now();
    control.pause(seconds(3), "create").await.unwrap();
    assert_eq!(begun.elapsed(), seconds(3));
    let last = reported.waits().last().cloned();
    assert_eq!(
        last,
        Some(("create failed and is retried".to_owned(), seconds(3)))
    );
}

#[tokio::test(start_paused = true)]
async fn permit_in_an_outage_waits_before_taking_a_slot() {
    let (control, reported) = control(Load {
        parallelism: 1,
        max_rps: Some(0.5),
    });
    for _ in 0..4 {
        assert!(attempt(&control, 9, Err(server(503))).await.is_ok());
    }
    advance(seconds(20)).await;
    reported.drain();
    let fifth = control.admit(request(0)).await.unwrap();
    let fails = async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        fifth.end(&Err::<(), ApiError>(server(503)));
    };
    let (permit, ()) = tokio::join!(control.admit(request(60)), fails);
    assert!(permit.is_ok());
    // The slot is two seconds after that of the fifth attempt. A part of the time passed before the
    // probe was due.
    let reported = reported.waits();
    assert_eq!(reported.len(), 1);
    assert!(reported[0].1 < Duration::from_millis(1700), "{reported:?}");
}

#[tokio::test(start_paused = true)]
async fn permit_after_retry_after_waits_before_taking_a_slot() {
    let (control, reported) = control(Load {
        parallelism: 1,
        max_rps: Some(0.5),
    });
    let first = control.admit(request(0)).await.unwrap();
    let throttled_later = async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        first.end(&Err::<(), ApiError>(throttled(10)));
    };
    let (permit, ()) = tokio::join!(control.admit(request(60)), throttled_later);
    assert!(permit.is_ok());
    let reported = reported.waits();
    let reason = "the service asked for it (Retry-After)".to_owned();
    assert_eq!(reported, [(reason, seconds(10))]);
}

#[tokio::test(start_paused = true)]
async fn attempts_after_retry_after_are_spread() {
    let mut waits = Vec::new();
    for _ in 0..30 {
        let (control, _) = control(Load::default());
        assert!(attempt(&control, 0, Err(throttled(10))).await.is_ok());
        waits.push(attempt(&control, 60, Ok(())).await.unwrap());
    }
    assert!(waits.iter().all(|wait| *wait >= seconds(10)));
    let latest = waits.iter().max().copied();
    assert!(latest > Some(Duration::from_millis(10_100)), "{latest:?}");
}

#[tokio::test(start_paused = true)]
async fn retry_after_that_ends_with_the_deadline_is_waited_for() {
    let (control, _) = control(Load::default());
    assert!(attempt(&control, 0, Err(throttled(10))).await.is_ok());
    let begun = Instant::now();
    assert!(
        control
            .retry_after(&control.reads, begun + seconds(10))
            .await
            .is_ok()
    );
    assert!(begun.elapsed() >= seconds(10));
}

#[tokio::test(start_paused = true)]
async fn shut_down_rejects_attempts_that_would_wait() {
    let (control, _) = control(Load::default());
    let begun = Instant::now();
    let waits = async {
        let permit = control.admit(request(60)).await.unwrap();
        permit.end(&Err::<(), _>(throttled(30)));
        tokio::join!(control.admit(request(60)), control.pause(seconds(20), "x"))
    };
    let end = async {
        tokio::time::sleep(seconds(5)).await;
        control.shut_down();
    };
    let ((admitted, paused), ()) = tokio::join!(waits, end);
    assert!(matches!(admitted, Err(Rejection::ShutDown)));
    assert_eq!(paused, Err(Rejection::ShutDown));
    assert_eq!(begun.elapsed(), seconds(5));
    // An attempt that need not wait is admitted: the limit of writes is not paused.
    let other = AttemptRequest {
        writes: true,
        ..request(60)
    };
    assert!(control.admit(other).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn drain_ends_some_seconds_after_the_shut_down() {
    let (control, _) = control(Load::default());
    let begun = Instant::now();
    let end = async {
        tokio::time::sleep(seconds(5)).await;
        control.shut_down();
        tokio::time::sleep(seconds(5)).await;
        control.shut_down();
    };
    let ended = async {
        control.drain().await;
        begun.elapsed()
    };
    let (ended, ()) = tokio::join!(ended, end);
    assert_eq!(ended, seconds(13));
}
