//! A point in time as the API writes it: RFC 3339 in UTC with microseconds.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A time with the API's precision, so that what is kept equals what was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(Timestamp);

impl Moment {
    pub(crate) fn now() -> Self {
        Self::from_micros(Timestamp::now().as_microsecond())
    }

    pub(crate) fn from_micros(micros: i64) -> Self {
        Self(Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH))
    }

    pub(crate) fn micros(self) -> i64 {
        self.0.as_microsecond()
    }

    pub(crate) fn seconds(self) -> i64 {
        self.0.as_second()
    }

    pub(crate) fn after(self, delay: Duration) -> Self {
        Self::from_micros(
            self.micros()
                .saturating_add(i64::try_from(delay.as_micros()).unwrap_or(i64::MAX)),
        )
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.6}", self.0)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
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

    #[test]
    fn it_is_written_with_microseconds_and_read_back() {
        let moment = Moment::from_micros(1_700_000_000_000_042);
        let text = serde_json::to_string(&moment).unwrap();
        assert_eq!(text, "\"2023-11-14T22:13:20.000042Z\"");
        assert_eq!(serde_json::from_str::<Moment>(&text).unwrap(), moment);
    }
}
