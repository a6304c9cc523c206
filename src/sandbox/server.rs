//! The server: one request at a time from its bytes to the world and back, with the faults in between.
//!
//! The order is fixed: route, fault before the effect, bearer, organization, parameters, body, effect, disk,
//! fault after the effect, answer. Nothing waits between the effect and the disk, so a caller that goes away
//! cannot leave a change that was made and not kept.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use serde_json::{Map, Value};
use tokio::sync::watch;

use super::contract::{Contract, NoRoute, Route, decode_query};
use super::fault_kind::{FaultKind, Lie};
use super::gate::Gate;
use super::line::{Line, Lines};
use super::log::{Effect, Entry, Log, Recorded, TokenKind};
use super::moment::{Clock, Moment};
use super::operation::{Bearer, Operation};
use super::reply::{Refusal, Reply};
use super::routes::{Api, Call};
use super::store::Store;
use super::tokens::{Caller, admit};
use super::weather::Weather;
use super::{SandboxError, answer};

/// No documented request comes near this.
const BODY_LIMIT: usize = 4 * 1024 * 1024;
/// How old a listing is that shows what is gone.
const GHOSTLY: Duration = Duration::from_mins(1);
/// How long open connections may take to end once the sandbox is told to stop.
const FAREWELL: Duration = Duration::from_secs(2);

/// Everything the handlers share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) api: Mutex<Api>,
    pub(crate) contract: &'static Contract,
    pub(crate) clock: Clock,
    pub(crate) store: Option<(Store, u64)>,
    pub(crate) weather: Weather,
    pub(crate) log: Log,
    pub(crate) latency: Duration,
    pub(crate) gate: Option<Gate>,
    pub(crate) stopping: watch::Sender<bool>,
    /// How many faults have come so far as to have had their effect.
    pub(crate) met: watch::Sender<u64>,
}

impl Shared {
    pub(crate) fn api(&self) -> MutexGuard<'_, Api> {
        self.api.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts on disk what changed.
    fn keep(&self) -> Result<(), SandboxError> {
        let Some((store, openings)) = &self.store else {
            let _nobody_keeps_them = self.api().world.take_changes();
            return Ok(());
        };
        store.append(|| self.api().world.take_changes())?;
        if store.is_due() {
            store.compact(|| self.api().world.as_changes(), *openings)
        } else {
            Ok(())
        }
    }

    /// Resolves once the sandbox is to stop.
    pub(crate) async fn end(&self) {
        let mut stopping = self.stopping.subscribe();
        let _sender_is_ours = stopping.wait_for(|stop| *stop).await;
    }
}

/// Serves until `shutdown`, then puts the world to rest.
pub(crate) async fn run(
    lines: Lines,
    shared: Arc<Shared>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), SandboxError> {
    let router = Router::new()
        .fallback(handle)
        .with_state(Arc::clone(&shared));
    let service = router.into_make_service_with_connect_info::<Line>();
    let told = Arc::clone(&shared);
    let server = axum::serve(lines, service).with_graceful_shutdown(async move {
        shutdown.await;
        told.stopping.send_replace(true);
    });
    let patience = Arc::clone(&shared);
    let outcome = tokio::select! {
        ended = server => ended.map_err(SandboxError::Serve),
        () = async { patience.end().await; tokio::time::sleep(FAREWELL).await; } => Ok(()),
    };
    if let Some((store, openings)) = &shared.store {
        store.compact(|| shared.api().world.as_changes(), *openings)?;
        store.release()?;
    }
    outcome
}

async fn handle(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let route = shared
        .contract
        .route(parts.method.as_str(), parts.uri.path());
    let operation = route.as_ref().ok().map(|r| r.operation);
    let recorded = arrival(&shared, &parts, operation, &line);
    let wait = shared.gate.as_ref().map(|gate| gate.wait(&recorded));
    let entry = shared.log.begin(recorded);
    let _pass = match wait {
        Some(wait) => Some(wait.await),
        None => None,
    };
    if !shared.latency.is_zero() {
        tokio::time::sleep(shared.latency).await;
    }
    let fault = operation.and_then(|o| shared.weather.meet(&o.id));
    shared
        .log
        .amend(entry, |r| r.fault = fault.map(|f| f.to_string()));
    match fault {
        Some(FaultKind::Echo) => {
            let body = read_body(body).await.unwrap_or_default();
            return finish(&shared, entry, &line, fault, Err(body)).await;
        }
        Some(kind) if kind.is_before() => {
            return finish(&shared, entry, &line, fault, Err(Vec::new())).await;
        }
        Some(FaultKind::Delay(delay)) => tokio::time::sleep(delay).await,
        Some(FaultKind::Expire) => shared.api().tokens.revoke_all(),
        _ => {}
    }
    let done = match route {
        Ok(route) => read_body(body)
            .await
            .and_then(|bytes| perform(&shared, (entry, fault), &parts, &route, &bytes)),
        Err(NoRoute::UnknownPath) => Err(Refusal::not_found("Path")),
        Err(NoRoute::WrongMethod(_)) => Err(Refusal::new(405, "Method not allowed")),
    };
    if cfg!(debug_assertions) {
        let found = match &done {
            Ok(reply) => held_against_contract(&shared, &parts, reply.status, &reply.body),
            Err(refusal) => {
                held_against_contract(&shared, &parts, refusal.status, &refusal.envelope())
            }
        };
        shared.log.amend(entry, |r| r.off_contract = found);
    }
    let target = parts
        .uri
        .path_and_query()
        .map_or("", |target| target.as_str());
    let done = done.map(|reply| answer::untrue(fault, target, reply));
    finish(&shared, entry, &line, fault, Ok(done)).await
}

/// Turns what was done, or the body with which nothing was, and the fault met into the answer, or into none.
async fn finish(
    shared: &Shared,
    entry: Entry,
    line: &Line,
    fault: Option<FaultKind>,
    done: Result<Result<Reply, Refusal>, Vec<u8>>,
) -> Response {
    if fault.is_some() {
        shared.met.send_modify(|met| *met += 1);
    }
    let response = match fault {
        Some(FaultKind::Timeout { .. }) => {
            shared.end().await;
            line.tear();
            return Response::new(Body::empty());
        }
        Some(FaultKind::Reset { .. } | FaultKind::Down(_)) => {
            line.tear();
            return Response::new(Body::empty());
        }
        Some(FaultKind::Close { .. }) => {
            line.close();
            return Response::new(Body::empty());
        }
        Some(FaultKind::Redirect) => answer::redirect(),
        Some(FaultKind::Status {
            code, retry_after, ..
        }) => answer::fault(code, retry_after),
        other => match done {
            Ok(done) => answer::spoil(answer::write(done), other).await,
            Err(body) => answer::echo(&body),
        },
    };
    shared
        .log
        .amend(entry, |r| r.status = Some(response.status().as_u16()));
    response
}

/// Bearer, organization, parameters and body, then the effect and the disk.
fn perform(
    shared: &Shared,
    (entry, fault): (Entry, Option<FaultKind>),
    parts: &Parts,
    route: &Route<'_>,
    bytes: &[u8],
) -> Result<Reply, Refusal> {
    let now = shared.clock.now();
    let caller = authenticate(shared, parts, route.operation, now)?;
    let query = decode_query(parts.uri.query().unwrap_or_default());
    let query = query.ok_or_else(|| Refusal::invalid("query", "is not form-encoded"))?;
    let parameters = shared
        .contract
        .parameters(route, &query)
        .map_err(Refusal::unprocessable)?;
    let body = parse_body(&parts.headers, route.operation, bytes)?;
    note_body(shared, entry, body.as_ref());
    let wrong = shared.contract.check_body(route.operation, body.as_ref());
    if !wrong.is_empty() {
        return Err(Refusal::unprocessable(wrong));
    }
    let body = body
        .and_then(|b| b.as_object().cloned())
        .unwrap_or_default();
    let call = Call {
        operation: &route.operation.id,
        parameters,
        body,
        caller,
        origin: origin(&parts.headers),
        now: match fault {
            // What is seen is a world in which they are not gone yet.
            Some(FaultKind::Lie(Lie::Ghost)) => now.before(GHOSTLY),
            _ => now,
        },
    };
    let done = {
        let mut api = shared.api();
        let before = api.world.noted().len();
        let done = api.perform(&call);
        let new = api.world.noted().get(before..).unwrap_or_default();
        let effects: Vec<Effect> = new.iter().filter_map(Effect::of).collect();
        shared.log.amend(entry, |r| r.effects = effects);
        done
    };
    shared
        .keep()
        .map_err(|error| Refusal::new(500, error.to_string()))?;
    done
}

fn authenticate(
    shared: &Shared,
    parts: &Parts,
    operation: &Operation,
    now: Moment,
) -> Result<Caller, Refusal> {
    let api = shared.api();
    let caller = match (operation.bearer, bearer(&parts.headers)) {
        (Bearer::None, None) => Caller::Anonymous,
        (Bearer::None, Some(_)) => {
            return Err(Refusal::bad_request("This operation takes no bearer token"));
        }
        (_, header) => api.tokens.identify(header, now)?,
    };
    admit(caller, operation.bearer)?;
    let Some(given) = parts.headers.get("x-organization-id") else {
        return Ok(caller);
    };
    let given: Option<uuid::Uuid> = given.to_str().ok().and_then(|text| text.parse().ok());
    match given {
        Some(id) if id == api.settings.organization_id => Ok(caller),
        Some(_) => Err(Refusal::forbidden(
            "The credentials do not reach this organization",
        )),
        None => Err(Refusal::invalid(
            "header.x-organization-id",
            "is not a valid uuid",
        )),
    }
}

async fn read_body(body: Body) -> Result<Vec<u8>, Refusal> {
    let bytes = to_bytes(body, BODY_LIMIT).await;
    bytes
        .map(|b| b.to_vec())
        .map_err(|_| Refusal::new(413, "The body could not be read or is too large"))
}

/// The body as JSON, where the operation takes one.
fn parse_body(
    headers: &HeaderMap,
    operation: &Operation,
    bytes: &[u8],
) -> Result<Option<Value>, Refusal> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if operation.takes_body() && !media_type.eq_ignore_ascii_case("application/json") {
        return Err(Refusal::invalid(
            "header.content-type",
            "must be application/json",
        ));
    }
    // The parser's message may repeat what it read, so it is not passed on.
    let mut body: Value =
        serde_json::from_slice(bytes).map_err(|_| Refusal::invalid("body", "is not valid JSON"))?;
    if operation.id == "create_integrations_connectors_id_execute" {
        drop_null_params(&mut body);
    }
    Ok(Some(body))
}

/// The vendor's SDK 0.1.98 writes `params: null` where it means none.
fn drop_null_params(body: &mut Value) {
    if let Some(object) = body.as_object_mut()
        && object.get("params").is_some_and(Value::is_null)
    {
        object.remove("params");
    }
}

fn arrival(shared: &Shared, parts: &Parts, operation: Option<&Operation>, line: &Line) -> Recorded {
    let token = bearer(&parts.headers).map(|header| {
        shared
            .api()
            .tokens
            .identify(Some(header), shared.clock.now())
    });
    Recorded {
        method: parts.method.to_string(),
        target: parts
            .uri
            .path_and_query()
            .map_or_else(String::new, ToString::to_string),
        at: shared.clock.passed(),
        door: line.door,
        operation: operation.map(|o| o.id.clone()),
        status: None,
        token: match token {
            None => TokenKind::None,
            Some(Ok(Caller::Application)) => TokenKind::Application,
            Some(Ok(Caller::Scoped(_))) => TokenKind::Scoped,
            Some(Ok(Caller::Widget)) => TokenKind::Widget,
            Some(_) => TokenKind::Unknown,
        },
        credentials: false,
        fields: Vec::new(),
        names: Vec::new(),
        effects: Vec::new(),
        fault: None,
        off_contract: Vec::new(),
    }
}

fn note_body(shared: &Shared, entry: Entry, body: Option<&Value>) {
    let Some(object) = body.and_then(Value::as_object) else {
        return;
    };
    let credentials = object
        .get("credentials")
        .and_then(Value::as_object)
        .is_some_and(|c: &Map<String, Value>| !c.is_empty());
    let fields = ["workspace_name", "external_user_id", "name"];
    let names = fields
        .iter()
        .filter_map(|field| object.get(*field)?.as_str());
    shared.log.amend(entry, |r| {
        r.credentials = credentials;
        r.names = names.map(str::to_owned).collect();
        r.fields = object.keys().cloned().collect();
    });
}

fn held_against_contract(shared: &Shared, parts: &Parts, status: u16, body: &Value) -> Vec<String> {
    shared
        .contract
        .check_response(parts.method.as_str(), parts.uri.path(), status, body)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(header::AUTHORIZATION)
        .map(|v| v.to_str().unwrap_or_default())
}

fn origin(headers: &HeaderMap) -> String {
    let host = headers
        .get(header::HOST)
        .and_then(|h: &HeaderValue| h.to_str().ok())
        .unwrap_or("localhost");
    format!("http://{host}")
}
