//! Responsible for the workspaces in which the ledger records connectors.

use super::{ConnectorId, LedgerState, WorkspaceId};
use std::collections::BTreeSet;
use uuid::Uuid;

/// The recorded workspaces and connectors.
#[derive(Clone, Debug, Default)]
pub(crate) struct RecordedPlaces {
    /// The number of recorded workspaces.
    pub(crate) workspaces: usize,
    /// Each connector with each workspace in which the ledger records it, pending deletions included.
    connectors: BTreeSet<(ConnectorId, WorkspaceId)>,
}

impl From<&LedgerState> for RecordedPlaces {
    fn from(recorded: &LedgerState) -> Self {
        let customers = recorded.customers.iter();
        let places = customers.flat_map(|(workspace, entry)| {
            let connectors = entry.connectors.values().map(|connector| connector.id);
            let ids = connectors.chain(entry.pending_deletion.iter().copied());
            ids.map(|id| (id, *workspace))
        });
        Self {
            connectors: places.collect(),
            workspaces: recorded.customers.len(),
        }
    }
}

impl RecordedPlaces {
    /// Whether the ledger records a connector, but not in this workspace.
    pub(crate) fn is_elsewhere(&self, id: ConnectorId, workspace: WorkspaceId) -> bool {
        let first = (id, WorkspaceId(Uuid::nil()));
        let mut places = self
            .connectors
            .range(first..)
            .take_while(|(other, _)| *other == id);
        let is_recorded = places.next().is_some();
        is_recorded && !self.connectors.contains(&(id, workspace))
    }
}
