//! Responsible for times that have passed once either of two clocks says so.

use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// A time by two clocks. The monotonic clock stops while the machine sleeps, and the wall clock can
/// be set.
#[derive(Clone, Copy, Debug)]
pub(in crate::ledger) struct Moment {
    pub(super) steady: Instant,
    pub(super) wall: SystemTime,
}

impl Moment {
    pub(in crate::ledger) fn now() -> Self {
        Self {
            steady: Instant::now(),
            wall: SystemTime::now(),
        }
    }

    pub(super) fn later(self, by: Duration) -> Self {
        Self {
            steady: self.steady + by,
            wall: self.wall + by,
        }
    }

    /// Whether the time is over by either clock.
    pub(super) fn has_passed(self) -> bool {
        Instant::now() >= self.steady || SystemTime::now() >= self.wall
    }
}
