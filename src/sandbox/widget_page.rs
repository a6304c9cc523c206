//! Responsible for the widget page: the frame in which a customer adds a connector, with the protocol of the vendor's
//! widget.
//!
//! The page asks its parent for a token (`auth_token_request`), gets `{scopedAuthToken}`, and tells the parent what
//! happened (`end_user_action_result`). The server compares the origin of the parent with that of the token, so that a
//! page of another origin gets nothing. `{sandboxConnector}` of the parent stands for a customer who fills the form.

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::execution::read_body;
use super::operation_request::OperationRequest;
use super::operation_result::{OperationError, OperationOutput, OperationResult};
use super::operations;
use super::response;
use super::shared::Shared;
use super::tokens::Caller;

const PAGE: &str = include_str!("widget.html");
const PATH: &str = "/widget";
const SESSION: &str = "/widget/session";
const CONNECTORS: &str = "/widget/connectors";
/// The path of the operation that the page stands for.
const CREATE: &str = "/api/v1/integrations/connectors";

/// What the page sends. `origin` is the parent's, as the browser says it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WidgetCall {
    token: String,
    origin: String,
    #[serde(default)]
    connector: Map<String, Value>,
}

/// Whether a path belongs to the widget.
pub(crate) fn is_widget(path: &str) -> bool {
    [PATH, SESSION, CONNECTORS].contains(&path)
}

/// Shows the page, or answers a call of the page.
pub(crate) async fn respond(shared: &Shared, parts: &Parts, body: Body) -> Response {
    match (parts.method.as_str(), parts.uri.path()) {
        ("GET", PATH) => page(),
        ("POST", SESSION) => {
            let call = call(body).await;
            response::write(call.and_then(|call| session(shared, &call)))
        }
        ("POST", CONNECTORS) => {
            let call = call(body).await;
            response::write(call.and_then(|call| create(shared, call)))
        }
        (_, path) => {
            let method = if path == PATH { "GET" } else { "POST" };
            let error = OperationError::method_not_allowed(&[method.to_owned()]);
            response::write(Err(error))
        }
    }
}

async fn call(body: Body) -> Result<WidgetCall, OperationError> {
    let bytes = read_body(body).await?;
    // The parser's message may contain the token.
    serde_json::from_slice(&bytes)
        .map_err(|_| OperationError::invalid("body", "is not a call of the widget"))
}

/// The workspace of a token, if the parent has the token's origin.
fn session(shared: &Shared, call: &WidgetCall) -> OperationResult {
    let workspace = workspace(shared, call)?;
    Ok(OperationOutput::ok(json!({"workspace_name": workspace})))
}

fn create(shared: &Shared, call: WidgetCall) -> OperationResult {
    let workspace = workspace(shared, &call)?;
    let mut body = call.connector;
    body.insert("workspace_name".into(), workspace.into());
    check_body(shared, &body)?;
    let request = OperationRequest {
        operation: "create_integrations_connectors",
        parameters: std::collections::BTreeMap::new(),
        body,
        caller: Caller::Application,
        origin: String::new(),
        now: shared.clock.now(),
    };
    let result = operations::perform(&mut shared.backend(), &request);
    shared
        .persist()
        .map_err(|error| OperationError::new(500, error.to_string()))?;
    result
}

/// Checks a connector as if it came from a client.
fn check_body(shared: &Shared, body: &Map<String, Value>) -> Result<(), OperationError> {
    let route = shared.contract.route("POST", CREATE);
    let route = route.map_err(|_| OperationError::not_found("Path"))?;
    let body = Value::Object(body.clone());
    let violations = shared.contract.check_body(route.operation, Some(&body));
    if violations.is_empty() {
        Ok(())
    } else {
        Err(OperationError::unprocessable(violations))
    }
}

fn workspace(shared: &Shared, call: &WidgetCall) -> Result<String, OperationError> {
    let backend = shared.backend();
    let grant = backend.tokens.widget(&call.token, shared.clock.now());
    let grant = grant.ok_or_else(|| OperationError::unauthorized("Invalid widget token"))?;
    if grant.origin != call.origin {
        return Err(OperationError::forbidden(
            "The token is for a page of another origin",
        ));
    }
    let workspace = backend.world.workspace(grant.workspace);
    workspace
        .map(|workspace| workspace.name.clone())
        .ok_or_else(|| OperationError::not_found("Workspace"))
}

fn page() -> Response {
    let mut response = Response::new(Body::from(PAGE));
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}
