//! Responsible for writing the events of `--json`: one JSON object a line, numbered, flushed at once.

use super::line::{EVENTS_VERSION, EventBody, EventLine, Level, RunResult, RunSummary};
use crate::failure::{Exit, Failure};
use crate::model::LockUnpoisoned;
use crate::plan::{DriftSummary, Summary};
use crate::render::json::{self, ReportSummary};
use crate::render::terminal::{RepeatedOptions, Streams};
use jiff::Timestamp;
use serde::Serialize;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, TryLockError};
use std::time::Duration;
use uuid::Uuid;

/// The events of this process, which a panic ends.
static OF_PROCESS: OnceLock<EventStream> = OnceLock::new();

/// How often a panic tries to write the last event while another thread writes one.
const PANIC_TRIES: u32 = 100;

/// Writes the events of a run.
#[derive(Clone, Debug)]
pub(crate) struct EventStream {
    run_id: Uuid,
    streams: Streams,
    /// What suggested commands repeat.
    options: RepeatedOptions,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    seq: u64,
    plan_id: Option<String>,
    counts: Counts,
    /// The first error of writing. Later events are dropped.
    error: Option<io::Error>,
    has_ended: bool,
}

/// What the last event counts.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    planned: Option<Summary>,
    applied: Option<ReportSummary>,
    drifted: Option<DriftSummary>,
}

/// A result of any type, as [`EventBody::Result`].
#[derive(Serialize)]
struct ResultBody<'a, T> {
    r#type: &'static str,
    document: &'a T,
}

impl EventStream {
    /// Starts the events of a run.
    pub(in crate::render) fn start(run_id: Uuid, streams: Streams) -> Self {
        let stream = Self {
            run_id,
            streams,
            options: RepeatedOptions::default(),
            state: Arc::default(),
        };
        if matches!(stream.streams, Streams::Process) {
            // A second run in the same process does not replace the first, which a panic ends.
            let _ = OF_PROCESS.set(stream.clone());
        }
        let airlift = env!("CARGO_PKG_VERSION");
        let body = EventBody::Version {
            airlift,
            events: EVENTS_VERSION,
        };
        stream.emit(Level::Info, &format!("airlift {airlift}"), &body);
        stream
    }

    /// The id of the run.
    pub(crate) fn run_id(&self) -> Uuid {
        self.run_id
    }

    /// The same, with options that suggested commands repeat.
    #[must_use]
    pub(in crate::render) fn with_options(self, options: RepeatedOptions) -> Self {
        Self { options, ..self }
    }

    /// The events of this process, or new ones if none were written.
    pub(in crate::render) fn of_process() -> Self {
        match OF_PROCESS.get() {
            Some(stream) => stream.clone(),
            None => Self::start(Uuid::new_v4(), Streams::Process),
        }
    }

    /// Writes an event.
    pub(super) fn emit<B: Serialize>(&self, level: Level, message: &str, body: &B) {
        self.write(&mut self.state.lock_unpoisoned(), level, message, body);
    }

    /// Writes the result of a command.
    pub(in crate::render) fn result<T: Serialize>(&self, document: &T) -> io::Result<()> {
        let body = ResultBody {
            r#type: "result",
            document,
        };
        self.emit(Level::Info, "the result", &body);
        self.state.lock_unpoisoned().take_error()
    }

    /// Notes the id of the plan of the run.
    pub(super) fn set_plan_id(&self, id: &str) {
        self.state.lock_unpoisoned().plan_id = Some(id.to_owned());
    }

    pub(super) fn set_planned(&self, summary: Summary) {
        self.state.lock_unpoisoned().counts.planned = Some(summary);
    }

    pub(super) fn set_applied(&self, summary: ReportSummary) {
        self.state.lock_unpoisoned().counts.applied = Some(summary);
    }

    pub(super) fn set_drifted(&self, summary: DriftSummary) {
        self.state.lock_unpoisoned().counts.drifted = Some(summary);
    }

    /// Writes the last event. Returns the error of an event that could not be written.
    pub(crate) fn end(&self, exit: Exit, failure: Option<&Failure>) -> io::Result<()> {
        self.end_locked(&mut self.state.lock_unpoisoned(), exit, failure)
    }

    /// Writes the last event after a panic, which may have happened while an event was written.
    pub(in crate::render) fn end_after_panic(&self, failure: &Failure) {
        for _ in 0..PANIC_TRIES {
            if let Some(mut state) = self.try_lock() {
                // A stdout that cannot be written leaves no place for a message about it.
                let _ = self.end_locked(&mut state, failure.exit(), Some(failure));
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn try_lock(&self) -> Option<MutexGuard<'_, State>> {
        match self.state.try_lock() {
            Ok(state) => Some(state),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    fn end_locked(
        &self,
        state: &mut State,
        exit: Exit,
        failure: Option<&Failure>,
    ) -> io::Result<()> {
        if state.has_ended {
            return Ok(());
        }
        let result = result_of(exit);
        let level = match result {
            RunResult::Succeeded => Level::Info,
            RunResult::Partial => Level::Warn,
            RunResult::Canceled | RunResult::Failed => Level::Error,
        };
        let message = failure.map_or(result.word(), |failure| &failure.message);
        let Counts {
            planned,
            applied,
            drifted,
        } = state.counts;
        let body = EventBody::Summary(RunSummary {
            result,
            exit_code: exit.number(),
            planned,
            applied,
            drifted,
            error: failure.map(json::failure_entry),
        });
        self.write(state, level, message, &body);
        state.has_ended = true;
        state.take_error()
    }

    fn write<B: Serialize>(&self, state: &mut State, level: Level, message: &str, body: &B) {
        // Tasks that the end of a run stops may still report.
        if state.has_ended || state.error.is_some() {
            return;
        }
        state.seq += 1;
        let line = EventLine {
            level,
            message,
            module: "airlift",
            timestamp: Timestamp::now().strftime("%FT%T.%6fZ").to_string(),
            seq: state.seq,
            run_id: self.run_id.to_string(),
            plan_id: state.plan_id.clone(),
            body,
        };
        state.error = self.write_line(&line).err();
    }

    fn write_line(&self, line: &impl Serialize) -> io::Result<()> {
        let bytes = json::compact(line)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let mut text = self.options.completed_json(text);
        text.push('\n');
        let mut out = self.streams.out(anstream::ColorChoice::Never);
        out.write_all(text.as_bytes())?;
        out.flush()
    }
}

impl State {
    /// A reader that closes the pipe (`| head`) is not an error.
    fn take_error(&mut self) -> io::Result<()> {
        match &self.error {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(io::Error::new(error.kind(), error.to_string()))
            }
            _ => Ok(()),
        }
    }
}

fn result_of(exit: Exit) -> RunResult {
    match exit {
        Exit::Success | Exit::Changes => RunResult::Succeeded,
        Exit::Partial => RunResult::Partial,
        Exit::Cancelled => RunResult::Canceled,
        Exit::Error
        | Exit::Authentication
        | Exit::Refused
        | Exit::Stale
        | Exit::Secret
        | Exit::Usage
        | Exit::Internal => RunResult::Failed,
    }
}
