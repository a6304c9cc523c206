//! Responsible for the progress display on stderr: a bar on a terminal, a line every ten seconds
//! otherwise.

use super::bar::{RequestRate, bar};
use super::heartbeat::Heartbeat;
use super::line::Line;
use super::phase_line::{State, tick};
use super::sanitize::Safe;
use super::style::Label;
use super::{Ui, Verbosity};
use crate::events::{Event, ResponseSummary, Sink};
use crate::model::{Action, Address, LockUnpoisoned, Outcome};
use crate::render::labels;
use indicatif::ProgressBar;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The first words of a message about a wait.
const WAITING: &str = "waiting up to";

/// Shows the events of a run as progress.
#[derive(Debug)]
pub(crate) struct Progress {
    ui: Ui,
    mode: Mode,
    reading: Mutex<Reading>,
    /// When the steps that are executed now started.
    started: Mutex<BTreeMap<Address, Instant>>,
}

/// The phase of reading, and the number of its parts that the display shows as done.
#[derive(Debug, Default)]
struct Reading {
    phase: &'static str,
    done: usize,
}

#[derive(Debug)]
enum Mode {
    /// On a terminal: the bar of the present phase.
    Bar(Mutex<Option<(ProgressBar, Arc<RequestRate>)>>),
    /// `--quiet`.
    Silent,
    Lines {
        state: Arc<Mutex<State>>,
        clock: Mutex<Option<Heartbeat>>,
    },
}

impl Sink for Progress {
    fn emit(&self, event: Event<'_>) {
        match event {
            Event::CustomersListed { done } => self.read("Listing customers", done, None),
            Event::ConnectorsListed { done, total } => {
                self.read("Listing connectors", done, Some(total));
            }
            Event::DetailsRead { done, total } => self.read("Reading details", done, Some(total)),
            Event::ConnectorsChecked { done, total } => {
                self.read("Checking connectors", done, Some(total));
            }
            Event::WaitStarted { reason, longest } => self.wait(reason, longest),
            Event::ExecutionStarted { steps } => self.phase("Applying", u64::try_from(steps).ok()),
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
                ..
            } => self.step_finished(address, action, outcome, remote_id),
            Event::PhaseFinished => self.finish(),
            Event::RequestFinished(request) => self.request_finished(request.response),
        }
    }
}

impl Progress {
    /// A bar on a terminal, lines otherwise.
    pub(crate) fn new(ui: &Ui) -> Self {
        // A bar and a log on the same stream would write over each other.
        let mode = if ui.verbosity() == Verbosity::Quiet {
            Mode::Silent
        } else if ui.stderr_is_terminal() && !ui.logs_requests() {
            Mode::Bar(Mutex::default())
        } else {
            let state = Arc::new(Mutex::new(State::default()));
            let clock = Mutex::new(Some(tick(Arc::clone(&state), ui.clone())));
            Mode::Lines { state, clock }
        };
        Self {
            ui: ui.clone(),
            mode,
            reading: Mutex::default(),
            started: Mutex::default(),
        }
    }

    /// Shows how many parts of a phase of reading are done. A smaller number than before restarts
    /// the phase, because a listing is repeated when it was not complete.
    fn read(&self, phase: &'static str, done: usize, total: Option<usize>) {
        let mut reading = lock(&self.reading);
        if reading.phase != phase || done < reading.done {
            self.phase(phase, total.and_then(|total| u64::try_from(total).ok()));
            *reading = Reading { phase, done: 0 };
        }
        self.advance(u64::try_from(done - reading.done).unwrap_or(0));
        reading.done = done;
    }

    /// Starts a phase. `total` is its number of parts, if known.
    fn phase(&self, name: &str, total: Option<u64>) {
        match &self.mode {
            Mode::Bar(present) => {
                let mut present = lock(present);
                self.ui.bar.replace(None);
                let rate = Arc::new(RequestRate::new());
                let name = Safe::new(name).to_string();
                let bar = bar(name, total, self.ui.stderr_color, Arc::clone(&rate));
                self.ui.bar.replace(Some(bar.clone()));
                *present = Some((bar, rate));
            }
            Mode::Silent => {}
            Mode::Lines { state, clock } => {
                *lock(state) = State {
                    phase: name.to_owned(),
                    done: 0,
                    total,
                    started: Some(Instant::now()),
                };
                // `finish` stopped the clock of the phase before.
                lock(clock).get_or_insert_with(|| tick(Arc::clone(state), self.ui.clone()));
            }
        }
    }

    fn advance(&self, parts: u64) {
        match &self.mode {
            Mode::Bar(present) => {
                let Some((bar, _)) = &*lock(present) else {
                    return;
                };
                // Progress means that the wait is over.
                if bar.message().starts_with(WAITING) {
                    bar.set_message("");
                }
                bar.inc(parts);
            }
            Mode::Silent => {}
            Mode::Lines { state, .. } => lock(state).done += parts,
        }
    }

    fn wait(&self, reason: &str, longest: Duration) {
        let seconds = longest.as_secs() + u64::from(longest.subsec_nanos() > 0);
        let text = Safe::new(format_args!("{WAITING} {seconds} s: {reason}"));
        let line = Line::at(0).hang(2).text(text.clone());
        match &self.mode {
            Mode::Bar(present) => match &*lock(present) {
                Some((bar, _)) => bar.set_message(text.to_string()),
                // There is no bar before the first phase.
                None => write_line(&self.ui, &line),
            },
            Mode::Silent => {}
            Mode::Lines { .. } => write_line(&self.ui, &line),
        }
    }

    fn wave(&self, number: usize, of: usize, connectors: usize) {
        let name = format!("Wave {number} of {of}");
        self.phase(&name, u64::try_from(connectors).ok());
        let connectors = labels::counted(connectors, "connector");
        let line = Line::at(0).hang(2).label(Label::Strong, Safe::new(name));
        let line = line.text(Safe::new(format_args!(": {connectors}")));
        write_line(&self.ui, &line);
    }

    /// Shows the rate of requests on the bar.
    fn request_finished(&self, response: ResponseSummary) {
        if let Mode::Bar(present) = &self.mode
            && let Some((_, rate)) = &*lock(present)
        {
            rate.count();
            if response == ResponseSummary::Status(429) {
                rate.throttle();
            }
        }
    }

    fn step_started(&self, address: &Address, action: Action) {
        lock(&self.started).insert(address.clone(), Instant::now());
        if let Mode::Bar(present) = &self.mode
            && let Some((bar, _)) = &*lock(present)
        {
            let text = format!("{} {}", labels::action(action), Safe::address(address));
            bar.set_message(Safe::new(text).to_string());
        }
    }

    /// Shows a failure at once, because the report may be minutes away. Shows a success where there is
    /// no bar, so that a log has a line for each step.
    fn step_finished(
        &self,
        address: &Address,
        action: Action,
        outcome: Outcome,
        remote_id: Option<&str>,
    ) {
        let started = lock(&self.started).remove(address);
        let label = match outcome {
            // A bar that jumped to its end would say that the run is complete.
            Outcome::NotAttempted => return,
            Outcome::Succeeded => Label::Good,
            _ => Label::Error,
        };
        self.advance(1);
        if outcome == Outcome::Succeeded && !self.shows_success() {
            return;
        }
        let duration = started
            .map(|started| format!(" in {:.1} s", started.elapsed().as_secs_f64()))
            .unwrap_or_default();
        let id = remote_id.map(|id| format!(", id {id}")).unwrap_or_default();
        let (action, address) = (labels::action(action), Safe::address(address));
        let rest = format!(": {action} {address}{duration}{id}");
        let line = Line::at(0).hang(2).label(label, labels::outcome(outcome));
        write_line(&self.ui, &line.text(Safe::new(rest)));
    }

    fn shows_success(&self) -> bool {
        match self.mode {
            Mode::Bar(_) => self.ui.verbosity() > Verbosity::Normal,
            Mode::Silent => false,
            Mode::Lines { .. } => true,
        }
    }

    /// Clears the bar, or stops the lines.
    fn finish(&self) {
        match &self.mode {
            Mode::Bar(present) => {
                lock(present).take();
                self.ui.bar.replace(None);
            }
            Mode::Silent => {}
            Mode::Lines { clock, .. } => drop(lock(clock).take()),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}

/// A progress line that cannot be written must not stop the run.
pub(super) fn write_line(ui: &Ui, line: &Line) {
    let _ = ui.status().line(line);
}

/// A count stays usable after a panic of another thread.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock_unpoisoned()
}

#[cfg(test)]
mod tests {
    use super::{Mode, Progress, lock};
    use crate::events::{Event, Sink};
    use crate::model::{Action, Address, Outcome};
    use crate::render::{ColorChoice, OutputEnvironment, Ui, Verbosity};

    fn progress() -> Progress {
        let environment = OutputEnvironment::default();
        Progress::new(&Ui::new(
            ColorChoice::Never,
            Verbosity::Normal,
            &environment,
        ))
    }

    /// The phase, and how many of its parts are done.
    fn shown(progress: &Progress) -> (String, u64, Option<u64>) {
        let Mode::Lines { state, .. } = &progress.mode else {
            panic!("a bar without a terminal");
        };
        let state = lock(state);
        (state.phase.clone(), state.done, state.total)
    }

    #[test]
    fn progress_with_reading_events_counts_parts() {
        let progress = progress();
        progress.emit(Event::CustomersListed { done: 100 });
        progress.emit(Event::CustomersListed { done: 250 });
        let expected = ("Listing customers".to_owned(), 250, None);
        assert_eq!(shown(&progress), expected);
    }

    #[test]
    fn progress_with_a_repeated_listing_counts_from_the_start() {
        let progress = progress();
        progress.emit(Event::CustomersListed { done: 250 });
        progress.emit(Event::CustomersListed { done: 100 });
        let expected = ("Listing customers".to_owned(), 100, None);
        assert_eq!(shown(&progress), expected);
    }

    #[test]
    fn progress_of_checks_has_a_phase_of_its_own() {
        let progress = progress();
        progress.emit(Event::ConnectorsChecked { done: 0, total: 3 });
        progress.emit(Event::ConnectorsChecked { done: 2, total: 3 });
        let expected = ("Checking connectors".to_owned(), 2, Some(3));
        assert_eq!(shown(&progress), expected);
    }

    #[test]
    fn progress_with_an_event_of_another_phase_starts_it() {
        let progress = progress();
        progress.emit(Event::CustomersListed { done: 250 });
        progress.emit(Event::DetailsRead { done: 1, total: 4 });
        assert_eq!(shown(&progress), ("Reading details".to_owned(), 1, Some(4)));
        progress.emit(Event::ExecutionStarted { steps: 7 });
        assert_eq!(shown(&progress), ("Applying".to_owned(), 0, Some(7)));
    }

    #[test]
    fn progress_of_steps_that_did_not_start_stays() {
        let progress = progress();
        let address = Address::customer("acme");
        let finished = |outcome| Event::StepFinished {
            address: &address,
            action: Action::Create,
            outcome,
            remote_id: None,
            code: None,
            message: None,
            request: None,
            warnings: &[],
        };
        progress.emit(Event::ExecutionStarted { steps: 3 });
        progress.emit(finished(Outcome::Succeeded));
        progress.emit(finished(Outcome::NotAttempted));
        assert_eq!(shown(&progress), ("Applying".to_owned(), 1, Some(3)));
    }

    #[test]
    fn progress_after_finish_stops_its_clock() {
        let progress = progress();
        progress.phase("Reading", Some(2));
        progress.advance(1);
        progress.finish();
    }
}
