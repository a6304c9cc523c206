//! Responsible for the limit of requests per second: assigns each request a time slot, at equal
//! intervals. Unused slots are lost, so that no burst follows a pause.

use crate::model::LockUnpoisoned;
use std::sync::Mutex;
use std::time::Duration;
use tokio::time::Instant;

/// The rate limit of a session.
#[derive(Debug)]
pub(super) struct RateLimit {
    interval: Option<Duration>,
    next: Mutex<Option<Instant>>,
}

impl RateLimit {
    pub(super) fn new(max_rps: Option<f64>) -> Self {
        let interval = max_rps.and_then(|rps| Duration::try_from_secs_f64(rps.recip()).ok());
        Self {
            interval,
            next: Mutex::new(None),
        }
    }

    /// Takes the next free slot; `None` if the slot is after `deadline`.
    pub(super) fn next_slot(&self, deadline: Instant) -> Option<Instant> {
        let now = Instant::now();
        let Some(interval) = self.interval else {
            return Some(now);
        };
        let mut next = self.next.lock_unpoisoned();
        let slot = next.map_or(now, |next| next.max(now));
        if slot > deadline {
            return None;
        }
        *next = slot.checked_add(interval);
        Some(slot)
    }
}

#[cfg(test)]
mod tests {
    use super::RateLimit;
    use std::time::Duration;
    use tokio::time::{Instant, advance};

    #[tokio::test(start_paused = true)]
    async fn rate_limit_after_pause_keeps_interval() {
        let limit = RateLimit::new(Some(4.0));
        let start = Instant::now();
        let far = start + Duration::from_mins(1);
        let slots = || {
            limit
                .next_slot(far)
                .unwrap()
                .duration_since(start)
                .as_millis()
        };
        assert_eq!([slots(), slots(), slots()], [0, 250, 500]);
        advance(Duration::from_secs(10)).await;
        assert_eq!([slots(), slots()], [10_000, 10_250]);
        assert_eq!(limit.next_slot(start), None);
        assert_eq!(slots(), 10_500);
    }

    #[tokio::test(start_paused = true)]
    async fn rate_limit_without_valid_rate_does_not_wait() {
        let now = Instant::now();
        for rps in [None, Some(0.0), Some(f64::NAN), Some(-1.0)] {
            let limit = RateLimit::new(rps);
            assert_eq!(
                (limit.next_slot(now), limit.next_slot(now)),
                (Some(now), Some(now))
            );
        }
    }
}
