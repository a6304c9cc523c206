//! Responsible for the events of a run while it goes on: reading, waits, requests and steps.

use super::line::{
    CompletedStep, EventBody, Level, Refresh, RefreshPhase, RequestEntry, StepEntry,
    UnsuccessfulStep,
};
use super::stream::EventStream;
use crate::events::{Event, RequestEvent, ResponseSummary, Sink};
use crate::model::{Action, Address, FailedRequest, LockUnpoisoned, Outcome};
use crate::render::labels;
use crate::render::terminal::heartbeat::{Heartbeat, heartbeat};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// Writes the events of a run.
pub(in crate::render) struct EventSink {
    stream: EventStream,
    requests: LoggedRequests,
    phase: Arc<Mutex<Option<Phase>>>,
    heartbeat: Mutex<Option<Heartbeat>>,
    started: Mutex<BTreeMap<Address, Instant>>,
}

/// Which requests are events.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::render) enum LoggedRequests {
    Failed,
    All,
}

/// What the run does now.
#[derive(Clone, Copy)]
enum Phase {
    Refresh(Refresh),
    Apply {
        done: usize,
        total: Option<usize>,
        since: Instant,
    },
}

/// A step that ended.
struct FinishedStep<'a> {
    step: StepEntry<'a>,
    outcome: Outcome,
    id: Option<&'a str>,
    code: Option<&'a str>,
    message: Option<&'a str>,
    request: Option<&'a FailedRequest>,
    warnings: &'a [String],
}

impl Sink for EventSink {
    fn emit(&self, event: Event<'_>) {
        match event {
            Event::CustomersListed { done } => self.read(RefreshPhase::Customers, done, None),
            Event::ConnectorsListed { done, total } => {
                self.read(RefreshPhase::Connectors, done, Some(total));
            }
            Event::DetailsRead { done, total } => {
                self.read(RefreshPhase::Details, done, Some(total));
            }
            Event::ConnectorsChecked { done, total } => {
                self.read(RefreshPhase::Checks, done, Some(total));
            }
            Event::WaitStarted { reason, longest } => {
                let seconds = longest.as_secs_f64();
                let message = format!("waiting up to {seconds:.1} s: {reason}");
                let body = EventBody::Wait { reason, seconds };
                self.stream.emit(Level::Info, &message, &body);
            }
            Event::RequestFinished(request) => self.request(request),
            Event::ExecutionStarted { steps } => self.apply(Some(steps)),
            Event::WaveStarted {
                number,
                of,
                connectors,
            } => self.wave(number, of, connectors),
            Event::StepStarted { address, action } => self.step_started(address, action),
            Event::StepFinished {
                address,
                action,
                outcome,
                remote_id,
                code,
                message,
                request,
                warnings,
            } => self.step_finished(
                address,
                &FinishedStep {
                    step: step(address, &address.to_string(), action),
                    outcome,
                    id: remote_id,
                    code,
                    message,
                    request,
                    warnings,
                },
            ),
            Event::PhaseFinished => self.finish(),
        }
    }
}

impl EventSink {
    pub(in crate::render) fn new(stream: EventStream, requests: LoggedRequests) -> Self {
        Self {
            stream,
            requests,
            phase: Arc::default(),
            heartbeat: Mutex::default(),
            started: Mutex::default(),
        }
    }

    fn read(&self, phase: RefreshPhase, done: usize, total: Option<usize>) {
        let refresh = Refresh { phase, done, total };
        let mut present = self.phase.lock_unpoisoned();
        let continues =
            matches!(*present, Some(Phase::Refresh(Refresh { phase: now, .. })) if now == phase);
        if !continues {
            complete(&self.stream, *present);
            let body = EventBody::RefreshStart(Refresh { done: 0, ..refresh });
            self.stream.emit(Level::Info, reading(phase), &body);
        }
        *present = Some(Phase::Refresh(refresh));
        drop(present);
        self.beat();
    }

    fn apply(&self, total: Option<usize>) {
        let mut present = self.phase.lock_unpoisoned();
        complete(&self.stream, *present);
        *present = Some(Phase::Apply {
            done: 0,
            total,
            since: Instant::now(),
        });
        drop(present);
        self.beat();
    }

    fn wave(&self, number: usize, of: usize, connectors: usize) {
        let body = EventBody::WaveStart {
            number,
            of,
            connectors,
        };
        let message = format!("wave {number} of {of}: {connectors} connectors");
        self.stream.emit(Level::Info, &message, &body);
        self.apply(Some(connectors));
    }

    fn request(&self, request: RequestEvent<'_>) {
        let has_succeeded = matches!(request.response, ResponseSummary::Status(200..300));
        if has_succeeded && self.requests == LoggedRequests::Failed {
            return;
        }
        let level = if has_succeeded {
            Level::Debug
        } else {
            Level::Warn
        };
        let body = EventBody::Request(RequestEntry {
            operation: request.operation,
            about: request.about,
            response: request.response,
            elapsed_seconds: request.elapsed.as_secs_f64(),
            attempt: request.attempt,
            request_id: request.request_id,
        });
        let message = format!("{}, attempt {}", request.operation, request.attempt);
        self.stream.emit(level, &message, &body);
    }

    fn step_started(&self, address: &Address, action: Action) {
        self.started
            .lock_unpoisoned()
            .insert(address.clone(), Instant::now());
        let name = address.to_string();
        let body = EventBody::ApplyStart(step(address, &name, action));
        let message = format!("{name}: {}", labels::action(action));
        self.stream.emit(Level::Info, &message, &body);
    }

    fn step_finished(&self, address: &Address, finished: &FinishedStep<'_>) {
        if let Some(Phase::Apply { done, .. }) = &mut *self.phase.lock_unpoisoned() {
            *done += 1;
        }
        let started = self.started.lock_unpoisoned().remove(address);
        let elapsed_seconds = started.map(|started| started.elapsed().as_secs_f64());
        emit_finished(&self.stream, finished, elapsed_seconds);
    }

    fn beat(&self) {
        let (phase, stream) = (Arc::clone(&self.phase), self.stream.clone());
        self.heartbeat.lock_unpoisoned().get_or_insert_with(|| {
            heartbeat(move || {
                let phase = *phase.lock_unpoisoned();
                progress(&stream, phase);
            })
        });
    }

    fn finish(&self) {
        drop(self.heartbeat.lock_unpoisoned().take());
        complete(&self.stream, self.phase.lock_unpoisoned().take());
    }
}

/// Writes the event of a step that ended.
fn emit_finished(stream: &EventStream, finished: &FinishedStep<'_>, elapsed_seconds: Option<f64>) {
    let FinishedStep {
        step, outcome, id, ..
    } = finished;
    let step = StepEntry { ..*step };
    let mut message = format!("{}: {}", step.address, labels::action(step.action));
    message += " ";
    message += labels::outcome(*outcome);
    if *outcome == Outcome::Succeeded {
        let body = EventBody::ApplyComplete(CompletedStep {
            step,
            id: *id,
            elapsed_seconds,
            warnings: finished.warnings,
        });
        return stream.emit(Level::Info, &message, &body);
    }
    let unsuccessful = UnsuccessfulStep {
        step,
        outcome: *outcome,
        code: finished.code,
        message: finished.message,
        request: finished.request,
        elapsed_seconds,
    };
    let (level, body) = match outcome {
        Outcome::Failed | Outcome::Unknown => (Level::Error, EventBody::ApplyErrored(unsuccessful)),
        _ => (Level::Warn, EventBody::ApplySkipped(unsuccessful)),
    };
    stream.emit(level, &message, &body);
}

fn step<'a>(address: &'a Address, name: &'a str, action: Action) -> StepEntry<'a> {
    StepEntry {
        address: name,
        customer: &address.customer,
        connector: address.connector.as_deref(),
        action,
    }
}

fn reading(phase: RefreshPhase) -> &'static str {
    match phase {
        RefreshPhase::Customers => "listing customers",
        RefreshPhase::Connectors => "listing connectors",
        RefreshPhase::Details => "reading details",
        RefreshPhase::Checks => "checking connectors",
    }
}

/// Ends a phase. The report is the end of an execution.
fn complete(stream: &EventStream, phase: Option<Phase>) {
    if let Some(Phase::Refresh(refresh)) = phase {
        let body = EventBody::RefreshComplete(refresh);
        stream.emit(Level::Info, reading(refresh.phase), &body);
    }
}

fn progress(stream: &EventStream, phase: Option<Phase>) {
    match phase {
        Some(Phase::Refresh(refresh)) => {
            let message = format!("{}: {}", reading(refresh.phase), refresh.done);
            stream.emit(Level::Info, &message, &EventBody::RefreshProgress(refresh));
        }
        Some(Phase::Apply { done, total, since }) => {
            let body = EventBody::ApplyProgress {
                done,
                total,
                elapsed_seconds: since.elapsed().as_secs_f64(),
            };
            stream.emit(Level::Info, &format!("applying: {done}"), &body);
        }
        None => {}
    }
}
