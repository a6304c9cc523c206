//! Responsible for a Vault server of the canary tests: the routes of a KV version 2 engine that
//! airlift uses. Records every request.

use super::echo::ReceivedRequest;
use super::harness::Sinks;
use axum::Json;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::runtime::Runtime;

#[derive(Default)]
struct VaultState {
    /// The fields of each secret, by its path below the engine.
    secrets: BTreeMap<String, Map<String, Value>>,
    received: Vec<ReceivedRequest>,
    token: String,
}

/// A running server. Dropping it stops it.
pub(crate) struct Vault {
    pub(crate) address: String,
    state: Arc<Mutex<VaultState>>,
    _runtime: Runtime,
}

impl Vault {
    pub(crate) fn start(token: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let state = Arc::new(Mutex::new(VaultState {
            token: token.to_owned(),
            ..VaultState::default()
        }));
        let router = axum::Router::new()
            .fallback(handle)
            .with_state(Arc::clone(&state));
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"));
        let listener = listener.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        runtime.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            address,
            state,
            _runtime: runtime,
        }
    }

    /// Stores a field of a secret.
    pub(crate) fn put(&self, path: &str, field: &str, value: &str) {
        let mut state = self.state.lock().unwrap();
        let secret = state.secrets.entry(path.to_owned()).or_default();
        secret.insert(field.to_owned(), value.into());
    }

    pub(crate) fn clear(&self) {
        self.state.lock().unwrap().received.clear();
    }

    /// The parts of requests that must not contain secrets: all but the header with the token.
    pub(crate) fn misplaced_content(&self) -> Sinks {
        let state = self.state.lock().unwrap();
        let token = &state.token;
        let mut sinks = Sinks::new();
        for request in &state.received {
            sinks.extend(request.url_and_headers("vault ", &|name, value| {
                name == "x-vault-token" && value == token
            }));
            sinks.push(("vault body".to_owned(), request.body.clone()));
        }
        sinks
    }
}

async fn handle(State(state): State<Arc<Mutex<VaultState>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let received = ReceivedRequest::new(&parts, &body);
    let mut state = state.lock().unwrap();
    state.received.push(received.clone());
    let given = parts.headers.get("x-vault-token");
    let is_authorized = given.is_some_and(|value| value.as_bytes() == state.token.as_bytes());
    match received.path() {
        "/v1/sys/health" => Json(json!({"sealed": false})).into_response(),
        // Both refusals repeat as many secrets as they can.
        _ if !is_authorized => refusal(StatusCode::FORBIDDEN, &format!("no {:?}", parts.headers)),
        "/v1/auth/token/lookup-self" => Json(json!({"data": {}})).into_response(),
        path => {
            let name = path.strip_prefix("/v1/kv/data/").unwrap_or_default();
            match state.secrets.get(name) {
                Some(data) => {
                    let metadata = json!({"deletion_time": "", "destroyed": false, "version": 1});
                    Json(json!({"data": {"data": data, "metadata": metadata}})).into_response()
                }
                None => refusal(StatusCode::NOT_FOUND, &format!("{:?}", state.secrets)),
            }
        }
    }
}

fn refusal(status: StatusCode, text: &str) -> Response {
    (status, Json(json!({"errors": [text]}))).into_response()
}
