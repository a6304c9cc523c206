//! Responsible for changes that other people make to the remote API in a scenario.

use crate::support::external_client::ExternalClient;
use airlift::sandbox::Sandbox;
use reqwest::Method;
use serde_json::{Value, json};

/// A change by someone else.
#[derive(Clone, Copy)]
pub(crate) enum ExternalChange {
    CreateCustomer(&'static str),
    /// Customer, name, type.
    CreateConnector(&'static str, &'static str, &'static str),
    RenameCustomer(&'static str, &'static str),
    RenameConnector(&'static str, &'static str),
    /// Replaces the `replication_config` of a connector.
    Configure(&'static str, &'static str),
}

/// Makes changes one after the other.
pub(crate) async fn make_changes(running: &Sandbox, changes: &[ExternalChange]) {
    let remote = ExternalClient::login(running.origin(), ("client", "another")).await;
    for change in changes {
        match *change {
            ExternalChange::CreateCustomer(name) => remote.create_customer(name).await,
            ExternalChange::CreateConnector(customer, name, kind) => {
                let field = if kind == "github" { "token" } else { "api_key" };
                let credentials = json!({field: "somebody's"});
                remote
                    .create_connector(customer, name, kind, &credentials)
                    .await;
            }
            ExternalChange::RenameCustomer(from, to) => {
                let id = running.world().workspace(from).unwrap().id;
                let target = format!("/api/v1/workspaces/{id}");
                put(&remote, &target, &json!({"name": to})).await;
            }
            ExternalChange::RenameConnector(from, to) => {
                put(&remote, &address(running, from), &json!({"name": to})).await;
            }
            ExternalChange::Configure(name, config) => {
                let config: Value = serde_json::from_str(config).unwrap();
                let body = json!({"replication_config": config});
                put(&remote, &address(running, name), &body).await;
            }
        }
    }
}

async fn put(remote: &ExternalClient, target: &str, body: &Value) {
    remote.send(Method::PUT, target, Some(body)).await;
}

/// The path of the connector with a name.
fn address(running: &Sandbox, name: &str) -> String {
    let world = running.world();
    let mut connectors = world.connectors();
    let connector = connectors.find(|connector| connector.name == name);
    let id = connector.unwrap().id;
    format!("/api/v1/integrations/connectors/{id}")
}
