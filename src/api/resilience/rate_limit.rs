//! Responsible for the bound on requests per second: times at equal distances at which requests
//! may go. Unused times are not saved up for a burst.

use crate::model::LockUnpoisoned;
use std::sync::Mutex;
use std::time::Duration;
use tokio::time::Instant;

/// The times at which requests may be sent.
#[derive(Debug)]
pub(super) struct RateLimit {
    gap: Option<Duration>,
    next: Mutex<Option<Instant>>,
}

impl RateLimit {
    pub(super) fn new(max_rps: Option<f64>) -> Self {
        let gap = max_rps.and_then(|rps| Duration::try_from_secs_f64(rps.recip()).ok());
        Self {
            gap,
            next: Mutex::new(None),
        }
    }

    /// The next free time. It is taken unless it comes after `deadline`.
    pub(super) fn next_slot(&self, deadline: Instant) -> Option<Instant> {
        let now = Instant::now();
        let Some(gap) = self.gap else {
            return Some(now);
        };
        let mut next = self.next.lock_unpoisoned();
        let slot = next.map_or(now, |next| next.max(now));
        if slot > deadline {
            return None;
        }
        *next = slot.checked_add(gap);
        Some(slot)
    }
}

#[cfg(test)]
mod tests {
    use super::RateLimit;
    use std::time::Duration;
    use tokio::time::{Instant, advance};

    #[tokio::test(start_paused = true)]
    async fn slots_are_equally_far_apart_and_not_saved_up() {
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
    async fn no_limit_is_no_wait() {
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
