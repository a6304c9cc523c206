//! Responsible for the kinds of faults and their text form. Does not carry them out; `server`, `response` and
//! `inconsistent` do.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::SandboxError;

/// What happens to a request. See [`Faults`](super::Faults) for how each is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// An error status.
    Status {
        /// The status.
        code: u16,
        /// What `Retry-After` says.
        retry_after: Option<RetryAfter>,
        /// Whether the request takes effect first.
        after: bool,
    },
    /// A late response.
    Delay(Duration),
    /// No response.
    Timeout {
        /// Whether the request takes effect first.
        after: bool,
    },
    /// A connection reset.
    Reset {
        /// Whether the request takes effect first.
        after: bool,
    },
    /// A connection that is closed without a response.
    Close {
        /// Whether the request takes effect first.
        after: bool,
    },
    /// This and every request for so long is reset without an effect.
    Down(Duration),
    /// A redirect to another host.
    Redirect,
    /// 422 with the request's body in the message.
    Echo,
    /// Half a body.
    Cut,
    /// A body that is not JSON.
    BadJson,
    /// A body whose values have other types.
    Misshaped,
    /// No body.
    Empty,
    /// Every token ends.
    Expire,
    /// A well-formed response that contradicts the world.
    Inconsistent(InconsistentResponse),
}

/// How `Retry-After` is written, in seconds from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// As a number.
    Seconds(u64),
    /// As a date.
    Date(u64),
}

/// How a response contradicts the world. All but [`InconsistentResponse::Unknown`] are about listings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InconsistentResponse {
    /// Without its newest item, as when it was read a moment ago.
    Stale,
    /// Without its oldest item.
    Missing,
    /// With its oldest item twice.
    Twice,
    /// The first half, said to be all.
    Short,
    /// With a next page that is this one.
    Loop,
    /// With a next page on another host.
    Foreign,
    /// In another order.
    Reversed,
    /// With connectors that are gone since a moment ago.
    Ghost,
    /// With fields and a status that nobody knows.
    Unknown,
}

const INCONSISTENT: [(&str, InconsistentResponse); 9] = [
    ("stale", InconsistentResponse::Stale),
    ("missing", InconsistentResponse::Missing),
    ("twice", InconsistentResponse::Twice),
    ("short", InconsistentResponse::Short),
    ("loop", InconsistentResponse::Loop),
    ("foreign", InconsistentResponse::Foreign),
    ("reversed", InconsistentResponse::Reversed),
    ("ghost", InconsistentResponse::Ghost),
    ("unknown", InconsistentResponse::Unknown),
];

const PLAIN: [(&str, FaultKind); 13] = [
    ("timeout-before", FaultKind::Timeout { after: false }),
    ("timeout-after", FaultKind::Timeout { after: true }),
    ("reset-before", FaultKind::Reset { after: false }),
    ("reset-after", FaultKind::Reset { after: true }),
    ("close-before", FaultKind::Close { after: false }),
    ("close-after", FaultKind::Close { after: true }),
    ("redirect", FaultKind::Redirect),
    ("echo", FaultKind::Echo),
    ("cut", FaultKind::Cut),
    ("badjson", FaultKind::BadJson),
    ("misshaped", FaultKind::Misshaped),
    ("empty", FaultKind::Empty),
    ("expire", FaultKind::Expire),
];

impl FaultKind {
    /// Whether the request must not take effect.
    pub(crate) fn is_before(self) -> bool {
        matches!(
            self,
            Self::Status { after: false, .. }
                | Self::Timeout { after: false }
                | Self::Reset { after: false }
                | Self::Close { after: false }
                | Self::Down(_)
                | Self::Redirect
                | Self::Echo
        )
    }
}

impl FromStr for FaultKind {
    type Err = SandboxError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = PLAIN.iter().find(|(name, _)| *name == text);
        let response = INCONSISTENT.iter().find(|(name, _)| *name == text);
        plain
            .map(|(_, kind)| *kind)
            .or(response.map(|(_, response)| Self::Inconsistent(*response)))
            .or_else(|| parse_number(text))
            .ok_or_else(|| SandboxError::Fault(format!("`{text}` is not a kind of fault")))
    }
}

fn parse_number(text: &str) -> Option<FaultKind> {
    if let Some(millis) = text.strip_prefix("delay@") {
        return parse_millis(millis).map(FaultKind::Delay);
    }
    if let Some(millis) = text.strip_prefix("down@") {
        return parse_millis(millis).map(FaultKind::Down);
    }
    let (text, after) = text
        .strip_suffix("-after")
        .map_or((text, false), |rest| (rest, true));
    let (code, retry_after) = match text.split_once('@') {
        Some((code, wait)) => (code, Some(parse_wait(wait)?)),
        None => (text, None),
    };
    let code = code
        .parse()
        .ok()
        .filter(|code| (400..=599).contains(code))?;
    Some(FaultKind::Status {
        code,
        retry_after,
        after,
    })
}

fn parse_millis(text: &str) -> Option<Duration> {
    text.parse().ok().map(Duration::from_millis)
}

fn parse_wait(text: &str) -> Option<RetryAfter> {
    match text.strip_prefix("date") {
        Some(seconds) => seconds.parse().ok().map(RetryAfter::Date),
        None => text.parse().ok().map(RetryAfter::Seconds),
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status {
                code,
                retry_after,
                after,
            } => {
                write!(f, "{code}")?;
                match retry_after {
                    Some(RetryAfter::Seconds(seconds)) => write!(f, "@{seconds}")?,
                    Some(RetryAfter::Date(seconds)) => write!(f, "@date{seconds}")?,
                    None => {}
                }
                f.write_str(if *after { "-after" } else { "" })
            }
            Self::Delay(delay) => write!(f, "delay@{}", delay.as_millis()),
            Self::Down(length) => write!(f, "down@{}", length.as_millis()),
            Self::Inconsistent(response) => f.write_str(name(&INCONSISTENT, response)),
            plain => f.write_str(name(&PLAIN, plain)),
        }
    }
}

/// The name in a table that holds every value of its kind.
fn name<T: PartialEq>(table: &[(&'static str, T)], value: &T) -> &'static str {
    table
        .iter()
        .find(|(_, entry)| entry == value)
        .map_or("", |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_read_and_written_alike() {
        let numbered = [
            "503",
            "429@2",
            "429@date2",
            "504-after",
            "429@1-after",
            "delay@250",
            "down@2000",
        ];
        let named = PLAIN.iter().map(|(name, _)| name);
        let inconsistent = INCONSISTENT.iter().map(|(name, _)| name);
        for kind in numbered.iter().chain(named).chain(inconsistent) {
            assert_eq!(kind.parse::<FaultKind>().unwrap().to_string(), *kind);
        }
    }
}
