//! What other people do to the remote API: plain requests past airlift.

use super::CLIENT;
use airlift::sandbox::Running;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use uuid::Uuid;

/// Someone with an application token.
pub(crate) struct Remote<'a> {
    sandbox: &'a Running,
    runtime: &'a Runtime,
    http: reqwest::Client,
    token: String,
}

impl<'a> Remote<'a> {
    pub(super) fn login(sandbox: &'a Running, runtime: &'a Runtime) -> Self {
        let _installed_by_another_test = rustls::crypto::ring::default_provider().install_default();
        let mut remote = Self {
            sandbox,
            runtime,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            token: String::new(),
        };
        let body = json!({"client_id": CLIENT.0, "client_secret": CLIENT.1});
        let target = "/api/v1/account/applications/token";
        let answer = remote.ask(Method::POST, target, Some(&body));
        answer["access_token"]
            .as_str()
            .unwrap()
            .clone_into(&mut remote.token);
        remote
    }

    /// Sends a request that succeeds.
    pub(crate) fn ask(&self, method: Method, target: &str, body: Option<&Value>) -> Value {
        let address = format!("{}{target}", self.sandbox.origin());
        let mut request = self.http.request(method, address);
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        let (status, bytes) = self.runtime.block_on(async {
            let response = request.send().await.unwrap();
            (response.status(), response.bytes().await.unwrap())
        });
        let text = String::from_utf8_lossy(&bytes);
        assert!(status.is_success(), "{target}: {status} {text}");
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// Creates a workspace, as minting a token for its name does.
    pub(crate) fn customer(&self, name: &str) {
        let target = "/api/v1/account/applications/scoped-token";
        self.ask(Method::POST, target, Some(&json!({"workspace_name": name})));
    }

    /// Creates a connector with credentials of its own.
    pub(crate) fn connector(&self, customer: &str, name: &str, kind: &str, credentials: &Value) {
        let definition = airlift::catalog::find(kind).unwrap().definition_id;
        let body = json!({
            "workspace_name": customer,
            "name": name,
            "definition_id": definition,
            "credentials": credentials,
        });
        self.ask(Method::POST, "/api/v1/integrations/connectors", Some(&body));
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
