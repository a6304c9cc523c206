//! Responsible for writing HTTP responses, and for damaging them as a fault asks.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use futures_util::{StreamExt as _, stream};
use serde_json::Value;
use uuid::Uuid;

use super::fault_kind::{FaultKind, RetryAfter};
use super::inconsistent::{contradict, wrong_types};
use super::operation_result::{OperationError, OperationOutput, OperationResult};

/// The pause before the connection ends, in which the server sends the first half of the body.
const TRUNCATION_DELAY: Duration = Duration::from_millis(20);

/// The response for the result of an operation.
pub(crate) fn write(result: OperationResult) -> Response {
    match result {
        Ok(output) if output.status == 204 => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NO_CONTENT;
            response
        }
        Ok(output) => json(output.status, &output.body),
        Err(error) => {
            let mut response = json(error.status, &error.envelope());
            let headers = response.headers_mut();
            if error.status == 401 {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            if let Some(Ok(allow)) = error.allow.as_deref().map(HeaderValue::from_str) {
                headers.insert(header::ALLOW, allow);
            }
            response
        }
    }
}

/// Adds an id, by which the support of an API finds a request.
pub(crate) fn with_id(mut response: Response) -> Response {
    let id = Uuid::new_v4().to_string();
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}

/// The error response of a fault.
pub(crate) fn fault(code: u16, retry_after: Option<RetryAfter>) -> Response {
    let mut response = json(
        code,
        &OperationError::new(code, "A fault of the sandbox").envelope(),
    );
    let wait = match retry_after {
        Some(RetryAfter::Seconds(seconds)) => Some(HeaderValue::from(seconds)),
        Some(RetryAfter::Date(seconds)) => date_in(seconds),
        None => None,
    };
    if let Some(wait) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, wait);
    }
    response
}

/// The date that many seconds from now, by the wall clock, because `Retry-After` is relative to the real time.
fn date_in(seconds: u64) -> Option<HeaderValue> {
    let then = jiff::Timestamp::now().checked_add(Duration::from_secs(seconds));
    let text = then.ok()?.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    HeaderValue::from_str(&text).ok()
}

/// A redirect to another host, which clients must not follow.
pub(crate) fn redirect() -> Response {
    let mut response = json(307, &Value::Null);
    response.headers_mut().insert(
        header::LOCATION,
        HeaderValue::from_static("http://elsewhere.invalid/"),
    );
    response
}

/// An error that contains the request's body, as some frameworks write it.
pub(crate) fn echo(body: &[u8]) -> Response {
    let body = String::from_utf8_lossy(body);
    let error = OperationError::invalid("body", format!("is not valid: {body}"));
    json(422, &error.envelope())
}

/// The output, altered if the fault asks for an inconsistent response.
pub(crate) fn inconsistent(
    fault: Option<FaultKind>,
    target: &str,
    output: OperationOutput,
) -> OperationOutput {
    let body = match fault {
        Some(FaultKind::Inconsistent(response)) => contradict(response, target, output.body),
        Some(FaultKind::Misshaped) => wrong_types(output.body),
        _ => output.body,
    };
    OperationOutput { body, ..output }
}

/// The response, with a damaged body if the fault asks for it.
pub(crate) async fn damage(response: Response, fault: Option<FaultKind>) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let half = bytes.slice(..bytes.len() / 2);
    let body = match fault {
        Some(FaultKind::Cut) => {
            parts
                .headers
                .insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
            truncated(half)
        }
        Some(FaultKind::BadJson) => Body::from(half),
        Some(FaultKind::Empty) => Body::empty(),
        _ => Body::from(bytes),
    };
    Response::from_parts(parts, body)
}

/// A body that fails after its first half. The server then closes the connection.
fn truncated(half: Bytes) -> Body {
    let rest = stream::once(async {
        tokio::time::sleep(TRUNCATION_DELAY).await;
        Err(std::io::Error::from(std::io::ErrorKind::ConnectionAborted))
    });
    Body::from_stream(stream::iter([Ok::<Bytes, std::io::Error>(half)]).chain(rest))
}

fn json(code: u16, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() =
        StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}
