//! What there is: reads the remote API into [`Observed`].
//!
//! Owns which reads a plan needs, and no more than those: customers that are declared or ours,
//! details only where a declared setting has to be compared. Absence from a list is never taken
//! for absence where the ledger knows an id: that id is asked for. Refuses to write, and to
//! decide anything.

mod details;
mod kinds;
mod pending_creations;
mod survey;

pub use pending_creations::await_pending_creations;
pub use survey::{Details, Survey, survey};

use crate::api::{ApiError, ApiErrorKind, Reader};
use crate::events::{Event, Sink};
use crate::model::{
    ConnectorId, Desired, DesiredCustomer, KindLookup, Observed, ObservedConnector,
    ObservedCustomer, Recorded, WorkspaceId,
};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

/// How much is read.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum RefreshMode {
    /// Details only where something may have changed.
    #[default]
    Lean,
    /// Details wherever a declared setting can be compared.
    Full,
}

/// Reads everything that a plan for `desired` and `recorded` needs to know.
pub async fn observe(
    reader: &Reader,
    desired: &Desired,
    recorded: &Recorded,
    refresh: RefreshMode,
    parallelism: usize,
    events: &dyn Sink,
) -> Result<Observed, ApiError> {
    let reading = Observer {
        reader,
        desired,
        recorded,
        refresh,
        survey: None,
        parallelism: parallelism.max(1),
        events,
        renamed: previous_names(desired),
    };
    reading.read().await
}

/// What all the steps share.
struct Observer<'a> {
    reader: &'a Reader,
    desired: &'a Desired,
    recorded: &'a Recorded,
    refresh: RefreshMode,
    /// What is read instead of what files declare.
    survey: Option<&'a Survey<'a>>,
    parallelism: usize,
    events: &'a dyn Sink,
    /// Declared customers by the name they had.
    renamed: BTreeMap<&'a str, &'a DesiredCustomer>,
}

type Customers = BTreeMap<WorkspaceId, ObservedCustomer>;

impl Observer<'_> {
    async fn read(&self) -> Result<Observed, ApiError> {
        let listing = self.reader.workspaces(self.events).await?;
        let mut customers: Customers = listing
            .items
            .into_iter()
            .map(|(id, workspace)| (id, workspace.into()))
            .collect();
        self.add_unlisted_customers(&mut customers).await?;
        self.read_connectors(&mut customers).await?;
        self.read_details(&mut customers).await?;
        let kinds = self.look_up_kinds().await?;
        let organization = self.reader.organization();
        Ok(Observed {
            organization_id: organization.ok_or(ApiErrorKind::UnknownOrganization)?,
            customers,
            completeness: listing.completeness,
            kinds,
        })
    }

    /// A recorded workspace that the list lacks is asked for by its id: lists may lag.
    async fn add_unlisted_customers(&self, customers: &mut Customers) -> Result<(), ApiError> {
        let unlisted: Vec<WorkspaceId> = self
            .recorded
            .customers
            .keys()
            .filter(|id| !customers.contains_key(id))
            .copied()
            .collect();
        let found = self
            .run_concurrently(unlisted, |id| self.reader.workspace(id), |_, _| None)
            .await?;
        for workspace in found.into_iter().flatten() {
            customers.insert(workspace.id, workspace.into());
        }
        Ok(())
    }

    /// Lists the connectors of every customer that is declared or ours.
    async fn read_connectors(&self, customers: &mut Customers) -> Result<(), ApiError> {
        let wanted: Vec<(WorkspaceId, String)> = customers
            .iter()
            .filter(|(id, customer)| self.is_in_scope(**id, &customer.name))
            .map(|(id, customer)| (*id, customer.name.clone()))
            .collect();
        let lists = self
            .run_concurrently(
                wanted,
                |(id, name)| async move { Ok((id, self.connectors_of(id, &name).await?)) },
                |done, total| Some(Event::ConnectorsListed { done, total }),
            )
            .await?;
        for (id, connectors) in lists {
            match connectors {
                None => drop(customers.remove(&id)),
                some => {
                    if let Some(customer) = customers.get_mut(&id) {
                        customer.connectors = some;
                    }
                }
            }
        }
        Ok(())
    }

    /// The connectors of one workspace, those included that only their ids find; nothing when
    /// the workspace has gone meanwhile.
    async fn connectors_of(
        &self,
        id: WorkspaceId,
        name: &str,
    ) -> Result<Option<BTreeMap<ConnectorId, ObservedConnector>>, ApiError> {
        let listed = match self.reader.connectors(id, name).await? {
            Some(listed) => Some(listed),
            None => self.list_after_recheck(id).await?,
        };
        let Some(mut connectors) = listed else {
            return Ok(None);
        };
        for unlisted in self.unlisted_connectors(id, &connectors) {
            if let Some(connector) = self.reader.connector(unlisted).await? {
                connectors.insert(connector.id, connector.observed);
            }
        }
        Ok(Some(connectors))
    }

    /// A 404 of the list means that the workspace is gone or was renamed a moment ago: it is
    /// read again, and under its present name its connectors are, too. A workspace that is there
    /// and has no list is no absent one: it would be created once more.
    async fn list_after_recheck(
        &self,
        id: WorkspaceId,
    ) -> Result<Option<BTreeMap<ConnectorId, ObservedConnector>>, ApiError> {
        let Some(workspace) = self.reader.workspace(id).await? else {
            return Ok(None);
        };
        match self.reader.connectors_of_known(id, &workspace.name).await {
            Err(error) if error.is_not_found() => match self.reader.workspace(id).await? {
                None => Ok(None),
                Some(_) => Err(error),
            },
            listed => listed.map(Some),
        }
    }

    /// Recorded ids that the list lacks, also of those on their way out: one that a list merely
    /// leaves out would stay for good.
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
    async fn read_details(&self, customers: &mut Customers) -> Result<(), ApiError> {
        let wanted: Vec<(WorkspaceId, ConnectorId)> = customers
            .iter()
            .flat_map(|(id, customer)| {
                let wanted = self.details_wanted(*id, customer);
                wanted.into_iter().map(move |connector| (*id, connector))
            })
            .collect();
        let details = self
            .run_concurrently(
                wanted,
                |(id, connector)| async move {
                    Ok((id, connector, self.reader.connector(connector).await?))
                },
                |done, total| Some(Event::DetailsRead { done, total }),
            )
            .await?;
        for (id, connector, found) in details {
            let connectors = customers
                .get_mut(&id)
                .and_then(|customer| customer.connectors.as_mut());
            if let Some(connectors) = connectors {
                match found {
                    // Gone since it was listed.
                    None => drop(connectors.remove(&connector)),
                    Some(found) => merge(connectors, connector, found.observed),
                }
            }
        }
        Ok(())
    }

    /// Asks the live catalog for the types that ours does not know.
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
        // The whole catalog, once: the server's own filter does not fold hyphens.
        let catalog = self.reader.definitions(None).await?;
        let looked_up = unknown
            .into_iter()
            .map(|name| (name.to_owned(), kinds::look_up(name, &catalog)));
        Ok(looked_up.collect())
    }

    /// Whether a workspace is declared or ours; of a survey: whether it is asked for.
    fn is_in_scope(&self, id: WorkspaceId, name: &str) -> bool {
        if let Some(survey) = self.survey {
            return (survey.customers)(id, name);
        }
        self.recorded.customers.contains_key(&id) || self.declared(id, name).is_some()
    }

    /// The declaration that a workspace may be matched with: by the name it is recorded under,
    /// else by the name it has.
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

    /// Runs `work` for every item, so many at once, and stops at the first error.
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

/// Takes what GET tells over what the list told, except what only the list has.
fn merge(
    connectors: &mut BTreeMap<ConnectorId, ObservedConnector>,
    id: ConnectorId,
    found: ObservedConnector,
) {
    let kind_name = connectors
        .get(&id)
        .and_then(|listed| listed.kind_name.clone());
    let kind_name = found.kind_name.clone().or(kind_name);
    connectors.insert(id, ObservedConnector { kind_name, ..found });
}

#[cfg(test)]
mod tests;
