//! Settling: what a killed run had begun, judged by what there is now.
//!
//! Pure, so that `plan` can settle in memory without writing and `apply` can write the same.

use super::Intent;
use crate::model::{
    ConnectorId, DefinitionId, Observed, ObservedConnector, Recorded, RecordedCustomer, WorkspaceId,
};
use std::collections::BTreeSet;

/// The ledger after settling.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// What is ours, including what the killed run created.
    pub recorded: Recorded,
    /// Customers that have to be written back.
    pub changed: BTreeSet<WorkspaceId>,
}

/// Takes into the ledger what unsettled creations turn out to have made.
///
/// An intent with more than one candidate stays undecided: the plan then reports the twins.
pub fn settle(recorded: Recorded, intents: &[Intent], observed: &Observed) -> Settled {
    let mut settled = Settled {
        recorded,
        changed: BTreeSet::new(),
    };
    for intent in intents {
        match intent {
            Intent::CreateCustomer { customer } => {
                settle_customer(&mut settled, customer, observed);
            }
            Intent::CreateConnector { .. } => settle_connector(&mut settled, intent, observed),
            Intent::Write { .. } => {}
        }
    }
    settled
}

fn settle_customer(settled: &mut Settled, name: &str, observed: &Observed) {
    let mut named = observed
        .customers
        .iter()
        .filter(|(_, customer)| customer.name == name);
    if let (Some((id, _)), None) = (named.next(), named.next())
        && !settled.recorded.customers.contains_key(id)
    {
        let customer = RecordedCustomer {
            name: name.to_owned(),
            ..RecordedCustomer::default()
        };
        settled.recorded.customers.insert(*id, customer);
        settled.changed.insert(*id);
    }
}

fn settle_connector(settled: &mut Settled, intent: &Intent, observed: &Observed) {
    let Intent::CreateConnector {
        customer,
        workspace_id,
        name,
        definition_id,
        known,
        replaces,
        record,
    } = intent
    else {
        return;
    };
    let Some(made) = sole_newcomer(
        settled,
        observed,
        *workspace_id,
        (name, *definition_id),
        known,
    ) else {
        return;
    };
    let ledger = settled
        .recorded
        .customers
        .entry(*workspace_id)
        .or_insert_with(|| RecordedCustomer {
            name: customer.clone(),
            ..RecordedCustomer::default()
        });
    let mut record = (**record).clone();
    record.id = made;
    // The one that is replaced may stand under another name.
    ledger
        .connectors
        .retain(|_, connector| Some(connector.id) != *replaces);
    ledger.connectors.insert(name.clone(), record);
    ledger.leaving.extend(*replaces);
    settled.changed.insert(*workspace_id);
}

fn sole_newcomer(
    settled: &Settled,
    observed: &Observed,
    workspace: WorkspaceId,
    (name, definition): (&str, DefinitionId),
    known: &BTreeSet<ConnectorId>,
) -> Option<ConnectorId> {
    let ledger = settled.recorded.customers.get(&workspace);
    let ours = |id: &ConnectorId| {
        ledger.is_some_and(|ledger| {
            ledger.leaving.contains(id)
                || ledger
                    .connectors
                    .values()
                    .any(|connector| connector.id == *id)
        })
    };
    let fits = |(id, connector): &(&ConnectorId, &ObservedConnector)| {
        connector.name == name
            && connector.definition_id == definition
            && !known.contains(id)
            && !ours(id)
    };
    let mut made = observed
        .customers
        .get(&workspace)?
        .connectors
        .iter()
        .flatten()
        .filter(fits);
    match (made.next(), made.next()) {
        (Some((id, _)), None) => Some(*id),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::settle;
    use crate::model::{
        Applied, ConnectorId, DefinitionId, Observed, ObservedConnector, ObservedCustomer,
        Recorded, RecordedConnector, RecordedCustomer, TemplateId, WorkspaceId,
    };
    use crate::recorded::Intent;
    use std::collections::{BTreeMap, BTreeSet};
    use uuid::Uuid;

    const WORKSPACE: WorkspaceId = WorkspaceId(Uuid::from_u128(1));
    const KIND: DefinitionId = DefinitionId(Uuid::from_u128(2));

    fn id(n: u128) -> ConnectorId {
        ConnectorId(Uuid::from_u128(n))
    }

    fn record(id: ConnectorId) -> RecordedConnector {
        RecordedConnector {
            id,
            definition_id: KIND,
            template_id: None,
            sent: None,
            credentials_version: None,
            applied: Applied::default(),
            updated_at: None,
        }
    }

    fn there(name: &str) -> ObservedConnector {
        ObservedConnector {
            name: name.into(),
            definition_id: KIND,
            kind_name: None,
            template_id: TemplateId(Uuid::nil()),
            created_at: None,
            updated_at: None,
            detail: None,
        }
    }

    #[test]
    fn a_replacement_under_a_new_name_leaves_no_entry_of_the_old_one() {
        let ledger = RecordedCustomer {
            name: "acme".into(),
            connectors: BTreeMap::from([("old".into(), record(id(10)))]),
            ..RecordedCustomer::default()
        };
        let customer = ObservedCustomer {
            name: "acme".into(),
            status: crate::model::ObservedStatus::Active,
            cache: None,
            created_at: String::new(),
            connectors: Some(BTreeMap::from([
                (id(10), there("old")),
                (id(11), there("new")),
            ])),
        };
        let observed = Observed {
            organization_id: crate::model::OrganizationId(Uuid::nil()),
            customers: BTreeMap::from([(WORKSPACE, customer)]),
            completeness: crate::model::Completeness::Complete,
            kinds: BTreeMap::new(),
        };
        let intent = Intent::CreateConnector {
            customer: "acme".into(),
            workspace_id: WORKSPACE,
            name: "new".into(),
            definition_id: KIND,
            known: BTreeSet::from([id(10)]),
            replaces: Some(id(10)),
            record: Box::new(record(ConnectorId(Uuid::nil()))),
        };
        let recorded = Recorded {
            customers: BTreeMap::from([(WORKSPACE, ledger)]),
        };
        let settled = settle(recorded, &[intent], &observed);
        let after = &settled.recorded.customers[&WORKSPACE];
        assert_eq!(
            after.connectors,
            BTreeMap::from([("new".into(), record(id(11)))])
        );
        assert_eq!(after.leaving, BTreeSet::from([id(10)]));
        assert!(settled.changed.contains(&WORKSPACE));
    }
}
