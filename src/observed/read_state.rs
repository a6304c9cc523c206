//! Responsible for what an observation has read so far, customer by customer.

use crate::api::{ApiError, Connector};
use crate::model::{
    ConnectorId, ForeignConnectors, ObservedConnector, ObservedCustomer, ObservedStatus,
    WorkspaceId,
};
use std::collections::BTreeMap;

/// What was read so far.
#[derive(Default)]
pub(super) struct ReadState {
    pub(super) customers: BTreeMap<WorkspaceId, ObservedCustomer>,
    pub(super) foreign: BTreeMap<WorkspaceId, ForeignConnectors>,
    pub(super) unreadable: BTreeMap<WorkspaceId, String>,
}

/// The connectors of one workspace, and those that the ledger wrongly records in it.
pub(super) struct WorkspaceConnectors {
    pub(super) connectors: BTreeMap<ConnectorId, Box<ObservedConnector>>,
    pub(super) foreign: ForeignConnectors,
}

impl ReadState {
    /// Adds the connectors of a workspace. Removes a workspace that no longer exists.
    pub(super) fn add_connectors(
        &mut self,
        id: WorkspaceId,
        read: Result<Option<WorkspaceConnectors>, ApiError>,
    ) {
        match read {
            Ok(None) => {
                self.customers.remove(&id);
            }
            Ok(Some(read)) => {
                if let Some(customer) = self.customers.get_mut(&id) {
                    customer.connectors = Some(read.connectors);
                }
                if !read.foreign.is_empty() {
                    self.foreign.insert(id, read.foreign);
                }
            }
            Err(error) => self.mark_unreadable(id, &error),
        }
    }

    /// Adds the details of a connector. Removes a connector that was deleted since the list was read.
    pub(super) fn add_detail(
        &mut self,
        id: WorkspaceId,
        connector: ConnectorId,
        read: Result<Option<Connector>, ApiError>,
    ) {
        let customer = self.customers.get_mut(&id);
        let Some(connectors) = customer.and_then(|customer| customer.connectors.as_mut()) else {
            return;
        };
        match read {
            Ok(None) => {
                connectors.remove(&connector);
            }
            Ok(Some(live)) => merge(connectors, connector, live.observed),
            Err(error) => self.mark_unreadable(id, &error),
        }
    }

    fn mark_unreadable(&mut self, id: WorkspaceId, error: &ApiError) {
        self.unreadable.insert(id, error.without_duration());
        if let Some(customer) = self.customers.get_mut(&id) {
            customer.connectors = None;
        }
    }
}

/// A recorded customer whose workspace cannot be read. Without it, a plan would create the customer
/// again.
pub(super) fn placeholder(name: &str) -> ObservedCustomer {
    ObservedCustomer {
        name: name.to_owned(),
        status: ObservedStatus::Active,
        cache: None,
        created_at: String::new(),
        connectors: None,
    }
}

/// Replaces a listed connector by the one that GET returned, and keeps the type name, which only the
/// list has.
fn merge(
    connectors: &mut BTreeMap<ConnectorId, Box<ObservedConnector>>,
    id: ConnectorId,
    live: ObservedConnector,
) {
    let kind_name = connectors
        .get(&id)
        .and_then(|listed| listed.kind_name.clone());
    let kind_name = live.kind_name.clone().or(kind_name);
    let merged = ObservedConnector { kind_name, ..live };
    connectors.insert(id, Box::new(merged));
}
