//! Responsible for making spans of the events of a command.

use crate::events::{Event, RequestEvent, ResponseSummary, Sink};
use crate::model::{Address, Outcome};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::iter;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc::Sender;
use uuid::Uuid;

/// Something that took time.
#[derive(Clone, Debug)]
pub(super) struct Span {
    pub(super) id: String,
    pub(super) parent: Option<String>,
    pub(super) name: &'static str,
    pub(super) is_request: bool,
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
    pub(super) attributes: Vec<(&'static str, Value)>,
    pub(super) has_failed: bool,
}

/// Makes spans. A customer's span begins with the first event about it, and ends with the last.
pub(super) struct Recorder {
    command: &'static str,
    root: String,
    parent: Option<String>,
    start: Timestamp,
    state: Mutex<State>,
}

struct State {
    customers: BTreeMap<String, Customer>,
    /// `None` after the end.
    queue: Option<Sender<Span>>,
    /// Spans that found the queue full.
    dropped: u64,
}

/// The span of a customer, so far.
struct Customer {
    id: String,
    start: Timestamp,
    end: Timestamp,
    has_failed: bool,
}

impl Recorder {
    pub(super) fn new(command: &'static str, parent: Option<String>, queue: Sender<Span>) -> Self {
        Self {
            command,
            root: span_id(),
            parent,
            start: Timestamp::now(),
            state: Mutex::new(State {
                customers: BTreeMap::new(),
                queue: Some(queue),
                dropped: 0,
            }),
        }
    }

    /// Ends the spans of the command and of its customers. Returns them, and how many spans of requests were dropped.
    pub(super) fn finish(&self, exit_code: u8) -> (Vec<Span>, u64) {
        let mut state = self.state();
        state.queue = None;
        let root = Span {
            id: self.root.clone(),
            parent: self.parent.clone(),
            name: self.command,
            is_request: false,
            start: self.start,
            end: Timestamp::now(),
            attributes: vec![("process.exit.code", exit_code.into())],
            // 2 means that there are changes.
            has_failed: !matches!(exit_code, 0 | 2),
        };
        let customers = std::mem::take(&mut state.customers).into_iter();
        let customers = customers.map(|(name, customer)| Span {
            id: customer.id,
            parent: Some(self.root.clone()),
            name: "customer",
            is_request: false,
            start: customer.start,
            end: customer.end,
            attributes: vec![("airlift.customer", name.into())],
            has_failed: customer.has_failed,
        });
        (iter::once(root).chain(customers).collect(), state.dropped)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn request(&self, request: RequestEvent<'_>) {
        let end = Timestamp::now();
        let start = end.checked_sub(request.elapsed).unwrap_or(end);
        let mut state = self.state();
        let about = request.about.split('/').next().unwrap_or_default();
        let is_named = !about.is_empty() && Uuid::try_parse(about).is_err();
        let parent = if is_named {
            state.customer(about, start, end).id.clone()
        } else {
            self.root.clone()
        };
        let has_failed = !matches!(request.response, ResponseSummary::Status(..400));
        state.send(Span {
            id: span_id(),
            parent: Some(parent),
            name: request.operation,
            is_request: true,
            start,
            end,
            attributes: attributes(&request),
            has_failed,
        });
    }

    fn step(&self, address: &Address, outcome: Option<Outcome>) {
        let now = Timestamp::now();
        let mut state = self.state();
        let customer = state.customer(&address.customer, now, now);
        let failed = [Outcome::Failed, Outcome::Unknown];
        customer.has_failed |= outcome.is_some_and(|outcome| failed.contains(&outcome));
    }
}

impl State {
    /// The span of a customer, which lasts at least until `end`.
    fn customer(&mut self, name: &str, start: Timestamp, end: Timestamp) -> &mut Customer {
        let customer = self
            .customers
            .entry(name.to_owned())
            .or_insert_with(|| Customer {
                id: span_id(),
                start,
                end,
                has_failed: false,
            });
        customer.start = customer.start.min(start);
        customer.end = customer.end.max(end);
        customer
    }

    fn send(&mut self, span: Span) {
        let Some(queue) = &self.queue else { return };
        if queue.try_send(span).is_err() {
            self.dropped += 1;
        }
    }
}

impl Sink for Recorder {
    fn emit(&self, event: Event<'_>) {
        match event {
            Event::RequestFinished(request) => self.request(request),
            Event::StepStarted { address, .. } => self.step(address, None),
            Event::StepFinished {
                address, outcome, ..
            } => self.step(address, Some(outcome)),
            _ => {}
        }
    }
}

fn attributes(request: &RequestEvent<'_>) -> Vec<(&'static str, Value)> {
    let mut attributes = vec![("airlift.attempt", json!(request.attempt))];
    if !request.about.is_empty() {
        attributes.push(("airlift.about", request.about.into()));
    }
    match request.response {
        ResponseSummary::Status(status) => {
            attributes.push(("http.response.status_code", status.into()));
        }
        other => attributes.push(("error.type", json!(other))),
    }
    if let Some(id) = request.request_id {
        attributes.push(("airlift.request_id", id.into()));
    }
    attributes
}

fn span_id() -> String {
    let mut id = Uuid::new_v4().simple().to_string();
    id.truncate(16);
    id
}
