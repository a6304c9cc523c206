//! Responsible for the results of `ledger show` and `ledger trust` as text.

use crate::catalog;
use crate::render::labels::counted;
use crate::render::view::ledger::{
    Fingerprints, LedgerConnector, LedgerContents, LedgerCustomer, Trusted,
};
use crate::render::{Label, Line, Out, Safe, wording};
use std::io;

/// Writes what the ledger records.
pub fn ledger(out: &mut Out<'_>, contents: &LedgerContents) -> io::Result<()> {
    for customer in &contents.customers {
        write_customer(out, customer)?;
    }
    for entry in &contents.unverified {
        let name = entry
            .claimed_name
            .as_deref()
            .map_or_else(|| "no name".into(), Safe::name);
        let text = format_args!(
            "not verified [{}]: workspace {}, entry of {name}",
            entry.code, entry.workspace_id
        );
        out.line(&Line::at(0).hang(2).label(Label::Warning, Safe::new(text)))?;
    }
    for started_at in &contents.unfinished_rotations {
        let text = format_args!("Unfinished rotation since {started_at}.");
        out.line(&Line::at(0).hang(2).label(Label::Warning, Safe::new(text)))?;
    }
    if contents.unresolved_writes > 0 {
        let writes = counted(contents.unresolved_writes, "write");
        let text = format_args!("An interrupted run left {writes} for the next apply to resolve.");
        out.line(&Line::at(0).hang(2).label(Label::Warning, Safe::new(text)))?;
    }
    let connectors = contents
        .customers
        .iter()
        .map(|customer| customer.connectors.len())
        .sum();
    let objects = wording::objects(contents.customers.len(), connectors);
    let location = Safe::new(format_args!("{}:", contents.location));
    let counts = Safe::new(format_args!("{objects}."));
    let parts = [location, counts].map(|part| Line::default().text(part));
    out.sentences(2, &parts)?;
    out.flush()
}

fn write_customer(out: &mut Out<'_>, customer: &LedgerCustomer) -> io::Result<()> {
    let states: String = [
        (customer.suspended, ", suspended"),
        (customer.protect, ", protected"),
    ]
    .into_iter()
    .filter_map(|(is_set, state)| is_set.then_some(state))
    .collect();
    let workspace = format_args!("  workspace {}{states}", customer.workspace_id);
    let line = Line::at(0)
        .hang(2)
        .label(Label::Strong, Safe::name(&customer.name))
        .text(Safe::new(workspace));
    out.line(&line)?;
    for connector in &customer.connectors {
        write_connector(out, connector)?;
    }
    for id in &customer.pending_deletion {
        let text = format_args!("pending deletion: {id}");
        out.line(&Line::at(2).hang(4).label(Label::Warning, Safe::new(text)))?;
    }
    out.blank()
}

fn write_connector(out: &mut Out<'_>, connector: &LedgerConnector) -> io::Result<()> {
    let definition = connector.definition_id.to_string();
    let kind = catalog::find(&definition).map_or(definition.as_str(), |kind| kind.name.as_str());
    let line = Line::at(2)
        .hang(4)
        .label(Label::Strong, Safe::name(&connector.name))
        .text(Safe::new(format_args!("  {kind}  {}", connector.id)));
    out.line(&line)?;
    out.line(&Line::at(4).hang(6).text(Safe::new(secrets(connector))))
}

fn secrets(connector: &LedgerConnector) -> String {
    let at = connector.secrets_sent_at.as_deref().unwrap_or_default();
    match connector.fingerprints {
        Fingerprints::CurrentKey => format!("secrets: recorded {at}"),
        Fingerprints::OtherKey => {
            format!("secrets: recorded {at} with another key, so not verified")
        }
        Fingerprints::None => "secrets: adopted, so not verified".to_owned(),
    }
}

/// Writes the connectors whose secrets `ledger trust` records after approval.
pub fn trust_plan(out: &mut Out<'_>, trusted: &Trusted) -> io::Result<()> {
    let text =
        "The ledger will record that these connectors have the secrets that the files name now:";
    out.line(&Line::at(0).hang(2).text(text))?;
    for address in &trusted.trusted {
        out.line(
            &Line::at(2)
                .hang(4)
                .label(Label::Strong, Safe::name(address)),
        )?;
    }
    out.flush()
}

/// Writes the result of `ledger trust`.
pub fn trusted(out: &mut Out<'_>, trusted: &Trusted) -> io::Result<()> {
    for left in &trusted.left {
        let line = Line::at(0)
            .hang(2)
            .label(Label::Warning, "unchanged: ")
            .label(Label::Strong, Safe::name(&left.address))
            .text(Safe::new(format_args!(": {}", left.why)));
        out.line(&line)?;
    }
    let recorded = counted(trusted.trusted.len(), "connector");
    let already = match trusted.already {
        0 => String::new(),
        already => format!(" Recorded before: {already}."),
    };
    let unchanged = match trusted.left.len() {
        0 => String::new(),
        left => format!(" Unchanged: {left}."),
    };
    let is_empty = trusted.trusted.is_empty() && trusted.already == 0 && trusted.left.is_empty();
    let absent = if is_empty {
        " The ledger has none of the selected connectors: `airlift apply` or `airlift adopt` records them first."
    } else {
        ""
    };
    let text = format_args!("Secrets recorded: {recorded}.{already}{unchanged}{absent}");
    out.line(&Line::at(0).hang(2).text(Safe::new(text)))?;
    out.flush()
}
