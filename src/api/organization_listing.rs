//! Responsible for listing the connectors of all workspaces of an organization at once. The operation is not in the
//! public specification, so only the ids are read, and a listing that cannot be checked is not used.

use super::Reader;
use super::error::ApiError;
use super::request::Request;
use super::wire::{OrganizationConnector, OrganizationPage};
use crate::model::{ConnectorId, OrganizationId, WorkspaceId};
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
    /// Lists the connectors of the organization, `parallelism` pages at a time. Returns the reason if the listing is
    /// refused or cannot be checked. A listing that contradicts itself is read again, because connectors may have been
    /// created or deleted meanwhile.
    pub async fn connectors_of_organization(
        &self,
        organization: OrganizationId,
        parallelism: usize,
    ) -> Result<Result<ConnectorIds, Unusable>, ApiError> {
        let mut listed = Err(String::new());
        for _ in 0..self.client.options.limits.listings {
            listed = match self.list_organization(organization, parallelism).await {
                Err(error) if error.concerns_object() => return Ok(Err(error.to_string())),
                listed => listed?,
            };
            if listed.is_ok() {
                break;
            }
        }
        Ok(listed)
    }

    async fn list_organization(
        &self,
        organization: OrganizationId,
        parallelism: usize,
    ) -> Result<Result<ConnectorIds, Unusable>, ApiError> {
        let first = self.organization_page(organization, 0).await?;
        // A server may have smaller pages than the request asks for.
        let step = first.data.len() as u64;
        let mut rows = Rows {
            total: first.total,
            workspaces: BTreeMap::new(),
        };
        if let Err(reason) = rows.check_size(step, self.client.options.limits.rows) {
            return Ok(Err(reason));
        }
        let mut flaw = rows.add(first).err();
        let offsets = (1..rows.total.div_ceil(step.max(1))).map(|page| page * step);
        let mut pages = stream::iter(offsets)
            .map(|offset| self.organization_page(organization, offset))
            .buffer_unordered(parallelism.max(1));
        while let Some(page) = pages.try_next().await? {
            flaw = flaw.or(rows.add(page).err());
        }
        Ok(match flaw {
            Some(flaw) => Err(flaw),
            None => rows.finish(),
        })
    }

    async fn organization_page(
        &self,
        organization: OrganizationId,
        offset: u64,
    ) -> Result<OrganizationPage, ApiError> {
        let path = format!("/api/v1/organizations/{organization}/credentials");
        let mut request = Request::get("list_organizations_credentials", path);
        request.query.push(("limit", PAGE.to_string()));
        request.query.push(("offset", offset.to_string()));
        self.client.as_application(&request).await?.decode()
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
