//! Responsible for the remote API of the canary tests: a proxy in front of a sandbox.
//!
//! The proxy records every request, replaces the sandbox's tokens by canaries, and repeats what it
//! was sent in its responses.

use super::echo::{self, ReceivedRequest};
use super::harness::Sinks;
use crate::support::http;
use airlift::sandbox::{self, Options, Sandbox};
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::runtime::Runtime;

/// How the server responds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ServerBehavior {
    /// Passes the sandbox's responses on.
    Normal,
    /// Rejects every write with this status, and repeats the request's secrets.
    RejectWrites(u16),
    /// Rejects every read, and repeats secrets of earlier requests.
    RejectReads,
    /// Rejects every read after the first request with credentials.
    RejectReadsAfterWrite,
    /// Rejects the client secret, and repeats it.
    RejectLogin,
    /// Every check fails, and its reason repeats the request's secrets.
    FailChecks,
    /// Successful responses whose fields have wrong types and repeat secrets.
    WrongTypes,
    /// Redirects, with headers that repeat secrets.
    Redirect,
    /// Rejects with plain text, HTML or broken JSON.
    NonJson,
    /// Lists objects under names that repeat secrets.
    EchoInNames,
    /// Returns `replication_config` as it was sent, with its secrets.
    VerbatimSettings,
    /// Returns `replication_config` in another spelling: lists reversed, numbers as text, texts with a space after them.
    NormalizedSettings,
    /// Returns `replication_config` with every text replaced by a mask.
    MaskedSettings,
    /// Does not respond to requests with credentials.
    NoResponse,
}

impl ServerBehavior {
    /// All but `NoResponse`, with which a run would end at its timeout only.
    pub(crate) const ALL: [Self; 16] = [
        Self::Normal,
        Self::RejectWrites(400),
        Self::RejectWrites(403),
        Self::RejectWrites(422),
        Self::RejectWrites(500),
        Self::RejectReads,
        Self::RejectReadsAfterWrite,
        Self::RejectLogin,
        Self::FailChecks,
        Self::WrongTypes,
        Self::Redirect,
        Self::NonJson,
        Self::EchoInNames,
        Self::VerbatimSettings,
        Self::NormalizedSettings,
        Self::MaskedSettings,
    ];
}

/// The proxy with its sandbox. Dropping it stops both.
pub(crate) struct Server {
    pub(crate) address: String,
    shared: Arc<Shared>,
    _sandbox: Sandbox,
    /// The last field, because fields are dropped in order and the others need the runtime.
    _runtime: Runtime,
}

struct Shared {
    http: reqwest::Client,
    sandbox_origin: String,
    state: Mutex<ServerState>,
}

struct ServerState {
    behavior: ServerBehavior,
    received: Vec<ReceivedRequest>,
    /// The bodies of requests with spans.
    traces: Vec<Vec<u8>>,
    /// The canary that replaces a token, and the token, by workspace. The application's has no name.
    tokens: BTreeMap<String, (String, String)>,
    unused_canaries: Vec<String>,
    /// The secrets of earlier requests, to repeat in later responses.
    remembered: Vec<String>,
    /// The `replication_config` that was last sent, by connector id.
    settings: BTreeMap<String, Map<String, Value>>,
    /// The number of requests, which selects the secret and the encoding to repeat.
    turn: usize,
    /// Whether credentials arrived since the behavior was set.
    credentials_received: bool,
}

const BODY_LIMIT: usize = 16 << 20;
/// The path below the address of a collector of traces.
const TRACES: &str = "/v1/traces";
const APPLICATION: &str = "/applications/token";

impl Server {
    /// Starts the server for one client. Each of `canaries` replaces one token.
    pub(crate) fn start(client: (&str, &str), canaries: Vec<String>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let options = Options {
            client: Some((client.0.to_owned(), client.1.to_owned())),
            delete_delay: Duration::from_millis(10),
            ..Options::default()
        };
        let sandbox = runtime.block_on(sandbox::start(options)).unwrap();
        let shared = Arc::new(Shared {
            http: http::builder()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
            sandbox_origin: sandbox.origin(),
            state: Mutex::new(ServerState {
                behavior: ServerBehavior::Normal,
                received: Vec::new(),
                traces: Vec::new(),
                tokens: BTreeMap::new(),
                unused_canaries: canaries,
                remembered: Vec::new(),
                settings: BTreeMap::new(),
                turn: 0,
                credentials_received: false,
            }),
        });
        let router = axum::Router::new()
            .fallback(handle)
            .with_state(Arc::clone(&shared));
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"));
        let listener = listener.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        runtime.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            address,
            shared,
            _sandbox: sandbox,
            _runtime: runtime,
        }
    }

    /// Sets the behavior for the next run.
    pub(crate) fn set_behavior(&self, behavior: ServerBehavior) {
        let mut state = self.state();
        (state.behavior, state.credentials_received) = (behavior, false);
        // A run cannot recognize secrets that only an earlier run sent, so it may show them.
        state.remembered.clear();
    }

    fn state(&self) -> MutexGuard<'_, ServerState> {
        self.shared.state()
    }

    /// Removes and returns the recorded requests.
    pub(crate) fn take_received(&self) -> Vec<ReceivedRequest> {
        let mut state = self.state();
        state.traces.clear();
        std::mem::take(&mut state.received)
    }

    /// The number of recorded requests that match.
    pub(crate) fn count(&self, matches: impl Fn(&ReceivedRequest) -> bool) -> usize {
        let state = self.state();
        state
            .received
            .iter()
            .filter(|request| matches(request))
            .count()
    }

    /// The parts of requests that must not contain secrets: everything but the bodies that set
    /// credentials and the header with the token.
    pub(crate) fn misplaced_content(&self) -> Sinks {
        let state = self.state();
        let tokens: Vec<&str> = state
            .tokens
            .values()
            .map(|(canary, _)| canary.as_str())
            .collect();
        let traces = state.traces.iter();
        let traces = traces.map(|body| ("traces".to_owned(), body.clone()));
        state
            .received
            .iter()
            .flat_map(|request| request.misplaced_content(&tokens))
            .chain(traces)
            .collect()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, ServerState> {
        self.state.lock().unwrap()
    }
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_LIMIT).await.unwrap().to_vec();
    if parts.uri.path() == TRACES {
        shared.state().traces.push(body);
        return Response::default();
    }
    let received = ReceivedRequest::new(&parts, &body);
    let (behavior, echo, credentials_received) = {
        let mut state = shared.state();
        state.add_secrets(&received);
        state.received.push(received.clone());
        state.turn += 1;
        let credentials_received = state.credentials_received;
        state.credentials_received |= received.carries_credentials();
        (state.behavior, state.echo(&received), credentials_received)
    };
    if behavior == ServerBehavior::NoResponse && received.carries_credentials() {
        std::future::pending::<()>().await;
    }
    if let Some(response) = echo::replacement(behavior, &received, &echo, credentials_received) {
        return response;
    }
    forward(&shared, &parts, &received, behavior, &echo).await
}

/// Sends the request to the sandbox and alters its response.
async fn forward(
    shared: &Shared,
    parts: &Parts,
    received: &ReceivedRequest,
    behavior: ServerBehavior,
    echo: &str,
) -> Response {
    let url = format!("{}{}", shared.sandbox_origin, received.target);
    let request = shared.http.request(parts.method.clone(), url);
    let mut headers = parts.headers.clone();
    headers.remove("host");
    headers.remove("content-length");
    shared.state().restore_token(&mut headers);
    let request = request.headers(headers).body(received.body.clone());
    let original = request.send().await.unwrap();
    let status = original.status();
    let bytes = original.bytes().await.unwrap();
    let mut response = match serde_json::from_slice::<Value>(&bytes) {
        Ok(mut value) if status.is_success() => {
            shared.state().replace_token(received, &mut value);
            shared.state().record_settings(received, &value);
            shared.state().restore_settings(behavior, &mut value);
            echo::alter_body(behavior, received, &mut value, echo);
            Response::new(Body::from(value.to_string()))
        }
        _ => Response::new(Body::from(bytes)),
    };
    *response.status_mut() = StatusCode::from_u16(status.as_u16()).unwrap();
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert("content-type", json);
    echo::echo_in_headers(behavior, &mut response, echo);
    response
}

impl ServerState {
    /// Replaces the sandbox's token in a response by a canary.
    fn replace_token(&mut self, received: &ReceivedRequest, body: &mut Value) {
        let key = if received.path().ends_with(APPLICATION) {
            "access_token"
        } else {
            "token"
        };
        let Some(token) = body.get(key).and_then(Value::as_str).map(str::to_owned) else {
            return;
        };
        let owner = match received.json().get("workspace_name") {
            Some(name) => name.to_string(),
            None => String::new(),
        };
        let unused = &mut self.unused_canaries;
        let entry = self.tokens.entry(owner);
        let (canary, replaced) = entry.or_insert_with(|| (unused.pop().unwrap(), String::new()));
        *replaced = token;
        body[key] = canary.clone().into();
    }

    /// Replaces a canary in the request by the sandbox's token.
    fn restore_token(&self, headers: &mut HeaderMap) {
        let Some(given) = headers.get("authorization") else {
            return;
        };
        let given = given.to_str().unwrap().trim_start_matches("Bearer ");
        let entry = self.tokens.values().find(|(canary, _)| canary == given);
        if let Some((_, token)) = entry {
            let value = HeaderValue::from_str(&format!("Bearer {token}"));
            headers.insert("authorization", value.unwrap());
        }
    }

    fn record_settings(&mut self, received: &ReceivedRequest, body: &Value) {
        let sent = received.json();
        let (Some(settings), Some(id)) =
            (sent["replication_config"].as_object(), body["id"].as_str())
        else {
            return;
        };
        if received.is_write() && !received.path().ends_with("/check") {
            self.settings.insert(id.to_owned(), settings.clone());
        }
    }

    /// Replaces the settings that the sandbox masked by those that were sent, or masks all of them.
    fn restore_settings(&self, behavior: ServerBehavior, body: &mut Value) {
        let id = body["id"].as_str().unwrap_or_default();
        let Some(settings) = self.settings.get(id) else {
            return;
        };
        let Some(shown) = body
            .get_mut("replication_config")
            .and_then(Value::as_object_mut)
        else {
            return;
        };
        match behavior {
            ServerBehavior::VerbatimSettings => shown.extend(settings.clone()),
            ServerBehavior::NormalizedSettings => {
                shown.extend(settings.clone());
                shown.values_mut().for_each(echo::normalize);
            }
            ServerBehavior::MaskedSettings => shown.values_mut().for_each(echo::mask),
            _ => {}
        }
    }

    fn add_secrets(&mut self, received: &ReceivedRequest) {
        for text in received.secrets() {
            if !self.remembered.contains(&text) {
                self.remembered.push(text);
            }
        }
    }

    /// A secret of this request, or of an earlier one, in one of several encodings.
    fn echo(&self, received: &ReceivedRequest) -> String {
        let current = received.secrets();
        let all = if received.is_write() && !current.is_empty() {
            &current
        } else {
            &self.remembered
        };
        if all.is_empty() {
            return "nothing".to_owned();
        }
        echo::encoded(&all[self.turn % all.len()], self.turn)
    }
}
