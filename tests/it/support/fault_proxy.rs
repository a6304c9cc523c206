//! Responsible for a proxy in front of the sandbox that replaces or changes some responses.

use super::TestEnv;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::task::JoinHandle;

/// Upper bound for request bodies, far above those of these tests.
const LIMIT: usize = 1024 * 1024;

/// What the proxy does with a request.
pub(crate) enum ProxyAction {
    Forward,
    /// Forwards the request, and changes the response.
    ChangeResponse(Change),
    /// Responds without forwarding the request.
    Respond(u16, Value),
    /// Forwards the request, and sends a response with this status instead.
    ReplaceStatus(u16),
}

type Change = Box<dyn FnOnce(&mut Value) + Send>;

type Rule = Box<dyn Fn(&Parts, &[u8]) -> ProxyAction + Send + Sync>;

/// The proxy. It is stopped on drop.
pub(crate) struct FaultProxy {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    http: reqwest::Client,
    upstream: String,
    rule: Rule,
    hits: AtomicUsize,
}

impl FaultProxy {
    /// Starts a proxy, and sets it as the API of the environment.
    pub(crate) fn start(
        env: &mut TestEnv,
        rule: impl Fn(&Parts, &[u8]) -> ProxyAction + Send + Sync + 'static,
    ) -> Self {
        let shared = Arc::new(Shared {
            http: super::shared::http::client(),
            upstream: env.sandbox().origin(),
            rule: Box::new(rule),
            hits: AtomicUsize::new(0),
        });
        let router = axum::Router::new()
            .fallback(handle)
            .with_state(Arc::clone(&shared));
        let bind = tokio::net::TcpListener::bind("127.0.0.1:0");
        let listener = env.runtime().block_on(bind).unwrap();
        let address = listener.local_addr().unwrap();
        let task = env.runtime().spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        env.set("AIRBYTE_API_HOST", &format!("http://{address}"));
        Self { shared, task }
    }

    /// The number of requests that were not just forwarded.
    pub(crate) fn hits(&self) -> usize {
        self.shared.hits.load(Ordering::Relaxed)
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, LIMIT).await.unwrap();
    let action = (shared.rule)(&parts, &bytes);
    if !matches!(action, ProxyAction::Forward) {
        shared.hits.fetch_add(1, Ordering::Relaxed);
    }
    match action {
        ProxyAction::Forward => forward(&shared, parts, bytes.into(), None).await,
        ProxyAction::ChangeResponse(change) => {
            forward(&shared, parts, bytes.into(), Some(change)).await
        }
        ProxyAction::Respond(status, value) => response(status, value.to_string().into()),
        ProxyAction::ReplaceStatus(status) => {
            forward(&shared, parts, bytes.into(), None).await;
            response(status, "{}".into())
        }
    }
}

async fn forward(
    shared: &Shared,
    parts: Parts,
    body: reqwest::Body,
    change: Option<Change>,
) -> Response {
    let target = parts.uri.path_and_query().unwrap();
    let address = format!("{}{target}", shared.upstream);
    let mut forwarded = shared.http.request(parts.method, address).body(body);
    for name in ["authorization", "content-type", "x-organization-id"] {
        if let Some(value) = parts.headers.get(name) {
            forwarded = forwarded.header(name, value);
        }
    }
    let upstream = forwarded.send().await.unwrap();
    let status = upstream.status().as_u16();
    let bytes = upstream.bytes().await.unwrap();
    let Some(change) = change else {
        return response(status, bytes.into());
    };
    let mut value = serde_json::from_slice(&bytes).unwrap();
    change(&mut value);
    response(status, value.to_string().into())
}

fn response(status: u16, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert("content-type", json);
    response
}
