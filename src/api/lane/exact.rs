//! The limit's arithmetic, to the call.

use super::{Durations, Lane, Load, State, count, whole};
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::{Instant, advance};

fn lane(parallelism: usize) -> Lane {
    Lane::new(Load {
        parallelism,
        ..Load::default()
    })
}

fn issued(lane: &Lane) -> usize {
    lane.state().issued
}

fn millis(number: u64) -> Duration {
    Duration::from_millis(number)
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_is_not_used_is_not_raised() {
    let lane = lane(100);
    let now = Instant::now();
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(lane.permit(now).await.unwrap());
    }
    lane.answered("x", now, None);
    assert_eq!(issued(&lane), 10);
    held.push(lane.permit(now).await.unwrap());
    lane.answered("x", now, None);
    assert_eq!((issued(&lane), lane.permits.available_permits()), (11, 6));
    // While it starts, each answer is worth one more.
    held.push(lane.permit(now).await.unwrap());
    lane.answered("x", now, None);
    assert_eq!((issued(&lane), lane.permits.available_permits()), (12, 6));
}

#[tokio::test(start_paused = true)]
async fn after_a_cut_a_round_is_worth_one_more() {
    let lane = lane(10);
    lane.throttled(Instant::now());
    assert_eq!((issued(&lane), lane.permits.available_permits()), (5, 5));
    let now = Instant::now();
    let mut held = Vec::new();
    for _ in 0..5 {
        held.push(lane.permit(now).await.unwrap());
    }
    for expected in [5, 5, 5, 5, 5, 6] {
        lane.answered("x", now, None);
        assert_eq!(issued(&lane), expected);
    }
    lane.timed_out(now);
    assert_eq!(issued(&lane), 5);
    for _ in 0..9 {
        lane.throttled(Instant::now());
    }
    drop(held);
    assert_eq!(
        (issued(&lane), lane.state().limit.to_string()),
        (1, "1".into())
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_before_a_cut_tells_nothing() {
    let lane = lane(10);
    let before = Instant::now();
    advance(millis(1)).await;
    let at = Instant::now();
    lane.throttled(at);
    for old in [before, before] {
        lane.throttled(old);
        lane.timed_out(old);
    }
    assert_eq!(issued(&lane), 5);
    assert!(lane.state().is_old(before) && !lane.state().is_old(at));
    lane.timed_out(at);
    assert_eq!(issued(&lane), 4);
}

#[tokio::test(start_paused = true)]
async fn a_permit_beyond_the_limit_is_not_given_back() {
    let lane = lane(4);
    let now = Instant::now();
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(lane.permit(now).await.unwrap());
    }
    lane.throttled(now);
    assert_eq!((issued(&lane), lane.permits.available_permits()), (4, 0));
    for (issued_after, free) in [(3, 0), (2, 0), (2, 1), (2, 2)] {
        held.pop();
        assert_eq!(
            (issued(&lane), lane.permits.available_permits()),
            (issued_after, free)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_gate_is_closed_until_its_moment() {
    let lane = lane(1);
    lane.close(millis(5));
    let until = Instant::now() + millis(5);
    assert_eq!(lane.closed_until(), Some(until));
    advance(millis(4)).await;
    assert_eq!(lane.closed_until(), Some(until));
    advance(millis(1)).await;
    assert_eq!(lane.closed_until(), None);
    advance(millis(1)).await;
    assert_eq!(lane.closed_until(), None);
}

fn state() -> State {
    State {
        limit: 1.0,
        issued: 1,
        starting: true,
        cut_at: None,
        closed_until: None,
        durations: HashMap::new(),
    }
}

/// Hundredths of seconds, so that no float has to be met exactly.
fn hundredths(durations: &Durations) -> (u32, String, String) {
    (
        durations.samples,
        format!("{:.4}", durations.smooth),
        format!("{:.4}", durations.best),
    )
}

#[test]
fn durations_are_smoothed_and_the_best_is_kept() {
    let mut state = state();
    let load = Load::default();
    let mut takes = |took| {
        let slow = state.slower("x", millis(took), &load);
        (slow, hundredths(&state.durations["x"]))
    };
    let told = |samples, smooth: &str, best: &str| (false, (samples, smooth.into(), best.into()));
    assert_eq!(takes(1000), told(1, "1.0000", "1.0000"));
    assert_eq!(takes(2000), told(2, "1.2000", "1.0010"));
    assert_eq!(takes(500), told(3, "1.0600", "0.5000"));
    assert_eq!(takes(500), told(4, "0.9480", "0.5000"));
    state.durations.get_mut("x").unwrap().samples = 0;
    let mut takes = |took| {
        state.slower("x", millis(took), &load);
        hundredths(&state.durations["x"])
    };
    // A new measurement begins with the best that is known.
    assert_eq!(takes(700), (1, "0.7000".into(), "0.5010".into()));
}

/// Whether an operation of so long a best is slow at so long a smoothed duration.
fn is_slow(samples: u32, smooth: f64, best: f64) -> bool {
    let mut state = state();
    let known = Durations {
        best,
        smooth,
        samples: samples - 1,
    };
    state.durations.insert("x", known);
    state.slower("x", Duration::from_secs_f64(smooth), &Load::default())
}

#[test]
fn slow_is_what_takes_twice_the_best_and_noticeably_longer() {
    assert!(is_slow(8, 3.0, 1.0) && !is_slow(7, 3.0, 1.0));
    assert!(!is_slow(8, 1.9, 1.0) && is_slow(8, 2.1, 1.0));
    assert!(!is_slow(8, 0.10, 0.01) && is_slow(8, 0.12, 0.01));
    assert!(!is_slow(8, 0.05, 0.02) && is_slow(20, 9.0, 4.0));
}

#[test]
fn exactly_so_slow_is_not_slow_yet() {
    let at = |slow_factor, slack| {
        let mut state = state();
        let known = Durations {
            best: 5.0,
            smooth: 2.25,
            samples: 7,
        };
        state.durations.insert("x", known);
        let load = Load {
            slow_factor,
            slow_slack: millis(slack),
            ..Load::default()
        };
        // The best becomes one second and the smoothed duration two.
        state.slower("x", Duration::from_secs(1), &load)
    };
    assert!(!at(2.0, 100) && at(1.9, 100));
    assert!(!at(1.5, 1000) && at(1.5, 900));
}

#[test]
fn limits_are_between_one_and_the_parallelism() {
    assert_eq!(
        [0, 1, 4, 300].map(|wanted| issued(&lane(wanted))),
        [1, 1, 4, 10]
    );
    assert_eq!(
        (whole(3.9), whole(1.0), count(7).to_string()),
        (3, 1, "7".into())
    );
}
