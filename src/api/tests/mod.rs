//! Tests of whole sessions against a stub server, which sends the responses of the test and records
//! all requests.

mod calls;
mod limits;
mod lists;
mod shapes;
mod tokens;
mod writes;

use super::{
    ApiError, ApiErrorKind, Call, CircuitOptions, Credentials, DEFAULT_TARGET, Options,
    RetryPolicy, ServerMessage, Session, Target, Timeouts, TokenOwner,
};
use crate::model::{OrganizationId, SecretValue, WorkspaceId};
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use uuid::Uuid;

pub(crate) const ORGANIZATION: OrganizationId = OrganizationId(Uuid::from_u128(1));
pub(crate) const TOKEN: &str = "/api/v1/account/applications/token";
pub(crate) const MINT: &str = "/api/v1/account/applications/scoped-token";
pub(crate) const INFO: &str = "/api/v1/account/applications/scoped-token/info";
pub(crate) const WORKSPACES: &str = "/api/v1/workspaces";
pub(crate) const STATS: &str = "/api/v1/workspaces/stats";
pub(crate) const CONNECTORS: &str = "/api/v1/integrations/connectors";
pub(crate) const SECRET: &str = "client-secret-of-tests";

/// A recorded request.
#[derive(Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    /// The number of earlier requests with the same method and path.
    pub(crate) nth: usize,
}

impl Seen {
    pub(crate) fn is(&self, method: &str, path: &str) -> bool {
        self.method == method && self.path == path
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }
}

type Log = Arc<Mutex<Vec<Seen>>>;

/// The stub server.
pub(crate) struct Stub {
    pub(crate) address: String,
    log: Log,
}

impl Stub {
    /// Starts a server that sends the response of `answer`. If it is `None`, the server sends a token
    /// for a token request and 404 for all other requests.
    pub(crate) async fn start(
        answer: impl Fn(&Seen) -> Option<Response> + Send + Sync + 'static,
    ) -> Self {
        Self::start_slow(move |seen| std::future::ready(answer(&seen))).await
    }

    /// As [`Self::start`], with responses that take time.
    pub(crate) async fn start_slow<F>(answer: impl Fn(Seen) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Option<Response>> + Send,
    {
        let log = Log::default();
        let seen = Arc::clone(&log);
        let answer = Arc::new(answer);
        let app = Router::new().fallback(move |request: Request<Body>| {
            let (answer, log) = (Arc::clone(&answer), Arc::clone(&log));
            async move {
                let seen = record(request, &log).await;
                let response = answer(seen.clone()).await;
                response.unwrap_or_else(|| default_response(&seen))
            }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, log: seen }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.log.lock().unwrap().clone()
    }

    pub(crate) fn count(&self, method: &str, path: &str) -> usize {
        self.seen()
            .iter()
            .filter(|seen| seen.is(method, path))
            .count()
    }

    pub(crate) fn last(&self, method: &str, path: &str) -> Seen {
        let mut seen = self.seen();
        seen.retain(|seen| seen.is(method, path));
        seen.pop().unwrap()
    }

    pub(crate) async fn session(&self) -> Session {
        self.open(quick()).await.unwrap()
    }

    pub(crate) async fn open(&self, options: Options) -> Result<Session, ApiError> {
        let target: Target = self.address.parse().unwrap();
        Session::open(target, credentials(), options).await
    }
}

async fn record(request: Request<Body>, log: &Log) -> Seen {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let mut log = log.lock().unwrap();
    let (method, path) = (parts.method.to_string(), parts.uri.path().to_owned());
    let seen = Seen {
        nth: log.iter().filter(|seen| seen.is(&method, &path)).count(),
        method,
        path,
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    };
    log.push(seen.clone());
    seen
}

fn default_response(seen: &Seen) -> Response {
    if seen.is("POST", TOKEN) {
        return ok(&token(seen.nth));
    }
    status(404, &json!({"message": "not here"}))
}

pub(crate) fn token(nth: usize) -> Value {
    json!({"access_token": format!("application-{nth}"), "token_type": "bearer",
        "expires_in": 900, "organization_id": ORGANIZATION})
}

pub(crate) fn ok(body: &Value) -> Response {
    Json(body).into_response()
}

pub(crate) fn status(code: u16, body: &Value) -> Response {
    (StatusCode::from_u16(code).unwrap(), Json(body)).into_response()
}

pub(crate) fn credentials() -> Credentials {
    Credentials {
        client_id: "client".into(),
        client_secret: SecretValue::new(SECRET.into()),
    }
}

/// A failed call that writes.
pub(crate) fn call() -> Call {
    Call {
        operation: "x",
        elapsed: Duration::ZERO,
        attempts: 1,
        writes: true,
        may_have_taken_effect: false,
        token_owner: TokenOwner::Organization,
    }
}

/// An error with this status.
pub(crate) fn status_error(status: u16) -> ApiError {
    retry_later(status, None)
}

/// A 429 whose `Retry-After` is this number of seconds.
pub(crate) fn throttled(seconds: u64) -> ApiError {
    retry_later(429, Some(Duration::from_secs(seconds)))
}

fn retry_later(status: u16, retry_after: Option<Duration>) -> ApiError {
    let kind = ApiErrorKind::Status {
        status,
        retry_after,
        message: ServerMessage::default(),
    };
    ApiError::new(call(), kind)
}

/// Options with which a test takes milliseconds.
pub(crate) fn quick() -> Options {
    let short = Duration::from_millis(2);
    Options {
        timeouts: Timeouts {
            idle: Duration::from_millis(300),
            ..Timeouts::default()
        },
        retry: RetryPolicy {
            base: short,
            cap: 2 * short,
            retry_after_cap: 10 * short,
            ..RetryPolicy::default()
        },
        circuit: CircuitOptions {
            probe_interval: 10 * short,
            open_timeout: 100 * short,
            ..CircuitOptions::default()
        },
        ..Options::default()
    }
}

pub(crate) fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

pub(crate) fn workspace(n: u128, name: &str) -> Value {
    json!({"id": id(n), "name": name, "organization_id": ORGANIZATION, "status": "active",
        "cache_enabled": null, "tombstone": false, "created_at": "2026-01-01T00:00:00Z"})
}

pub(crate) fn workspace_path(n: u128) -> String {
    format!("{WORKSPACES}/{}", id(n))
}

/// Responses for requesting a scoped token of this customer, whose workspace has the number `n`.
pub(crate) fn minting(seen: &Seen, n: u128, name: &str) -> Option<Response> {
    if seen.is("POST", MINT) {
        return Some(ok(&json!({"token": format!("scoped-{}", seen.nth)})));
    }
    seen.is("GET", INFO).then(|| {
        ok(&json!({"organization_id": ORGANIZATION, "workspace_id": id(n), "workspace_name": name}))
    })
}

#[tokio::test]
async fn call_sends_user_agent_and_organization() {
    let stub = Stub::start(|seen| {
        seen.is("GET", &workspace_path(5))
            .then(|| ok(&workspace(5, "a")))
    })
    .await;
    let session = stub.session().await;
    assert_eq!(session.organization(), Some(ORGANIZATION));
    let read = session
        .reader()
        .workspace(WorkspaceId(id(5)))
        .await
        .unwrap();
    assert_eq!(read.unwrap().name, "a");
    let seen = stub.last("GET", &workspace_path(5));
    assert_eq!(seen.header("x-organization-id"), ORGANIZATION.to_string());
    assert_eq!(seen.header("authorization"), "Bearer application-0");
    let agent = concat!("airlift/", env!("CARGO_PKG_VERSION"));
    assert_eq!(seen.header("user-agent"), agent);
    let first = stub.last("POST", TOKEN);
    assert_eq!(first.header("x-organization-id"), "");
    assert_eq!(first.header("authorization"), "");
    let credentials = format!(r#"{{"client_id":"client","client_secret":"{SECRET}"}}"#);
    assert_eq!(first.body, credentials);
}

#[tokio::test]
async fn session_with_token_of_another_organization_fails() {
    let stub = Stub::start(|_| None).await;
    let options = Options {
        organization_id: Some(OrganizationId(id(2))),
        ..quick()
    };
    let error = stub.open(options).await.err().unwrap();
    assert!(matches!(error.kind(), ApiErrorKind::WrongOrganization { .. }) && error.is_auth());
    let header = stub.last("POST", TOKEN);
    assert_eq!(header.header("x-organization-id"), id(2).to_string());
}

#[tokio::test]
async fn session_without_organization_in_token_checks_first_response() {
    let stub = Stub::start(|seen| {
        let token = json!({"access_token": "t", "expires_in": 900, "organization_id": null});
        match seen.path.as_str() {
            TOKEN => Some(ok(&token)),
            path if path == workspace_path(5) => Some(ok(&workspace(5, "a"))),
            _ => None,
        }
    })
    .await;
    let options = Options {
        organization_id: Some(OrganizationId(id(2))),
        ..quick()
    };
    let session = stub.open(options).await.unwrap();
    let read = session.reader().workspace(WorkspaceId(id(5))).await;
    assert!(matches!(
        read.unwrap_err().kind(),
        ApiErrorKind::WrongOrganization { .. }
    ));
    let session = stub.session().await;
    assert_eq!(session.organization(), None);
    session
        .reader()
        .workspace(WorkspaceId(id(5)))
        .await
        .unwrap();
    assert_eq!(session.organization(), Some(ORGANIZATION));
}

#[tokio::test]
async fn session_with_invalid_options_shows_no_input() {
    let target = || DEFAULT_TARGET.parse::<Target>().unwrap();
    let bad_ca = Options {
        ca_pem: Some(b"not a certificate".to_vec()),
        ..quick()
    };
    let bad_proxy = Options {
        proxy: Some("http://user:hunter2@ /".into()),
        ..quick()
    };
    for options in [bad_ca, bad_proxy] {
        let error = Session::open(target(), credentials(), options)
            .await
            .err()
            .unwrap();
        assert!(matches!(error.kind(), ApiErrorKind::Setup(_)));
        assert!(!error.to_string().contains("hunter2"));
    }
}
