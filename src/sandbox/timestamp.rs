//! Responsible for the API's timestamps (RFC 3339 in UTC with microseconds) and for the sandbox's clock.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use tokio::time::Instant;

/// A time with the API's precision, so that a stored time equals the time in the response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timestamp(jiff::Timestamp);

impl Timestamp {
    pub(crate) fn from_micros(micros: i64) -> Self {
        Self(jiff::Timestamp::from_microsecond(micros).unwrap_or(jiff::Timestamp::UNIX_EPOCH))
    }

    pub(crate) fn micros(self) -> i64 {
        self.0.as_microsecond()
    }

    pub(crate) fn seconds(self) -> i64 {
        self.0.as_second()
    }

    pub(crate) fn before(self, delay: Duration) -> Self {
        Self::from_micros(
            self.micros()
                .saturating_sub(i64::try_from(delay.as_micros()).unwrap_or(i64::MAX)),
        )
    }

    pub(crate) fn after(self, delay: Duration) -> Self {
        Self::from_micros(
            self.micros()
                .saturating_add(i64::try_from(delay.as_micros()).unwrap_or(i64::MAX)),
        )
    }
}

/// The sandbox's clock: the wall clock at the start plus the elapsed time of the async runtime. It stops while a
/// test pauses the runtime's clock. Each reading is later than the previous one.
#[derive(Debug)]
pub(crate) struct Clock {
    start: Timestamp,
    started: Instant,
    last: AtomicI64,
}

impl Clock {
    pub(crate) fn new() -> Self {
        let start = jiff::Timestamp::now().as_microsecond();
        Self {
            start: Timestamp::from_micros(start),
            started: Instant::now(),
            last: AtomicI64::new(start),
        }
    }

    /// The time since the start.
    #[cfg(feature = "testing")]
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    pub(crate) fn now(&self) -> Timestamp {
        let now = self.start.after(self.started.elapsed()).micros();
        let later = |last: i64| now.max(last + 1);
        let step = |last| Some(later(last));
        let last = self
            .last
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, step);
        Timestamp::from_micros(later(last.unwrap_or(now)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.6}", self.0)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map(Self)
            .map_err(|_| de::Error::custom("not an RFC 3339 time"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn clock_reading_follows_runtime_and_never_repeats() {
        let clock = Clock::new();
        let first = clock.now();
        assert_eq!(clock.now().micros() - first.micros(), 1);
        tokio::time::advance(Duration::from_mins(1)).await;
        assert_eq!(clock.now().seconds() - first.seconds(), 60);
    }

    #[test]
    fn timestamp_as_json_has_microseconds_and_round_trips() {
        let timestamp = Timestamp::from_micros(1_700_000_000_000_042);
        let text = serde_json::to_string(&timestamp).unwrap();
        assert_eq!(text, "\"2023-11-14T22:13:20.000042Z\"");
        assert_eq!(serde_json::from_str::<Timestamp>(&text).unwrap(), timestamp);
    }
}
