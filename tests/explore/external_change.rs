//! What other people do to the remote API: plain requests past airlift.

use airlift::sandbox::{ConnectorView, Running};
use reqwest::Method;
use serde_json::{Value, json};

/// Something that somebody else does.
#[derive(Clone, Copy)]
pub(crate) enum Act {
    /// A customer appears.
    Customer(&'static str),
    /// A connector appears: customer, name, type.
    Connector(&'static str, &'static str, &'static str),
    /// A customer gets another name.
    RenamesCustomer(&'static str, &'static str),
    /// A connector gets another name.
    RenamesConnector(&'static str, &'static str),
    /// A connector's configuration is replaced.
    Configures(&'static str, &'static str),
}

/// Does it all, in order.
pub(crate) async fn act(running: &Running, acts: &[Act]) {
    // Fails only when a provider is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .build()
        .unwrap();
    let login = json!({"client_id": "client", "client_secret": "another"});
    let target = "/api/v1/account/applications/token";
    let answer = ask(&http, running, "", Method::POST, target, &login).await;
    let token = answer["access_token"].as_str().unwrap();
    for one in acts {
        let (method, target, body) = request(running, *one);
        ask(&http, running, token, method, &target, &body).await;
    }
}

fn request(running: &Running, act: Act) -> (Method, String, Value) {
    let connectors = "/api/v1/integrations/connectors";
    match act {
        Act::Customer(name) => {
            let target = "/api/v1/account/applications/scoped-token";
            (
                Method::POST,
                target.to_owned(),
                json!({"workspace_name": name}),
            )
        }
        Act::Connector(customer, name, kind) => {
            let definition = airlift::catalog::find(kind).unwrap().definition_id;
            let field = if kind == "github" { "token" } else { "api_key" };
            let body = json!({
                "workspace_name": customer,
                "name": name,
                "definition_id": definition,
                "credentials": {field: "somebody's"},
            });
            (Method::POST, connectors.to_owned(), body)
        }
        Act::RenamesCustomer(from, to) => {
            let id = running.world().workspace(from).unwrap().id;
            (
                Method::PUT,
                format!("/api/v1/workspaces/{id}"),
                json!({"name": to}),
            )
        }
        Act::RenamesConnector(from, to) => {
            let target = format!("{connectors}/{}", connector(running, from).id);
            (Method::PUT, target, json!({"name": to}))
        }
        Act::Configures(name, config) => {
            let target = format!("{connectors}/{}", connector(running, name).id);
            let config: Value = serde_json::from_str(config).unwrap();
            (Method::PUT, target, json!({"replication_config": config}))
        }
    }
}

fn connector(running: &Running, name: &str) -> ConnectorView {
    let world = running.world();
    world
        .connectors()
        .find(|one| one.name == name)
        .unwrap()
        .clone()
}

async fn ask(
    http: &reqwest::Client,
    running: &Running,
    token: &str,
    method: Method,
    target: &str,
    body: &Value,
) -> Value {
    let mut request = http.request(method, format!("{}{target}", running.origin()));
    if !token.is_empty() {
        request = request.bearer_auth(token);
    }
    let request = request
        .header("content-type", "application/json")
        .body(body.to_string());
    let response = request.send().await.unwrap();
    assert!(
        response.status().is_success(),
        "{target}: {}",
        response.status()
    );
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default()
}
