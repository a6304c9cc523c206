//! Responsible for the line that shows a phase every ten seconds where stderr is not a terminal.

use super::Ui;
use super::heartbeat::{Heartbeat, heartbeat};
use super::line::Line;
use super::progress::write_line;
use super::sanitize::Safe;
use crate::model::LockUnpoisoned;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// What the next line says.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) phase: String,
    pub(super) done: u64,
    pub(super) total: Option<u64>,
    pub(super) started: Option<Instant>,
}

/// Writes a line every ten seconds.
pub(super) fn tick(state: Arc<Mutex<State>>, ui: Ui) -> Heartbeat {
    heartbeat(move || {
        let line = state.lock_unpoisoned().line();
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

#[cfg(test)]
mod tests {
    use super::State;
    use crate::render::{Color, Out};
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
        let mut out = Out::new(&mut bytes, 80, Color::Off);
        out.line(&state.line().unwrap()).unwrap();
        drop(out);
        assert_eq!(bytes, b"Reading connectors: 3 of 120, 0 s\n");
    }

    #[test]
    fn state_before_the_first_phase_has_no_line() {
        assert!(State::default().line().is_none());
    }
}
