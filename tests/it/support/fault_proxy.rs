//! Responsible for a server in front of the sandbox that changes some answers.

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

/// No request of these tests comes near this.
const LIMIT: usize = 1024 * 1024;

/// What becomes of a request.
pub(crate) enum Fate {
    /// It is passed on.
    Pass,
    /// It is passed on, and its answer is changed.
    Change(Change),
    /// It is answered here.
    Answer(u16, Value),
    /// It is passed on, and this is answered instead.
    Hide(u16),
}

/// A change of an answer.
type Change = Box<dyn FnOnce(&mut Value) + Send>;

type Rule = Box<dyn Fn(&Parts, &[u8]) -> Fate + Send + Sync>;

/// The server; dropping it ends it.
pub(crate) struct FaultProxy {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    http: reqwest::Client,
    behind: String,
    rule: Rule,
    met: AtomicUsize,
}

impl FaultProxy {
    /// Starts it, and points the environment's binary at it.
    pub(crate) fn start(
        env: &mut TestEnv,
        rule: impl Fn(&Parts, &[u8]) -> Fate + Send + Sync + 'static,
    ) -> Self {
        let shared = Arc::new(Shared {
            http: super::shared::http::client(),
            behind: env.sandbox().origin(),
            rule: Box::new(rule),
            met: AtomicUsize::new(0),
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

    /// How many requests were not simply passed on.
    pub(crate) fn met(&self) -> usize {
        self.shared.met.load(Ordering::Relaxed)
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
    let fate = (shared.rule)(&parts, &bytes);
    if !matches!(fate, Fate::Pass) {
        shared.met.fetch_add(1, Ordering::Relaxed);
    }
    match fate {
        Fate::Pass => pass(&shared, parts, bytes.into(), None).await,
        Fate::Change(change) => pass(&shared, parts, bytes.into(), Some(change)).await,
        Fate::Answer(status, value) => answer(status, value.to_string().into()),
        Fate::Hide(status) => {
            pass(&shared, parts, bytes.into(), None).await;
            answer(status, "{}".into())
        }
    }
}

async fn pass(
    shared: &Shared,
    parts: Parts,
    body: reqwest::Body,
    change: Option<Change>,
) -> Response {
    let target = parts.uri.path_and_query().unwrap();
    let address = format!("{}{target}", shared.behind);
    let mut passed = shared.http.request(parts.method, address).body(body);
    for name in ["authorization", "content-type", "x-organization-id"] {
        if let Some(value) = parts.headers.get(name) {
            passed = passed.header(name, value);
        }
    }
    let response = passed.send().await.unwrap();
    let status = response.status().as_u16();
    let bytes = response.bytes().await.unwrap();
    let Some(change) = change else {
        return answer(status, bytes.into());
    };
    let mut value = serde_json::from_slice(&bytes).unwrap();
    change(&mut value);
    answer(status, value.to_string().into())
}

fn answer(status: u16, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert("content-type", json);
    response
}
