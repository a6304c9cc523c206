//! Responsible for the declaration of one customer.

use super::connector::{self, DuplicateConnectors};
use super::names::GeneratedNames;
use super::{ExportedConnector, ExportedCustomer};
use crate::model::{
    Cache, CustomerEntry, Desired, LedgerState, Observed, ObservedCustomer, ObservedStatus,
    Protection, Status, WorkspaceId,
};
use std::collections::BTreeMap;

/// The name of a workspace that every organization has and that no file can declare.
const DEFAULT: &str = "default";

/// The customer names that occur more than once. The files can declare one customer of each name:
/// the customer in the ledger.
pub(super) struct DuplicateCustomers {
    counts: BTreeMap<String, usize>,
    recorded: BTreeMap<String, WorkspaceId>,
}

impl DuplicateCustomers {
    pub(super) fn new(observed: &Observed, ledger: &LedgerState) -> Self {
        let mut counts = BTreeMap::new();
        let mut recorded = BTreeMap::new();
        for (id, customer) in &observed.customers {
            let name = customer.name.to_lowercase();
            if ledger.customers.contains_key(id) {
                recorded.entry(name.clone()).or_insert(*id);
            }
            *counts.entry(name).or_insert(0) += 1;
        }
        Self { counts, recorded }
    }

    /// Whether the files can declare the customer.
    pub(super) fn may_declare(&self, name: &str, id: WorkspaceId) -> bool {
        let name = name.to_lowercase();
        self.counts.get(&name).is_none_or(|count| *count < 2)
            || self.recorded.get(&name) == Some(&id)
    }
}

/// Declares one customer.
pub(super) fn declare(
    id: WorkspaceId,
    customer: &ObservedCustomer,
    recorded: Option<&CustomerEntry>,
    declared: &Desired,
    names: &mut GeneratedNames,
) -> ExportedCustomer {
    let (status, unknown) = match &customer.status {
        ObservedStatus::Active => (Status::Active, None),
        ObservedStatus::Inactive => (Status::Inactive, None),
        ObservedStatus::Other(_) => (Status::Active, Some("airlift does not know its status")),
    };
    let reserved = customer.name.eq_ignore_ascii_case(DEFAULT);
    let reserved = reserved
        .then_some("every organization has a workspace of this name, and no file can declare it");
    let left_out = reserved.or(unknown).map(str::to_owned);
    let connectors = if left_out.is_some() {
        Vec::new()
    } else {
        connectors(customer, recorded, declared, names)
    };
    ExportedCustomer {
        name: customer.name.clone(),
        id,
        slug: names.slug(&customer.name, &id.to_string()),
        status,
        cache: customer.cache.map(|on| Cache::from_remote(Some(on))),
        protect: recorded.map_or(Protection::None, |entry| entry.protect),
        connectors,
        left_out,
    }
}

fn connectors(
    customer: &ObservedCustomer,
    recorded: Option<&CustomerEntry>,
    declared: &Desired,
    names: &mut GeneratedNames,
) -> Vec<ExportedConnector> {
    let is_pending_deletion =
        |id| recorded.is_some_and(|entry| entry.pending_deletion.contains(id));
    let mut connectors: Vec<_> = customer
        .connectors
        .iter()
        .flatten()
        .filter(|(id, _)| !is_pending_deletion(id))
        .map(|(id, connector)| (id, connector.as_ref()))
        .collect();
    connectors.sort_by_key(|(id, connector)| (&connector.name, **id));
    let duplicates = DuplicateConnectors::new(&connectors, recorded);
    let recorded_as = recorded.and_then(|entry| declared.customers.get(&entry.name));
    let declared = recorded_as.or_else(|| declared.customers.get(&customer.name));
    connectors
        .into_iter()
        .map(|(id, connector)| {
            let mut exported =
                connector::declare(*id, connector, &customer.name, recorded, declared, names);
            exported.left_out = duplicates.left_out(*id, &exported.name);
            exported
        })
        .collect()
}
