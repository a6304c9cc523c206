//! Responsible for requests to the API by someone other than airlift.

use super::http;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use uuid::Uuid;

/// A client of the API with an application token.
pub(crate) struct ExternalClient {
    http: Client,
    origin: String,
    token: String,
}

impl ExternalClient {
    /// Requests a token from a sandbox, with a client id and secret.
    pub(crate) async fn login(origin: String, client: (&str, &str)) -> Self {
        let mut remote = Self {
            http: http::client(),
            origin,
            token: String::new(),
        };
        let body = json!({"client_id": client.0, "client_secret": client.1});
        let target = "/api/v1/account/applications/token";
        let token = remote.send(Method::POST, target, Some(&body)).await;
        token["access_token"]
            .as_str()
            .unwrap()
            .clone_into(&mut remote.token);
        remote
    }

    /// Sends a request, and asserts that it succeeds.
    pub(crate) async fn send(&self, method: Method, target: &str, body: Option<&Value>) -> Value {
        let address = format!("{}{target}", self.origin);
        let mut request = self.http.request(method, address);
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        let response = request.send().await.unwrap();
        let (status, bytes) = (response.status(), response.bytes().await.unwrap());
        let text = String::from_utf8_lossy(&bytes);
        assert!(status.is_success(), "{target}: {status} {text}");
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// Creates a workspace, by requesting a scoped token for its name.
    pub(crate) async fn create_customer(&self, name: &str) {
        let target = "/api/v1/account/applications/scoped-token";
        let body = json!({"workspace_name": name});
        self.send(Method::POST, target, Some(&body)).await;
    }

    /// Creates a connector with these credentials.
    pub(crate) async fn create_connector(
        &self,
        customer: &str,
        name: &str,
        kind: &str,
        credentials: &Value,
    ) -> Uuid {
        let body = json!({
            "workspace_name": customer,
            "name": name,
            "definition_id": airlift::catalog::find(kind).unwrap().definition_id,
            "credentials": credentials,
        });
        let target = "/api/v1/integrations/connectors";
        let created = self.send(Method::POST, target, Some(&body)).await;
        created["id"].as_str().unwrap().parse().unwrap()
    }
}
