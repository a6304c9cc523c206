//! Responsible for changes that other people make to the remote API in a scenario.

use crate::support::remote::Remote;
use airlift::sandbox::Sandbox;
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
pub(crate) async fn act(running: &Sandbox, acts: &[Act]) {
    let remote = Remote::login(running.origin(), ("client", "another")).await;
    for one in acts {
        match *one {
            Act::Customer(name) => remote.create_customer(name).await,
            Act::Connector(customer, name, kind) => {
                let field = if kind == "github" { "token" } else { "api_key" };
                let credentials = json!({field: "somebody's"});
                remote
                    .create_connector(customer, name, kind, &credentials)
                    .await;
            }
            Act::RenamesCustomer(from, to) => {
                let id = running.world().workspace(from).unwrap().id;
                let target = format!("/api/v1/workspaces/{id}");
                put(&remote, &target, &json!({"name": to})).await;
            }
            Act::RenamesConnector(from, to) => {
                put(&remote, &address(running, from), &json!({"name": to})).await;
            }
            Act::Configures(name, config) => {
                let config: Value = serde_json::from_str(config).unwrap();
                let body = json!({"replication_config": config});
                put(&remote, &address(running, name), &body).await;
            }
        }
    }
}

async fn put(remote: &Remote, target: &str, body: &Value) {
    remote.ask(Method::PUT, target, Some(body)).await;
}

/// The path of the connector with a name.
fn address(running: &Sandbox, name: &str) -> String {
    let world = running.world();
    let mut connectors = world.connectors();
    let id = connectors.find(|one| one.name == name).unwrap().id;
    format!("/api/v1/integrations/connectors/{id}")
}
