//! Responsible for the bare loader: the requests that a job needs at least, in the same order for
//! each customer as airlift sends them, and nothing else. It keeps no ledger and checks nothing.

use crate::form::Form;
use crate::job::Job;
use futures_util::{StreamExt, stream};
use reqwest::{Client, Method};
use serde_json::{Value, json};

/// The rows of a page of the organization's connectors.
const PAGE: usize = 200;

/// What the loader does, and where.
pub(crate) struct Load {
    pub(crate) host: String,
    pub(crate) job: Job,
    pub(crate) form: Form,
    pub(crate) customers: usize,
    pub(crate) connectors: usize,
    pub(crate) in_flight: usize,
}

struct Api {
    client: Client,
    host: String,
}

/// Sends the requests of a job.
pub(crate) fn load(load: &Load) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime starts");
    rustls::crypto::ring::default_provider()
        .install_default()
        .expect("the process has no other provider");
    runtime.block_on(run(load));
}

async fn run(load: &Load) {
    let api = Api {
        client: Client::new(),
        host: load.host.clone(),
    };
    let body = json!({"client_id": "bench", "client_secret": "bench-secret"});
    let token = api
        .send(Method::POST, "account/applications/token", "", Some(body))
        .await;
    let token = text(&token, "access_token");
    let workspaces = api.workspaces(&token).await;
    let api = &api;
    let token = token.as_str();
    match load.job {
        Job::Create => {
            let customers = stream::iter(0..load.customers);
            let tasks = customers.map(|n| api.create_customer(n, load, token));
            tasks
                .buffer_unordered(load.in_flight)
                .collect::<Vec<_>>()
                .await;
        }
        Job::Unchanged if load.form == Form::Organization => {
            let pages = (load.customers * load.connectors).div_ceil(PAGE);
            let tasks = stream::iter(0..pages).map(|page| api.credentials(page, token));
            tasks
                .buffer_unordered(load.in_flight)
                .collect::<Vec<_>>()
                .await;
        }
        Job::Unchanged => {
            let tasks = stream::iter(&workspaces).map(|id| api.connectors(id, token));
            tasks
                .buffer_unordered(load.in_flight)
                .collect::<Vec<_>>()
                .await;
        }
        Job::OneChange => {
            let tasks = stream::iter(&workspaces).map(|id| api.change_first(id, token));
            tasks
                .buffer_unordered(load.in_flight)
                .collect::<Vec<_>>()
                .await;
        }
    }
}

impl Api {
    async fn workspaces(&self, token: &str) -> Vec<String> {
        let mut ids = Vec::new();
        let mut path = "/api/v1/workspaces?limit=100".to_owned();
        loop {
            let page = self.send(Method::GET, &path, token, None).await;
            let data = page["data"].as_array().expect("a page has data");
            ids.extend(data.iter().map(|workspace| text(workspace, "id")));
            match page["next"].as_str() {
                Some(next) => next.clone_into(&mut path),
                None => return ids,
            }
        }
    }

    /// Without the customer's token, nothing has to prove which workspace that token belongs to.
    async fn create_customer(&self, number: usize, load: &Load, token: &str) {
        let name = crate::project::customer_name(number);
        let body = json!({"workspace_name": name});
        let path = "account/applications/scoped-token";
        let scoped = self.send(Method::POST, path, token, Some(body)).await;
        let scoped = text(&scoped, "token");
        let creator = if load.form == Form::Scoped {
            let info = format!("{path}/info");
            self.send(Method::GET, &info, &scoped, None).await;
            &scoped
        } else {
            token
        };
        for connector in 0..load.connectors {
            let body = crate::project::creation(&name, connector);
            self.send(Method::POST, "integrations/connectors", creator, Some(body))
                .await;
        }
        if load.form != Form::Organization {
            self.connectors(&crate::world::workspace_id(number), token)
                .await;
        }
    }

    async fn credentials(&self, page: usize, token: &str) {
        let offset = page * PAGE;
        let path = format!(
            "organizations/{}/credentials?limit={PAGE}&offset={offset}",
            crate::world::ORGANIZATION
        );
        self.send(Method::GET, &path, token, None).await;
    }

    async fn connectors(&self, workspace: &str, token: &str) -> Value {
        let path = format!("integrations/connectors?workspace_id={workspace}");
        self.send(Method::GET, &path, token, None).await
    }

    async fn change_first(&self, workspace: &str, token: &str) {
        let list = self.connectors(workspace, token).await;
        let path = format!("integrations/connectors/{}", text(&list["data"][0], "id"));
        self.send(Method::GET, &path, token, None).await;
        let body = json!({"replication_config": crate::project::settings(1)});
        self.send(Method::PUT, &path, token, Some(body)).await;
    }

    async fn send(&self, method: Method, path: &str, token: &str, body: Option<Value>) -> Value {
        let path = match path.strip_prefix('/') {
            Some(path) => path.to_owned(),
            None => format!("api/v1/{path}"),
        };
        let mut request = self.client.request(method, format!("{}/{path}", self.host));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        let response = request.send().await.expect("the server responds");
        assert!(
            response.status().is_success(),
            "{path}: {}",
            response.status()
        );
        let bytes = response.bytes().await.expect("the body arrives");
        serde_json::from_slice(&bytes).expect("the body is JSON")
    }
}

fn text(value: &Value, field: &str) -> String {
    value[field]
        .as_str()
        .expect("the field is a text")
        .to_owned()
}
