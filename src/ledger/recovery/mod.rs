//! Responsible for recovery: derives the effects of earlier runs' intents from what the API lists.
//!
//! Does not do I/O, so that `plan` recovers in memory and `apply` saves the same result.

use super::journal::{Intent, JournalEntry};
use crate::model::{
    Address, ConnectorEntry, ConnectorId, CustomerEntry, DefinitionId, LedgerState, Observed,
    ObservedConnector, WorkspaceId,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

type Listed = BTreeMap<ConnectorId, Box<ObservedConnector>>;

/// The ledger after recovery.
#[derive(Clone, Debug, PartialEq)]
pub struct Recovered {
    /// The ledger with the objects that killed runs created.
    pub recorded: LedgerState,
    /// The entries that have to be saved.
    pub changed: BTreeSet<WorkspaceId>,
    /// Creations whose connectors are not listed.
    pub open: Vec<JournalEntry>,
    /// Further connectors that match a creation. Some of them may belong to other runs.
    pub uncertain_duplicates: BTreeMap<Address, BTreeSet<ConnectorId>>,
}

/// Records the connectors and customers that open creations have created.
///
/// If more connectors match than this ledger tried to create, some belong to another run. Keep the
/// oldest (every run applies the same rule) and leave the others alone. A creation that is already
/// in the ledger was not checked for duplicates before its run ended, so an older duplicate replaces
/// it here.
pub fn recover(recorded: LedgerState, entries: &[JournalEntry], observed: &Observed) -> Recovered {
    let (in_ledger, open): (Vec<&JournalEntry>, Vec<_>) = entries
        .iter()
        .partition(|entry| is_in_ledger(entry, &recorded));
    let mut recovered = Recovered {
        recorded,
        changed: BTreeSet::new(),
        open: Vec::new(),
        uncertain_duplicates: BTreeMap::new(),
    };
    for (index, entry) in open.iter().enumerate() {
        match &entry.intent {
            Intent::CreateCustomer { customer } => {
                recover_customer(&mut recovered, entry, customer, observed);
            }
            Intent::CreateConnector { .. } => {
                let attempts = open[index..]
                    .iter()
                    .filter(|other| slot(&other.intent) == slot(&entry.intent))
                    .count();
                if !recover_connector(&mut recovered, entry, attempts, observed) {
                    recovered.open.push((*entry).clone());
                }
            }
            Intent::Write { .. } => {}
        }
    }
    for entry in in_ledger {
        prefer_older_duplicate(&mut recovered, entry, observed);
    }
    recovered
}

/// Records the oldest duplicate instead of a created connector. Its credentials are not verified,
/// because another run sent them.
fn prefer_older_duplicate(recovered: &mut Recovered, creation: &JournalEntry, observed: &Observed) {
    let Some((workspace, name, _)) = slot(&creation.intent) else {
        return;
    };
    let (Some(listed), Some(ledger)) = (
        listed(observed, workspace),
        recovered.recorded.customers.get_mut(&workspace),
    ) else {
        return;
    };
    let Some(own) = ledger
        .connectors
        .get(name)
        .filter(|own| listed.contains_key(&own.id))
        .cloned()
    else {
        return;
    };
    let oldest = listed
        .iter()
        .filter(|(id, connector)| {
            let is_duplicate = creation
                .matches_intent(workspace, **id, connector)
                .is_some();
            **id == own.id || (is_duplicate && !ledger.owns(**id))
        })
        .min_by_key(|(id, connector)| precedence(**id, connector))
        .map(|(id, _)| *id);
    if let Some(oldest) = oldest.filter(|oldest| *oldest != own.id) {
        ledger.pending_deletion.insert(own.id);
        ledger.connectors.insert(
            name.into(),
            Arc::new(ConnectorEntry {
                id: oldest,
                sent: None,
                updated_at: None,
                write: None,
                ..Arc::unwrap_or_clone(own)
            }),
        );
        recovered.changed.insert(workspace);
    }
}

/// Whether a plan would repeat a creation, because the ledger has no connector with its name.
pub fn is_unresolved(creation: &JournalEntry, recorded: &LedgerState) -> bool {
    let Some((workspace, name, _)) = slot(&creation.intent) else {
        return false;
    };
    recorded_connector(recorded, workspace, name)
        .is_none_or(|connector| replaced(&creation.intent) == Some(connector.id))
}

/// Whether the run was killed after it saved the ledger and before it logged the outcome. A run
/// executes one step at a time for each name, so a connector that did not exist before the intent
/// was created by it.
fn is_in_ledger(creation: &JournalEntry, recorded: &LedgerState) -> bool {
    let Intent::CreateConnector {
        workspace_id,
        name,
        known,
        ..
    } = &creation.intent
    else {
        return false;
    };
    creation.outcome.is_none()
        && recorded_connector(recorded, *workspace_id, name)
            .is_some_and(|connector| !known.contains(&connector.id))
}

fn recorded_connector<'r>(
    recorded: &'r LedgerState,
    workspace: WorkspaceId,
    name: &str,
) -> Option<&'r ConnectorEntry> {
    let connector = recorded.customers.get(&workspace)?.connectors.get(name)?;
    Some(connector)
}

fn listed(observed: &Observed, workspace: WorkspaceId) -> Option<&Listed> {
    observed.customers.get(&workspace)?.connectors.as_ref()
}

/// Whether a creation may have created one of the listed connectors.
pub fn was_created(creation: &JournalEntry, workspace: WorkspaceId, listed: &Listed) -> bool {
    listed
        .iter()
        .any(|(id, connector)| creation.matches_intent(workspace, *id, connector).is_some())
}

/// The order of connectors of one name: the oldest first, then the smallest id. A connector without
/// a creation time comes last.
pub fn precedence(id: ConnectorId, connector: &ObservedConnector) -> impl Ord + Copy + use<> {
    let time = connector.created();
    (time.is_none(), time, id)
}

/// Whether two entries differ only in id, fingerprints, update time and answers. Such a connector can replace
/// the other one in the ledger.
pub fn interchangeable(entry: &ConnectorEntry, other: &ConnectorEntry) -> bool {
    let settings = |record: &ConnectorEntry| ConnectorEntry {
        id: entry.id,
        sent: None,
        updated_at: None,
        write: None,
        ..record.clone()
    };
    settings(entry) == settings(other)
}

/// The workspace, the name and the type of a creation.
fn slot(intent: &Intent) -> Option<(WorkspaceId, &str, DefinitionId)> {
    match intent {
        Intent::CreateConnector {
            workspace_id,
            name,
            definition_id,
            ..
        } => Some((*workspace_id, name, *definition_id)),
        _ => None,
    }
}

fn replaced(intent: &Intent) -> Option<ConnectorId> {
    match intent {
        Intent::CreateConnector { replaces, .. } => *replaces,
        _ => None,
    }
}

fn new_customer(name: &str) -> CustomerEntry {
    CustomerEntry {
        name: name.to_owned(),
        ..CustomerEntry::default()
    }
}

/// Records the workspace that a request for a token may have created. An older workspace of that name
/// stays to be adopted.
fn recover_customer(
    recovered: &mut Recovered,
    request: &JournalEntry,
    name: &str,
    observed: &Observed,
) {
    let mut named = observed
        .customers
        .iter()
        .filter(|(_, customer)| customer.name == name);
    // An entry that is not verified blocks its customer until it is signed.
    if let (Some((id, customer)), None) = (named.next(), named.next())
        && request.may_have_created(&customer.created_at)
        && !recovered.recorded.customers.contains_key(id)
        && !recovered.recorded.unverified.contains_key(id)
    {
        recovered.recorded.customers.insert(*id, new_customer(name));
        recovered.changed.insert(*id);
    }
}

/// Whether the effect of a creation is known now. `attempts` counts the intents of the same
/// connector from this one on.
fn recover_connector(
    recovered: &mut Recovered,
    creation: &JournalEntry,
    attempts: usize,
    observed: &Observed,
) -> bool {
    let Intent::CreateConnector {
        customer,
        workspace_id,
        name,
        replaces,
        ..
    } = &creation.intent
    else {
        return true;
    };
    if recovered.recorded.unverified.contains_key(workspace_id) {
        return false;
    }
    let Some(listed) = listed(observed, *workspace_id) else {
        return false;
    };
    let ledger = recovered.recorded.customers.get(workspace_id);
    let mut created = matching(creation, *workspace_id, listed, ledger);
    let too_many = created.len() > attempts;
    if created.is_empty() {
        return false;
    }
    let mut oldest = created.remove(0);
    if too_many {
        // The ledger keeps its connector. The others may belong to other runs.
        if !is_unresolved(creation, &recovered.recorded) {
            return true;
        }
        // Another run may have sent its credentials.
        oldest.sent = None;
        recovered.uncertain_duplicates.insert(
            Address::connector(customer, name),
            created.iter().map(|other| other.id).collect(),
        );
    }
    let ledger = recovered
        .recorded
        .customers
        .entry(*workspace_id)
        .or_insert_with(|| new_customer(customer));
    record(ledger, name, *replaces, oldest, listed);
    recovered.changed.insert(*workspace_id);
    true
}

/// Listed connectors that a creation may have created and that the ledger does not own, the oldest
/// first.
fn matching(
    creation: &JournalEntry,
    workspace: WorkspaceId,
    listed: &Listed,
    ledger: Option<&CustomerEntry>,
) -> Vec<ConnectorEntry> {
    let mut matching: Vec<ConnectorEntry> = listed
        .iter()
        .filter_map(|(id, connector)| creation.matches_intent(workspace, *id, connector))
        .filter(|record| !ledger.is_some_and(|ledger| ledger.owns(record.id)))
        .collect();
    matching.sort_by_key(|record| precedence(record.id, &listed[&record.id]));
    matching
}

/// Records a created connector. If a later run has created the same connector again, the older one
/// stays, as it does for runs on different machines. The ledger owns both, so the other one is
/// deleted.
fn record(
    ledger: &mut CustomerEntry,
    name: &str,
    replaces: Option<ConnectorId>,
    created: ConnectorEntry,
    listed: &Listed,
) {
    // The replaced connector may be recorded under another name.
    ledger
        .connectors
        .retain(|_, connector| Some(connector.id) != replaces);
    ledger.pending_deletion.extend(replaces);
    let rival = ledger
        .connectors
        .get(name)
        .and_then(|rival| Some((rival, listed.get(&rival.id)?)));
    if let Some((rival, listed_rival)) = rival {
        let is_later =
            precedence(rival.id, listed_rival) > precedence(created.id, &listed[&created.id]);
        // An adopted connector has no fingerprints. airlift did not create it, so it stays.
        if !(is_later && rival.sent.is_some() && interchangeable(rival, &created)) {
            ledger.pending_deletion.insert(created.id);
            return;
        }
        ledger.pending_deletion.insert(rival.id);
    }
    ledger.connectors.insert(name.into(), Arc::new(created));
}

#[cfg(test)]
mod agreement_tests;
#[cfg(test)]
pub(super) mod tests;
