//! Responsible for the HTTP server: each request passes the check of its origin, routing, faults before its effect,
//! execution, faults after its effect, and the response, in this order.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::response::Response;

use super::SandboxError;
use super::connection::{ClientConnection, ConnectionListener};
use super::consent_page;
use super::contract::{Route, RouteError};
use super::execution::{execute, read_body};
use super::fault_kind::FaultKind;
use super::operation_result::{OperationError, OperationResult};
use super::origin_check::check_origin;
use super::request_customer::RequestCustomer;
use super::response;
use super::shared::Shared;
use super::testing::RequestTrace;
use super::widget_page;

/// The longest wait for open connections after a stop. Requests of the sandbox take milliseconds.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

/// The outcome of a request, before the response is written.
enum Handled {
    Executed(OperationResult),
    /// A fault prevented the effect. `body` is the request's body, which the fault `echo` repeats.
    Skipped {
        body: Vec<u8>,
    },
}

/// Serves until `shutdown` completes, then compacts the world on disk and releases it.
pub(crate) async fn run(
    listener: ConnectionListener,
    shared: Arc<Shared>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), SandboxError> {
    let service = Router::new()
        .fallback(handle)
        .with_state(Arc::clone(&shared))
        .into_make_service_with_connect_info::<ClientConnection>();
    let stopping = Arc::clone(&shared);
    let server = axum::serve(listener, service).with_graceful_shutdown(async move {
        shutdown.await;
        stopping.stopping.send_replace(true);
    });
    let timeout = async {
        shared.stopped().await;
        tokio::time::sleep(SHUTDOWN_TIMEOUT).await;
    };
    let outcome = tokio::select! {
        ended = server => ended.map_err(SandboxError::Serve),
        () = timeout => Ok(()),
    };
    if let Some((store, openings)) = &shared.store {
        if !shared.skips_snapshot.load(Ordering::Relaxed) {
            store.compact(|| shared.backend().world.as_changes(), *openings)?;
        }
        store.release()?;
    }
    outcome
}

async fn handle(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(connection): ConnectInfo<ClientConnection>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    if let Err(error) = check_origin(&parts, connection.port) {
        return response::write(Err(error));
    }
    if let Some(id) = consent_page::consent_of(parts.uri.path()) {
        return consent_page::respond(&shared, id, &parts, body).await;
    }
    if widget_page::is_widget(parts.uri.path()) {
        return widget_page::respond(&shared, &parts, body).await;
    }
    let route = shared
        .contract
        .route(parts.method.as_str(), parts.uri.path());
    let operation = route.as_ref().ok().map(|r| r.operation);
    let (trace, permit) = RequestTrace::begin(&shared, &parts, operation, &connection);
    let _permit = permit.await;
    if !shared.latency.is_zero() {
        tokio::time::sleep(shared.latency).await;
    }
    let body = read_body(body).await;
    let fault = route
        .as_ref()
        .ok()
        .and_then(|route| next_fault(&shared, &parts, route, body.as_deref().unwrap_or_default()));
    trace.fault(fault);
    match fault {
        Some(kind) if kind.is_before() => {
            let skipped = Handled::Skipped {
                body: body.unwrap_or_default(),
            };
            return respond(&shared, &trace, &connection, fault, skipped).await;
        }
        Some(FaultKind::Delay(delay)) => tokio::time::sleep(delay).await,
        Some(FaultKind::Expire) => shared.backend().tokens.revoke_all(),
        _ => {}
    }
    let result = match route {
        Ok(route) => body.and_then(|bytes| execute(&shared, &trace, fault, &parts, &route, &bytes)),
        Err(RouteError::UnknownPath) => Err(OperationError::not_found("Path")),
        Err(RouteError::WrongMethod(methods)) => Err(OperationError::method_not_allowed(&methods)),
    };
    trace.result(&parts, &result);
    let target = parts.uri.path_and_query().map_or("", |t| t.as_str());
    let result = result.map(|output| response::inconsistent(fault, target, output));
    let executed = Handled::Executed(result);
    respond(&shared, &trace, &connection, fault, executed).await
}

/// The fault of a request.
fn next_fault(shared: &Shared, parts: &Parts, route: &Route<'_>, body: &[u8]) -> Option<FaultKind> {
    let now = shared.clock.now();
    let customer = RequestCustomer::find(&shared.backend(), parts, route, body, now);
    shared
        .fault_injector
        .next_fault(&route.operation.id, &customer)
}

/// Writes the response, altered by the fault. Some faults end the connection without a response.
async fn respond(
    shared: &Shared,
    trace: &RequestTrace<'_>,
    connection: &ClientConnection,
    fault: Option<FaultKind>,
    handled: Handled,
) -> Response {
    if fault.is_some() {
        trace.fault_took_effect();
    }
    let response = match (fault, handled) {
        (Some(FaultKind::Timeout { .. }), _) => {
            shared.stopped().await;
            connection.reset();
            return Response::new(Body::empty());
        }
        (Some(FaultKind::Reset { .. } | FaultKind::Down(_)), _) => {
            connection.reset();
            return Response::new(Body::empty());
        }
        (Some(FaultKind::Close { .. }), _) => {
            connection.close();
            return Response::new(Body::empty());
        }
        (Some(FaultKind::Redirect), _) => response::redirect(),
        (
            Some(FaultKind::Status {
                code, retry_after, ..
            }),
            _,
        ) => response::fault(code, retry_after),
        (_, Handled::Executed(result)) => response::damage(response::write(result), fault).await,
        (_, Handled::Skipped { body }) => response::echo(&body),
    };
    trace.status(response.status());
    response::with_id(response)
}
