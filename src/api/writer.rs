//! Responsible for the view of a session that can write: requests that change something remotely,
//! that send a secret, or that create as a side effect. Requesting a scoped token for a new name
//! creates the workspace.

use super::client::Client;
use super::error::ApiError;
use super::options::ConnectorToken;
use super::reader::Reader;
use super::redaction::display_safe;
use super::request::Request;
use super::scoped_tokens::{MintedToken, TokenUse};
use super::success::Success;
use super::wire::{
    CheckResponse, CreateResponse, DeleteResponse, ExecuteResponse, WorkspaceResponse,
};
use super::{Check, DeleteOutcome, NewConnector, Replication, Workspace, request};
use crate::model::{
    ConnectorBody, ConnectorId, CustomerPatch, Entity, Region, SecretLookup, WorkspaceId,
};
use jiff::Timestamp;
use std::sync::Arc;

/// The view of a session that can write. Cheap to clone.
#[derive(Clone)]
pub struct Writer {
    pub(super) client: Arc<Client>,
}

impl Writer {
    /// The read-only view of the same session.
    pub fn reader(&self) -> Reader {
        Reader {
            client: Arc::clone(&self.client),
        }
    }

    /// Finds the workspace of a customer: requests a scoped token for its name
    /// (`create_account_applications_scoped_token`) and reads which workspace the token belongs to
    /// (`get_account_applications_scoped_token_info`).
    ///
    /// Creates the workspace in `region` if the name is new. With `known`, nothing is created: the
    /// workspace must exist and have this name.
    #[cfg(test)]
    pub async fn mint(
        &self,
        customer: &str,
        known: Option<WorkspaceId>,
        region: Option<Region>,
    ) -> Result<WorkspaceId, ApiError> {
        if let Some(id) = known {
            return Ok(self.client.scoped(customer, id).await?.workspace);
        }
        let token = self.mint_name(customer, region).await?;
        self.workspace_of_token(customer, token, region).await
    }

    /// Requests a scoped token for a name (`create_account_applications_scoped_token`), without reading
    /// which workspace it belongs to. Creates the workspace in `region` if the name is new.
    pub async fn mint_name(
        &self,
        customer: &str,
        region: Option<Region>,
    ) -> Result<MintedToken, ApiError> {
        self.client.mint_name(customer, region).await
    }

    /// The workspace of a token that [`Self::mint_name`] returned
    /// (`get_account_applications_scoped_token_info`).
    pub async fn workspace_of_token(
        &self,
        customer: &str,
        token: MintedToken,
        region: Option<Region>,
    ) -> Result<WorkspaceId, ApiError> {
        self.client
            .workspace_of_token(customer, token, region)
            .await
    }

    /// The earliest time that the API's clock can have had at a time of this machine. `None` if its responses do not
    /// tell.
    pub fn server_time(&self, at: Timestamp) -> Option<Timestamp> {
        self.client.server_clock.earliest(at)
    }

    /// The token that creates connectors.
    pub fn connector_token(&self) -> ConnectorToken {
        self.client.options.connector_token
    }

    /// The largest number of requests per second, if one is configured.
    pub fn max_rps(&self) -> Option<f64> {
        self.client.options.load.max_rps
    }

    /// Keeps the scoped token of a customer cached until the result is dropped.
    pub fn keep_token(&self, customer: &str) -> TokenUse {
        self.client.tokens.scoped.keep(customer)
    }

    /// Changes name, status or cache (`update_workspaces_workspace_id`). Returns the workspace as the
    /// response shows it, or `None` if it is a tombstone.
    pub async fn update_workspace(
        &self,
        id: WorkspaceId,
        patch: &CustomerPatch,
    ) -> Result<Option<Workspace>, ApiError> {
        let request = request::update_workspace(id, patch)?;
        let outcome = self.client.as_application(&request).await;
        self.client.tokens.scoped.forget(id);
        let workspace = outcome?.decode::<WorkspaceResponse>()?.into_live();
        let organization = workspace
            .as_ref()
            .and_then(|workspace| workspace.organization_id);
        self.client.check_organization(organization)?;
        Ok(workspace)
    }

    /// Deletes a workspace with its contents (`delete_workspaces_workspace_id`). After a 504 the
    /// deletion may continue behind the gateway: the effect is unknown, and the caller reads the
    /// workspace again.
    pub async fn delete_workspace(&self, id: WorkspaceId) -> Result<DeleteOutcome, ApiError> {
        let outcome = self
            .client
            .as_application(&request::delete_workspace(id))
            .await;
        self.client.tokens.scoped.forget(id);
        delete_outcome(outcome)
    }

    /// Sends a check, and decodes its result.
    async fn check(&self, request: &Request<'_>) -> Result<Check, ApiError> {
        let answer: CheckResponse = self.client.as_application(request).await?.decode()?;
        let redactor = self.client.redactor(request, None);
        let message = answer.message().map(|text| display_safe(text, &redactor));
        Ok(Check {
            status: answer.status(),
            message: message.filter(|text| !text.is_empty()),
        })
    }

    /// Checks the credentials of a connector (`create_integrations_connectors_check`).
    pub async fn check_connector(
        &self,
        customer: &str,
        body: &ConnectorBody,
        secrets: &dyn SecretLookup,
    ) -> Result<Check, ApiError> {
        let contract = self.client.options.contract;
        let request = request::check_connector(contract, customer, body, secrets)?;
        self.check(&request).await
    }

    /// Checks an existing connector with the credentials that it has
    /// (`create_integrations_connectors_id_check`).
    pub async fn check_existing(&self, id: ConnectorId) -> Result<Check, ApiError> {
        let request = request::check_existing(id)?;
        self.check(&request).await
    }

    /// Runs an action that only reads, through a connector
    /// (`create_integrations_connectors_id_execute`). The vendor meters it. Returns whether it
    /// succeeded. The records are not decoded.
    pub async fn execute(
        &self,
        id: ConnectorId,
        entity: &str,
        action: &str,
    ) -> Result<bool, ApiError> {
        let request = request::execute(id, entity, action)?;
        let answer: ExecuteResponse = self.client.as_application(&request).await?.decode()?;
        Ok(answer.has_succeeded())
    }

    /// Creates a connector (`create_integrations_connectors`). Not retried if the first request may
    /// have taken effect: names are not unique, so a retry could create a duplicate.
    pub async fn create_connector(
        &self,
        customer: &str,
        workspace: WorkspaceId,
        body: &ConnectorBody,
        secrets: &dyn SecretLookup,
    ) -> Result<NewConnector, ApiError> {
        let options = &self.client.options;
        let request = request::create_connector(options.contract, customer, body, secrets)?;
        let answer = match options.connector_token {
            ConnectorToken::Application => self.client.as_application(&request).await?,
            ConnectorToken::Scoped => {
                self.client
                    .as_customer(&request, customer, workspace)
                    .await?
            }
        };
        Ok(answer.decode::<CreateResponse>()?.into())
    }

    /// Changes name, replication settings or entities (`update_integrations_connectors_id`). Arguments
    /// that are `None` are not sent.
    pub async fn update_connector(
        &self,
        id: ConnectorId,
        name: Option<&str>,
        replication_config: Option<&Replication>,
        entities: Option<&[Entity]>,
    ) -> Result<NewConnector, ApiError> {
        let replication_config = replication_config.map(|replication| &replication.settings);
        let request = request::update_connector(id, name, replication_config, entities)?;
        let answer = self.client.as_application(&request).await?;
        Ok(answer.decode::<CreateResponse>()?.into())
    }

    /// Requests the deletion of a connector (`delete_integrations_connectors_id`). The connector is
    /// deleted once it is no longer listed.
    pub async fn delete_connector(&self, id: ConnectorId) -> Result<DeleteOutcome, ApiError> {
        delete_outcome(
            self.client
                .as_application(&request::delete_connector(id))
                .await,
        )
    }
}

/// A DELETE succeeds with 200 or 202 and one of several bodies, which all mean the same. Any other
/// body does not come from this API.
fn delete_outcome(outcome: Result<Success, ApiError>) -> Result<DeleteOutcome, ApiError> {
    match outcome {
        Ok(answer)
            if matches!(answer.response.status, 202 | 204) && answer.response.body.is_empty() =>
        {
            Ok(DeleteOutcome::Accepted)
        }
        Ok(answer) => answer
            .decode::<DeleteResponse>()
            .map(|_| DeleteOutcome::Accepted),
        Err(error) if error.is_not_found() => Ok(DeleteOutcome::NotFound),
        Err(error) => Err(error),
    }
}
