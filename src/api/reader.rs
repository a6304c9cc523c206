//! Responsible for the read-only view of a session. Sends GET requests, and requests the application
//! token. Does not change anything remotely.

use super::client::Client;
use super::error::{ApiError, ApiErrorKind};
use super::request;
use super::success::Success;
use super::wire::{
    ConnectorList, ConnectorResponse, DefinitionDetail, DefinitionList, InspectResponse,
    ResponseBody, WorkspaceResponse,
};
use super::{Connector, Definition, Replication, Workspace};
use crate::model::{
    ConnectorId, Contract, DefinitionId, LockUnpoisoned as _, ObservedConnector, OrganizationId,
    RecordedPlaces, WorkspaceId,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

/// The read-only view of a session. Cheap to clone.
#[derive(Clone)]
pub struct Reader {
    pub(super) client: Arc<Client>,
}

impl Reader {
    /// The organization of the session: the configured one, else that of the token, else that of the
    /// first workspace that was read.
    pub fn organization(&self) -> Option<OrganizationId> {
        self.client.organization()
    }

    /// Reads a workspace (`get_workspaces_workspace_id`); `None` if it does not exist or is deleted.
    pub async fn workspace(&self, id: WorkspaceId) -> Result<Option<Workspace>, ApiError> {
        let response: Option<WorkspaceResponse> = self.find(&request::get_workspace(id)).await?;
        let Some(workspace) = response.and_then(WorkspaceResponse::into_live) else {
            return Ok(None);
        };
        self.client.check_organization(workspace.organization_id)?;
        Ok(Some(workspace))
    }

    /// Whether connectors are listed by the id of their workspace, and not by its present name.
    pub fn lists_by_id(&self) -> bool {
        self.client.options.contract == Contract::Workspace
    }

    /// Lists the connectors of a workspace (`list_integrations_connectors`); `None` if the workspace
    /// does not exist. `customer` is the present name of the workspace, which the older contract
    /// sends instead of the id.
    pub async fn connectors(
        &self,
        workspace: WorkspaceId,
        customer: &str,
    ) -> Result<Option<BTreeMap<ConnectorId, Box<ObservedConnector>>>, ApiError> {
        match self.connectors_of_existing(workspace, customer).await {
            Err(error) if error.is_not_found() => Ok(None),
            listed => listed.map(Some),
        }
    }

    /// Lists the connectors of a workspace that exists, so that 404 is an error. A list that
    /// contradicts itself is read again, because a connector may have been renamed meanwhile.
    pub(crate) async fn connectors_of_existing(
        &self,
        workspace: WorkspaceId,
        customer: &str,
    ) -> Result<BTreeMap<ConnectorId, Box<ObservedConnector>>, ApiError> {
        for _ in 1..self.client.options.limits.listings {
            match self.list_connectors_once(workspace, customer).await {
                Err(error) if error.is_inconsistent_list() => {}
                listed => return listed,
            }
        }
        self.list_connectors_once(workspace, customer).await
    }

    /// Fails if the list names a connector more than once, with different data.
    async fn list_connectors_once(
        &self,
        workspace: WorkspaceId,
        customer: &str,
    ) -> Result<BTreeMap<ConnectorId, Box<ObservedConnector>>, ApiError> {
        let contract = self.client.options.contract;
        let request = request::list_connectors(contract, workspace, customer);
        let list: ConnectorList = self.client.as_application(&request).await?.decode()?;
        let mut connectors = BTreeMap::new();
        for ConnectorResponse(Connector { id, observed }) in list.data {
            let observed = Box::new(observed);
            match connectors.entry(id) {
                Entry::Vacant(entry) => drop(entry.insert(observed)),
                Entry::Occupied(entry) if *entry.get() == observed => {}
                Entry::Occupied(_) => {
                    let row = format!("connector {id}");
                    return Err(ApiErrorKind::InconsistentList(row).into());
                }
            }
        }
        self.check_places(workspace, &connectors).await?;
        Ok(connectors)
    }

    /// Notes in which workspaces the ledger records connectors. Lists are checked against it.
    pub(crate) fn note_recorded(&self, places: RecordedPlaces) {
        *self.client.recorded_places.lock_unpoisoned() = places;
    }

    /// Fails if a list shows a connector that the ledger records in another workspace, and an inspection does not
    /// show it in this one: the server ignored the filter, and the connector belongs to another customer.
    async fn check_places(
        &self,
        workspace: WorkspaceId,
        listed: &BTreeMap<ConnectorId, Box<ObservedConnector>>,
    ) -> Result<(), ApiError> {
        let elsewhere: Vec<ConnectorId> = {
            let places = self.client.recorded_places.lock_unpoisoned();
            let ids = listed.keys().copied();
            ids.filter(|id| places.is_elsewhere(*id, workspace))
                .collect()
        };
        for id in elsewhere {
            if self.workspace_of(id).await? != Some(workspace) {
                return Err(ApiErrorKind::MisplacedConnector(id).into());
            }
        }
        Ok(())
    }

    /// Reads a connector with its details (`get_integrations_connectors_id`); `None` if it does not
    /// exist.
    pub async fn connector(&self, id: ConnectorId) -> Result<Option<Connector>, ApiError> {
        let response: Option<ConnectorResponse> = self.find(&request::get_connector(id)).await?;
        Ok(response.map(|ConnectorResponse(connector)| connector))
    }

    /// As [`Self::connector`], for a plan: an update right after it uses the settings of this response.
    pub async fn planned_connector(&self, id: ConnectorId) -> Result<Option<Connector>, ApiError> {
        let Some(success) = self.get(&request::get_connector(id)).await? else {
            return Ok(None);
        };
        let ConnectorResponse(connector) = success.decode()?;
        let ConnectorResponse(unredacted) = success.decode_unredacted()?;
        self.client
            .recent_settings
            .keep(id, success.sent_at, unredacted.observed.into());
        Ok(Some(connector))
    }

    /// The workspace that holds a connector; `None` if the connector is gone or the API does not tell
    /// its workspace (`get_integrations_connectors_id_inspect`).
    pub async fn workspace_of(&self, id: ConnectorId) -> Result<Option<WorkspaceId>, ApiError> {
        let inspected: Option<InspectResponse> = self.find(&request::inspect_connector(id)).await?;
        Ok(inspected.and_then(|inspected| inspected.workspace()))
    }

    /// Reads the replication settings of a connector without redaction, so that they can be changed
    /// and sent back (`get_integrations_connectors_id`); `None` if the connector does not exist. Uses
    /// the plan's response if it is recent and has this time of the last change, which a list shows
    /// now.
    pub async fn replication(
        &self,
        id: ConnectorId,
        updated_at: Option<&str>,
    ) -> Result<Option<Replication>, ApiError> {
        if let Some(recent) = self.client.recent_settings.remove(id, updated_at) {
            return Ok(Some(recent));
        }
        let Some(success) = self.get(&request::get_connector(id)).await? else {
            return Ok(None);
        };
        let ConnectorResponse(connector) = success.decode_unredacted()?;
        Ok(Some(connector.observed.into()))
    }

    /// Lists the connector types of the API, or those whose names contain `name`
    /// (`list_integrations_definitions_sources`).
    pub async fn definitions(&self, name: Option<&str>) -> Result<Vec<Definition>, ApiError> {
        let request = request::list_definitions(name);
        let list: DefinitionList = self.client.as_application(&request).await?.decode()?;
        Ok(list.definitions())
    }

    /// The specification of a connector type's settings, as JSON Schema (`get_integrations_definitions_sources_id`).
    pub async fn specification(&self, id: DefinitionId) -> Result<Option<Value>, ApiError> {
        let request = request::get_definition(id);
        let detail: Option<DefinitionDetail> = self.find(&request).await?;
        Ok(detail.map(|detail| detail.definition.spec))
    }

    /// Sends a GET and decodes the response; `None` after 404.
    async fn find<T: ResponseBody>(
        &self,
        request: &request::Request<'_>,
    ) -> Result<Option<T>, ApiError> {
        let success = self.get(request).await?;
        success.map(|success| success.decode()).transpose()
    }

    /// Sends a GET; `None` after 404.
    async fn get(&self, request: &request::Request<'_>) -> Result<Option<Success>, ApiError> {
        match self.client.as_application(request).await {
            Ok(success) => Ok(Some(success)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}
