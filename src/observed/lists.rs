//! Responsible for listing the connectors of the customers in scope. The lists of recorded customers
//! start with the ids of the ledger, while the pages of workspaces are read.

use super::Observer;
use super::isolation::Isolation;
use super::organization::OrganizationIds;
use super::read_state::{ReadState, WorkspaceConnectors};
use crate::api::ApiError;
use crate::events::Event;
use crate::model::{ConnectorId, ForeignConnectors, ObservedConnector, WorkspaceId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

/// The lists of workspaces. A list is `None` if the workspace does not exist, and an error if only
/// this customer could not be read.
pub(super) type Lists = BTreeMap<WorkspaceId, Result<Option<WorkspaceConnectors>, ApiError>>;

impl Observer<'_> {
    /// Lists the connectors of recorded customers by the ids of the ledger, without those that `ids` shows as recorded.
    /// Emits no event while `has_pages` is false, because the display shows the pages of workspaces then.
    pub(super) async fn list_recorded(
        &self,
        isolation: &Isolation,
        has_pages: &AtomicBool,
        ids: Option<&OrganizationIds>,
    ) -> Result<Lists, ApiError> {
        // The older contract lists by the present name, which only the pages tell.
        if !self.reader.lists_by_id() {
            return Ok(Lists::new());
        }
        let recorded = self.recorded.customers.iter();
        let wanted: Vec<(WorkspaceId, String)> = recorded
            .filter(|(id, entry)| self.is_in_scope(**id, &entry.name))
            .filter(|(id, entry)| !self.shows_as_recorded(ids, **id, &entry.name))
            .map(|(id, entry)| (*id, entry.name.clone()))
            .collect();
        self.list(wanted, isolation, |done, total| {
            let is_shown = has_pages.load(Ordering::Relaxed);
            is_shown.then_some(Event::ConnectorsListed { done, total })
        })
        .await
    }

    /// Adds the connectors of every customer in scope: those of `listed`, and new lists of the others.
    pub(super) async fn add_connectors(
        &self,
        state: &mut ReadState,
        mut listed: Lists,
        isolation: &Isolation,
    ) -> Result<(), ApiError> {
        let in_scope: Vec<(WorkspaceId, String)> = state
            .customers
            .iter()
            .filter(|(id, customer)| self.is_in_scope(**id, &customer.name))
            .filter(|(id, _)| !state.unreadable.contains_key(id))
            .filter(|(_, customer)| customer.connectors.is_none())
            .map(|(id, customer)| (*id, customer.name.clone()))
            .collect();
        let (ready, wanted): (Vec<_>, Vec<_>) = in_scope
            .into_iter()
            .partition(|(id, _)| listed.contains_key(id));
        let (before, total) = (ready.len(), ready.len() + wanted.len());
        if before > 0 {
            let done = before;
            self.events.emit(Event::ConnectorsListed { done, total });
        }
        let more = self
            .list(wanted, isolation, |done, _| {
                let done = before + done;
                Some(Event::ConnectorsListed { done, total })
            })
            .await?;
        // A list of a customer that was renamed out of the scope is dropped.
        let ready = ready
            .into_iter()
            .filter_map(|(id, _)| listed.remove_entry(&id));
        for (id, read) in ready.chain(more) {
            state.add_connectors(id, read);
        }
        Ok(())
    }

    async fn list(
        &self,
        wanted: Vec<(WorkspaceId, String)>,
        isolation: &Isolation,
        event: impl Fn(usize, usize) -> Option<Event<'static>>,
    ) -> Result<Lists, ApiError> {
        let lists = self
            .run_concurrently(
                wanted,
                |(id, name)| async move {
                    let read = self.connectors_of(id, &name).await;
                    Ok((id, isolation.isolate(read)?))
                },
                event,
            )
            .await?;
        Ok(lists.into_iter().collect())
    }

    /// The connectors of one workspace, including recorded ones that only a GET by id returns and that
    /// an inspection shows in this workspace. `None` if the workspace no longer exists.
    async fn connectors_of(
        &self,
        id: WorkspaceId,
        name: &str,
    ) -> Result<Option<WorkspaceConnectors>, ApiError> {
        let listed = match self.reader.connectors(id, name).await? {
            Some(listed) => Some(listed),
            None => self.list_after_recheck(id).await?,
        };
        let Some(mut connectors) = listed else {
            return Ok(None);
        };
        // Names and times are most of the memory of a list.
        let recorded = self.recorded.customers.get(&id);
        for (name, entry) in recorded.into_iter().flat_map(|entry| &entry.connectors) {
            if let Some(observed) = connectors.get_mut(&entry.id) {
                observed.share(name, entry);
            }
        }
        let mut foreign = ForeignConnectors::new();
        for unlisted in self.unlisted_connectors(id, &connectors) {
            let Some(connector) = self.reader.connector(unlisted).await? else {
                continue;
            };
            // The ledger may name a connector of another customer, and a GET does not tell whose
            // the connector is.
            let workspace = self.reader.workspace_of(unlisted).await?;
            if workspace == Some(id) {
                connectors.insert(unlisted, Box::new(connector.observed));
            } else {
                foreign.insert(unlisted, workspace);
            }
        }
        Ok(Some(WorkspaceConnectors {
            connectors,
            foreign,
        }))
    }

    /// Lists the connectors again after a 404, under the workspace's present name: the workspace was
    /// deleted or renamed. `None` means deleted. A workspace that exists without a list is an error,
    /// because a plan that took it for deleted would create it again.
    async fn list_after_recheck(
        &self,
        id: WorkspaceId,
    ) -> Result<Option<BTreeMap<ConnectorId, Box<ObservedConnector>>>, ApiError> {
        let Some(workspace) = self.reader.workspace(id).await? else {
            return Ok(None);
        };
        match self
            .reader
            .connectors_of_existing(id, &workspace.name)
            .await
        {
            Err(error) if error.is_not_found() => match self.reader.workspace(id).await? {
                None => Ok(None),
                Some(_) => Err(error),
            },
            listed => listed.map(Some),
        }
    }

    /// Recorded connectors that the list does not contain, including those pending deletion: a
    /// lagging list could otherwise hide one, and airlift would never delete it.
    fn unlisted_connectors(
        &self,
        id: WorkspaceId,
        listed: &BTreeMap<ConnectorId, Box<ObservedConnector>>,
    ) -> Vec<ConnectorId> {
        let Some(recorded) = self.recorded.customers.get(&id) else {
            return Vec::new();
        };
        let connectors = recorded.connectors.values();
        let ids: BTreeSet<ConnectorId> = connectors
            .map(|connector| connector.id)
            .chain(recorded.pending_deletion.iter().copied())
            .collect();
        let is_unlisted = |id: &ConnectorId| !listed.contains_key(id);
        ids.into_iter().filter(is_unlisted).collect()
    }
}
