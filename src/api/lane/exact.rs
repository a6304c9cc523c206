//! The limit's arithmetic, to the call.

use super::{Lane, Load, count, whole};
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
    lane.answered(now);
    assert_eq!(issued(&lane), 10);
    held.push(lane.permit(now).await.unwrap());
    lane.answered(now);
    assert_eq!((issued(&lane), lane.permits.available_permits()), (11, 6));
    // While it starts, each answer is worth one more.
    held.push(lane.permit(now).await.unwrap());
    lane.answered(now);
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
        lane.answered(now);
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
