//! Responsible for listing the connectors of all workspaces of an organization at once. The operation is not in the
//! public specification, so only the ids are read, and a listing that cannot be checked is not used.

use super::Reader;
use super::error::ApiError;
use super::request::Request;
use super::wire::{OrganizationConnector, OrganizationPage};
use crate::model::{ConnectorId, LockUnpoisoned, OrganizationId, WorkspaceId};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use std::collections::{BTreeMap, BTreeSet};

/// The rows of a page.
const PAGE: u64 = 200;

/// The connectors of each workspace.
pub type ConnectorIds = BTreeMap<WorkspaceId, BTreeSet<ConnectorId>>;

/// The rows of a listing so far.
struct Rows {
    /// The number of rows that the first page counts.
    total: u64,
    workspaces: BTreeMap<ConnectorId, WorkspaceId>,
}

/// Why a listing cannot be used.
type Unusable = String;

impl Reader {
    /// The number of connectors of the last listing of the organization that could be used; `None` without one.
    pub fn known_connectors(&self) -> Option<usize> {
        *self.client.known_connectors.lock_unpoisoned()
    }

    /// The number of pages of a listing with this number of connectors.
    pub fn pages_of_connectors(connectors: usize) -> usize {
        let page = usize::try_from(PAGE).unwrap_or(usize::MAX);
        connectors.div_ceil(page).max(1)
    }

    /// Lists the connectors of the organization, `parallelism` pages at a time. The pages of the first `expected`
    /// connectors do not wait for the first page. Returns the reason if the listing is refused or cannot be checked.
    /// A listing that contradicts itself is read again, because connectors may have been created or deleted meanwhile.
    pub async fn connectors_of_organization(
        &self,
        organization: OrganizationId,
        expected: usize,
        parallelism: usize,
    ) -> Result<Result<ConnectorIds, Unusable>, ApiError> {
        let operation = PagesOf {
            reader: self,
            organization,
            parallelism: parallelism.max(1),
        };
        let mut listed = Err(String::new());
        for _ in 0..self.client.options.limits.listings {
            listed = match operation.list(expected).await {
                Err(error) if error.concerns_object() => return Ok(Err(error.to_string())),
                listed => listed?,
            };
            if listed.is_ok() {
                break;
            }
        }
        let connectors = listed.as_ref().ok();
        let connectors = connectors.map(|ids| ids.values().map(BTreeSet::len).sum());
        *self.client.known_connectors.lock_unpoisoned() = connectors;
        Ok(listed)
    }
}

/// The pages of one organization.
struct PagesOf<'a> {
    reader: &'a Reader,
    organization: OrganizationId,
    parallelism: usize,
}

impl PagesOf<'_> {
    async fn list(&self, expected: usize) -> Result<Result<ConnectorIds, Unusable>, ApiError> {
        let pages = Reader::pages_of_connectors(expected) as u64;
        let mut pages = self.read((0..pages).map(|page| page * PAGE)).await?;
        let first = &pages[&0];
        let (total, step) = (first.total, first.data.len() as u64);
        let mut rows = Rows {
            total,
            workspaces: BTreeMap::new(),
        };
        if let Err(reason) = rows.check_size(step, self.reader.client.options.limits.rows) {
            return Ok(Err(reason));
        }
        // A server may have smaller pages than the request asks for.
        let step = step.max(1);
        pages.retain(|offset, _| offset % step == 0);
        let offsets = (1..total.div_ceil(step)).map(|page| page * step);
        let rest = offsets.filter(|offset| !pages.contains_key(offset));
        let rest = self.read(rest).await?;
        Ok(pages
            .into_values()
            .chain(rest.into_values())
            .try_for_each(|page| rows.add(page))
            .and_then(|()| rows.finish()))
    }

    /// Reads the pages at these offsets.
    async fn read(
        &self,
        offsets: impl Iterator<Item = u64>,
    ) -> Result<BTreeMap<u64, OrganizationPage>, ApiError> {
        stream::iter(offsets)
            .map(async |offset| Ok((offset, self.page(offset).await?)))
            .buffer_unordered(self.parallelism)
            .try_collect()
            .await
    }

    async fn page(&self, offset: u64) -> Result<OrganizationPage, ApiError> {
        let organization = self.organization;
        let path = format!("/api/v1/organizations/{organization}/credentials");
        let mut request = Request::get("list_organizations_credentials", path);
        request.query.push(("limit", PAGE.to_string()));
        request.query.push(("offset", offset.to_string()));
        self.reader.client.as_application(&request).await?.decode()
    }
}

impl Rows {
    fn check_size(&self, step: u64, most: usize) -> Result<(), Unusable> {
        if self.total > most as u64 {
            return Err(format!(
                "it counts {} connectors, and airlift reads up to {most}",
                self.total
            ));
        }
        if step == 0 && self.total > 0 {
            return Err(format!(
                "it counts {} connectors, and its first page has none",
                self.total
            ));
        }
        Ok(())
    }

    fn add(&mut self, page: OrganizationPage) -> Result<(), Unusable> {
        if page.total != self.total {
            return Err(format!(
                "its pages count {} and {} connectors",
                self.total, page.total
            ));
        }
        for OrganizationConnector { id, workspace_id } in page.data {
            if self.workspaces.insert(id, workspace_id).is_some() {
                return Err(format!("it has connector {id} twice"));
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<ConnectorIds, Unusable> {
        let listed = self.workspaces.len();
        if listed as u64 != self.total {
            return Err(format!(
                "it has {listed} connectors and counts {}",
                self.total
            ));
        }
        let mut ids = ConnectorIds::new();
        for (id, workspace) in self.workspaces {
            ids.entry(workspace).or_default().insert(id);
        }
        Ok(ids)
    }
}
