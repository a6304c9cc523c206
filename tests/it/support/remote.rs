//! Responsible for requests past airlift, one after the other.

use super::CLIENT;
use super::shared::remote::Remote as Client;
use reqwest::Method;
use serde_json::Value;
use tokio::runtime::Runtime;
use uuid::Uuid;

/// Someone with an application token.
pub(crate) struct Remote<'a> {
    client: Client,
    runtime: &'a Runtime,
}

impl<'a> Remote<'a> {
    pub(super) fn login(origin: String, runtime: &'a Runtime) -> Self {
        let client = runtime.block_on(Client::login(origin, CLIENT));
        Self { client, runtime }
    }

    /// Sends a request that succeeds.
    pub(crate) fn ask(&self, method: Method, target: &str, body: Option<&Value>) -> Value {
        self.runtime.block_on(self.client.ask(method, target, body))
    }

    /// Creates a workspace.
    pub(crate) fn customer(&self, name: &str) {
        self.runtime.block_on(self.client.create_customer(name));
    }

    /// Creates a connector with credentials of its own.
    pub(crate) fn connector(&self, customer: &str, name: &str, kind: &str, credentials: &Value) {
        let created = self
            .client
            .create_connector(customer, name, kind, credentials);
        self.runtime.block_on(created);
    }

    /// Changes a connector in place.
    pub(crate) fn change_connector(&self, id: Uuid, body: &Value) {
        let target = format!("/api/v1/integrations/connectors/{id}");
        self.ask(Method::PUT, &target, Some(body));
    }

    /// Deletes a connector.
    pub(crate) fn delete_connector(&self, id: Uuid) {
        let target = format!("/api/v1/integrations/connectors/{id}");
        self.ask(Method::DELETE, &target, None);
    }

    /// Changes a workspace in place.
    pub(crate) fn change_customer(&self, id: Uuid, body: &Value) {
        let target = format!("/api/v1/workspaces/{id}");
        self.ask(Method::PUT, &target, Some(body));
    }
}
