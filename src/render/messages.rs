//! Responsible for status messages: the target of a run, the request for approval, and how a run is
//! stopped.

use super::labels::counted;
use super::{Label, Line, Safe, Ui, labels, ndjson, wording};
use crate::model::{Address, ConnectorId};
use crate::plan::Action;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// Pending changes that a note lists before it counts the rest.
const LISTED: usize = 5;

/// Names the API of a run, so that a reader does not mistake the sandbox for it. `scope` says which part of the
/// project the run covers.
pub fn target(ui: &Ui, (name, organization): (&str, &str), scope: Vec<String>) -> io::Result<()> {
    ndjson::target(ui, name, organization);
    let parts = scope
        .into_iter()
        .chain([format!("{name},"), format!("organization {organization}")]);
    let faint = |part: String| Line::default().label(Label::Faint, Safe::new(part));
    let title = Line::default().label(Label::Faint, "Target:");
    let sentences: Vec<Line> = std::iter::once(title).chain(parts.map(faint)).collect();
    ui.status().sentences(2, &sentences)
}

/// Writes a note, which does not stop the run.
pub fn print_note(ui: &Ui, text: &str) -> io::Result<()> {
    ndjson::notice(ui, text);
    let line = Line::at(0).hang(2).label(Label::Strong, "note: ");
    ui.status().line(&line.text(Safe::new(text)))
}

/// Names connectors that an interrupted run may have created, beside those that it adopted.
pub fn possible_duplicates(
    ui: &Ui,
    duplicates: &BTreeMap<Address, BTreeSet<ConnectorId>>,
) -> io::Result<()> {
    for (address, others) in duplicates {
        let ids: Vec<String> = others.iter().map(ConnectorId::to_string).collect();
        let text = format!(
            "{} exists more than once: an interrupted run and someone else may each have \
             created one. The oldest is used; delete {} if they are not needed",
            Safe::address(address),
            ids.join(" and ")
        );
        print_note(ui, &text)?;
    }
    Ok(())
}

/// Names pending changes that a rotation or an adoption leaves for apply.
pub fn left_for_apply(ui: &Ui, changes: &[(Address, Action)]) -> io::Result<()> {
    pending_changes(ui, changes, "left for apply")
}

/// Says that the ledger has everything that `adopt` was asked for.
pub fn nothing_to_adopt(ui: &Ui) -> io::Result<()> {
    print_note(ui, "nothing to adopt: the ledger has each of these objects")
}

/// Names pending changes that the run does not make, if there are any.
pub(super) fn pending_changes(ui: &Ui, changes: &[(Address, Action)], why: &str) -> io::Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let shown = if ui.verbosity().lists_all() {
        changes.len()
    } else {
        changes.len().min(LISTED)
    };
    let names: Vec<String> = changes[..shown]
        .iter()
        .map(|(address, action)| format!("{} {}", labels::action(*action), Safe::address(address)))
        .collect();
    let rest = match changes.len() - shown {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let count = counted(changes.len(), "pending change");
    let text = format!("{count} {why}: {}{rest}", names.join(", "));
    print_note(ui, &text)
}

/// Asks for approval. The caller reads the answer.
pub fn ask(ui: &Ui, question: &str) -> io::Result<()> {
    let mut status = ui.status();
    status.blank()?;
    let text = Safe::new(format_args!("{question} Only `yes` is accepted:"));
    status.line(&Line::at(0).hang(2).label(Label::Strong, text))?;
    status.flush()
}

/// Asks once more for the whole word.
pub fn ask_again(ui: &Ui) -> io::Result<()> {
    let text = "Type the whole word `yes` to approve:";
    let mut status = ui.status();
    status.line(&Line::at(0).hang(2).label(Label::Strong, text))?;
    status.flush()
}

/// Says what the first signal does.
pub fn draining(ui: &Ui) {
    ui.clear_line();
    let text = "Stopping after the requests in flight. Press Ctrl-C again to stop at once.";
    // The run stops, whether or not stderr can be written.
    let _ = ui
        .status()
        .line(&Line::at(0).hang(2).label(Label::Strong, text));
}

/// Says what the second signal did.
pub fn aborted(ui: &Ui) {
    ui.remove_bar();
    ui.clear_line();
    let text = "Stopped at once. The next run checks the requests that were in flight.";
    let _ = ui
        .status()
        .line(&Line::at(0).hang(2).label(Label::Error, text));
}

/// Which client credentials a sandbox accepts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AcceptedClient {
    /// Every pair that is not empty.
    Any,
    /// The pair in the environment of the sandbox.
    FromEnvironment,
}

/// Says how to point a client at the sandbox.
pub fn serving(
    ui: &Ui,
    address: &str,
    organization: &str,
    client: AcceptedClient,
) -> io::Result<()> {
    let mut out = ui.out();
    out.say(Safe::new(format_args!(
        "Serving the sandbox at {address}; end it with Ctrl-C."
    )))?;
    out.line(&Line::at(2).text(Safe::new(format_args!("AIRBYTE_API_HOST={address}"))))?;
    let text = Safe::new(format_args!("AIRBYTE_ORGANIZATION_ID={organization}"));
    out.line(&Line::at(2).text(text))?;
    let client = match client {
        AcceptedClient::Any => {
            "AIRBYTE_CLIENT_ID and AIRBYTE_CLIENT_SECRET: any values that are not empty"
        }
        AcceptedClient::FromEnvironment => {
            "AIRBYTE_CLIENT_ID and AIRBYTE_CLIENT_SECRET: as in this process's environment"
        }
    };
    out.line(&Line::at(2).hang(4).text(client))?;
    out.flush()
}

/// Says where the listener of consents serves.
pub fn serving_consents(ui: &Ui, origin: &str) -> io::Result<()> {
    let mut out = ui.out();
    out.say(Safe::new(format_args!(
        "Serving consents at {origin}; end it with Ctrl-C."
    )))?;
    out.flush()
}

/// Counts what valid files declare.
pub fn valid(ui: &Ui, files: usize, customers: usize, connectors: usize) -> io::Result<()> {
    let text = format!(
        "Valid: {}.",
        wording::declared(files, customers, connectors)
    );
    let mut out = ui.out();
    out.line(&Line::at(0).hang(2).label(Label::Good, Safe::new(text)))?;
    out.flush()
}

/// Names the files that `init` wrote, and the next command.
pub fn initialized(ui: &Ui, files: &[String], next: &[String]) -> io::Result<()> {
    let mut out = ui.out();
    for file in files {
        out.line(&Line::at(0).text("wrote ").text(Safe::new(file)))?;
    }
    for command in next {
        out.line(&next_command(command))?;
    }
    out.flush()
}

/// Says where manual pages were written.
pub fn manual(ui: &Ui, pages: usize, directory: &str) -> io::Result<()> {
    let mut out = ui.out();
    let text = format!("wrote {} below {directory}", counted(pages, "page"));
    out.line(&Line::at(0).hang(2).text(Safe::new(text)))?;
    out.flush()
}

/// Names the next command.
pub(super) fn next_command(command: &str) -> Line {
    let text = Safe::new(format_args!("Next: {command}"));
    Line::at(0).unwrapped().text(text)
}

/// Words as a shell reads them.
pub fn command_line(words: &[impl AsRef<str>]) -> String {
    let words: Vec<_> = words.iter().map(|word| shell_word(word.as_ref())).collect();
    words.join(" ")
}

fn shell_word(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::command_line;

    #[test]
    fn command_line_quotes_what_a_shell_would_split_or_expand() {
        let words = ["airlift", "plan", "-f", "my project", "a'b", "$HOME", ""];
        let expected = r"airlift plan -f 'my project' 'a'\''b' '$HOME' ''";
        assert_eq!(command_line(&words), expected);
    }
}
