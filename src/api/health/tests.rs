//! The rules of the breaker and of the allowance, step by step on a clock turned by hand.

use super::{Health, Turn, Verdict, Word, jittered};
use crate::api::options::{Outage, RetryPolicy};
use std::time::Duration;
use tokio::time::{Instant, advance};

const AGAIN: Turn = Turn::Again(0);

/// Of a service that was there once.
fn health() -> Health {
    let mut health = Health::new(Outage::default(), &RetryPolicy::default());
    health.answered = true;
    health
}

/// One attempt that goes and ends so.
fn attempt(health: &mut Health, verdict: Verdict) {
    let probe = health.go().unwrap();
    health.ended(probe, verdict);
}

/// Five failures in a row.
fn down() -> Health {
    let mut health = health();
    (0..5).for_each(|_| attempt(&mut health, Verdict::Failed));
    health
}

fn open_for(health: &Health) -> Duration {
    health.open.unwrap().probe_at.duration_since(Instant::now())
}

#[tokio::test(start_paused = true)]
async fn failures_count_until_an_answer() {
    let mut health = health();
    for _ in 0..4 {
        attempt(&mut health, Verdict::Failed);
    }
    attempt(&mut health, Verdict::Answered);
    for _ in 0..4 {
        attempt(&mut health, Verdict::Failed);
    }
    attempt(&mut health, Verdict::Throttled);
    attempt(&mut health, Verdict::Dropped);
    assert_eq!((health.word(Turn::Free), health.outage()), (Word::Go, None));
    assert_eq!((health.returns(), health.sending, health.coming), (0, 0, 0));
    attempt(&mut health, Verdict::Failed);
    let since = Instant::now();
    assert_eq!(health.outage(), Some((5, since + Duration::from_secs(30))));
    // Later failures of those that were under way move nothing.
    let before = health.open.unwrap().probe_at;
    advance(Duration::from_millis(100)).await;
    health.gave_up();
    assert_eq!(health.open.unwrap().probe_at, before);
    assert_eq!(health.outage(), Some((6, since + Duration::from_secs(30))));
}

#[tokio::test(start_paused = true)]
async fn probes_go_one_at_a_time_and_ever_later() {
    let mut health = down();
    let wait = open_for(&health);
    assert!(Duration::from_millis(468) <= wait && wait <= Duration::from_millis(625));
    let probe_at = Instant::now() + wait;
    assert_eq!(health.word(Turn::Free), Word::Wait(Some(probe_at)));
    assert_eq!(health.go(), None);
    advance(wait).await;
    assert_eq!(health.word(Turn::Free), Word::Go);
    assert_eq!(health.go(), Some(true));
    let end = health.open.unwrap().since + Duration::from_secs(30);
    assert_eq!(health.word(Turn::Free), Word::Wait(Some(end)));
    health.ended(true, Verdict::Failed);
    let wait = open_for(&health);
    assert!(Duration::from_millis(937) <= wait && wait <= Duration::from_millis(1250));
    for _ in 0..4 {
        advance(Duration::from_secs(5)).await;
        attempt(&mut health, Verdict::Throttled);
    }
    let wait = open_for(&health);
    assert!(Duration::from_millis(3750) <= wait && wait <= Duration::from_secs(5));
    advance(wait).await;
    // One that found out nothing leaves the turn to the next.
    attempt(&mut health, Verdict::Dropped);
    assert_eq!(health.word(Turn::Free), Word::Go);
    attempt(&mut health, Verdict::Answered);
    assert_eq!((health.returns(), health.outage()), (1, None));
    assert_eq!(health.go(), Some(false));
}

#[tokio::test(start_paused = true)]
async fn another_that_ends_while_a_probe_is_out_changes_nothing_for_it() {
    let mut health = health();
    assert_eq!(health.go(), Some(false));
    assert_eq!(health.go(), Some(false));
    (0..5).for_each(|_| attempt(&mut health, Verdict::Failed));
    advance(Duration::from_secs(1)).await;
    assert_eq!(health.go(), Some(true));
    health.ended(false, Verdict::Throttled);
    health.ended(false, Verdict::Dropped);
    assert!(health.open.unwrap().probing);
    health.ended(true, Verdict::Dropped);
    assert!(!health.open.unwrap().probing);
}

#[tokio::test(start_paused = true)]
async fn patience_has_an_end() {
    let mut health = down();
    advance(Duration::from_millis(29_999)).await;
    assert_eq!(health.go(), Some(true));
    let end = Instant::now() + Duration::from_millis(1);
    assert_eq!(health.word(Turn::Free), Word::Wait(Some(end)));
    advance(Duration::from_millis(1)).await;
    assert_eq!(health.word(Turn::Free), Word::No(5));
    health.ended(true, Verdict::Failed);
    assert_eq!(health.word(Turn::Free), Word::No(6));
    // The next probe would come after the end.
    let mut late = down();
    advance(Duration::from_secs(29)).await;
    let probe = late.go().unwrap();
    late.ended(probe, Verdict::Failed);
    late.open.as_mut().unwrap().probe_at = Instant::now() + Duration::from_secs(9);
    let end = Instant::now() + Duration::from_secs(1);
    assert_eq!(late.word(Turn::Free), Word::Wait(Some(end)));
}

#[tokio::test(start_paused = true)]
async fn retries_draw_on_the_allowance() {
    let mut health = health();
    assert_eq!((health.allowance, health.reserve), (4, 40));
    let mut turn = AGAIN;
    assert_eq!(health.pay(&mut turn), Word::Go);
    assert_eq!((turn, health.allowance, health.coming), (Turn::Free, 2, 1));
    // It is paid for.
    assert_eq!(health.pay(&mut turn), Word::Go);
    assert_eq!((health.allowance, health.coming), (2, 1));
    let mut other = AGAIN;
    health.pay(&mut other);
    let mut third = AGAIN;
    assert_eq!((health.pay(&mut third), third), (Word::Wait(None), AGAIN));
    health.came();
    assert_eq!(health.word(AGAIN), Word::Wait(None));
    health.came();
    assert_eq!(health.word(AGAIN), Word::No(0));
    assert_eq!(health.go(), Some(false));
    assert_eq!(health.word(AGAIN), Word::Wait(None));
    health.ended(false, Verdict::Answered);
    assert_eq!((health.allowance, health.word(AGAIN)), (1, Word::No(0)));
    assert!(health.open.is_none());
    attempt(&mut health, Verdict::Answered);
    assert_eq!(health.word(AGAIN), Word::Go);
    (0..100).for_each(|_| attempt(&mut health, Verdict::Answered));
    assert_eq!(health.allowance, 40);
}

#[tokio::test(start_paused = true)]
async fn a_return_makes_retries_free() {
    let mut health = down();
    advance(Duration::from_secs(1)).await;
    attempt(&mut health, Verdict::Answered);
    health.allowance = 0;
    let mut before = AGAIN;
    assert_eq!(health.pay(&mut before), Word::Go);
    assert_eq!(
        (before, health.allowance, health.coming),
        (Turn::Free, 0, 1)
    );
    assert_eq!(health.word(Turn::Again(1)), Word::Wait(None));
}

#[tokio::test(start_paused = true)]
async fn a_probe_is_free() {
    let mut health = down();
    health.allowance = 1;
    let probe_at = health.open.unwrap().probe_at;
    assert_eq!(health.word(AGAIN), Word::Wait(Some(probe_at)));
    advance(Duration::from_secs(1)).await;
    let mut turn = AGAIN;
    assert_eq!(health.pay(&mut turn), Word::Go);
    assert_eq!((turn, health.allowance, health.coming), (Turn::Free, 1, 1));
    // What has failed is not tried again for ever.
    advance(Duration::from_secs(29)).await;
    assert_eq!(health.word(AGAIN), Word::No(5));
    assert_eq!(health.word(Turn::Free), Word::Go);
}

#[tokio::test(start_paused = true)]
async fn the_last_failure_that_can_be_repeated_is_an_outage() {
    let mut health = health();
    health.allowance = 2;
    attempt(&mut health, Verdict::Failed);
    assert_eq!(health.outage(), None);
    health.allowance = 1;
    // Others may find out that it was an isolated one.
    health.comes();
    attempt(&mut health, Verdict::Failed);
    assert_eq!(health.outage(), None);
    health.came();
    assert_eq!(health.go(), Some(false));
    attempt(&mut health, Verdict::Failed);
    assert_eq!(health.outage(), None);
    health.ended(false, Verdict::Failed);
    let since = Instant::now();
    assert_eq!(health.outage(), Some((4, since + Duration::from_secs(30))));
}

#[tokio::test(start_paused = true)]
async fn one_that_was_never_there_is_waited_for_a_third_as_long() {
    let mut health = Health::new(Outage::default(), &RetryPolicy::default());
    (0..5).for_each(|_| attempt(&mut health, Verdict::Failed));
    let since = Instant::now();
    assert_eq!(health.outage(), Some((5, since + Duration::from_secs(10))));
    advance(Duration::from_millis(9_999)).await;
    assert_eq!(health.word(AGAIN), Word::Go);
    advance(Duration::from_millis(1)).await;
    assert_eq!(health.word(AGAIN), Word::No(5));
    attempt(&mut health, Verdict::Answered);
    (0..5).for_each(|_| attempt(&mut health, Verdict::Failed));
    let since = Instant::now();
    assert_eq!(health.outage(), Some((5, since + Duration::from_secs(30))));
}

#[test]
fn jitter_takes_up_to_a_quarter() {
    let second = Duration::from_secs(1);
    let drawn: Vec<Duration> = (0..200).map(|_| jittered(second)).collect();
    assert!(
        drawn
            .iter()
            .all(|one| Duration::from_millis(750) <= *one && *one <= second)
    );
    assert!(drawn.iter().any(|one| *one < Duration::from_millis(900)));
}
