//! Responsible for reading the remote API without declarations: recorded customers, or all of them.

use super::{ListingMode, Observer, RefreshMode};
use crate::api::{ApiError, Reader};
use crate::events::Sink;
use crate::model::{
    ConnectorId, CustomerEntry, Desired, LedgerState, Observed, ObservedCustomer, WorkspaceId,
};
use std::collections::{BTreeMap, BTreeSet};

/// Selects what is read.
pub struct Survey<'a> {
    /// Whether the connectors of a customer with this id and present name are listed.
    pub customers: &'a (dyn Fn(WorkspaceId, &str) -> bool + Sync),
    /// The connectors whose details are read.
    pub details: Details,
    /// The names of the workspaces that are listed. `None` for all.
    pub names: Option<&'a BTreeSet<String>>,
}

/// The connectors whose details a survey reads.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Details {
    /// Connectors with readable settings in the ledger.
    Applied,
    /// All connectors.
    All,
}

impl Survey<'_> {
    pub(super) fn details_wanted(
        &self,
        recorded: Option<&CustomerEntry>,
        customer: &ObservedCustomer,
    ) -> Vec<ConnectorId> {
        let applied: BTreeSet<ConnectorId> = recorded
            .iter()
            .flat_map(|recorded| recorded.connectors.values())
            .filter(|connector| {
                let applied = &connector.applied;
                applied.replication_config.is_some() || applied.entities.is_some()
            })
            .map(|connector| connector.id)
            .collect();
        let wanted = |id: &ConnectorId| self.details == Details::All || applied.contains(id);
        let unread = customer.connectors.iter().flatten();
        unread
            .filter(|(id, connector)| connector.detail.is_none() && wanted(id))
            .map(|(id, _)| *id)
            .collect()
    }
}

/// Reads what a survey selects. Recorded ids that the lists do not contain are requested by id.
pub async fn survey(
    reader: &Reader,
    recorded: &LedgerState,
    survey: &Survey<'_>,
    parallelism: usize,
    events: &dyn Sink,
) -> Result<Observed, ApiError> {
    let nothing = Desired::default();
    let observer = Observer {
        reader,
        desired: &nothing,
        recorded,
        refresh: RefreshMode::Full,
        listing: ListingMode::Customers,
        survey: Some(survey),
        names: survey.names,
        parallelism: parallelism.max(1),
        events,
        renamed: BTreeMap::new(),
    };
    // On the heap, as in `observe`.
    Box::pin(observer.read(None)).await
}
