//! A server of secrets: the few routes of a KV version 2 engine, and a note of all that it is sent.

use super::echo::Heard;
use super::harness::Places;
use axum::Json;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::runtime::Runtime;

/// What is kept, by path below the engine, and what was heard.
#[derive(Default)]
struct Kept {
    secrets: BTreeMap<String, Map<String, Value>>,
    heard: Vec<Heard>,
    token: String,
}

/// The server; dropping it ends it.
pub(crate) struct Vault {
    pub(crate) address: String,
    kept: Arc<Mutex<Kept>>,
    _runtime: Runtime,
}

impl Vault {
    pub(crate) fn start(token: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let kept = Arc::new(Mutex::new(Kept {
            token: token.to_owned(),
            ..Kept::default()
        }));
        let router = axum::Router::new()
            .fallback(handle)
            .with_state(Arc::clone(&kept));
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"));
        let listener = listener.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        runtime.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            address,
            kept,
            _runtime: runtime,
        }
    }

    /// Keeps a field of a secret.
    pub(crate) fn keep(&self, path: &str, field: &str, value: &str) {
        let mut kept = self.kept.lock().unwrap();
        let secret = kept.secrets.entry(path.to_owned()).or_default();
        secret.insert(field.to_owned(), value.into());
    }

    pub(crate) fn forget(&self) {
        self.kept.lock().unwrap().heard.clear();
    }

    /// What was heard in places where no secret may be: all but the token's header.
    pub(crate) fn wrong_places(&self) -> Places {
        let kept = self.kept.lock().unwrap();
        let mut places = Places::new();
        for one in &kept.heard {
            let token = &kept.token;
            places.extend(one.places("vault ", &|name, value| {
                name == "x-vault-token" && value == token
            }));
            places.push(("vault body".to_owned(), one.body.clone()));
        }
        places
    }
}

async fn handle(State(kept): State<Arc<Mutex<Kept>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let heard = Heard::new(&parts, &body);
    let mut kept = kept.lock().unwrap();
    kept.heard.push(heard.clone());
    let given = parts.headers.get("x-vault-token");
    let known = given.is_some_and(|value| value.as_bytes() == kept.token.as_bytes());
    match heard.path() {
        "/v1/sys/health" => Json(json!({"sealed": false})).into_response(),
        // Refusals repeat what they can.
        _ if !known => refusal(StatusCode::FORBIDDEN, &format!("no {:?}", parts.headers)),
        "/v1/auth/token/lookup-self" => Json(json!({"data": {}})).into_response(),
        path => {
            let name = path.strip_prefix("/v1/kv/data/").unwrap_or_default();
            match kept.secrets.get(name) {
                Some(data) => {
                    let metadata = json!({"deletion_time": "", "destroyed": false, "version": 1});
                    Json(json!({"data": {"data": data, "metadata": metadata}})).into_response()
                }
                None => refusal(StatusCode::NOT_FOUND, &format!("{:?}", kept.secrets)),
            }
        }
    }
}

fn refusal(status: StatusCode, text: &str) -> Response {
    (status, Json(json!({"errors": [text]}))).into_response()
}
