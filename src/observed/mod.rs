//! Responsible for reading the remote API into [`Observed`], with as few requests as a plan needs:
//! the connectors of declared and recorded customers, and a connector's details only where a
//! declared setting is compared.
//!
//! Lists may lag, so a recorded id that a list does not contain is requested by id. Does not write
//! and does not plan.

mod details;
mod isolation;
mod kinds;
mod lists;
mod organization;
mod pending_creations;
mod read_state;
mod survey;

pub use organization::ListingMode;
pub use pending_creations::await_pending_creations;
pub use survey::{Details, Survey, survey};

use crate::api::{ApiError, ApiErrorKind, FirstPage, Reader};
use crate::events::{Event, Sink};
use crate::model::{
    ConnectorId, Desired, DesiredCustomer, KindLookup, LedgerState, Observed, WorkspaceId,
};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use isolation::Isolation;
use lists::Lists;
use read_state::{ReadState, placeholder};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};

/// Which connectors' details are read.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum RefreshMode {
    /// Details of connectors that may have changed since the last apply.
    #[default]
    Lean,
    /// Details of all connectors with settings to compare.
    Full,
}

/// Reads the observed state that a plan for `desired` and `recorded` needs. The first page of workspaces may be under
/// way already.
pub async fn observe(
    reader: &Reader,
    desired: &Desired,
    recorded: &LedgerState,
    (refresh, listing, first_page): (RefreshMode, ListingMode, Option<FirstPage>),
    parallelism: usize,
    events: &dyn Sink,
) -> Result<Observed, ApiError> {
    let observer = Observer {
        reader,
        desired,
        recorded,
        refresh,
        // A full refresh compares what the listing does not have.
        listing: match refresh {
            RefreshMode::Lean => listing,
            RefreshMode::Full => ListingMode::Customers,
        },
        survey: None,
        names: None,
        parallelism: parallelism.max(1),
        events,
        renamed: previous_names(desired),
    };
    // On the heap, because its reads side by side make the future large.
    Box::pin(observer.read(first_page)).await
}

/// As [`observe`], for a run over few customers that the ledger knows: does not list all workspaces, but those with one
/// of these names, of which the customers' ids select theirs.
pub async fn observe_named(
    reader: &Reader,
    desired: &Desired,
    recorded: &LedgerState,
    (refresh, names): (RefreshMode, &BTreeSet<String>),
    parallelism: usize,
    events: &dyn Sink,
) -> Result<Observed, ApiError> {
    let observer = Observer {
        reader,
        desired,
        recorded,
        refresh,
        listing: ListingMode::Customers,
        survey: None,
        names: Some(names),
        parallelism: parallelism.max(1),
        events,
        renamed: previous_names(desired),
    };
    Box::pin(observer.read(None)).await
}

/// The inputs of one observation.
struct Observer<'a> {
    reader: &'a Reader,
    desired: &'a Desired,
    recorded: &'a LedgerState,
    refresh: RefreshMode,
    listing: ListingMode,
    /// Replaces the declarations as the selection of what is read.
    survey: Option<&'a Survey<'a>>,
    /// The names of the workspaces that are listed. `None` for all.
    names: Option<&'a BTreeSet<String>>,
    parallelism: usize,
    events: &'a dyn Sink,
    /// Declared customers by `previous_name`.
    renamed: BTreeMap<&'a str, &'a DesiredCustomer>,
}

impl Observer<'_> {
    async fn read(&self, first_page: Option<FirstPage>) -> Result<Observed, ApiError> {
        self.reader.note_recorded(self.recorded.into());
        let (isolation, has_pages) = (Isolation::default(), AtomicBool::new(false));
        let pages = async {
            let listing = match self.names {
                None => self.reader.workspaces_from(first_page, self.events).await,
                Some(names) => self.reader.workspaces_named(names, self.events).await,
            };
            has_pages.store(true, Ordering::Relaxed);
            listing
        };
        let recorded = async {
            let ids = self.list_organization().await?;
            let lists = self.list_recorded(&isolation, &has_pages, ids.as_ref());
            Ok::<_, ApiError>((lists.await?, ids))
        };
        let (listing, (lists, ids), kinds) =
            tokio::try_join!(pages, recorded, self.look_up_kinds())?;
        let customers = listing.items.into_iter();
        let mut state = ReadState {
            customers: customers
                .map(|(id, workspace)| (id, workspace.into()))
                .collect(),
            ..ReadState::default()
        };
        self.add_unlisted_customers(&mut state, &lists).await?;
        let completeness = listing.completeness;
        let organization_listing = self.add_recorded_connectors(&mut state, &completeness, ids);
        self.add_connectors(&mut state, lists, &isolation).await?;
        self.read_details(&mut state).await?;
        let organization = self.reader.organization();
        Ok(Observed {
            organization_id: organization.ok_or(ApiErrorKind::UnknownOrganization)?,
            customers: state.customers,
            completeness,
            kinds,
            foreign: state.foreign,
            unreadable: state.unreadable,
            organization_listing,
        })
    }

    /// Reads recorded workspaces that the list does not contain by id, because lists may lag. A
    /// workspace that `lists` has as `None` was read by id already.
    async fn add_unlisted_customers(
        &self,
        state: &mut ReadState,
        lists: &Lists,
    ) -> Result<(), ApiError> {
        let unlisted: Vec<WorkspaceId> = self
            .recorded
            .customers
            .keys()
            .filter(|id| !state.customers.contains_key(id))
            .filter(|id| !matches!(lists.get(id), Some(Ok(None))))
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
                    state.unreadable.insert(id, error.without_duration());
                }
            }
        }
        Ok(())
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
                    let read = match self.survey {
                        None => self.reader.planned_connector(connector).await,
                        Some(_) => self.reader.connector(connector).await,
                    };
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
