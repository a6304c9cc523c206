//! Faults on request: what a real network and a real service do on their bad days, at a chosen request.
//!
//! Decides only whether and which; `server` carries it out.

use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::SandboxError;
use super::contract::Contract;

/// A list of faults, written as `OPERATION:WHEN:KIND`, several separated by commas.
///
/// `OPERATION` is an operation id of the contract, or `*` for every one.
///
/// `WHEN` counts the requests of that operation from one: `3` is the third, `*` is every one, `p20%` is one in
/// five by chance (seeded by [`Options::seed`](super::Options::seed)).
///
/// `KIND` is one of
///
/// | kind | what happens |
/// |---|---|
/// | `503` (any status from 400 to 599) | answered with that status, without any effect |
/// | `429@2` | the same, with `Retry-After: 2` |
/// | `504-after` | the effect happens, then that status is answered |
/// | `delay@250` | answered 250 ms later |
/// | `timeout-before`, `timeout-after` | never answered; without or with the effect |
/// | `reset-before`, `reset-after` | the connection is reset; without or with the effect |
/// | `cut` | the effect happens, then the connection ends in the middle of the body |
/// | `badjson` | the effect happens, then the body is not JSON |
/// | `empty` | the effect happens, then the body is empty |
/// | `expire` | every token ends, then the request is handled as usual |
///
/// Example: `create_integrations_connectors:2:503,*:p5%:reset-after`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Faults {
    list: Vec<Fault>,
}

/// One fault: what happens at which requests of which operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// An operation id of the contract, or `*`.
    pub operation: String,
    /// Which of its requests.
    pub when: When,
    /// What happens to them.
    pub kind: FaultKind,
}

/// Which requests of an operation a fault meets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum When {
    /// The n-th, counted from one.
    Nth(u64),
    /// All of them.
    Every,
    /// Each with this chance in percent.
    Percent(f64),
}

/// What happens to a request. See [`Faults`] for how each is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// An error status.
    Status {
        /// The status.
        code: u16,
        /// Seconds for `Retry-After`.
        retry_after: Option<u64>,
        /// Whether the request takes effect first.
        after: bool,
    },
    /// A late answer.
    Delay(Duration),
    /// No answer.
    Timeout {
        /// Whether the request takes effect first.
        after: bool,
    },
    /// A connection reset.
    Reset {
        /// Whether the request takes effect first.
        after: bool,
    },
    /// Half a body.
    Cut,
    /// A body that is not JSON.
    BadJson,
    /// No body.
    Empty,
    /// Every token ends.
    Expire,
}

impl Faults {
    /// Adds a fault.
    pub fn push(&mut self, fault: Fault) {
        self.list.push(fault);
    }

    /// Adds the faults of another list behind these.
    pub fn extend(&mut self, other: Self) {
        self.list.extend(other.list);
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Refuses operations that the contract does not have: a misspelt fault would never fire.
    pub(crate) fn check(&self, contract: &Contract) -> Result<(), SandboxError> {
        let ids = contract.operation_ids();
        match self
            .list
            .iter()
            .find(|f| f.operation != "*" && !ids.contains(&f.operation.as_str()))
        {
            Some(fault) => Err(SandboxError::Fault(format!(
                "`{}` is not an operation of the API",
                fault.operation
            ))),
            None => Ok(()),
        }
    }
}

impl FaultKind {
    /// Whether the request must not take effect.
    pub(crate) fn is_before(self) -> bool {
        matches!(
            self,
            Self::Status { after: false, .. }
                | Self::Timeout { after: false }
                | Self::Reset { after: false }
        )
    }
}

impl FromStr for Faults {
    type Err = SandboxError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty());
        Ok(Self {
            list: parts.map(Fault::from_str).collect::<Result<_, _>>()?,
        })
    }
}

impl FromStr for Fault {
    type Err = SandboxError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let [operation, when, kind] = text.split(':').collect::<Vec<_>>()[..] else {
            return Err(SandboxError::Fault(format!(
                "`{text}` is not OPERATION:WHEN:KIND"
            )));
        };
        let when = parse_when(when).ok_or_else(|| {
            SandboxError::Fault(format!("`{when}` is not a number from 1, `*` or `pN%`"))
        })?;
        let kind = parse_kind(kind)
            .ok_or_else(|| SandboxError::Fault(format!("`{kind}` is not a kind of fault")))?;
        Ok(Self {
            operation: operation.to_owned(),
            when,
            kind,
        })
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |after: &bool| if *after { "after" } else { "before" };
        match self {
            Self::Status {
                code,
                retry_after,
                after,
            } => {
                write!(f, "{code}")?;
                retry_after.map_or(Ok(()), |seconds| write!(f, "@{seconds}"))?;
                if *after {
                    f.write_str("-after")
                } else {
                    Ok(())
                }
            }
            Self::Delay(delay) => write!(f, "delay@{}", delay.as_millis()),
            Self::Timeout { after } => write!(f, "timeout-{}", side(after)),
            Self::Reset { after } => write!(f, "reset-{}", side(after)),
            Self::Cut => f.write_str("cut"),
            Self::BadJson => f.write_str("badjson"),
            Self::Empty => f.write_str("empty"),
            Self::Expire => f.write_str("expire"),
        }
    }
}

fn parse_when(text: &str) -> Option<When> {
    if text == "*" {
        return Some(When::Every);
    }
    if let Some(percent) = text.strip_prefix('p').and_then(|t| t.strip_suffix('%')) {
        return percent
            .parse()
            .ok()
            .filter(|p| (0.0..=100.0).contains(p))
            .map(When::Percent);
    }
    text.parse().ok().filter(|n| *n > 0).map(When::Nth)
}

fn parse_kind(text: &str) -> Option<FaultKind> {
    let kind = match text {
        "timeout-before" => FaultKind::Timeout { after: false },
        "timeout-after" => FaultKind::Timeout { after: true },
        "reset-before" => FaultKind::Reset { after: false },
        "reset-after" => FaultKind::Reset { after: true },
        "cut" => FaultKind::Cut,
        "badjson" => FaultKind::BadJson,
        "empty" => FaultKind::Empty,
        "expire" => FaultKind::Expire,
        _ => return parse_number(text),
    };
    Some(kind)
}

fn parse_number(text: &str) -> Option<FaultKind> {
    if let Some(millis) = text.strip_prefix("delay@") {
        return millis
            .parse()
            .ok()
            .map(Duration::from_millis)
            .map(FaultKind::Delay);
    }
    let (text, after) = text
        .strip_suffix("-after")
        .map_or((text, false), |rest| (rest, true));
    let (code, retry_after) = match text.split_once('@') {
        Some((code, seconds)) => (code, Some(seconds.parse().ok()?)),
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

/// Faults at work: each counts the requests it was asked about.
#[derive(Debug)]
pub(crate) struct Weather {
    state: Mutex<(Vec<(Fault, u64)>, fastrand::Rng)>,
}

impl Weather {
    pub(crate) fn new(faults: Faults, seed: Option<u64>) -> Self {
        let rng = seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        Self {
            state: Mutex::new((faults.list.into_iter().map(|f| (f, 0)).collect(), rng)),
        }
    }

    /// Other faults from here on, counted anew.
    pub(crate) fn change(&self, faults: Faults) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.0 = faults.list.into_iter().map(|f| (f, 0)).collect();
    }

    /// The fault that meets this request, if one does: the first of the list. All of them count it.
    pub(crate) fn meet(&self, operation: &str) -> Option<FaultKind> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (faults, rng) = &mut *state;
        let mut met = None;
        for (fault, count) in faults
            .iter_mut()
            .filter(|(f, _)| f.operation == "*" || f.operation == operation)
        {
            *count += 1;
            let fires = match fault.when {
                When::Nth(n) => *count == n,
                When::Every => true,
                When::Percent(percent) => rng.f64() * 100.0 < percent,
            };
            if fires {
                met = met.or(Some(fault.kind));
            }
        }
        met
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_read_and_written_alike() {
        let kinds = [
            "503",
            "429@2",
            "504-after",
            "429@1-after",
            "delay@250",
            "timeout-before",
            "timeout-after",
            "reset-before",
            "reset-after",
            "cut",
            "badjson",
            "empty",
            "expire",
        ];
        for kind in kinds {
            assert_eq!(
                format!("*:1:{kind}")
                    .parse::<Fault>()
                    .unwrap()
                    .kind
                    .to_string(),
                kind
            );
        }
    }

    #[test]
    fn mistakes_are_named() {
        for wrong in [
            "503",
            "*:0:503",
            "*:x:503",
            "*:1:200",
            "*:1:boom",
            "*:p101%:503",
            "a:b:c:d",
        ] {
            assert!(
                matches!(wrong.parse::<Faults>(), Err(SandboxError::Fault(_))),
                "{wrong}"
            );
        }
        let unknown: Faults = "list_workspace:1:503".parse().unwrap();
        assert!(unknown.check(&Contract::load().unwrap()).is_err());
    }

    #[test]
    fn counting_goes_by_operation() {
        let weather = Weather::new("a:2:503,*:3:500".parse().unwrap(), None);
        let met: Vec<Option<String>> = ["a", "b", "a", "b"]
            .iter()
            .map(|o| weather.meet(o).map(|k| k.to_string()))
            .collect();
        assert_eq!(met, [None, None, Some("503".into()), None]);
    }

    #[test]
    fn other_faults_count_anew() {
        let weather = Weather::new("a:2:503".parse().unwrap(), None);
        weather.meet("a");
        weather.change("a:2:500".parse().unwrap());
        let met = ["a", "a"].map(|o| weather.meet(o).map(|k| k.to_string()));
        assert_eq!(met, [None, Some("500".into())]);
    }

    #[test]
    fn chance_is_seeded() {
        let draw = || {
            let weather = Weather::new("*:p50%:503".parse().unwrap(), Some(7));
            (0..64)
                .map(|_| weather.meet("x").is_some())
                .collect::<Vec<_>>()
        };
        assert_eq!(draw(), draw());
        assert!(draw().contains(&true) && draw().contains(&false));
    }
}
