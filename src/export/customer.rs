//! Responsible for one customer as the files would declare it.

use super::connector::{self, Twins};
use super::names::Names;
use super::{ExportedConnector, ExportedCustomer};
use crate::model::{
    Cache, CustomerEntry, Desired, LedgerState, Observed, ObservedCustomer, ObservedStatus, Status,
    WorkspaceId,
};
use std::collections::BTreeMap;

/// The workspace that every organization starts with, and that no file can declare.
const DEFAULT: &str = "default";

/// Customers that share their name: of these the files can declare one, and that is the one that
/// the ledger knows.
pub(super) struct Namesakes {
    counts: BTreeMap<String, usize>,
    ours: BTreeMap<String, WorkspaceId>,
}

impl Namesakes {
    pub(super) fn of(observed: &Observed, recorded: &LedgerState) -> Self {
        let mut counts = BTreeMap::new();
        let mut ours = BTreeMap::new();
        for (id, customer) in &observed.customers {
            let name = customer.name.to_lowercase();
            if recorded.customers.contains_key(id) {
                ours.entry(name.clone()).or_insert(*id);
            }
            *counts.entry(name).or_insert(0) += 1;
        }
        Self { counts, ours }
    }

    pub(super) fn is_alone(&self, name: &str, id: WorkspaceId) -> bool {
        let name = name.to_lowercase();
        self.counts.get(&name).is_none_or(|count| *count < 2) || self.ours.get(&name) == Some(&id)
    }
}

/// Declares one customer.
pub(super) fn declare(
    id: WorkspaceId,
    customer: &ObservedCustomer,
    ours: Option<&CustomerEntry>,
    declared: &Desired,
    names: &mut Names,
) -> ExportedCustomer {
    let (status, unknown) = match &customer.status {
        ObservedStatus::Active => (Status::Active, None),
        ObservedStatus::Inactive => (Status::Inactive, None),
        ObservedStatus::Other(_) => (Status::Active, Some("its status is not known here")),
    };
    let reserved = customer.name.eq_ignore_ascii_case(DEFAULT);
    let reserved =
        reserved.then_some("every organization has that workspace, and no file can declare it");
    let left_out = reserved.or(unknown).map(str::to_owned);
    let connectors = if left_out.is_some() {
        Vec::new()
    } else {
        connectors(customer, ours, declared, names)
    };
    ExportedCustomer {
        name: customer.name.clone(),
        id,
        slug: names.slug(&customer.name, &id.to_string()),
        status,
        cache: customer.cache.map(|on| Cache::from_remote(Some(on))),
        protect: ours.is_some_and(|ours| ours.protect),
        connectors,
        left_out,
    }
}

fn connectors(
    customer: &ObservedCustomer,
    ours: Option<&CustomerEntry>,
    declared: &Desired,
    names: &mut Names,
) -> Vec<ExportedConnector> {
    let is_pending_deletion = |id| ours.is_some_and(|ours| ours.pending_deletion.contains(id));
    let mut there: Vec<_> = customer
        .connectors
        .iter()
        .flatten()
        .filter(|(id, _)| !is_pending_deletion(id))
        .collect();
    there.sort_by_key(|(id, connector)| (&connector.name, **id));
    let twins = Twins::of(&there, ours);
    let declared = declared.customers.get(&customer.name);
    let one = |(id, connector): (&_, &_)| {
        let mut exported =
            connector::declare(*id, connector, &customer.name, ours, declared, names);
        exported.left_out = twins.left_out(*id, &exported.name);
        exported
    };
    there.into_iter().map(one).collect()
}
