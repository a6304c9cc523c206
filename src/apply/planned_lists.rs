//! Responsible for the lists of connectors that the plan was made from, so that a step right after
//! the plan does not read them again.

use super::live_connectors::Listed;
use crate::model::{LockUnpoisoned, Observed, WorkspaceId};
use crate::plan::{CustomerPlan, Operation, Plan};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;
use tokio::time::Instant;

/// How long a list of the plan replaces a new one. The API has no conditional requests, so a change by
/// someone else between a list and a write is always possible. After a plan waited for its approval,
/// such a change is likely, and a step reads a new list.
const RECENT: Duration = Duration::from_secs(30);

/// The lists of connectors that the plan was made from, by workspace.
#[derive(Debug)]
pub struct PlannedLists {
    /// The time before the first of the lists was read.
    read_since: Instant,
    lists: Mutex<BTreeMap<WorkspaceId, Listed>>,
}

/// Whether a connector is new. A list that lacked it by mistake would make a second one, so a new list
/// is read before its creation.
fn creates(customer: &CustomerPlan) -> bool {
    customer
        .steps
        .iter()
        .any(|step| matches!(step.operation, Operation::CreateConnector { .. }))
}

impl PlannedLists {
    /// Keeps the lists of the customers that the plan changes, without those that were not read.
    pub fn new(mut observed: Observed, plan: &Plan, read_since: Instant) -> Self {
        let changed = plan
            .customers
            .iter()
            .filter(|customer| !customer.steps.is_empty());
        let lists = changed.filter_map(|customer| {
            let id = customer.workspace_id?;
            if observed.organization_listing.replaces_list_of(id) || creates(customer) {
                return None;
            }
            Some((id, observed.customers.get_mut(&id)?.connectors.take()?))
        });
        Self {
            read_since,
            lists: Mutex::new(lists.collect()),
        }
    }

    /// The list of a workspace, once: after the first steps of a customer, the list is outdated.
    pub(super) fn remove(&self, id: WorkspaceId) -> Option<Listed> {
        let listed = self.lists.lock_unpoisoned().remove(&id);
        listed.filter(|_| self.read_since.elapsed() <= RECENT)
    }
}
