//! Responsible for testing the sandbox by HTTP requests. The fixture checks every request and response against the
//! contract.

mod connectors;
mod consents;
mod faults;
mod persistence;
mod tokens;
mod workspaces;

use std::sync::LazyLock;

use reqwest::Method;
use serde_json::{Value, json};

use super::{ApiContract, Options, Sandbox, start};

static CONTRACT: LazyLock<ApiContract> = LazyLock::new(|| ApiContract::load().unwrap());

const CONNECTORS: &str = "/api/v1/integrations/connectors";
const SCOPED_TOKEN: &str = "/api/v1/account/applications/scoped-token";
const SECRET: &str = "canary-7f3a-secret";

/// A response: status and body.
#[derive(Debug, PartialEq)]
struct Reply {
    status: u16,
    body: Value,
}

/// A sandbox, and a client with an application token.
struct Bench {
    running: Sandbox,
    http: reqwest::Client,
    application: String,
}

impl Bench {
    async fn new() -> Self {
        Self::with(Options::default()).await
    }

    async fn with(options: Options) -> Self {
        let _installed_by_another_test = rustls::crypto::ring::default_provider().install_default();
        let running = start(options).await.unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut bench = Self {
            running,
            http,
            application: String::new(),
        };
        bench.application = bench.login().await;
        bench
    }

    async fn login(&self) -> String {
        let body = json!({"client_id": "id", "client_secret": SECRET});
        let response = self
            .ask(
                None,
                Method::POST,
                "/api/v1/account/applications/token",
                Some(&body),
            )
            .await;
        text(&response.body["access_token"])
    }

    /// Sends a request, which may be invalid. The response must follow the contract and contain no secret.
    async fn ask(
        &self,
        token: Option<&str>,
        method: Method,
        target: &str,
        body: Option<&Value>,
    ) -> Reply {
        let response = self
            .request(token, method.clone(), target, body)
            .send()
            .await
            .unwrap();
        let status = response.status().as_u16();
        let bytes = response.bytes().await.unwrap();
        let response = Reply {
            status,
            body: match status {
                204 if bytes.is_empty() => Value::Null,
                _ => serde_json::from_slice(&bytes).unwrap(),
            },
        };
        let violations = CONTRACT.check_response(method.as_str(), target, status, &response.body);
        assert!(violations.is_empty(), "{method} {target}: {violations:?}");
        if status < 400 {
            let violations = CONTRACT.check_request(method.as_str(), target, body);
            assert!(
                violations.is_empty(),
                "the sandbox accepted {method} {target}: {violations:?}"
            );
        }
        assert!(
            !String::from_utf8_lossy(&bytes).contains(SECRET),
            "the response to {method} {target} contains a secret"
        );
        response
    }

    fn request(
        &self,
        token: Option<&str>,
        method: Method,
        target: &str,
        body: Option<&Value>,
    ) -> reqwest::RequestBuilder {
        let mut request = self
            .http
            .request(method, format!("{}{target}", self.running.origin()));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        request
    }

    async fn get(&self, target: &str) -> Reply {
        self.ask(Some(&self.application), Method::GET, target, None)
            .await
    }

    async fn post(&self, target: &str, body: Value) -> Reply {
        self.ask(Some(&self.application), Method::POST, target, Some(&body))
            .await
    }

    async fn put(&self, target: &str, body: Value) -> Reply {
        self.ask(Some(&self.application), Method::PUT, target, Some(&body))
            .await
    }

    async fn delete(&self, target: &str) -> Reply {
        self.ask(Some(&self.application), Method::DELETE, target, None)
            .await
    }

    /// A scoped token for a workspace. The sandbox creates the workspace if it does not exist.
    async fn scoped_token(&self, workspace: &str) -> String {
        text(
            &self
                .post(SCOPED_TOKEN, json!({"workspace_name": workspace}))
                .await
                .body["token"],
        )
    }

    /// The path of a workspace.
    async fn workspace(&self, name: &str) -> String {
        let scoped = self.scoped_token(name).await;
        let info = self
            .ask(
                Some(&scoped),
                Method::GET,
                &format!("{SCOPED_TOKEN}/info"),
                None,
            )
            .await;
        format!("/api/v1/workspaces/{}", text(&info.body["workspace_id"]))
    }

    /// Creates a connector and returns its path.
    async fn connector(&self, workspace: &str) -> String {
        let response = self.post(CONNECTORS, github(workspace)).await;
        assert_eq!(response.status, 200, "{response:?}");
        format!("{CONNECTORS}/{}", text(&response.body["id"]))
    }
}

/// A valid body that creates a connector.
fn github(workspace: &str) -> Value {
    json!({"workspace_name": workspace, "connector_type": "github", "name": "GitHub", "credentials": {"token": SECRET}})
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is not text"))
        .to_owned()
}

/// A copy of `base` with changed fields. Null removes a field.
fn with(base: &Value, changes: &Value) -> Value {
    let mut body = base.clone();
    for (key, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(body.as_object_mut().unwrap().remove(key)),
            value => body[key] = value.clone(),
        }
    }
    body
}

#[tokio::test]
async fn request_of_web_page_is_rejected_before_its_operation() {
    let bench = Bench::new().await;
    let port = bench
        .running
        .origin()
        .rsplit(':')
        .next()
        .unwrap()
        .to_owned();
    let login = json!({"client_id": "id", "client_secret": SECRET});
    let foreign = format!("evil.example:{port}");
    for (name, value, status) in [
        ("host", foreign.clone(), 421),
        ("origin", format!("http://{foreign}"), 403),
    ] {
        for (method, path, body) in [
            (
                Method::POST,
                "/api/v1/account/applications/token",
                Some(&login),
            ),
            (Method::GET, "/api/v1/workspaces", None),
            (Method::GET, "/nothing", None),
        ] {
            let request = bench.request(Some(&bench.application), method, path, body);
            let response = request.header(name, &value).send().await.unwrap();
            assert_eq!(response.status(), status, "{name} {path}");
        }
    }
}

#[tokio::test]
async fn request_outside_contract_is_rejected() {
    let bench = Bench::new().await;
    assert_eq!(bench.get("/api/v1/nothing").await.status, 404);
    let wrong_method = bench.request(
        Some(&bench.application),
        Method::POST,
        "/api/v1/workspaces/stats",
        None,
    );
    let wrong_method = wrong_method.send().await.unwrap();
    assert_eq!(wrong_method.status(), 405);
    assert_eq!(wrong_method.headers()["allow"], "GET");
    let plain = bench
        .request(Some(&bench.application), Method::POST, SCOPED_TOKEN, None)
        .body("workspace_name=a");
    assert_eq!(plain.send().await.unwrap().status(), 422);
    let malformed = bench.request(Some(&bench.application), Method::POST, SCOPED_TOKEN, None);
    let malformed = malformed
        .header("content-type", "application/json")
        .body("{\"workspace_name\": ");
    assert_eq!(malformed.send().await.unwrap().status(), 422);
    assert_eq!(
        bench
            .ask(Some(&bench.application), Method::POST, SCOPED_TOKEN, None)
            .await
            .status,
        422
    );
    assert_eq!(bench.get("/api/v1/workspaces?limit=101").await.status, 422);
    assert_eq!(bench.get("/api/v1/workspaces?limit=0").await.status, 422);
    assert_eq!(bench.get("/api/v1/workspaces?page=2").await.status, 422);
    assert_eq!(bench.get("/api/v1/workspaces/not-a-uuid").await.status, 422);
    assert_eq!(
        bench.get(&format!("{CONNECTORS}/not-a-uuid")).await.status,
        422
    );
    let large = json!({"workspace_name": "x".repeat(5 << 20)});
    let large = bench.request(
        Some(&bench.application),
        Method::POST,
        SCOPED_TOKEN,
        Some(&large),
    );
    assert!(large.send().await.is_ok_and(|r| r.status() == 413));
}

#[tokio::test]
async fn definitions_and_global_templates_cover_the_catalog() {
    let bench = Bench::new().await;
    let all = bench.get("/api/v1/integrations/definitions/sources").await;
    assert_eq!(all.body["definitions"].as_array().unwrap().len(), 56);
    let zendesk = bench
        .get("/api/v1/integrations/definitions/sources?name=ZENDESK")
        .await;
    assert_eq!(zendesk.body["definitions"].as_array().unwrap().len(), 3);
    for definition in all.body["definitions"].as_array().unwrap() {
        let path = format!(
            "/api/v1/integrations/definitions/sources/{}",
            text(&definition["sourceDefinitionId"])
        );
        assert_eq!(bench.get(&path).await.status, 200);
    }
    let destinations = bench
        .get("/api/v1/integrations/definitions/destinations")
        .await;
    let id = text(&destinations.body["destinations"][0]["id"]);
    assert_eq!(
        bench
            .get(&format!(
                "/api/v1/integrations/definitions/destinations/{id}"
            ))
            .await
            .status,
        200
    );
    let only = bench
        .get(&format!(
            "/api/v1/integrations/definitions/destinations?actorDefinitionIds={id}"
        ))
        .await;
    assert_eq!(only.body["destinations"].as_array().unwrap().len(), 1);
    assert_eq!(
        bench
            .get("/api/v1/integrations/templates/connections")
            .await
            .body,
        json!({"data": []})
    );
    let global = bench
        .get("/api/v1/integrations/templates/sources/global")
        .await;
    assert_eq!(global.body["data"].as_array().unwrap().len(), 56);
    assert_eq!(
        bench
            .get("/api/v1/integrations/templates/sources?use_global=true")
            .await,
        global
    );
}

#[tokio::test]
async fn connector_of_type_with_several_templates_requires_template_id() {
    const TEMPLATES: &str = "/api/v1/integrations/templates/sources";
    let bench = Bench::new().await;
    bench.scoped_token("acme").await;
    let global = bench.get(&format!("{TEMPLATES}/global")).await;
    let of_github = |t: &&Value| t["connector_name"] == "github";
    let original = global.body["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(of_github)
        .unwrap()
        .clone();
    let copy = bench
        .post(
            TEMPLATES,
            json!({"original_source_template_id": original["id"], "name": "Ours"}),
        )
        .await;
    let second = json!({"actor_definition_id": original["actor_definition_id"], "partial_default_config": {"branches": ["main"]}});
    let second = bench.post(TEMPLATES, second).await;
    assert_eq!((copy.status, second.status), (200, 200));
    assert_eq!(bench.post(CONNECTORS, github("acme")).await.status, 400);
    let id = text(&second.body["id"]);
    let chosen = with(
        &github("acme"),
        &json!({"connector_type": null, "source_template_id": id}),
    );
    let made = bench.post(CONNECTORS, chosen).await;
    assert_eq!(made.body["source_template"]["id"], second.body["id"]);
    assert_eq!(made.body["replication_config"]["branches"], json!(["main"]));
    let path = format!("{TEMPLATES}/{id}");
    let body = json!({"name": "Theirs"});
    let renamed = bench
        .ask(Some(&bench.application), Method::PATCH, &path, Some(&body))
        .await;
    assert_eq!(renamed.body["name"], "Theirs");
    assert_eq!(bench.get(&path).await.body["name"], "Theirs");
    let listed = bench.get(TEMPLATES).await;
    assert_eq!(listed.body["data"].as_array().unwrap().len(), 2);
    assert_eq!(bench.delete(&path).await.status, 200);
    assert_eq!(bench.get(&path).await.status, 404);
    let path = format!("{TEMPLATES}/{}", text(&original["id"]));
    assert_eq!(bench.delete(&path).await.status, 403);
    assert_eq!(bench.post(CONNECTORS, github("acme")).await.status, 200);
}
