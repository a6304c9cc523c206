//! Settling: what earlier runs had begun, judged by what there is now.
//!
//! Pure, so that `plan` can recover in memory without writing and `apply` can write the same.

use super::Intent;
use super::journal::{LIFE, Outcome, Unsettled};
use crate::model::{
    Address, ConnectorId, Observed, ObservedConnector, Recorded, RecordedConnector,
    RecordedCustomer, WorkspaceId,
};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How far this machine's clock and the server's may be apart.
const SKEW: Duration = Duration::from_mins(1);
/// The same where nothing was looked for yet: what is not recognized then could be made twice.
const WRONG_CLOCK: Duration = Duration::from_hours(24);

/// The ledger after settling.
#[derive(Clone, Debug, PartialEq)]
pub struct Recovered {
    /// What is ours, including what the killed run created.
    pub recorded: Recorded,
    /// Customers that have to be written back.
    pub changed: BTreeSet<WorkspaceId>,
    /// Creations of connectors that were looked for in vain.
    pub open: Vec<Unsettled>,
    /// Connectors beside one that was taken in doubt: one of these may be ours as well.
    pub doubtful: BTreeMap<Address, BTreeSet<ConnectorId>>,
}

/// Takes into the ledger what unsettled creations turn out to have made.
///
/// When more fit than were begun, another run's are among them, and nobody can tell which: the
/// first one stays, as every run chooses, and no other is touched. A creation that is in the ledger
/// was not looked at once more before its run ended, so it gives way here to one that came first.
pub fn recover(recorded: Recorded, intents: &[Unsettled], observed: &Observed) -> Recovered {
    let is_entered = |one: &&Unsettled| is_entered(one, &recorded);
    let (entered, intents): (Vec<&Unsettled>, Vec<_>) = intents.iter().partition(is_entered);
    let mut recovered = Recovered {
        recorded,
        changed: BTreeSet::new(),
        open: Vec::new(),
        doubtful: BTreeMap::new(),
    };
    for (index, one) in intents.iter().enumerate() {
        match &one.intent {
            Intent::CreateCustomer { customer } => {
                recover_customer(&mut recovered, customer, observed);
            }
            Intent::CreateConnector { .. } => {
                let alike = |other: &&&Unsettled| slot(&other.intent) == slot(&one.intent);
                let begun = intents[index..].iter().filter(alike).count();
                if !recover_connector(&mut recovered, one, begun, observed) {
                    recovered.open.push((*one).clone());
                }
            }
            Intent::Write { .. } => {}
        }
    }
    for one in entered {
        give_way(&mut recovered, one, observed);
    }
    recovered
}

/// Takes into the ledger the one that came before what a creation made. Its credentials are not
/// verified: another run sent them.
fn give_way(recovered: &mut Recovered, one: &Unsettled, observed: &Observed) {
    let Some((workspace, name, _)) = slot(&one.intent) else {
        return;
    };
    let there = observed.customers.get(&workspace);
    let there = there.and_then(|customer| customer.connectors.as_ref());
    let ledger = recovered.recorded.customers.get_mut(&workspace);
    let (Some(there), Some(ledger)) = (there, ledger) else {
        return;
    };
    let own = ledger.connectors.get(name).cloned();
    let Some(own) = own.filter(|own| there.contains_key(&own.id)) else {
        return;
    };
    let first = there
        .iter()
        .filter(|(id, found)| {
            let rivals =
                !ledger.owns(**id) && matches_intent(one, workspace, **id, found).is_some();
            **id == own.id || rivals
        })
        .min_by_key(|(id, found)| precedence(**id, found));
    if let Some((first, _)) = first.filter(|(first, _)| **first != own.id) {
        let taken = RecordedConnector {
            id: *first,
            sent: None,
            updated_at: None,
            ..own
        };
        ledger.leaving.insert(own.id);
        ledger.connectors.insert(name.to_owned(), taken);
        recovered.changed.insert(workspace);
    }
}

/// Whether it is a creation that is not in the ledger, nor anything else in its store, so that
/// a plan would create the same once more.
pub fn is_unresolved(one: &Unsettled, recorded: &Recorded) -> bool {
    let Some((workspace, name, _)) = slot(&one.intent) else {
        return false;
    };
    let ledger = recorded.customers.get(&workspace);
    let held = ledger.and_then(|ledger| ledger.connectors.get(name));
    held.is_none_or(|held| replaced(&one.intent) == Some(held.id))
}

/// Whether the run was killed between the ledger and the journal: of one name it does one thing
/// at a time, so what came to be meanwhile is what this one made.
fn is_entered(one: &Unsettled, recorded: &Recorded) -> bool {
    let Intent::CreateConnector {
        workspace_id,
        name,
        known,
        ..
    } = &one.intent
    else {
        return false;
    };
    let ledger = recorded.customers.get(workspace_id);
    let held = ledger.and_then(|ledger| ledger.connectors.get(name));
    one.outcome.is_none() && held.is_some_and(|held| !known.contains(&held.id))
}

/// Whether one of these may be what a creation made.
pub fn was_created(
    one: &Unsettled,
    workspace: WorkspaceId,
    there: &BTreeMap<ConnectorId, ObservedConnector>,
) -> bool {
    let mut there = there.iter();
    there.any(|(id, found)| matches_intent(one, workspace, *id, found).is_some())
}

/// What comes first of two connectors of one name: the older one, then the smaller id. One that
/// tells no time comes last.
pub fn precedence(id: ConnectorId, found: &ObservedConnector) -> impl Ord + Copy + use<> {
    let time = found.created();
    (time.is_none(), time, id)
}

/// Whether one connector can stand for the other with nothing but its credentials to be sent.
pub fn interchangeable(one: &RecordedConnector, other: &RecordedConnector) -> bool {
    let settings = |record: &RecordedConnector| RecordedConnector {
        id: one.id,
        sent: None,
        updated_at: None,
        ..record.clone()
    };
    settings(one) == settings(other)
}

/// What the ledger is to hold of a connector that may be what a creation made. It must have been
/// made while the creation could take effect, for people make connectors, too; where an earlier
/// run looked in vain, that is taken exactly.
pub(super) fn matches_intent(
    one: &Unsettled,
    workspace: WorkspaceId,
    id: ConnectorId,
    found: &ObservedConnector,
) -> Option<RecordedConnector> {
    let Intent::CreateConnector {
        workspace_id,
        name,
        definition_id,
        known,
        record,
        ..
    } = &one.intent
    else {
        return None;
    };
    let late = one.outcome == Some(Outcome::Missing);
    let skew = if late { SKEW } else { WRONG_CLOCK };
    let in_time = |at: Timestamp, made: Timestamp| at - skew <= made && made <= at + LIFE + skew;
    let times = one.time().zip(found.created());
    let fits = *workspace_id == workspace
        && found.name == *name
        && found.definition_id == *definition_id
        && !known.contains(&id)
        && times.map_or(!late, |(at, made)| in_time(at, made));
    fits.then(|| RecordedConnector {
        id,
        ..(**record).clone()
    })
}

/// What a creation is of.
fn slot(intent: &Intent) -> Option<(WorkspaceId, &str, crate::model::DefinitionId)> {
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

fn recover_customer(recovered: &mut Recovered, name: &str, observed: &Observed) {
    let mut named = observed
        .customers
        .iter()
        .filter(|(_, customer)| customer.name == name);
    if let (Some((id, _)), None) = (named.next(), named.next())
        && !recovered.recorded.customers.contains_key(id)
    {
        let customer = RecordedCustomer {
            name: name.to_owned(),
            ..RecordedCustomer::default()
        };
        recovered.recorded.customers.insert(*id, customer);
        recovered.changed.insert(*id);
    }
}

/// Whether it is known now what became of a creation, the first of so many that were begun.
fn recover_connector(
    recovered: &mut Recovered,
    one: &Unsettled,
    begun: usize,
    observed: &Observed,
) -> bool {
    let Intent::CreateConnector {
        customer,
        workspace_id,
        name,
        ..
    } = &one.intent
    else {
        return true;
    };
    let ledger = recovered.recorded.customers.get(workspace_id);
    let there = observed.customers.get(workspace_id);
    let Some(there) = there.and_then(|customer| customer.connectors.as_ref()) else {
        return false;
    };
    let ours = |id: &ConnectorId| ledger.is_some_and(|ledger| ledger.owns(*id));
    let mut made: Vec<RecordedConnector> = there
        .iter()
        .filter(|(id, _)| !ours(id))
        .filter_map(|(id, found)| matches_intent(one, *workspace_id, *id, found))
        .collect();
    let in_doubt = made.len() > begun;
    made.sort_by_key(|made| precedence(made.id, &there[&made.id]));
    let mut made = made.into_iter();
    let Some(mut first) = made.next() else {
        return false;
    };
    if in_doubt {
        // What is in the ledger may stay, and of the others nobody knows whose they are.
        if !is_unresolved(one, &recovered.recorded) {
            return true;
        }
        // Perhaps another run sent its credentials.
        first.sent = None;
        let others = made.map(|other| other.id).collect();
        let address = Address::connector(customer, name);
        recovered.doubtful.insert(address, others);
    }
    let ledger = recovered.recorded.customers.entry(*workspace_id);
    let ledger = ledger.or_insert_with(|| RecordedCustomer {
        name: customer.clone(),
        ..RecordedCustomer::default()
    });
    record(ledger, name, replaced(&one.intent), first, there);
    recovered.changed.insert(*workspace_id);
    true
}

/// Enters what a creation made. Where a later run has created the same once more, the one that
/// comes first stays, as runs on two machines choose; both are ours, so the other one leaves.
fn record(
    ledger: &mut RecordedCustomer,
    name: &str,
    replaces: Option<ConnectorId>,
    made: RecordedConnector,
    there: &BTreeMap<ConnectorId, ObservedConnector>,
) {
    // The one that is replaced may stand under another name.
    ledger
        .connectors
        .retain(|_, connector| Some(connector.id) != replaces);
    ledger.leaving.extend(replaces);
    let rival = ledger.connectors.get(name);
    if let Some((rival, found)) = rival.and_then(|one| Some((one, there.get(&one.id)?))) {
        let later = precedence(rival.id, found) > precedence(made.id, &there[&made.id]);
        // One that was adopted was not made by us.
        if !(later && rival.sent.is_some() && interchangeable(rival, &made)) {
            ledger.leaving.insert(made.id);
            return;
        }
        ledger.leaving.insert(rival.id);
    }
    ledger.connectors.insert(name.to_owned(), made);
}

#[cfg(test)]
pub(super) mod tests;
