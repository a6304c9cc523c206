//! Responsible for the events that are reported while a command runs: producers emit an [`Event`], and
//! a [`Sink`] displays or records it.
//!
//! An event is plain data. Its fields are the allow-list of what may be reported about a request: no
//! body, no header, and no address with its query.

#[cfg(test)]
pub(crate) mod recorder;

use crate::model::{Action, Address, FailedRequest, Outcome};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

/// Receives events, from several tasks at the same time.
pub trait Sink: Send + Sync {
    /// Receives an event. A sink that cannot write the event drops it, so that events never stop a run.
    fn emit(&self, event: Event<'_>);
}

/// Something that happened during a command, or a wait that begins.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event<'a> {
    /// The number of customers listed so far. It starts again at one page when the listing is
    /// repeated.
    CustomersListed { done: usize },
    /// The connectors of `done` customers were listed.
    ConnectorsListed { done: usize, total: usize },
    /// The details of `done` connectors were read.
    DetailsRead { done: usize, total: usize },
    /// The credentials of `done` connectors were checked.
    ConnectorsChecked { done: usize, total: usize },
    /// The run waits for the service, the rate limit, a retry, or another run.
    WaitStarted { reason: &'a str, longest: Duration },
    /// A request got a response, or failed.
    RequestFinished(RequestEvent<'a>),
    /// The execution of a plan begins.
    ExecutionStarted { steps: usize },
    /// A wave of a rotation begins. Waves are numbered from one.
    WaveStarted {
        number: usize,
        of: usize,
        connectors: usize,
    },
    /// A step begins.
    StepStarted {
        address: &'a Address,
        action: Action,
    },
    /// A step ended. `message` says why it did not succeed.
    StepFinished {
        address: &'a Address,
        action: Action,
        outcome: Outcome,
        remote_id: Option<&'a str>,
        /// The stable code of the reason why it did not succeed.
        code: Option<&'a str>,
        message: Option<&'a str>,
        /// The request that failed.
        request: Option<&'a FailedRequest>,
        warnings: &'a [String],
    },
    /// Reading or execution ended; a result follows.
    PhaseFinished,
}

/// One request and its response.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct RequestEvent<'a> {
    /// The number of requests of the session, this one included.
    pub number: u64,
    /// The operation id of the specification.
    pub operation: &'static str,
    /// The customer or connector, or an id; may be empty.
    pub about: &'a str,
    pub response: ResponseSummary,
    pub elapsed: Duration,
    /// The attempt of the same call, from one.
    pub attempt: u32,
    /// The id of a response that is an error.
    pub request_id: Option<&'a str>,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResponseSummary {
    /// The HTTP status.
    Status(u16),
    /// No connection was established.
    NotConnected,
    /// The response did not come in time.
    TimedOut,
    /// The connection was interrupted after the request was sent.
    Interrupted,
    /// The body exceeds the limit.
    TooLarge,
}

/// Several sinks, each of which receives every event.
#[derive(Default)]
pub struct Sinks(Vec<Box<dyn Sink>>);

impl Sink for Sinks {
    fn emit(&self, event: Event<'_>) {
        for sink in &self.0 {
            sink.emit(event);
        }
    }
}

impl<S: Sink + ?Sized> Sink for Arc<S> {
    fn emit(&self, event: Event<'_>) {
        self.as_ref().emit(event);
    }
}

impl FromIterator<Box<dyn Sink>> for Sinks {
    fn from_iter<I: IntoIterator<Item = Box<dyn Sink>>>(sinks: I) -> Self {
        Self(sinks.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{Event, RequestEvent, ResponseSummary};
    use crate::model::{Action, Address, Outcome};
    use std::time::Duration;

    #[test]
    fn event_serialized_names_its_kind() {
        let address = Address::connector("acme", "GitHub");
        let request = RequestEvent {
            number: 1,
            operation: "list_workspaces",
            about: "",
            response: ResponseSummary::Status(200),
            elapsed: Duration::from_millis(5),
            attempt: 1,
            request_id: None,
        };
        let finished = Event::StepFinished {
            address: &address,
            action: Action::Create,
            outcome: Outcome::Succeeded,
            remote_id: Some("1"),
            code: None,
            message: None,
            request: None,
            warnings: &[],
        };
        let events = [
            (Event::CustomersListed { done: 1 }, "customers_listed"),
            (Event::RequestFinished(request), "request_finished"),
            (finished, "step_finished"),
            (Event::PhaseFinished, "phase_finished"),
        ];
        for (event, kind) in events {
            assert_eq!(serde_json::to_value(event).unwrap()["kind"], kind);
        }
    }
}
