//! Observer apart from any files: what the ledger knows, or everything there is.

use super::{Observer, RefreshMode};
use crate::api::{ApiError, Reader};
use crate::events::Sink;
use crate::model::{
    ConnectorId, Desired, Observed, ObservedCustomer, Recorded, RecordedCustomer, WorkspaceId,
};
use std::collections::{BTreeMap, BTreeSet};

/// What is read.
pub struct Survey<'a> {
    /// The customers, by id and present name, whose connectors are listed.
    pub customers: &'a (dyn Fn(WorkspaceId, &str) -> bool + Sync),
    /// Which of the connectors are read in full.
    pub details: Details,
}

/// Which connectors are read in full.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Details {
    /// Those whose readable settings the ledger remembers.
    Applied,
    /// All.
    All,
}

impl Survey<'_> {
    pub(super) fn details_wanted(
        &self,
        recorded: Option<&RecordedCustomer>,
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

/// Reads what a survey asks for. Recorded ids that the lists lack are asked for, too.
pub async fn survey(
    reader: &Reader,
    recorded: &Recorded,
    survey: &Survey<'_>,
    parallelism: usize,
    events: &dyn Sink,
) -> Result<Observed, ApiError> {
    let nothing = Desired::default();
    let reading = Observer {
        reader,
        desired: &nothing,
        recorded,
        refresh: RefreshMode::Full,
        survey: Some(survey),
        parallelism: parallelism.max(1),
        events,
        renamed: BTreeMap::new(),
    };
    reading.read().await
}
