//! Responsible for changes to the API by someone other than airlift, from tests that are not async.

use super::shared::external_client::ExternalClient;
use super::{CLIENT, DELETE_DELAY};
use reqwest::Method;
use serde_json::Value;
use tokio::runtime::Runtime;
use uuid::Uuid;

/// An [`ExternalClient`] with a runtime.
pub(crate) struct ExternalChanges<'a> {
    client: ExternalClient,
    runtime: &'a Runtime,
}

impl<'a> ExternalChanges<'a> {
    pub(super) fn login(origin: String, runtime: &'a Runtime) -> Self {
        let client = runtime.block_on(ExternalClient::login(origin, CLIENT));
        Self { client, runtime }
    }

    /// Sends a request, and asserts that it succeeds.
    pub(crate) fn send(&self, method: Method, target: &str, body: Option<&Value>) -> Value {
        let request = self.client.send(method, target, body);
        self.runtime.block_on(request)
    }

    /// Creates a workspace.
    pub(crate) fn customer(&self, name: &str) {
        self.runtime.block_on(self.client.create_customer(name));
    }

    /// Creates a connector with these credentials.
    pub(crate) fn connector(&self, customer: &str, name: &str, kind: &str, credentials: &Value) {
        let created = self
            .client
            .create_connector(customer, name, kind, credentials);
        self.runtime.block_on(created);
    }

    /// Changes a connector in place.
    pub(crate) fn change_connector(&self, id: Uuid, body: &Value) {
        let target = format!("/api/v1/integrations/connectors/{id}");
        self.send(Method::PUT, &target, Some(body));
    }

    /// Deletes a connector, and waits until it is gone: the API answers before that.
    pub(crate) fn delete_connector(&self, id: Uuid) {
        let target = format!("/api/v1/integrations/connectors/{id}");
        self.send(Method::DELETE, &target, None);
        std::thread::sleep(3 * DELETE_DELAY);
    }

    /// Changes a workspace in place.
    pub(crate) fn change_customer(&self, id: Uuid, body: &Value) {
        let target = format!("/api/v1/workspaces/{id}");
        self.send(Method::PUT, &target, Some(body));
    }
}
