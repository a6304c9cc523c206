//! The bound on requests per second. Owns the times at which requests may go, one after the
//! other at equal distances; nothing is saved up for a burst.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Hands out times to send at.
#[derive(Debug)]
pub(super) struct Pacer {
    gap: Option<Duration>,
    next: Mutex<Option<Instant>>,
}

impl Pacer {
    pub(super) fn new(max_rps: Option<f64>) -> Self {
        let gap = max_rps.and_then(|rps| Duration::try_from_secs_f64(rps.recip()).ok());
        Self {
            gap,
            next: Mutex::new(None),
        }
    }

    /// The next free time, which is taken unless it comes after `deadline`.
    pub(super) fn slot(&self, deadline: Instant) -> Option<Instant> {
        let now = Instant::now();
        let Some(gap) = self.gap else {
            return Some(now);
        };
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
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
    use super::Pacer;
    use std::time::Duration;
    use tokio::time::{Instant, advance};

    #[tokio::test(start_paused = true)]
    async fn slots_are_equally_far_apart_and_never_saved_up() {
        let pacer = Pacer::new(Some(4.0));
        let start = Instant::now();
        let far = start + Duration::from_mins(1);
        let slots = || pacer.slot(far).unwrap().duration_since(start).as_millis();
        assert_eq!([slots(), slots(), slots()], [0, 250, 500]);
        advance(Duration::from_secs(10)).await;
        assert_eq!([slots(), slots()], [10_000, 10_250]);
        assert_eq!(pacer.slot(start), None);
        assert_eq!(slots(), 10_500);
    }

    #[tokio::test(start_paused = true)]
    async fn no_bound_is_no_wait() {
        let now = Instant::now();
        for rps in [None, Some(0.0), Some(f64::NAN), Some(-1.0)] {
            let pacer = Pacer::new(rps);
            assert_eq!((pacer.slot(now), pacer.slot(now)), (Some(now), Some(now)));
        }
    }
}
