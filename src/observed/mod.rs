//! Responsible for reading the remote API into [`Observed`], with as few requests as a plan needs:
//! the connectors of declared and recorded customers, and a connector's details only where a
//! declared setting is compared.
//!
//! Lists may lag, so a recorded id that a list does not contain is requested by id. Does not write
//! and does not plan.

mod details;
mod isolation;
mod kinds;
mod pending_creations;
mod read_state;
mod survey;

pub use pending_creations::await_pending_creations;
pub use survey::{Details, Survey, survey};

use crate::api::{ApiError, ApiErrorKind, Reader};
use crate::events::{Event, Sink};
use crate::model::{
    ConnectorId, Desired, DesiredCustomer, ForeignConnectors, KindLookup, LedgerState, Observed,
    ObservedConnector, WorkspaceId,
};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use isolation::Isolation;
use read_state::{ReadState, WorkspaceConnectors, placeholder};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

/// Which connectors' details are read.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum RefreshMode {
    /// Details of connectors that may have changed since the last apply.
    #[default]
    Lean,
    /// Details of all connectors with settings to compare.
    Full,
}

/// Reads the observed state that a plan for `desired` and `recorded` needs.
pub async fn observe(
    reader: &Reader,
    desired: &Desired,
    recorded: &LedgerState,
    refresh: RefreshMode,
    parallelism: usize,
    events: &dyn Sink,
) -> Result<Observed, ApiError> {
    let observer = Observer {
        reader,
        desired,
        recorded,
        refresh,
        survey: None,
        parallelism: parallelism.max(1),
        events,
        renamed: previous_names(desired),
    };
    observer.read().await
}

/// The inputs of one observation.
struct Observer<'a> {
    reader: &'a Reader,
    desired: &'a Desired,
    recorded: &'a LedgerState,
    refresh: RefreshMode,
    /// Replaces the declarations as the selection of what is read.
    survey: Option<&'a Survey<'a>>,
    parallelism: usize,
    events: &'a dyn Sink,
    /// Declared customers by `previous_name`.
    renamed: BTreeMap<&'a str, &'a DesiredCustomer>,
}

impl Observer<'_> {
    async fn read(&self) -> Result<Observed, ApiError> {
        let listing = self.reader.workspaces(self.events).await?;
        let customers = listing.items.into_iter();
        let mut state = ReadState {
            customers: customers
                .map(|(id, workspace)| (id, workspace.into()))
                .collect(),
            ..ReadState::default()
        };
        self.add_unlisted_customers(&mut state).await?;
        self.read_connectors(&mut state).await?;
        self.read_details(&mut state).await?;
        let kinds = self.look_up_kinds().await?;
        let organization = self.reader.organization();
        Ok(Observed {
            organization_id: organization.ok_or(ApiErrorKind::UnknownOrganization)?,
            customers: state.customers,
            completeness: listing.completeness,
            kinds,
            foreign: state.foreign,
            unreadable: state.unreadable,
        })
    }

    /// Reads recorded workspaces that the list does not contain by id, because lists may lag.
    async fn add_unlisted_customers(&self, state: &mut ReadState) -> Result<(), ApiError> {
        let unlisted: Vec<WorkspaceId> = self
            .recorded
            .customers
            .keys()
            .filter(|id| !state.customers.contains_key(id))
            .copied()
            .collect();
        let isolation = &Isolation::default();
        let workspaces = self
            .run_concurrently(
                unlisted,
                |id| async move { Ok((id, isolation.isolate(self.reader.workspace(id).await)?)) },
                |_, _| None,
            )
            .await?;
        for (id, workspace) in workspaces {
            match workspace {
                Ok(Some(workspace)) => {
                    state.customers.insert(workspace.id, workspace.into());
                }
                Ok(None) => {}
                Err(error) => {
                    let recorded = &self.recorded.customers[&id];
                    state.customers.insert(id, placeholder(&recorded.name));
                    state.unreadable.insert(id, error.to_string());
                }
            }
        }
        Ok(())
    }

    /// Lists the connectors of every customer in scope.
    async fn read_connectors(&self, state: &mut ReadState) -> Result<(), ApiError> {
        let wanted: Vec<(WorkspaceId, String)> = state
            .customers
            .iter()
            .filter(|(id, customer)| self.is_in_scope(**id, &customer.name))
            .filter(|(id, _)| !state.unreadable.contains_key(id))
            .map(|(id, customer)| (*id, customer.name.clone()))
            .collect();
        let isolation = &Isolation::default();
        let lists = self
            .run_concurrently(
                wanted,
                |(id, name)| async move {
                    let read = self.connectors_of(id, &name).await;
                    Ok((id, isolation.isolate(read)?))
                },
                |done, total| Some(Event::ConnectorsListed { done, total }),
            )
            .await?;
        for (id, read) in lists {
            state.add_connectors(id, read);
        }
        Ok(())
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
        let mut foreign = ForeignConnectors::new();
        for unlisted in self.unlisted_connectors(id, &connectors) {
            let Some(connector) = self.reader.connector(unlisted).await? else {
                continue;
            };
            // The ledger may name a connector of another customer, and a GET does not tell whose
            // the connector is.
            let workspace = self.reader.workspace_of(unlisted).await?;
            if workspace == Some(id) {
                connectors.insert(unlisted, connector.observed);
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
    ) -> Result<Option<BTreeMap<ConnectorId, ObservedConnector>>, ApiError> {
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
        listed: &BTreeMap<ConnectorId, ObservedConnector>,
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

    /// Reads the details that a comparison needs.
    async fn read_details(&self, state: &mut ReadState) -> Result<(), ApiError> {
        let wanted: Vec<(WorkspaceId, ConnectorId)> = state
            .customers
            .iter()
            .flat_map(|(id, customer)| {
                let wanted = self.details_wanted(*id, customer);
                wanted.into_iter().map(move |connector| (*id, connector))
            })
            .collect();
        let isolation = &Isolation::default();
        let details = self
            .run_concurrently(
                wanted,
                |(id, connector)| async move {
                    let read = self.reader.connector(connector).await;
                    Ok((id, connector, isolation.isolate(read)?))
                },
                |done, total| Some(Event::DetailsRead { done, total }),
            )
            .await?;
        for (id, connector, read) in details {
            state.add_detail(id, connector, read);
        }
        Ok(())
    }

    /// Looks up types that the embedded catalog does not have in the API's catalog.
    async fn look_up_kinds(&self) -> Result<BTreeMap<String, KindLookup>, ApiError> {
        let unknown: BTreeSet<&str> = self
            .desired
            .connectors()
            .filter(|(_, connector)| connector.kind.definition_id.is_none())
            .map(|(_, connector)| connector.kind.name.as_str())
            .collect();
        if unknown.is_empty() {
            return Ok(BTreeMap::new());
        }
        // One request for the whole catalog, because the API's filter does not ignore hyphens.
        let catalog = self.reader.definitions(None).await?;
        let looked_up = unknown
            .into_iter()
            .map(|name| (name.to_owned(), kinds::look_up(name, &catalog)));
        Ok(looked_up.collect())
    }

    /// Whether the workspace's connectors are read: it is declared, recorded, or in the survey.
    fn is_in_scope(&self, id: WorkspaceId, name: &str) -> bool {
        if let Some(survey) = self.survey {
            return (survey.customers)(id, name);
        }
        self.recorded.customers.contains_key(&id) || self.declared(id, name).is_some()
    }

    /// The declaration that may match a workspace, by its recorded name, else by its present name.
    fn declared(&self, id: WorkspaceId, name: &str) -> Option<&DesiredCustomer> {
        let recorded = self.recorded.customers.get(&id);
        recorded
            .and_then(|recorded| self.declared_as(&recorded.name))
            .or_else(|| self.declared_as(name))
    }

    fn declared_as(&self, name: &str) -> Option<&DesiredCustomer> {
        let declared = self.desired.customers.get(name);
        declared.or_else(|| self.renamed.get(name).copied())
    }

    /// Runs `work` for every item, at most `parallelism` at a time, and stops at the first error.
    async fn run_concurrently<I, T, F>(
        &self,
        items: Vec<I>,
        work: impl Fn(I) -> F,
        event: impl Fn(usize, usize) -> Option<Event<'static>>,
    ) -> Result<Vec<T>, ApiError>
    where
        F: Future<Output = Result<T, ApiError>>,
    {
        let total = items.len();
        let mut done = Vec::with_capacity(total);
        let mut running =
            stream::iter(items.into_iter().map(work)).buffer_unordered(self.parallelism);
        while let Some(result) = running.try_next().await? {
            done.push(result);
            if let Some(event) = event(done.len(), total) {
                self.events.emit(event);
            }
        }
        Ok(done)
    }
}

fn previous_names(desired: &Desired) -> BTreeMap<&str, &DesiredCustomer> {
    let customers = desired.customers.values();
    customers
        .filter_map(|customer| Some((customer.previous_name.as_deref()?, customer)))
        .collect()
}

#[cfg(test)]
mod tests;
