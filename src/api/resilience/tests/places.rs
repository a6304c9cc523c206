//! Tests of the order in which calls get their places.

use super::super::places::{Places, Priority};
use std::sync::Mutex;
use std::time::Duration;
use tokio::time::sleep;

#[tokio::test(start_paused = true)]
async fn call_that_others_wait_for_goes_before_waiting_calls() {
    let (places, order) = (Places::new(1), Mutex::new(Vec::new()));
    let call = async |name, delay, priority| {
        sleep(Duration::from_secs(delay)).await;
        let _place = places.acquire(priority).await.unwrap();
        order.lock().unwrap().push(name);
        sleep(Duration::from_secs(10)).await;
    };
    tokio::join!(
        call("in flight", 0, Priority::Normal),
        call("next", 1, Priority::Normal),
        call("queued", 2, Priority::Normal),
        call("awaited", 3, Priority::First),
        call("queued, too", 4, Priority::Normal),
    );
    let order = order.into_inner().unwrap();
    let expected = ["in flight", "next", "awaited", "queued", "queued, too"];
    assert_eq!(order, expected);
}

#[tokio::test(start_paused = true)]
async fn call_that_gives_up_leaves_its_turn_to_the_next() {
    let places = Places::new(1);
    let taken = places.acquire(Priority::Normal).await;
    let second = Duration::from_secs(1);
    let waiting = tokio::time::timeout(second, places.acquire(Priority::Normal));
    assert!(waiting.await.is_err());
    drop(taken);
    let next = tokio::time::timeout(second, places.acquire(Priority::Normal));
    assert!(next.await.is_ok());
}
