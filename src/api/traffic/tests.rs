//! The rules of a session's traffic, on a clock that is turned by hand.

use super::super::error::{ApiError, ApiErrorKind};
use super::super::health::Turn;
use super::super::options::{Load, Options};
use super::super::tests::{call, status_error as server, throttled};
use super::{Entry, Held, Lane, Traffic, Why};
use crate::events::recorder::Recorder;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, advance};

type Told = Arc<Recorder>;

fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

fn traffic(load: Load) -> (Traffic, Told) {
    let told = Told::default();
    let options = Options {
        load,
        events: Some(Arc::clone(&told) as _),
        ..Options::default()
    };
    (Traffic::new(&options), told)
}

fn entry(within: u64) -> Entry {
    Entry {
        writes: false,
        turn: Turn::Free,
        deadline: Instant::now() + seconds(within),
        usable: None,
    }
}

/// Enters and ends so; how long it took to enter.
async fn goes(
    traffic: &Traffic,
    within: u64,
    outcome: Result<(), ApiError>,
) -> Result<Duration, Held> {
    let begun = Instant::now();
    let pass = traffic.enter(entry(within)).await?;
    let took = begun.elapsed();
    pass.end(&outcome);
    Ok(took)
}

/// How many calls at a time a lane lets through now.
async fn limit(lane: &Lane) -> usize {
    let mut held = Vec::new();
    while let Some(permit) = lane.permit(Instant::now()).await {
        held.push(permit);
    }
    held.len()
}

#[tokio::test(start_paused = true)]
async fn what_nothing_speaks_against_goes_at_once() {
    let (traffic, told) = traffic(Load::default());
    for _ in 0..20 {
        assert_eq!(goes(&traffic, 0, Ok(())).await, Ok(Duration::ZERO));
    }
    assert!(told.waits().is_empty());
    assert_eq!(traffic.again(), Turn::Again(0));
}

#[tokio::test(start_paused = true)]
async fn a_wish_to_wait_holds_its_lane() {
    let (traffic, told) = traffic(Load::default());
    assert!(goes(&traffic, 0, Err(throttled(10))).await.is_ok());
    assert_eq!(goes(&traffic, 9, Ok(())).await, Err(Held::Busy));
    let write = Entry {
        writes: true,
        ..entry(0)
    };
    assert!(traffic.enter(write).await.is_ok());
    assert_eq!(told.waits().len(), 0);
    let waited = goes(&traffic, 60, Ok(())).await.unwrap();
    assert!(seconds(10) <= waited && waited <= seconds(11), "{waited:?}");
    let told = told.waits();
    assert_eq!(
        told,
        [("the service asks to (Retry-After)".to_owned(), seconds(10))]
    );
}

#[tokio::test(start_paused = true)]
async fn no_wish_is_honoured_beyond_the_longest() {
    let (traffic, _) = traffic(Load::default());
    assert!(goes(&traffic, 0, Err(throttled(80_000))).await.is_ok());
    let until = traffic.reads.closed_until().unwrap();
    assert_eq!(until.duration_since(Instant::now()), traffic.longest_wish);
}

#[tokio::test(start_paused = true)]
async fn the_pace_is_kept() {
    let (traffic, told) = traffic(Load {
        max_rps: Some(0.5),
        ..Load::default()
    });
    let enter = |within| goes(&traffic, within, Ok(()));
    assert_eq!(enter(0).await, Ok(Duration::ZERO));
    assert_eq!(enter(1).await, Err(Held::Busy));
    assert_eq!(enter(5).await, Ok(seconds(2)));
    assert_eq!(enter(5).await, Ok(seconds(2)));
    let told = told.waits();
    let reason = "as many requests per second as allowed".to_owned();
    assert_eq!(
        told,
        [(reason, seconds(2))],
        "the same wait is told once in a while"
    );
}

#[tokio::test(start_paused = true)]
async fn a_token_that_ended_is_not_sent() {
    let (traffic, _) = traffic(Load::default());
    let enters = |usable| Entry {
        usable: Some(usable),
        ..entry(60)
    };
    let now = Instant::now();
    assert_eq!(traffic.enter(enters(now)).await.err(), Some(Held::Stale));
    assert!(traffic.enter(enters(now + seconds(1))).await.is_ok());
    assert!(goes(&traffic, 0, Err(throttled(5))).await.is_ok());
    assert_eq!(
        traffic.enter(enters(now + seconds(4))).await.err(),
        Some(Held::Stale)
    );
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_waited_for_and_told() {
    let (traffic, told) = traffic(Load::default());
    assert!(goes(&traffic, 0, Ok(())).await.is_ok());
    for _ in 0..5 {
        assert!(goes(&traffic, 0, Err(server(503))).await.is_ok());
    }
    assert_eq!(goes(&traffic, 0, Ok(())).await, Err(Held::Busy));
    // The service's return is noticed by a probe, which goes first.
    let probe = {
        let deadline = 20;
        advance(seconds(1)).await;
        traffic.enter(entry(deadline)).await.unwrap()
    };
    let waiting = traffic.enter(entry(20));
    let after = async {
        tokio::time::sleep(seconds(3)).await;
        probe.end(&Ok::<(), ApiError>(()));
    };
    let (pass, ()) = tokio::join!(waiting, after);
    assert!(pass.is_ok());
    let told = told.waits();
    assert_eq!(told.len(), 1);
    let (reason, left) = &told[0];
    assert_eq!(
        reason,
        "at most, as the service has failed 5 times in a row"
    );
    assert!(seconds(25) < *left && *left < seconds(30), "{left:?}");
    assert_eq!(traffic.again(), Turn::Again(1));
}

#[tokio::test(start_paused = true)]
async fn patience_with_an_outage_ends() {
    let (traffic, _) = traffic(Load::default());
    for _ in 0..5 {
        assert!(goes(&traffic, 0, Err(server(500))).await.is_ok());
    }
    let _probe = {
        advance(seconds(1)).await;
        traffic.enter(entry(5)).await.unwrap()
    };
    let begun = Instant::now();
    assert_eq!(goes(&traffic, 100, Ok(())).await, Err(Held::Down(5)));
    assert!(begun.elapsed() <= seconds(30));
}

#[tokio::test(start_paused = true)]
async fn each_outcome_has_its_lesson() {
    let failed = |kind| Err(ApiError::new(call(), kind));
    for (outcome, limit_after, failures) in [
        (Ok(()), 10, 0),
        (Err(throttled(0)), 5, 0),
        (failed(ApiErrorKind::TimedOut), 8, 1),
        (Err(server(503)), 10, 1),
        (failed(ApiErrorKind::Connect(String::new())), 10, 1),
        (failed(ApiErrorKind::TooLarge { limit: 1 }), 10, 0),
    ] {
        let (traffic, _) = traffic(Load::default());
        let shown = format!("{outcome:?}");
        assert!(goes(&traffic, 0, outcome).await.is_ok());
        assert_eq!(limit(&traffic.reads).await, limit_after, "{shown}");
        assert_eq!(limit(&traffic.writes).await, 10);
        for _ in failures..4 {
            assert!(goes(&traffic, 0, Err(server(503))).await.is_ok());
        }
        assert!(traffic.breaker.health().outage().is_none(), "{shown}");
        assert!(goes(&traffic, 0, Err(server(503))).await.is_ok());
        assert!(traffic.breaker.health().outage().is_some(), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn giving_up_counts_as_a_failure() {
    let (traffic, _) = traffic(Load::default());
    (0..5).for_each(|_| traffic.gave_up());
    assert!(traffic.breaker.health().outage().is_some());
}

#[tokio::test(start_paused = true)]
async fn waits_are_told_when_they_are_noticed_and_new() {
    let (traffic, told) = traffic(Load::default());
    let count = || told.waits().len();
    traffic.tell(Why::Pace, "p", seconds(1));
    assert_eq!(count(), 0);
    traffic.tell(Why::Pace, "p", Duration::from_millis(1001));
    traffic.tell(Why::Pace, "p", seconds(5));
    assert_eq!(count(), 1);
    traffic.tell(Why::Down, "d", seconds(5));
    assert_eq!(count(), 2);
    advance(Duration::from_millis(9999)).await;
    traffic.tell(Why::Down, "d", seconds(5));
    assert_eq!(count(), 2);
    advance(Duration::from_millis(1)).await;
    traffic.tell(Why::Down, "d", seconds(5));
    assert_eq!(count(), 3);
    let begun = Instant::now();
    traffic.rest(seconds(3), "create").await.unwrap();
    assert_eq!(begun.elapsed(), seconds(3));
    let last = told.waits().last().cloned();
    assert_eq!(last, Some(("create is made again".to_owned(), seconds(3))));
}

#[tokio::test(start_paused = true)]
async fn who_got_a_permit_in_an_outage_waits_for_its_end_before_taking_a_slot() {
    let (traffic, told) = traffic(Load {
        parallelism: 1,
        max_rps: Some(0.5),
    });
    for _ in 0..4 {
        assert!(goes(&traffic, 9, Err(server(503))).await.is_ok());
    }
    advance(seconds(20)).await;
    told.take();
    let fifth = traffic.enter(entry(0)).await.unwrap();
    let fails = async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        fifth.end(&Err::<(), ApiError>(server(503)));
    };
    let (pass, ()) = tokio::join!(traffic.enter(entry(60)), fails);
    assert!(pass.is_ok());
    // The slot is two seconds after the fifth; a part of that passed before the probe was due.
    let told = told.waits();
    assert_eq!(told.len(), 1);
    assert!(told[0].1 < Duration::from_millis(1700), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn who_got_a_permit_after_a_wish_to_wait_waits_before_taking_a_slot() {
    let (traffic, told) = traffic(Load {
        parallelism: 1,
        max_rps: Some(0.5),
    });
    let first = traffic.enter(entry(0)).await.unwrap();
    let asks = async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        first.end(&Err::<(), ApiError>(throttled(10)));
    };
    let (pass, ()) = tokio::join!(traffic.enter(entry(60)), asks);
    assert!(pass.is_ok());
    let told = told.waits();
    let reason = "the service asks to (Retry-After)".to_owned();
    assert_eq!(told, [(reason, seconds(10))]);
}

#[tokio::test(start_paused = true)]
async fn those_who_waited_for_the_same_moment_are_spread_after_it() {
    let mut waits = Vec::new();
    for _ in 0..30 {
        let (traffic, _) = traffic(Load::default());
        assert!(goes(&traffic, 0, Err(throttled(10))).await.is_ok());
        waits.push(goes(&traffic, 60, Ok(())).await.unwrap());
    }
    assert!(waits.iter().all(|wait| *wait >= seconds(10)));
    let latest = waits.iter().max().copied();
    assert!(latest > Some(Duration::from_millis(10_100)), "{latest:?}");
}

#[tokio::test(start_paused = true)]
async fn a_wish_that_ends_with_the_deadline_is_waited_for() {
    let (traffic, _) = traffic(Load::default());
    assert!(goes(&traffic, 0, Err(throttled(10))).await.is_ok());
    let begun = Instant::now();
    assert!(
        traffic
            .gate(&traffic.reads, begun + seconds(10))
            .await
            .is_ok()
    );
    assert!(begun.elapsed() >= seconds(10));
}

#[tokio::test(start_paused = true)]
async fn who_would_have_to_wait_is_turned_back_when_all_is_to_end() {
    let (traffic, _) = traffic(Load::default());
    let begun = Instant::now();
    let waits = async {
        let pass = traffic.enter(entry(60)).await.unwrap();
        pass.end(&Err::<(), _>(throttled(30)));
        tokio::join!(traffic.enter(entry(60)), traffic.rest(seconds(20), "x"))
    };
    let end = async {
        tokio::time::sleep(seconds(5)).await;
        traffic.halt();
    };
    let ((entered, rested), ()) = tokio::join!(waits, end);
    assert!(matches!(entered, Err(Held::Halted)));
    assert_eq!(rested, Err(Held::Halted));
    assert_eq!(begun.elapsed(), seconds(5));
    // What need not wait goes: the other lane is not closed.
    let writes = true;
    let other = Entry {
        writes,
        ..entry(60)
    };
    assert!(traffic.enter(other).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_is_under_way_when_all_is_to_end_has_some_seconds() {
    let (traffic, _) = traffic(Load::default());
    let begun = Instant::now();
    let end = async {
        tokio::time::sleep(seconds(5)).await;
        traffic.halt();
        tokio::time::sleep(seconds(5)).await;
        traffic.halt();
    };
    let ended = async {
        traffic.grace().await;
        begun.elapsed()
    };
    let (ended, ()) = tokio::join!(ended, end);
    assert_eq!(ended, seconds(13));
}
