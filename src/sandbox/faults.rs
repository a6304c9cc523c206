//! Responsible for lists of faults and their text form. `fault_injector` decides which request meets which fault.

use std::str::FromStr;

use super::SandboxError;
use super::contract::ApiContract;
use super::fault_kind::FaultKind;

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
/// | `503` (any status from 400 to 599) | a response with that status, without any effect |
/// | `429@2`, `429@date2` | the same, with `Retry-After: 2`, or with the date two seconds from now |
/// | `504-after` | the effect happens, then a response with that status |
/// | `delay@250` | the response comes 250 ms later |
/// | `timeout-before`, `timeout-after` | no response; without or with the effect |
/// | `reset-before`, `reset-after` | the connection is reset; without or with the effect |
/// | `close-before`, `close-after` | the connection is closed without a response; without or with the effect |
/// | `down@2000` | this request and all others of the next 2000 ms are reset without an effect |
/// | `redirect` | 307 to another host, without any effect |
/// | `echo` | 422 with the request's body in its message, without any effect |
/// | `cut` | the effect happens, then the connection ends in the middle of the body |
/// | `badjson` | the effect happens, then the body is not JSON |
/// | `misshaped` | the effect happens, then the body's values have other types |
/// | `empty` | the effect happens, then the body is empty |
/// | `expire` | every token ends, then the request is handled as usual |
/// | `stale`, `missing`, `short` | a listing without its newest item, its oldest item, or its second half |
/// | `twice`, `reversed` | a listing with its oldest item twice, or in another order |
/// | `ghost` | a listing of connectors with those that are gone since a moment ago |
/// | `loop`, `foreign` | a listing of workspaces whose next page is itself, or on another host |
/// | `unknown` | a response with unknown fields and an unknown status |
///
/// Example: `create_integrations_connectors:2:503,*:p5%:reset-after`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Faults {
    pub(crate) list: Vec<Fault>,
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

    /// Refuses operations that the contract does not have, because a misspelled fault would never fire.
    pub(crate) fn check(&self, contract: &ApiContract) -> Result<(), SandboxError> {
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
        let kind = kind.parse()?;
        Ok(Self {
            operation: operation.to_owned(),
            when,
            kind,
        })
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

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(unknown.check(&ApiContract::load().unwrap()).is_err());
    }
}
