//! The view that reads: GETs and the application token, nothing else.

use super::client::Client;
use super::error::ApiError;
use super::request;
use super::success::Success;
use super::wire::{
    ConnectorList, ConnectorResponse, DefinitionList, ResponseBody, TemplateList, WorkspaceResponse,
};
use super::{Connector, Definition, Replication, Template, Workspace};
use crate::model::{ConnectorId, ObservedConnector, OrganizationId, WorkspaceId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The right to read. Cheap to clone.
#[derive(Clone)]
pub struct Reader {
    pub(super) client: Arc<Client>,
}

impl Reader {
    /// The organization that the session acts for: the expected one, else the token's, else
    /// that of the first workspace read.
    pub fn organization(&self) -> Option<OrganizationId> {
        self.client.organization()
    }

    /// One workspace; nothing when it is unknown or deleted (`get_workspaces_workspace_id`).
    pub async fn workspace(&self, id: WorkspaceId) -> Result<Option<Workspace>, ApiError> {
        let found: Option<WorkspaceResponse> = self.find(&request::get_workspace(id)).await?;
        let Some(workspace) = found.and_then(WorkspaceResponse::into_live) else {
            return Ok(None);
        };
        self.client.check_organization(workspace.organization_id)?;
        Ok(Some(workspace))
    }

    /// The connectors of a workspace; nothing when the server does not know it
    /// (`list_integrations_connectors`). `customer` is the workspace's present name, which is
    /// what the older contract asks by.
    pub async fn connectors(
        &self,
        workspace: WorkspaceId,
        customer: &str,
    ) -> Result<Option<BTreeMap<ConnectorId, ObservedConnector>>, ApiError> {
        match self.connectors_of_known(workspace, customer).await {
            Err(error) if error.is_not_found() => Ok(None),
            listed => listed.map(Some),
        }
    }

    /// The connectors of a workspace that the server is known to know: 404 is an error.
    pub(crate) async fn connectors_of_known(
        &self,
        workspace: WorkspaceId,
        customer: &str,
    ) -> Result<BTreeMap<ConnectorId, ObservedConnector>, ApiError> {
        let contract = self.client.options.contract;
        let request = request::list_connectors(contract, workspace, customer);
        let list: ConnectorList = self.client.as_application(&request).await?.decode()?;
        let data = list.data.into_iter();
        Ok(data
            .map(|ConnectorResponse(c)| (c.id, c.observed))
            .collect())
    }

    /// One connector with its details; nothing when it is gone
    /// (`get_integrations_connectors_id`).
    pub async fn connector(&self, id: ConnectorId) -> Result<Option<Connector>, ApiError> {
        let found: Option<ConnectorResponse> = self.find(&request::get_connector(id)).await?;
        Ok(found.map(|ConnectorResponse(connector)| connector))
    }

    /// The replication settings of a connector as they are, to be changed and sent back; nothing
    /// when it is gone (`get_integrations_connectors_id`).
    pub async fn replication(&self, id: ConnectorId) -> Result<Option<Replication>, ApiError> {
        let Some(answer) = self.answer(&request::get_connector(id)).await? else {
            return Ok(None);
        };
        let ConnectorResponse(connector) = answer.decode_unseen()?;
        let detail = connector.observed.detail;
        let settings = detail.map(|detail| detail.replication_config);
        Ok(Some(Replication(settings.unwrap_or_default())))
    }

    /// The live catalog, or the part whose names contain `name`
    /// (`list_integrations_definitions_sources`).
    pub async fn definitions(&self, name: Option<&str>) -> Result<Vec<Definition>, ApiError> {
        let request = request::list_definitions(name);
        let list: DefinitionList = self.client.as_application(&request).await?.decode()?;
        Ok(list.definitions())
    }

    /// The organization's source templates (`list_integrations_templates_sources`).
    pub async fn templates(&self) -> Result<Vec<Template>, ApiError> {
        let request = request::list_templates();
        let list: TemplateList = self.client.as_application(&request).await?.decode()?;
        Ok(list.data)
    }

    /// What a GET finds.
    async fn find<T: ResponseBody>(
        &self,
        request: &request::Request<'_>,
    ) -> Result<Option<T>, ApiError> {
        let answer = self.answer(request).await?;
        answer.map(|answer| answer.decode()).transpose()
    }

    /// What a GET is answered with; 404 is an answer here, not an error.
    async fn answer(&self, request: &request::Request<'_>) -> Result<Option<Success>, ApiError> {
        match self.client.as_application(request).await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}
