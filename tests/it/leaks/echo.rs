//! A server in front of the sandbox that answers every creation and check with what it was sent,
//! the way careless gateways do, and passes everything else on.

use crate::support::TestEnv;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::task::JoinHandle;

/// No request of these tests comes near this.
const LIMIT: usize = 1024 * 1024;

/// The server; dropping it ends it.
pub(super) struct Echo {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    http: reqwest::Client,
    behind: String,
    status: u16,
    echoed: AtomicUsize,
}

impl Echo {
    pub(super) fn start(env: &TestEnv, status: u16) -> Self {
        let _installed_by_another_test = rustls::crypto::ring::default_provider().install_default();
        let shared = Arc::new(Shared {
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            behind: env.sandbox().origin(),
            status,
            echoed: AtomicUsize::new(0),
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
        Self {
            address,
            shared,
            task,
        }
    }

    pub(super) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many requests were answered with what they sent.
    pub(super) fn echoed(&self) -> usize {
        self.shared.echoed.load(Ordering::Relaxed)
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, LIMIT).await.unwrap();
    let path = parts.uri.path();
    if parts.method == "POST" && path.contains("/connectors") {
        shared.echoed.fetch_add(1, Ordering::Relaxed);
        let said = format!(
            "cannot use {} with {:?}",
            String::from_utf8_lossy(&bytes),
            parts.headers
        );
        let errors =
            serde_json::json!([{"loc": ["body", "credentials"], "msg": said, "type": "x"}]);
        let text = serde_json::json!({"message": said, "detail": errors, "error": said});
        return answer(shared.status, text.to_string().into());
    }
    let target = parts.uri.path_and_query().unwrap();
    let address = format!("{}{target}", shared.behind);
    let mut passed = shared.http.request(parts.method, address).body(bytes);
    for name in ["authorization", "content-type", "x-organization-id"] {
        if let Some(value) = parts.headers.get(name) {
            passed = passed.header(name, value);
        }
    }
    let response = passed.send().await.unwrap();
    let status = response.status().as_u16();
    answer(status, response.bytes().await.unwrap().into())
}

fn answer(status: u16, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    let json = axum::http::HeaderValue::from_static("application/json");
    response.headers_mut().insert("content-type", json);
    response
}
