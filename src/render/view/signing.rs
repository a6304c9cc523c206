//! Responsible for the table of `ledger sign`: the entries that are signed, and the ids that are left
//! out.

use super::Phrase;
use crate::model::{ConnectorId, WorkspaceId};
use crate::render::{Label, Safe};
use serde::Serialize;

/// What `ledger sign` will do, or did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Signing {
    /// The entries that are not verified.
    pub entries: Vec<SigningEntry>,
    /// Customers of journal entries that are not verified. The journal entries are dropped.
    pub dropped_journal_entries: Vec<String>,
    /// Other objects that are not verified: the head is written again, the list of rotations removed.
    pub objects: Vec<&'static str>,
}

impl Signing {
    /// Whether the ledger is verified already.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
            && self.dropped_journal_entries.is_empty()
            && self.objects.is_empty()
    }
}

/// An entry that is not verified.
#[derive(Clone, Debug, Serialize)]
pub struct SigningEntry {
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// The name that the entry claims.
    pub claimed_name: Option<String>,
    /// The name of the workspace in the API. `None` if the workspace does not exist.
    pub name: Option<String>,
    /// The code of the reason why the entry is not verified.
    pub code: &'static str,
    /// Whether the entry is signed. Otherwise it is removed.
    pub signed: bool,
    /// The connectors of the entry.
    pub connectors: Vec<SigningConnector>,
}

/// A connector of an entry that is not verified.
#[derive(Clone, Debug, Serialize)]
pub struct SigningConnector {
    /// The id.
    pub id: ConnectorId,
    /// The name in the entry. `None` if the deletion of the connector is pending.
    pub name: Option<String>,
    /// Whether the connector is signed: the API lists it in the workspace, and its deletion is not
    /// pending. Otherwise it is left out.
    pub signed: bool,
}

/// The lines of the table.
pub(crate) struct SigningView {
    /// Each line with its indentation.
    pub(crate) lines: Vec<(usize, Phrase)>,
}

impl SigningView {
    pub(crate) fn new(signing: &Signing) -> Self {
        let mut lines = Vec::new();
        for entry in &signing.entries {
            lines.push((0, entry_line(entry)));
            let connectors = entry.connectors.iter();
            lines.extend(connectors.map(|connector| (2, connector_line(connector))));
        }
        for customer in &signing.dropped_journal_entries {
            let text = format!("Journal entry of {customer}: not verified; dropped");
            lines.push((0, Phrase::plain(Safe::new(text))));
        }
        for object in &signing.objects {
            let text = format!("The {object} of the ledger: not verified; written again");
            lines.push((0, Phrase::plain(Safe::new(text))));
        }
        if signing.is_empty() {
            let text = "Everything in the ledger is verified.";
            lines.push((0, Phrase::plain(Safe::new(text))));
        }
        Self { lines }
    }
}

fn entry_line(entry: &SigningEntry) -> Phrase {
    let shown = entry
        .name
        .clone()
        .or_else(|| entry.claimed_name.clone())
        .unwrap_or_else(|| entry.workspace_id.to_string());
    let claim = match (&entry.name, &entry.claimed_name) {
        (Some(name), Some(claimed)) if name != claimed => {
            format!(", recorded as {}", Safe::name(claimed))
        }
        _ => String::new(),
    };
    let decision = match (entry.signed, &entry.name) {
        (true, _) => "sign",
        (false, None) => "remove from the ledger: the workspace does not exist",
        (false, Some(_)) if entry.connectors.is_empty() && entry.claimed_name.is_none() => {
            "remove from the ledger: the entry has no content"
        }
        (false, Some(_)) => "remove from the ledger: the workspace has another name; adopt it",
    };
    let (id, code) = (entry.workspace_id, entry.code);
    Phrase::new(Label::Strong, Safe::name(&shown)).text(Safe::new(format_args!(
        " ({id}{claim}) [{code}]: {decision}"
    )))
}

fn connector_line(connector: &SigningConnector) -> Phrase {
    let name = connector
        .name
        .as_deref()
        .map_or_else(|| "(deletion pending)".into(), Safe::name);
    let decision = match (connector.signed, &connector.name) {
        (true, _) => "sign",
        (false, Some(_)) => "left out: not in this workspace",
        (false, None) => "left out; delete it yourself if it is not needed",
    };
    let text = format!("{name} ({}): {decision}", connector.id);
    Phrase::plain(Safe::new(&text))
}
