//! Responsible for executing one request: token, organization, parameters, body, operation and persistence, in this
//! order.
//!
//! The code has no await point between the operation and the write to disk. A client that disconnects therefore
//! cannot cause a change that is in memory and not on disk.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use serde_json::Value;
use uuid::Uuid;

use super::contract::{Route, decode_query};
use super::fault_kind::{FaultKind, InconsistentResponse};
use super::operation::{ApiOperation, TokenRequirement};
use super::operation_request::OperationRequest;
use super::operation_result::{OperationError, OperationResult};
use super::operations;
use super::shared::Shared;
use super::testing::RequestTrace;
use super::timestamp::Timestamp;
use super::tokens::{Caller, admit};

/// The largest accepted body. Documented requests are far smaller.
const BODY_LIMIT: usize = 4 * 1024 * 1024;
/// How far in the past the fault `ghost` reads a listing, so that deleted connectors reappear.
const GHOST_AGE: Duration = Duration::from_mins(1);

/// Executes a request that has a route.
pub(crate) fn execute(
    shared: &Shared,
    trace: &RequestTrace<'_>,
    fault: Option<FaultKind>,
    parts: &Parts,
    route: &Route<'_>,
    bytes: &[u8],
) -> OperationResult {
    let now = shared.clock.now();
    let caller = authenticate(shared, parts, route.operation, now)?;
    let query = decode_query(parts.uri.query().unwrap_or_default())
        .ok_or_else(|| OperationError::invalid("query", "is not form-encoded"))?;
    let parameters = shared
        .contract
        .parameters(route, &query)
        .map_err(OperationError::unprocessable)?;
    let body = parse_body(&parts.headers, route.operation, bytes)?;
    trace.body(body.as_ref());
    let violations = shared.contract.check_body(route.operation, body.as_ref());
    if !violations.is_empty() {
        return Err(OperationError::unprocessable(violations));
    }
    let request = OperationRequest {
        operation: &route.operation.id,
        parameters,
        body: body
            .and_then(|b| b.as_object().cloned())
            .unwrap_or_default(),
        caller,
        origin: origin(&parts.headers),
        now: match fault {
            Some(FaultKind::Inconsistent(InconsistentResponse::Ghost)) => now.before(GHOST_AGE),
            _ => now,
        },
    };
    let result = perform(shared, trace, &request);
    shared
        .persist()
        .map_err(|error| OperationError::new(500, error.to_string()))?;
    result
}

fn perform(
    shared: &Shared,
    trace: &RequestTrace<'_>,
    request: &OperationRequest<'_>,
) -> OperationResult {
    let mut backend = shared.backend();
    let before = backend.world.pending_changes().len();
    let result = operations::perform(&mut backend, request);
    let changes = backend.world.pending_changes().get(before..);
    trace.changes(changes.unwrap_or_default());
    result
}

fn authenticate(
    shared: &Shared,
    parts: &Parts,
    operation: &ApiOperation,
    now: Timestamp,
) -> Result<Caller, OperationError> {
    let backend = shared.backend();
    let caller = match (operation.bearer, bearer(&parts.headers)) {
        (TokenRequirement::None, None) => Caller::Anonymous,
        (TokenRequirement::None, Some(_)) => {
            return Err(OperationError::bad_request(
                "This operation takes no bearer token",
            ));
        }
        (_, header) => backend.tokens.identify(header, now)?,
    };
    admit(caller, operation.bearer)?;
    let Some(given) = parts.headers.get("x-organization-id") else {
        return Ok(caller);
    };
    let given: Option<Uuid> = given.to_str().ok().and_then(|text| text.parse().ok());
    match given {
        Some(id) if id == backend.settings.organization_id => Ok(caller),
        Some(_) => Err(OperationError::forbidden(
            "The credentials do not reach this organization",
        )),
        None => Err(OperationError::invalid(
            "header.x-organization-id",
            "is not a valid uuid",
        )),
    }
}

/// Reads the whole body of a request.
pub(crate) async fn read_body(body: Body) -> Result<Vec<u8>, OperationError> {
    let bytes = to_bytes(body, BODY_LIMIT).await;
    bytes
        .map(|b| b.to_vec())
        .map_err(|_| OperationError::new(413, "The body could not be read or is too large"))
}

/// Parses the body as JSON if the operation takes a body.
fn parse_body(
    headers: &HeaderMap,
    operation: &ApiOperation,
    bytes: &[u8],
) -> Result<Option<Value>, OperationError> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if operation.takes_body() && !media_type.eq_ignore_ascii_case("application/json") {
        return Err(OperationError::invalid(
            "header.content-type",
            "must be application/json",
        ));
    }
    // The parser's message may contain a secret from the body, so the response does not include it.
    let mut body: Value = serde_json::from_slice(bytes)
        .map_err(|_| OperationError::invalid("body", "is not valid JSON"))?;
    if operation.id == "create_integrations_connectors_id_execute" {
        drop_null_params(&mut body);
    }
    Ok(Some(body))
}

/// Removes `params: null`, which the vendor's SDK 0.1.98 sends if there are no parameters.
fn drop_null_params(body: &mut Value) {
    if let Some(object) = body.as_object_mut()
        && object.get("params").is_some_and(Value::is_null)
    {
        object.remove("params");
    }
}

/// The `Authorization` header.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
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
