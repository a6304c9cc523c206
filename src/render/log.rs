//! The log of requests, on stderr: one line each.

use super::{Label, Line, Safe, Ui};
use std::fmt::Display;

/// Writes one line about a request, in its own words.
pub fn exchange(ui: &Ui, exchange: &impl Display) {
    let line = Line::at(0).hang(2).label(Label::Faint, Safe::new(exchange));
    // Without a stderr there is nobody to tell.
    let _ = ui.talk().line(&line);
}
