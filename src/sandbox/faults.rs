//! Responsible for lists of faults and their text form. Does not select the fault of a request; `fault_injector` does.

use std::str::FromStr;

use super::SandboxError;
use super::contract::ApiContract;
use super::fault_kind::FaultKind;
use super::request_customer::RequestCustomer;

/// A list of faults, written as `OPERATION:WHEN:KIND` or `OPERATION@CUSTOMER:WHEN:KIND`, several separated by commas.
///
/// `OPERATION` is an operation id of the contract, or `*` for every operation.
///
/// `CUSTOMER` is the name or the id of a workspace. The fault then affects only requests that are about this workspace.
/// A name that contains a colon or a comma cannot be written; the id can.
///
/// `WHEN` selects requests of the operation: `3` is the third, `*` is every request, `p20%` is each request with a
/// probability of 20 % (seeded by [`Options::seed`](super::Options::seed)).
///
/// `KIND` is one of
///
/// | kind | effect |
/// |---|---|
/// | `503` (any status from 400 to 599) | a response with that status; the request is not executed |
/// | `429@2`, `429@date2` | the same, with `Retry-After: 2`, or with the date two seconds from now |
/// | `504-after` | the request is executed; a response with that status |
/// | `delay@250` | the response is sent 250 ms later |
/// | `timeout-before`, `timeout-after` | no response; the request is not executed, or is executed |
/// | `reset-before`, `reset-after` | the connection is reset; the request is not executed, or is executed |
/// | `close-before`, `close-after` | the connection is closed without a response; the request is not executed, or is executed |
/// | `down@2000` | the connections of this request and of all requests in the next 2000 ms are reset; none is executed |
/// | `redirect` | 307 to another host; the request is not executed |
/// | `echo` | 422 with the request's body in its message; the request is not executed |
/// | `cut` | the request is executed; the connection ends in the middle of the body |
/// | `badjson` | the request is executed; the body is not JSON |
/// | `misshaped` | the request is executed; the body's values have other types |
/// | `empty` | the request is executed; the body is empty |
/// | `expire` | all tokens expire; the request is then executed |
/// | `stale`, `missing`, `short` | a listing without its newest item, its oldest item, or its second half |
/// | `twice`, `reversed` | a listing with its oldest item twice, or in another order |
/// | `renamed` | a listing with its oldest item twice, the second time under another name |
/// | `ghost` | a listing of connectors that includes recently deleted ones |
/// | `loop`, `foreign` | a listing of workspaces whose next page is the same page, or on another host |
/// | `endless`, `repeated` | a listing of workspaces that never ends: each page is new, or all pages are the same |
/// | `unknown` | a response with unknown fields and an unknown status value |
///
/// Example: `create_integrations_connectors:2:503,*:p5%:reset-after,list_integrations_connectors@acme:*:403`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Faults {
    pub(crate) list: Vec<Fault>,
}

/// A fault: what happens to which requests of which operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// An operation id of the contract, or `*`.
    pub operation: String,
    /// The name or the id of the workspace that the requests are about. `None` selects the requests of all workspaces.
    pub customer: Option<String>,
    /// The requests of the operation that the fault affects.
    pub when: When,
    /// What happens to these requests.
    pub kind: FaultKind,
}

/// Selects requests of an operation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum When {
    /// The n-th request, counted from one.
    Nth(u64),
    /// Every request.
    Every,
    /// Each request with this probability in percent.
    Percent(f64),
}

impl Faults {
    /// Appends a fault.
    #[cfg(feature = "testing")]
    pub fn push(&mut self, fault: Fault) {
        self.list.push(fault);
    }

    /// Appends the faults of another list.
    pub fn extend(&mut self, other: Self) {
        self.list.extend(other.list);
    }

    /// Whether the list is empty.
    #[cfg(feature = "testing")]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Rejects operations that are not in the contract, because a misspelled fault would never fire.
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

impl Fault {
    /// Whether the fault is for requests of this operation about this customer.
    pub(crate) fn selects(&self, operation: &str, customer: &RequestCustomer) -> bool {
        let is_of_customer = self
            .customer
            .as_ref()
            .is_none_or(|name| customer.is_named(name));
        is_of_customer && (self.operation == "*" || self.operation == operation)
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
                "`{text}` is neither OPERATION:WHEN:KIND nor OPERATION@CUSTOMER:WHEN:KIND"
            )));
        };
        let when = parse_when(when).ok_or_else(|| {
            SandboxError::Fault(format!("`{when}` is not a number from 1, `*` or `pN%`"))
        })?;
        let kind = kind.parse()?;
        let (operation, customer) = match operation.split_once('@') {
            Some((operation, customer)) => (operation, Some(customer.to_owned())),
            None => (operation, None),
        };
        if customer.as_deref() == Some("") {
            return Err(SandboxError::Fault(format!(
                "`{text}` names no customer after `@`"
            )));
        }
        Ok(Self {
            operation: operation.to_owned(),
            customer,
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
    fn faults_from_invalid_text_fail() {
        for text in [
            "503",
            "*:0:503",
            "*:x:503",
            "*:1:200",
            "*:1:boom",
            "*:p101%:503",
            "a:b:c:d",
            "*@:1:503",
        ] {
            assert!(
                matches!(text.parse::<Faults>(), Err(SandboxError::Fault(_))),
                "{text}"
            );
        }
    }

    #[test]
    fn faults_of_unknown_operation_fail_the_check() {
        let unknown: Faults = "list_workspace:1:503".parse().unwrap();
        assert!(unknown.check(&ApiContract::load().unwrap()).is_err());
    }
}
