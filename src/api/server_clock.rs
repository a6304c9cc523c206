//! Responsible for the API's clock: the `Date` header of each response bounds its difference to this machine's clock. The
//! bounds of a few responses are together narrower than the second that one header leaves open.
//!
//! Does not correct a clock. Bounds that contradict each other, as those of two servers can, tell nothing.

use crate::model::LockUnpoisoned;
use jiff::{SignedDuration, Timestamp};
use std::sync::Mutex;

/// A `Date` header has whole seconds.
const PRECISION: SignedDuration = SignedDuration::from_secs(1);

/// What the responses of a session tell about the API's clock.
#[derive(Debug, Default)]
pub(super) struct ServerClock(Mutex<Bounds>);

/// The smallest and the largest difference that fit all responses.
#[derive(Debug, Default)]
struct Bounds {
    least: Option<SignedDuration>,
    most: Option<SignedDuration>,
}

impl ServerClock {
    /// Takes the header of a response to a request that was sent and received at these times of this machine.
    pub(super) fn observe(&self, date: Timestamp, sent: Timestamp, received: Timestamp) {
        let (least, most) = (
            date.duration_since(received),
            date.duration_since(sent).saturating_add(PRECISION),
        );
        let mut bounds = self.0.lock_unpoisoned();
        bounds.least = bounds.least.max(Some(least));
        bounds.most = Some(bounds.most.map_or(most, |before| before.min(most)));
    }

    /// The earliest time that the API's clock can have had at a time of this machine.
    pub(super) fn earliest(&self, at: Timestamp) -> Option<Timestamp> {
        let bounds = self.0.lock_unpoisoned();
        let least = bounds.least.filter(|least| Some(*least) <= bounds.most)?;
        at.checked_add(least).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::ServerClock;
    use jiff::Timestamp;

    fn time(text: &str) -> Timestamp {
        format!("2026-03-01T{text}Z").parse().unwrap()
    }

    #[test]
    fn earliest_without_a_header_is_unknown() {
        assert_eq!(ServerClock::default().earliest(time("12:00:00")), None);
    }

    #[test]
    fn earliest_uses_the_narrowest_bound_of_all_responses() {
        let clock = ServerClock::default();
        // The API's clock is a minute ahead.
        clock.observe(time("12:01:00"), time("12:00:00.200"), time("12:00:00.900"));
        assert_eq!(clock.earliest(time("13:00:00")), Some(time("13:00:59.1")));
        clock.observe(time("12:01:05"), time("12:00:05.000"), time("12:00:05.100"));
        assert_eq!(clock.earliest(time("13:00:00")), Some(time("13:00:59.9")));
        clock.observe(time("12:01:06"), time("12:00:06.300"), time("12:00:06.800"));
        assert_eq!(clock.earliest(time("13:00:00")), Some(time("13:00:59.9")));
    }

    #[test]
    fn earliest_of_servers_that_disagree_is_unknown() {
        let clock = ServerClock::default();
        clock.observe(time("12:01:00"), time("12:00:00"), time("12:00:00"));
        clock.observe(time("12:00:10"), time("12:00:10"), time("12:00:10"));
        assert_eq!(clock.earliest(time("13:00:00")), None);
    }
}
