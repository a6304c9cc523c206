//! Responsible for the state of each connector as text.

use crate::render::labels::counted;
use crate::render::view::status::{ConnectorState, StatusReport};
use crate::render::{Label, Line, Out, Safe};
use std::io;

/// The column after the widest state.
const AFTER_STATE: usize = 17;

/// Writes the connectors below their customers, and how many have each state.
pub fn status(out: &mut Out<'_>, report: &StatusReport) -> io::Result<()> {
    let mut customer = None;
    for connector in &report.connectors {
        if customer != Some(&connector.customer) {
            customer = Some(&connector.customer);
            out.line(&Line::at(0).label(Label::Strong, Safe::name(&connector.customer)))?;
        }
        let line = Line::at(2).hang(AFTER_STATE);
        let line = line.label(label(connector.state), connector.state.name());
        let line = line
            .pad_to(AFTER_STATE)
            .text(Safe::name(&connector.connector));
        out.line(&match &connector.reason {
            Some(reason) => line.text(": ").text(Safe::new(reason)),
            None => line,
        })?;
    }
    out.say(Safe::new(summary(report)))?;
    out.flush()
}

fn label(state: ConnectorState) -> Label {
    match state {
        ConnectorState::Ok => Label::Added,
        ConnectorState::Failing => Label::Removed,
        ConnectorState::NeedsConsent => Label::Waiting,
        ConnectorState::Waiting | ConnectorState::Unverified => Label::Faint,
    }
}

fn summary(report: &StatusReport) -> String {
    let counts = report.summary;
    let by_state = [
        (ConnectorState::Ok, counts.ok),
        (ConnectorState::Failing, counts.failing),
        (ConnectorState::NeedsConsent, counts.needs_consent),
        (ConnectorState::Waiting, counts.waiting),
        (ConnectorState::Unverified, counts.unverified),
    ];
    let total = by_state.iter().map(|(_, count)| count).sum();
    let parts: Vec<String> = by_state
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(state, count)| format!("{count} {}", state.name()))
        .collect();
    match parts.as_slice() {
        [] => "No connector is managed or declared.".to_owned(),
        parts => format!("{}: {}.", counted(total, "connector"), parts.join(", ")),
    }
}
