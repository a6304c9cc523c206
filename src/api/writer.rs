//! The view that writes: everything that changes something remotely, that sends a secret, or
//! that creates as a side effect (minting a scoped token creates the workspace).

use super::client::Client;
use super::error::ApiError;
use super::options::ConnectorToken;
use super::reader::Reader;
use super::redaction::display_safe;
use super::success::Success;
use super::wire::{CheckResponse, CreateResponse, DeleteResponse, WorkspaceResponse};
use super::{Check, Created, Gone, Replication, Workspace, request};
use crate::model::{
    ConnectorBody, ConnectorId, CustomerPatch, Entity, Region, SecretLookup, WorkspaceId,
};
use std::sync::Arc;

/// The right to write. Cheap to clone.
#[derive(Clone)]
pub struct Writer {
    pub(super) client: Arc<Client>,
}

impl Writer {
    /// The right to write includes the right to read.
    pub fn reader(&self) -> Reader {
        Reader {
            client: Arc::clone(&self.client),
        }
    }

    /// The workspace of a customer, by minting a token for its name and reading what the token
    /// is for (`create_account_applications_scoped_token`,
    /// `get_account_applications_scoped_token_info`).
    ///
    /// Creates the workspace when the name is new, in `region`. With `known` nothing is
    /// created: the workspace has to be there and to carry the name.
    pub async fn mint(
        &self,
        customer: &str,
        known: Option<WorkspaceId>,
        region: Option<Region>,
    ) -> Result<WorkspaceId, ApiError> {
        match known {
            Some(id) => Ok(self.client.scoped(customer, id).await?.workspace),
            None => self.client.mint_unknown(customer, region).await,
        }
    }

    /// Changes name, status or cache (`update_workspaces_workspace_id`). Tells what the server
    /// says the workspace is now, or nothing if that is a tombstone.
    pub async fn update_workspace(
        &self,
        id: WorkspaceId,
        patch: &CustomerPatch,
    ) -> Result<Option<Workspace>, ApiError> {
        let request = request::update_workspace(id, patch)?;
        let outcome = self.client.as_application(&request).await;
        self.client.tokens.forget(id);
        let workspace = outcome?.decode::<WorkspaceResponse>()?.into_live();
        let organization = workspace.as_ref().and_then(|found| found.organization_id);
        self.client.check_organization(organization)?;
        Ok(workspace)
    }

    /// Deletes a workspace and what it holds (`delete_workspaces_workspace_id`). After a 504 it
    /// may go on behind the gateway: the error's effect is unknown, and the caller looks.
    pub async fn delete_workspace(&self, id: WorkspaceId) -> Result<Gone, ApiError> {
        let outcome = self
            .client
            .as_application(&request::delete_workspace(id))
            .await;
        self.client.tokens.forget(id);
        gone(outcome)
    }

    /// Whether the credentials of a body work (`create_integrations_connectors_check`).
    pub async fn check_connector(
        &self,
        customer: &str,
        body: &ConnectorBody,
        secrets: &dyn SecretLookup,
    ) -> Result<Check, ApiError> {
        let contract = self.client.options.contract;
        let request = request::check_connector(contract, customer, body, secrets)?;
        let answer: CheckResponse = self.client.as_application(&request).await?.decode()?;
        let redactor = self.client.redactor(&request, None);
        let message = answer.message().map(|text| display_safe(text, &redactor));
        Ok(Check {
            status: answer.status(),
            message: message.filter(|text| !text.is_empty()),
        })
    }

    /// Creates a connector (`create_integrations_connectors`). Not repeated after anything
    /// unclear: names are not unique, so a blind repetition could make a twin.
    pub async fn create_connector(
        &self,
        customer: &str,
        workspace: WorkspaceId,
        body: &ConnectorBody,
        secrets: &dyn SecretLookup,
    ) -> Result<Created, ApiError> {
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

    /// Changes name, replication settings or entities (`update_integrations_connectors_id`).
    /// What is nothing is not sent.
    pub async fn update_connector(
        &self,
        id: ConnectorId,
        name: Option<&str>,
        replication_config: Option<&Replication>,
        entities: Option<&[Entity]>,
    ) -> Result<(), ApiError> {
        let replication_config = replication_config.map(|settings| &settings.0);
        let request = request::update_connector(id, name, replication_config, entities)?;
        let answer = self.client.as_application(&request).await?;
        answer.decode::<CreateResponse>().map(drop)
    }

    /// Starts deleting a connector (`delete_integrations_connectors_id`): it is gone once it is
    /// no longer listed.
    pub async fn delete_connector(&self, id: ConnectorId) -> Result<Gone, ApiError> {
        gone(
            self.client
                .as_application(&request::delete_connector(id))
                .await,
        )
    }
}

/// Every success of a DELETE says the same, whether 200 or 202 and with which of its bodies. A body
/// of another kind is some other server's.
fn gone(outcome: Result<Success, ApiError>) -> Result<Gone, ApiError> {
    match outcome {
        Ok(answer)
            if matches!(answer.response.status, 202 | 204) && answer.response.body.is_empty() =>
        {
            Ok(Gone::Accepted)
        }
        Ok(answer) => answer.decode::<DeleteResponse>().map(|_| Gone::Accepted),
        Err(error) if error.is_not_found() => Ok(Gone::Already),
        Err(error) => Err(error),
    }
}
