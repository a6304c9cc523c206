//! Responsible for recovery: decides from what the API lists now what the intents of earlier runs
//! did.
//!
//! Pure, so that `plan` can recover in memory and `apply` can write the same.

use super::journal::{Intent, Unsettled};
use crate::model::{
    Address, ConnectorId, DefinitionId, Observed, ObservedConnector, Recorded, RecordedConnector,
    RecordedCustomer, WorkspaceId,
};
use std::collections::{BTreeMap, BTreeSet};

type Listed = BTreeMap<ConnectorId, ObservedConnector>;

/// The ledger after recovery.
#[derive(Clone, Debug, PartialEq)]
pub struct Recovered {
    /// The ledger's customers, with what killed runs created.
    pub recorded: Recorded,
    /// Customers that have to be written back.
    pub changed: BTreeSet<WorkspaceId>,
    /// Creations whose connectors are not listed.
    pub open: Vec<Unsettled>,
    /// Duplicates of a connector that was chosen among too many: some of them may be ours.
    pub doubtful: BTreeMap<Address, BTreeSet<ConnectorId>>,
}

/// Records what unsettled creations turn out to have created.
///
/// If more connectors match than this ledger tried to create, some belong to another run. Keep the
/// oldest (every run applies the same rule) and leave the others alone. A creation that the ledger
/// has already was not checked for duplicates before its run ended, so an older duplicate takes its
/// place here.
pub fn recover(recorded: Recorded, intents: &[Unsettled], observed: &Observed) -> Recovered {
    let (in_ledger, intents): (Vec<&Unsettled>, Vec<_>) = intents
        .iter()
        .partition(|unsettled| is_in_ledger(unsettled, &recorded));
    let mut recovered = Recovered {
        recorded,
        changed: BTreeSet::new(),
        open: Vec::new(),
        doubtful: BTreeMap::new(),
    };
    for (index, unsettled) in intents.iter().enumerate() {
        match &unsettled.intent {
            Intent::CreateCustomer { customer } => {
                recover_customer(&mut recovered, customer, observed);
            }
            Intent::CreateConnector { .. } => {
                let attempts = intents[index..]
                    .iter()
                    .filter(|other| slot(&other.intent) == slot(&unsettled.intent))
                    .count();
                if !recover_connector(&mut recovered, unsettled, attempts, observed) {
                    recovered.open.push((*unsettled).clone());
                }
            }
            Intent::Write { .. } => {}
        }
    }
    for unsettled in in_ledger {
        prefer_older_duplicate(&mut recovered, unsettled, observed);
    }
    recovered
}

/// Records the oldest duplicate in place of a created connector. Its credentials count as not
/// verified: another run sent them.
fn prefer_older_duplicate(recovered: &mut Recovered, unsettled: &Unsettled, observed: &Observed) {
    let Some((workspace, name, _)) = slot(&unsettled.intent) else {
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
        .filter(|(id, found)| {
            let is_duplicate = unsettled.matches_intent(workspace, **id, found).is_some();
            **id == own.id || (is_duplicate && !ledger.owns(**id))
        })
        .min_by_key(|(id, found)| precedence(**id, found))
        .map(|(id, _)| *id);
    if let Some(oldest) = oldest.filter(|oldest| *oldest != own.id) {
        ledger.pending_deletion.insert(own.id);
        ledger.connectors.insert(
            name.to_owned(),
            RecordedConnector {
                id: oldest,
                sent: None,
                updated_at: None,
                ..own
            },
        );
        recovered.changed.insert(workspace);
    }
}

/// Whether a plan would repeat a creation, because the ledger has neither its connector nor another
/// one in its place.
pub fn is_unresolved(unsettled: &Unsettled, recorded: &Recorded) -> bool {
    let Some((workspace, name, _)) = slot(&unsettled.intent) else {
        return false;
    };
    recorded_connector(recorded, workspace, name)
        .is_none_or(|connector| replaced(&unsettled.intent) == Some(connector.id))
}

/// Whether the run was killed between the ledger and the journal. A run does one thing at a time
/// with each name, so a connector that the intent does not know is the one that it created.
fn is_in_ledger(unsettled: &Unsettled, recorded: &Recorded) -> bool {
    let Intent::CreateConnector {
        workspace_id,
        name,
        known,
        ..
    } = &unsettled.intent
    else {
        return false;
    };
    unsettled.outcome.is_none()
        && recorded_connector(recorded, *workspace_id, name)
            .is_some_and(|connector| !known.contains(&connector.id))
}

fn recorded_connector<'r>(
    recorded: &'r Recorded,
    workspace: WorkspaceId,
    name: &str,
) -> Option<&'r RecordedConnector> {
    recorded.customers.get(&workspace)?.connectors.get(name)
}

fn listed(observed: &Observed, workspace: WorkspaceId) -> Option<&Listed> {
    observed.customers.get(&workspace)?.connectors.as_ref()
}

/// Whether a listed connector may be the one that a creation made.
pub fn was_created(unsettled: &Unsettled, workspace: WorkspaceId, listed: &Listed) -> bool {
    listed
        .iter()
        .any(|(id, found)| unsettled.matches_intent(workspace, *id, found).is_some())
}

/// The order of connectors of one name: the oldest first, then the smallest id. A connector without
/// a creation time comes last.
pub fn precedence(id: ConnectorId, found: &ObservedConnector) -> impl Ord + Copy + use<> {
    let time = found.created();
    (time.is_none(), time, id)
}

/// Whether one connector can replace the other in the ledger with only credentials left to send.
pub fn interchangeable(one: &RecordedConnector, other: &RecordedConnector) -> bool {
    let settings = |record: &RecordedConnector| RecordedConnector {
        id: one.id,
        sent: None,
        updated_at: None,
        ..record.clone()
    };
    settings(one) == settings(other)
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

fn new_customer(name: &str) -> RecordedCustomer {
    RecordedCustomer {
        name: name.to_owned(),
        ..RecordedCustomer::default()
    }
}

fn recover_customer(recovered: &mut Recovered, name: &str, observed: &Observed) {
    let mut named = observed
        .customers
        .iter()
        .filter(|(_, customer)| customer.name == name);
    if let (Some((id, _)), None) = (named.next(), named.next())
        && !recovered.recorded.customers.contains_key(id)
    {
        recovered.recorded.customers.insert(*id, new_customer(name));
        recovered.changed.insert(*id);
    }
}

/// Whether the effect of a creation is known now. `attempts` counts the intents of the same
/// connector from this one on.
fn recover_connector(
    recovered: &mut Recovered,
    unsettled: &Unsettled,
    attempts: usize,
    observed: &Observed,
) -> bool {
    let Intent::CreateConnector {
        customer,
        workspace_id,
        name,
        replaces,
        ..
    } = &unsettled.intent
    else {
        return true;
    };
    let Some(listed) = listed(observed, *workspace_id) else {
        return false;
    };
    let ledger = recovered.recorded.customers.get(workspace_id);
    let mut created = matching(unsettled, *workspace_id, listed, ledger);
    let too_many = created.len() > attempts;
    if created.is_empty() {
        return false;
    }
    let mut oldest = created.remove(0);
    if too_many {
        // The ledger's connector stays, and the others may belong to anyone.
        if !is_unresolved(unsettled, &recovered.recorded) {
            return true;
        }
        // Another run may have sent its credentials.
        oldest.sent = None;
        recovered.doubtful.insert(
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

/// Listed connectors that a creation may have made and that the ledger does not own, the oldest
/// first.
fn matching(
    unsettled: &Unsettled,
    workspace: WorkspaceId,
    listed: &Listed,
    ledger: Option<&RecordedCustomer>,
) -> Vec<RecordedConnector> {
    let mut matching: Vec<RecordedConnector> = listed
        .iter()
        .filter_map(|(id, found)| unsettled.matches_intent(workspace, *id, found))
        .filter(|record| !ledger.is_some_and(|ledger| ledger.owns(record.id)))
        .collect();
    matching.sort_by_key(|record| precedence(record.id, &listed[&record.id]));
    matching
}

/// Records a created connector. Where a later run has created the same connector again, the older
/// one stays, as two runs on different machines choose; both are ours, so the other one is deleted.
fn record(
    ledger: &mut RecordedCustomer,
    name: &str,
    replaces: Option<ConnectorId>,
    created: RecordedConnector,
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
    if let Some((rival, found)) = rival {
        let is_later = precedence(rival.id, found) > precedence(created.id, &listed[&created.id]);
        // An adopted connector, which has no fingerprints, was not created by us.
        if !(is_later && rival.sent.is_some() && interchangeable(rival, &created)) {
            ledger.pending_deletion.insert(created.id);
            return;
        }
        ledger.pending_deletion.insert(rival.id);
    }
    ledger.connectors.insert(name.to_owned(), created);
}

#[cfg(test)]
pub(super) mod tests;
