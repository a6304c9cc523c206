//! Versions of a store: what has not changed is told by its version and not read.

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

/// A store with one secret.
#[derive(Debug)]
struct Store {
    version: u32,
    value: &'static str,
    tells_versions: bool,
    tells_values: bool,
    /// Paths that were asked for.
    asked: Vec<String>,
}

type Shared = Arc<Mutex<Store>>;

async fn answer(State(store): State<Shared>, headers: HeaderMap, request: Request) -> Response {
    let mut store = store.lock().unwrap();
    let path = request.uri().path().to_owned();
    assert_eq!(headers["x-vault-token"], "the-token");
    store.asked.push(path.clone());
    let number = store.version.to_string();
    let made = json!({
        "created_time": format!("second {number}"), "deletion_time": "", "destroyed": false,
        "version": store.version,
    });
    let data = match path.as_str() {
        "/v1/sys/internal/ui/mounts/kv/acme/github" => {
            json!({"path": "kv/", "type": "kv", "options": {"version": "2"}})
        }
        "/v1/kv/metadata/acme/github" if store.tells_versions => {
            json!({"current_version": store.version, "versions": {number: made}})
        }
        "/v1/kv/data/acme/github" if store.tells_values => {
            json!({"data": {"token": store.value}, "metadata": made})
        }
        _ => return (StatusCode::FORBIDDEN, json!({"errors": []}).to_string()).into_response(),
    };
    json!({"data": data}).to_string().into_response()
}

/// The project, and the store that its secret is in.
fn applied() -> (TestEnv, Shared) {
    let mut env = TestEnv::with(PROJECT, options());
    let store = Arc::new(Mutex::new(Store {
        version: 1,
        value: "value-one",
        tells_versions: true,
        tells_values: true,
        asked: Vec::new(),
    }));
    let app = Router::new()
        .fallback(answer)
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

/// How often the last runs asked for `data` or `metadata`.
fn asked(store: &Shared, what: &str) -> usize {
    let asked = std::mem::take(&mut store.lock().unwrap().asked);
    let part = format!("/v1/kv/{what}/");
    asked.iter().filter(|path| path.starts_with(&part)).count()
}

fn reasons(env: &TestEnv) -> Value {
    let plan = env.run(&["plan", "--format", "json"]);
    plan.exits(0).json()["changes"][0]["reasons"].clone()
}

#[test]
fn a_secret_of_the_same_version_is_not_read() {
    let (env, store) = applied();
    assert_eq!(asked(&store, "data"), 1);
    env.is_converged(&[]);
    assert_eq!(asked(&store, "data"), 0);
    env.is_converged(&[]);
    assert_eq!(asked(&store, "metadata"), 1);
}

#[test]
fn a_new_version_with_another_value_is_a_rotation() {
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
fn a_new_version_with_the_same_value_is_noted_and_not_sent() {
    let (env, store) = applied();
    let id = env.connector("Acme GitHub").id;
    store.lock().unwrap().version = 2;
    asked(&store, "data");
    env.is_converged(&[]);
    assert_eq!(asked(&store, "data"), 1);
    let (output, traffic) = env.apply(&[]);
    output.exits(0);
    traffic.only_reads();
    asked(&store, "data");
    env.is_converged(&[]);
    assert_eq!(asked(&store, "data"), 0);
    assert_eq!(env.connector("Acme GitHub").id, id);
}

#[test]
fn where_versions_are_not_told_the_value_decides() {
    let (env, store) = applied();
    store.lock().unwrap().tells_versions = false;
    asked(&store, "data");
    env.is_converged(&[]);
    assert_eq!(asked(&store, "data"), 1);
    {
        // Deleted for good and made again: the number is the same, the time is not told.
        let mut store = store.lock().unwrap();
        store.value = "value-two";
    }
    assert_eq!(reasons(&env), json!(["secret_rotated"]));
}

#[test]
fn where_values_are_not_told_a_new_version_decides() {
    let (env, store) = applied();
    store.lock().unwrap().tells_values = false;
    env.is_converged(&[]);
    store.lock().unwrap().version = 2;
    assert_eq!(reasons(&env), json!(["store_version_changed"]));
    let (output, traffic) = env.apply(&[]);
    output.exits(11).complains("denies permission");
    traffic.only_reads();
}

#[test]
fn a_ledger_without_versions_learns_them() {
    let (env, store) = applied();
    let is_ledger = |path: &std::path::Path| path.extension().is_some_and(|end| end == "json");
    for path in crate::support::files(&env.path(".airlift/ledger"), &is_ledger) {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut file: Value = serde_json::from_str(&text).unwrap();
        let Some(sent) = file.pointer_mut("/connectors/Acme GitHub/sent") else {
            continue;
        };
        assert!(sent.as_object_mut().unwrap().remove("versions").is_some());
        std::fs::write(&path, file.to_string()).unwrap();
    }
    asked(&store, "data");
    env.converge(&[]);
    assert_eq!(asked(&store, "data"), 1);
    env.is_converged(&[]);
    assert_eq!(asked(&store, "data"), 0);
}
