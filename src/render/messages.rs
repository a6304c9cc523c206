//! Responsible for status messages: where a run goes, what it asks, how it ends early.

use super::labels::counted;
use super::{Label, Line, Safe, Ui, labels};
use crate::model::{Address, ConnectorId};
use crate::plan::Action;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// Which API a run is about to speak to, so that nobody mistakes one for the other.
pub fn target(ui: &Ui, name: &str, organization: &str) -> io::Result<()> {
    let line = Line::at(0).hang(2).label(Label::Faint, "Target: ");
    let text = Safe::new(format_args!("{name}, organization {organization}"));
    ui.status().line(&line.label(Label::Faint, text))
}

/// Something worth knowing that stops nothing.
pub fn note(ui: &Ui, text: &str) -> io::Result<()> {
    let line = Line::at(0).hang(2).label(Label::Strong, "note: ");
    ui.status().line(&line.text(Safe::new(text)))
}

/// Connectors that an earlier run may have made, beside those that were taken for what it made.
pub fn doubtful(ui: &Ui, doubtful: &BTreeMap<Address, BTreeSet<ConnectorId>>) -> io::Result<()> {
    for (address, others) in doubtful {
        let others: Vec<String> = others.iter().map(ConnectorId::to_string).collect();
        let text = format!(
            "a run that was cut short and somebody else made {address} at the same time, and nobody \
             can tell which is whose: the older one is kept; delete {} yourself if nobody uses it",
            others.join(" and ")
        );
        note(ui, &text)?;
    }
    Ok(())
}

/// What a rotation saw and leaves alone.
pub fn left_for_apply(ui: &Ui, left: &[(Address, Action)], all: bool) -> io::Result<()> {
    if left.is_empty() {
        return Ok(());
    }
    let shown = if all { left.len() } else { left.len().min(5) };
    let named: Vec<String> = left[..shown]
        .iter()
        .map(|(address, action)| format!("{} {address}", labels::action(*action)))
        .collect();
    let more = match left.len() - shown {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let pending = labels::counted(left.len(), "pending change");
    note(
        ui,
        &format!("{pending} left for apply: {}{more}", named.join(", ")),
    )
}

/// Asks for approval; the answer is read by the caller.
pub fn ask(ui: &Ui) -> io::Result<()> {
    let mut status = ui.status();
    status.blank()?;
    status.line(
        &Line::at(0)
            .hang(2)
            .label(Label::Strong, "Apply these changes? Only `yes` is yes:"),
    )?;
    status.flush()
}

/// The first signal was heard.
pub fn draining(ui: &Ui) {
    let text = "stopping: what was begun is finished, nothing further is; a second signal stops at \
                once";
    // Without a stderr there is nobody to tell, and the run ends all the same.
    let _ = ui
        .status()
        .line(&Line::at(0).hang(2).label(Label::Strong, text));
}

/// The second signal was heard.
pub fn aborted(ui: &Ui) {
    let text = "stopped at once: what was under way is unknown, and the next run looks";
    let _ = ui
        .status()
        .line(&Line::at(0).hang(2).label(Label::Error, text));
}

/// The embedded API is ready; how to point a client at it.
pub fn serving(ui: &Ui, address: &str, organization: &str, any_client: bool) -> io::Result<()> {
    let mut out = ui.out();
    out.say(Safe::new(format_args!(
        "Serving the sandbox at {address}; end it with Ctrl-C."
    )))?;
    out.line(&Line::at(2).text(Safe::new(format_args!("AIRBYTE_API_HOST={address}"))))?;
    let text = Safe::new(format_args!("AIRBYTE_ORGANIZATION_ID={organization}"));
    out.line(&Line::at(2).text(text))?;
    let client = if any_client {
        "AIRBYTE_CLIENT_ID and AIRBYTE_CLIENT_SECRET: any that are not empty"
    } else {
        "AIRBYTE_CLIENT_ID and AIRBYTE_CLIENT_SECRET: as in this process's environment"
    };
    out.line(&Line::at(2).hang(4).text(client))?;
    out.flush()
}

/// The files hold no error; what they declare.
pub fn valid(ui: &Ui, files: usize, customers: usize, connectors: usize) -> io::Result<()> {
    let text = format!(
        "Valid: {} with {} and {}.",
        counted(files, "file"),
        counted(customers, "customer"),
        counted(connectors, "connector")
    );
    let mut out = ui.out();
    out.line(&Line::at(0).hang(2).label(Label::Good, Safe::new(text)))?;
    out.flush()
}

/// What `init` wrote, and what comes next.
pub fn initialised(ui: &Ui, files: &[String], directory: &str) -> io::Result<()> {
    let mut out = ui.out();
    for file in files {
        out.line(&Line::at(0).text("wrote ").text(Safe::new(file)))?;
    }
    let next = format!("Next: airlift plan -f {directory} --sandbox");
    out.line(&Line::at(0).hang(2).text(Safe::new(next)))?;
    out.flush()
}
