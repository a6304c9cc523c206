//! Responsible for the kinds of faults and their text form. Does not execute faults; `server`, `response` and
//! `inconsistent` do.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::SandboxError;

/// What happens to a request. [`Faults`](super::Faults) documents the text forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// An error status.
    Status {
        /// The status.
        code: u16,
        /// The value of `Retry-After`.
        retry_after: Option<RetryAfter>,
        /// Whether the request takes effect first.
        after: bool,
    },
    /// A delayed response.
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
    /// A reset of this request and of every request in this period. None is executed.
    Down(Duration),
    /// A redirect to another host.
    Redirect,
    /// 422 with the request's body in the message.
    Echo,
    /// A truncated body.
    Cut,
    /// A body that is not JSON.
    BadJson,
    /// A body whose values have other types.
    Misshaped,
    /// An empty body.
    Empty,
    /// The expiry of every token.
    Expire,
    /// A well-formed response that contradicts the world.
    Inconsistent(InconsistentResponse),
}

/// The form of `Retry-After`, in seconds from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// As a number.
    Seconds(u64),
    /// As a date.
    Date(u64),
}

/// How a response contradicts the world. All but [`InconsistentResponse::Unknown`] alter listings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InconsistentResponse {
    /// Without the newest item, as from a stale cache.
    Stale,
    /// Without the oldest item.
    Missing,
    /// With the oldest item twice.
    Twice,
    /// With the oldest item twice, the second time under another name.
    Renamed,
    /// Only the first half, without a next page.
    Short,
    /// With itself as the next page.
    Loop,
    /// With a next page on another host.
    Foreign,
    /// In another order.
    Reversed,
    /// With recently deleted connectors.
    Ghost,
    /// Pages of new items without end. Listings without pages stay the same.
    Endless,
    /// The same page again and again, each with a new link to the next. Listings without pages stay the same.
    Repeated,
    /// With fields and a status value that the contract does not have.
    Unknown,
}

const INCONSISTENT: [(&str, InconsistentResponse); 12] = [
    ("stale", InconsistentResponse::Stale),
    ("missing", InconsistentResponse::Missing),
    ("twice", InconsistentResponse::Twice),
    ("renamed", InconsistentResponse::Renamed),
    ("short", InconsistentResponse::Short),
    ("loop", InconsistentResponse::Loop),
    ("foreign", InconsistentResponse::Foreign),
    ("reversed", InconsistentResponse::Reversed),
    ("ghost", InconsistentResponse::Ghost),
    ("endless", InconsistentResponse::Endless),
    ("repeated", InconsistentResponse::Repeated),
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
    /// Whether the fault prevents the execution of the request.
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

/// The name of a value in its table. Each table contains every value.
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
    fn fault_kind_from_text_is_written_unchanged() {
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
