//! Responsible for the kinds of faults at a request, and for where each kind applies.

use airlift::sandbox::{Fault, FaultKind, When};
use std::fmt;
use std::str::FromStr;

/// Every kind: the faults of the sandbox, crashes of the machine, and interruption by a person.
pub(crate) const KINDS: [&str; 44] = [
    // The request has no effect.
    "400",
    "401",
    "403",
    "422",
    "429",
    "429@2",
    "429@date2",
    "500",
    "502",
    "503",
    "503@3",
    "504",
    "reset-before",
    "close-before",
    "timeout-before",
    "down@1500",
    "down@60000",
    "redirect",
    "echo",
    // The request has an effect, and the response is lost or broken.
    "500-after",
    "502-after",
    "503-after",
    "504-after",
    "reset-after",
    "close-after",
    "timeout-after",
    "cut",
    "badjson",
    "misshaped",
    "empty",
    // Slow responses, and expired tokens.
    "delay@2000",
    "delay@45000",
    "expire",
    // Well-formed and untrue responses.
    "stale",
    "missing",
    "twice",
    "short",
    "loop",
    "foreign",
    "reversed",
    "ghost",
    // Crashes of the machine.
    "crash-before",
    "crash-after",
    // A person who interrupts the run.
    "interrupt",
];

/// The fault that marks the request at which a person interrupts.
pub(crate) const MARK: &str = "delay@1";

/// Kinds that are most likely to do harm in combination.
pub(crate) const WORST: [&str; 13] = [
    "401",
    "429@2",
    "503",
    "504",
    "504-after",
    "reset-before",
    "reset-after",
    "timeout-after",
    "badjson",
    "expire",
    "stale",
    "crash-before",
    "crash-after",
];

/// A fault at the n-th request of a trial.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct InjectedFault {
    pub(crate) request: u64,
    pub(crate) kind: String,
}

impl InjectedFault {
    pub(crate) fn new(request: usize, kind: &str) -> Self {
        Self {
            request: request.try_into().unwrap(),
            kind: kind.to_owned(),
        }
    }

    /// Whether the machine crashes.
    pub(crate) fn kills(&self) -> bool {
        self.kind.starts_with("crash")
    }

    /// Whether a person interrupts the run.
    pub(crate) fn interrupts(&self) -> bool {
        self.kind == "interrupt"
    }

    pub(crate) fn fault(&self) -> Fault {
        // A request without a response stops the run where it is to be killed. A short wait is
        // harmless.
        let kind = match self.kind.as_str() {
            "interrupt" => MARK.to_owned(),
            kind => kind.replace("crash", "timeout"),
        };
        Fault {
            operation: "*".to_owned(),
            customer: None,
            when: When::Nth(self.request),
            kind: kind.parse::<FaultKind>().unwrap(),
        }
    }

    /// Whether the kind applies to the operation, and differs from every other kind there.
    pub(crate) fn applies(kind: &str, operation: &str) -> bool {
        let lists = operation.starts_with("list_");
        let writes = !lists && !operation.starts_with("get_");
        match kind {
            "stale" | "missing" | "twice" | "short" | "reversed" => lists,
            "loop" | "foreign" => operation == "list_workspaces",
            "ghost" => operation == "list_integrations_connectors",
            "echo" => writes && !operation.starts_with("delete_"),
            after if after.ends_with("-after") => writes,
            _ => true,
        }
    }
}

impl fmt::Display for InjectedFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.request, self.kind)
    }
}

impl FromStr for InjectedFault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (request, kind) = text.split_once(':').ok_or("a fault is N:KIND")?;
        let request = request.parse().map_err(|_| "a fault is N:KIND")?;
        Ok(Self {
            request,
            kind: kind.to_owned(),
        })
    }
}
