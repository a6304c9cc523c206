//! Responsible for HTTP responses, and for the damaged ones that faults ask for.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use futures_util::{StreamExt as _, stream};
use serde_json::Value;

use super::fault_kind::{FaultKind, RetryAfter};
use super::inconsistent::{contradict, wrong_types};
use super::operation_result::{OperationError, OperationOutput, OperationResult};

/// How long the first half of a body may take to be sent before the connection ends.
const CUT_PAUSE: Duration = Duration::from_millis(20);

/// The response with the result of an operation.
pub(crate) fn write(done: OperationResult) -> Response {
    match done {
        Ok(operation_result) => json(operation_result.status, &operation_result.body),
        Err(refusal) => {
            let mut response = json(refusal.status, &refusal.envelope());
            if refusal.status == 401 {
                response
                    .headers_mut()
                    .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            response
        }
    }
}

/// The error status of a fault.
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

/// A date that many seconds from now. It uses the wall clock, as the `Date` header does.
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

/// An error that repeats the request's body, as some frameworks do.
pub(crate) fn echo(body: &[u8]) -> Response {
    let body = String::from_utf8_lossy(body);
    let refusal = OperationError::invalid("body", format!("is not what it should be: {body}"));
    json(422, &refusal.envelope())
}

/// The output, changed where the fault asks for an inconsistent response.
pub(crate) fn inconsistent(
    fault: Option<FaultKind>,
    target: &str,
    operation_result: OperationOutput,
) -> OperationOutput {
    let body = match fault {
        Some(FaultKind::Inconsistent(response)) => {
            contradict(response, target, operation_result.body)
        }
        Some(FaultKind::Misshaped) => wrong_types(operation_result.body),
        _ => operation_result.body,
    };
    OperationOutput {
        body,
        ..operation_result
    }
}

/// The response, with its body damaged if the fault asks for that.
pub(crate) async fn damage(response: Response, fault: Option<FaultKind>) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let half = whole.slice(..whole.len() / 2);
    let body = match fault {
        Some(FaultKind::Cut) => {
            parts
                .headers
                .insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len()));
            cut(half)
        }
        Some(FaultKind::BadJson) => Body::from(half),
        Some(FaultKind::Empty) => Body::empty(),
        _ => Body::from(whole),
    };
    Response::from_parts(parts, body)
}

/// A body that ends in the middle: the server notices the missing rest and closes the connection.
fn cut(half: Bytes) -> Body {
    let rest = stream::once(async {
        tokio::time::sleep(CUT_PAUSE).await;
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
