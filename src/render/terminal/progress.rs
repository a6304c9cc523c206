//! Responsible for the progress display on stderr: a bar on a terminal, a line every ten seconds
//! otherwise.

use super::heartbeat::{Heartbeat, heartbeat};
use super::line::Line;
use super::sanitize::Safe;
use super::style::Label;
use super::{Color, Ui, Verbosity};
use crate::events::{Event, Sink};
use crate::model::{Action, Address, LockUnpoisoned, Outcome};
use crate::render::labels;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
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
}

/// The phase of reading, and the number of its parts that the display shows as done.
#[derive(Debug, Default)]
struct Reading {
    phase: &'static str,
    done: usize,
}

#[derive(Debug)]
enum Mode {
    Bar(ProgressBar),
    Lines {
        state: Arc<Mutex<State>>,
        clock: Mutex<Option<Heartbeat>>,
    },
}

/// What the next line says.
#[derive(Debug, Default)]
struct State {
    phase: String,
    done: u64,
    total: Option<u64>,
    started: Option<Instant>,
}

impl Sink for Progress {
    fn emit(&self, event: Event<'_>) {
        match event {
            Event::CustomersListed { done } => self.read("Listing customers", done, None),
            Event::ConnectorsListed { done, total } => {
                self.read("Listing connectors", done, Some(total));
            }
            Event::DetailsRead { done, total } => self.read("Reading details", done, Some(total)),
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
                ..
            } => self.step_finished(address, action, outcome),
            Event::PhaseFinished => self.finish(),
            Event::RequestFinished(_) => {}
        }
    }
}

impl Progress {
    /// A bar on a terminal, lines otherwise.
    pub(crate) fn new(ui: &Ui) -> Self {
        // A bar and a log on the same stream would write over each other.
        let mode = if ui.stderr_is_terminal() && !ui.logs_requests() {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            Mode::Bar(bar)
        } else {
            let state = Arc::new(Mutex::new(State::default()));
            let clock = Mutex::new(Some(tick(Arc::clone(&state), ui.clone())));
            Mode::Lines { state, clock }
        };
        Self {
            ui: ui.clone(),
            mode,
            reading: Mutex::default(),
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
            Mode::Bar(bar) => {
                bar.reset();
                bar.enable_steady_tick(Duration::from_millis(120));
                bar.set_style(style(total, self.ui.stderr_color));
                match total {
                    Some(total) => bar.set_length(total),
                    None => bar.unset_length(),
                }
                bar.set_prefix(Safe::new(name).to_string());
                bar.set_message("");
            }
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
            Mode::Bar(bar) => {
                // Progress means that the wait is over.
                if bar.message().starts_with(WAITING) {
                    bar.set_message("");
                }
                bar.inc(parts);
            }
            Mode::Lines { state, .. } => lock(state).done += parts,
        }
    }

    fn wait(&self, reason: &str, longest: Duration) {
        let seconds = longest.as_secs() + u64::from(longest.subsec_nanos() > 0);
        let text = Safe::new(format_args!("{WAITING} {seconds} s: {reason}"));
        match &self.mode {
            // There is no bar before the first phase.
            Mode::Bar(bar) if !bar.prefix().is_empty() => bar.set_message(text.to_string()),
            Mode::Bar(_) | Mode::Lines { .. } => self.say(&Line::at(0).hang(2).text(text)),
        }
    }

    fn wave(&self, number: usize, of: usize, connectors: usize) {
        let name = format!("Wave {number} of {of}");
        self.phase(&name, u64::try_from(connectors).ok());
    }

    fn step_started(&self, address: &Address, action: Action) {
        if let Mode::Bar(bar) = &self.mode {
            let text = format!("{} {}", labels::action(action), Safe::address(address));
            bar.set_message(Safe::new(text).to_string());
        }
    }

    /// Shows a failure at once, because the report may be minutes away.
    fn step_finished(&self, address: &Address, action: Action, outcome: Outcome) {
        self.advance(1);
        match outcome {
            Outcome::NotAttempted => return,
            Outcome::Succeeded if self.ui.verbosity() == Verbosity::Normal => return,
            _ => {}
        }
        let label = if outcome == Outcome::Succeeded {
            Label::Good
        } else {
            Label::Error
        };
        let rest = format!(": {} {}", labels::action(action), Safe::address(address));
        let line = Line::at(0).hang(2).label(label, labels::outcome(outcome));
        self.say(&line.text(Safe::new(rest)));
    }

    /// Clears the bar, or stops the lines.
    fn finish(&self) {
        match &self.mode {
            Mode::Bar(bar) => bar.finish_and_clear(),
            Mode::Lines { clock, .. } => drop(lock(clock).take()),
        }
    }

    fn say(&self, line: &Line) {
        let write = || write_line(&self.ui, line);
        match &self.mode {
            Mode::Bar(bar) => bar.suspend(write),
            Mode::Lines { .. } => write(),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}

/// A progress line that cannot be written must not stop the run.
fn write_line(ui: &Ui, line: &Line) {
    let _ = ui.status().line(line);
}

/// Writes a line every ten seconds.
fn tick(state: Arc<Mutex<State>>, ui: Ui) -> Heartbeat {
    heartbeat(move || {
        let line = lock(&state).line();
        if let Some(line) = line {
            write_line(&ui, &line);
        }
    })
}

impl State {
    fn line(&self) -> Option<Line> {
        let seconds = self.started?.elapsed().as_secs();
        let total = self
            .total
            .map(|total| format!(" of {total}"))
            .unwrap_or_default();
        let text = format!("{}: {}{total}, {seconds} s", self.phase, self.done);
        Some(Line::at(0).hang(2).text(Safe::new(text)))
    }
}

/// A count stays usable after a panic of another thread.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock_unpoisoned()
}

fn style(total: Option<u64>, color: Color) -> ProgressStyle {
    let template = match (total, color) {
        (Some(_), Color::On) => "{prefix} [{bar:24.green}] {pos}/{len} {wide_msg:.dim}",
        (Some(_), Color::Off) => "{prefix} [{bar:24}] {pos}/{len} {wide_msg}",
        (None, Color::On) => "{spinner:.green} {prefix} {pos} {wide_msg:.dim}",
        (None, Color::Off) => "{spinner} {prefix} {pos} {wide_msg}",
    };
    let style = ProgressStyle::with_template(template);
    style
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use super::{Mode, Progress, State, lock, style};
    use crate::events::{Event, Sink};
    use crate::render::{Color, ColorChoice, OutputEnvironment, Ui, Verbosity};
    use std::time::Instant;

    #[test]
    fn state_of_a_started_phase_is_one_line() {
        let state = State {
            phase: "Reading connectors".into(),
            done: 3,
            total: Some(120),
            started: Some(Instant::now()),
        };
        let mut bytes = Vec::new();
        let mut out = crate::render::Out::new(&mut bytes, 80, Color::Off);
        out.line(&state.line().unwrap()).unwrap();
        drop(out);
        assert_eq!(bytes, b"Reading connectors: 3 of 120, 0 s\n");
    }

    #[test]
    fn state_before_the_first_phase_has_no_line() {
        assert!(State::default().line().is_none());
    }

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
    fn progress_with_an_event_of_another_phase_starts_it() {
        let progress = progress();
        progress.emit(Event::CustomersListed { done: 250 });
        progress.emit(Event::DetailsRead { done: 1, total: 4 });
        assert_eq!(shown(&progress), ("Reading details".to_owned(), 1, Some(4)));
        progress.emit(Event::ExecutionStarted { steps: 7 });
        assert_eq!(shown(&progress), ("Applying".to_owned(), 0, Some(7)));
    }

    #[test]
    fn style_of_every_bar_parses() {
        for total in [Some(1), None] {
            for color in [Color::On, Color::Off] {
                let _ = style(total, color);
            }
        }
    }

    #[test]
    fn progress_after_finish_stops_its_clock() {
        let progress = progress();
        progress.phase("Reading", Some(2));
        progress.advance(1);
        progress.finish();
    }
}
