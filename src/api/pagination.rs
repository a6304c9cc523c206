//! Responsible for listing all workspaces, and for whether the list is complete. A list is complete
//! if its last page was reached, no workspace was listed twice, and the statistics of the API count
//! as many workspaces.

use super::error::ApiError;
use super::wire::{StatsResponse, WorkspacePage};
use super::{Reader, Workspace, request};
use crate::events::{Event, Sink};
use crate::model::{Completeness, WorkspaceId};
use std::collections::{BTreeMap, HashSet};

/// The listed workspaces, and whether the list is complete.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Listing {
    /// Live workspaces by id.
    pub items: BTreeMap<WorkspaceId, Workspace>,
    /// Whether these are all live workspaces.
    pub completeness: Completeness,
}

impl Reader {
    /// Lists every live workspace (`list_workspaces`, `get_workspaces_stats`). An incomplete listing
    /// is read again, because workspaces may have been created or deleted meanwhile. `events`
    /// receives the number of workspaces listed so far.
    pub async fn workspaces(&self, events: &dyn Sink) -> Result<Listing, ApiError> {
        let mut listing = self.list_once(events).await?;
        for _ in 1..self.client.options.limits.listings {
            if listing.completeness == Completeness::Complete {
                break;
            }
            listing = self.list_once(events).await?;
        }
        Ok(listing)
    }

    async fn list_once(&self, events: &dyn Sink) -> Result<Listing, ApiError> {
        let mut items = BTreeMap::new();
        let flaw = match self.read_pages(&mut items, events).await? {
            Some(flaw) => Some(flaw),
            None => self.compare_with_stats(items.len()).await?,
        };
        Ok(Listing {
            items,
            completeness: flaw.map_or(Completeness::Complete, Completeness::Incomplete),
        })
    }

    /// Reads all pages. Returns why the list is incomplete, if it is.
    async fn read_pages(
        &self,
        items: &mut BTreeMap<WorkspaceId, Workspace>,
        events: &dyn Sink,
    ) -> Result<Option<String>, ApiError> {
        let limits = self.client.options.limits;
        let mut cursor: Option<String> = None;
        let mut cursors = HashSet::new();
        let mut flaw = None;
        for _ in 0..limits.pages {
            let request = request::list_workspaces(limits.page, cursor.as_deref());
            let page: WorkspacePage = self.client.as_application(&request).await?.decode()?;
            let repeated = self.add_page(page.data, items)?;
            flaw = flaw.or(repeated);
            events.emit(Event::CustomersListed { done: items.len() });
            let next = page.next.unwrap_or_default();
            if next.is_empty() {
                return Ok(flaw);
            }
            let Some(next) = self.cursor_of(&next) else {
                return Ok(Some(
                    "the link to the next page leads to another host or has no cursor".to_owned(),
                ));
            };
            if !cursors.insert(next.clone()) {
                return Ok(Some("a page links to an earlier page".to_owned()));
            }
            cursor = Some(next);
        }
        Ok(Some(format!("no end after {} pages", limits.pages)))
    }

    /// Adds a page. Returns why the list is incomplete if a workspace was listed before.
    fn add_page(
        &self,
        page: Vec<super::wire::WorkspaceResponse>,
        items: &mut BTreeMap<WorkspaceId, Workspace>,
    ) -> Result<Option<String>, ApiError> {
        let mut flaw = None;
        for response in page {
            let Some(workspace) = response.into_live() else {
                continue;
            };
            self.client.check_organization(workspace.organization_id)?;
            let id = workspace.id;
            if items.insert(id, workspace).is_some() {
                flaw = Some(format!("workspace {id} was listed twice"));
            }
        }
        Ok(flaw)
    }

    async fn compare_with_stats(&self, listed: usize) -> Result<Option<String>, ApiError> {
        let outcome = self
            .client
            .as_application(&request::workspace_stats())
            .await;
        let stats: StatsResponse = match outcome {
            Ok(success) => success.decode()?,
            Err(error) if error.is_not_found() => {
                return Ok(Some(
                    "the server has no statistics to compare with".to_owned(),
                ));
            }
            Err(error) => return Err(error),
        };
        let same = u64::try_from(listed) == Ok(stats.total_count);
        Ok((!same).then(|| {
            let counted = stats.total_count;
            format!("{listed} workspaces are listed, the statistics count {counted}")
        }))
    }

    /// The cursor in `next`, which is a cursor or a link on this origin. Only the cursor of a link is
    /// used, in a new request. A link to another origin has no cursor.
    fn cursor_of(&self, next: &str) -> Option<String> {
        let is_link = next.contains("://") || next.contains('?') || next.starts_with("/api/");
        if !is_link {
            return Some(next.to_owned());
        }
        let query = self.client.transport.target.query_of(next)?;
        query
            .into_iter()
            .find(|(name, value)| name == "cursor" && !value.is_empty())
            .map(|(_, value)| value)
    }
}
