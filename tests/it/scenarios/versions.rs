//! Tests of store versions: a secret with an unchanged version is not read.

use crate::support::{TestEnv, options};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header::HeaderMap};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const PROJECT: &str = r#"version: 1
stores: [vault]
customers:
  - name: acme
    connectors:
      - name: Acme GitHub
        type: github
        credentials: {token: "${vault:kv/acme/github#token}"}
"#;

/// A Vault server with one secret.
#[derive(Debug)]
struct Store {
    version: u32,
    value: &'static str,
    allows_metadata: bool,
    allows_data: bool,
    /// The requested paths.
    requests: Vec<String>,
}

type Shared = Arc<Mutex<Store>>;

async fn respond(State(store): State<Shared>, headers: HeaderMap, request: Request) -> Response {
    let mut store = store.lock().unwrap();
    let path = request.uri().path().to_owned();
    assert_eq!(headers["x-vault-token"], "the-token");
    store.requests.push(path.clone());
    let number = store.version.to_string();
    let metadata = json!({
        "created_time": format!("second {number}"), "deletion_time": "", "destroyed": false,
        "version": store.version,
    });
    let data = match path.as_str() {
        "/v1/sys/internal/ui/mounts/kv/acme/github" => {
            json!({"path": "kv/", "type": "kv", "options": {"version": "2"}})
        }
        "/v1/kv/metadata/acme/github" if store.allows_metadata => {
            json!({"current_version": store.version, "versions": {number: metadata}})
        }
        "/v1/kv/data/acme/github" if store.allows_data => {
            json!({"data": {"token": store.value}, "metadata": metadata})
        }
        _ => return (StatusCode::FORBIDDEN, json!({"errors": []}).to_string()).into_response(),
    };
    json!({"data": data}).to_string().into_response()
}

/// An applied project, and the store of its secret.
fn applied() -> (TestEnv, Shared) {
    let mut env = TestEnv::with(PROJECT, options());
    let store = Arc::new(Mutex::new(Store {
        version: 1,
        value: "value-one",
        allows_metadata: true,
        allows_data: true,
        requests: Vec::new(),
    }));
    let app = Router::new()
        .fallback(respond)
        .with_state(Arc::clone(&store));
    let listener = env
        .runtime()
        .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
        .unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    env.runtime()
        .spawn(async { axum::serve(listener, app).await });
    env.set("VAULT_ADDR", &address);
    env.set("VAULT_TOKEN", "the-token");
    env.apply(&[]).0.exits(0);
    (env, store)
}

/// The number of requests for `data` or `metadata` since the last call.
fn take_requests(store: &Shared, what: &str) -> usize {
    let paths = std::mem::take(&mut store.lock().unwrap().requests);
    let part = format!("/v1/kv/{what}/");
    paths.iter().filter(|path| path.starts_with(&part)).count()
}

fn reasons(env: &TestEnv) -> Value {
    let plan = env.run(&["plan", "--format", "json"]);
    plan.exits(0).json()["changes"][0]["reasons"].clone()
}

#[test]
fn secret_with_same_version_is_not_read() {
    let (env, store) = applied();
    assert_eq!(take_requests(&store, "data"), 1);
    env.assert_converged(&[]);
    assert_eq!(take_requests(&store, "data"), 0);
    env.assert_converged(&[]);
    assert_eq!(take_requests(&store, "metadata"), 1);
}

#[test]
fn secret_with_new_version_and_value_rotates() {
    let (env, store) = applied();
    {
        let mut store = store.lock().unwrap();
        (store.version, store.value) = (2, "value-two");
    }
    assert_eq!(reasons(&env), json!(["store_version_changed"]));
    env.run(&["plan"]).exits(0).says("! acme/Acme GitHub");
    env.converge(&[]);
    let id = env.connector("Acme GitHub").id;
    let sent = json!({"token": "value-two"});
    assert!(env.sandbox().holds_credentials(id, &sent));
}

#[test]
fn secret_with_new_version_and_same_value_is_recorded() {
    let (env, store) = applied();
    let id = env.connector("Acme GitHub").id;
    store.lock().unwrap().version = 2;
    take_requests(&store, "data");
    env.assert_converged(&[]);
    assert_eq!(take_requests(&store, "data"), 1);
    let (output, traffic) = env.apply(&[]);
    output.exits(0);
    traffic.assert_only_reads();
    take_requests(&store, "data");
    env.assert_converged(&[]);
    assert_eq!(take_requests(&store, "data"), 0);
    assert_eq!(env.connector("Acme GitHub").id, id);
}

#[test]
fn secret_without_readable_version_is_compared_by_value() {
    let (env, store) = applied();
    store.lock().unwrap().allows_metadata = false;
    take_requests(&store, "data");
    env.assert_converged(&[]);
    assert_eq!(take_requests(&store, "data"), 1);
    {
        // The secret was deleted and created again: its version number is the same.
        let mut store = store.lock().unwrap();
        store.value = "value-two";
    }
    assert_eq!(reasons(&env), json!(["secret_rotated"]));
}

#[test]
fn secret_without_readable_value_is_compared_by_version() {
    let (env, store) = applied();
    store.lock().unwrap().allows_data = false;
    env.assert_converged(&[]);
    store.lock().unwrap().version = 2;
    assert_eq!(reasons(&env), json!(["store_version_changed"]));
    let (output, traffic) = env.apply(&[]);
    output.exits(11).complains("denies permission");
    traffic.assert_only_reads();
}

#[test]
fn ledger_without_versions_records_them() {
    let (env, store) = applied();
    env.rewrite_ledger(|entry| {
        let sent = entry.pointer_mut("/connectors/Acme GitHub/sent").unwrap();
        assert!(sent.as_object_mut().unwrap().remove("versions").is_some());
    });
    take_requests(&store, "data");
    env.converge(&[]);
    assert_eq!(take_requests(&store, "data"), 1);
    env.assert_converged(&[]);
    assert_eq!(take_requests(&store, "data"), 0);
}
