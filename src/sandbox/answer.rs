//! Answers as bytes: whole ones, and the spoilt ones that faults ask for.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use futures_util::{StreamExt as _, stream};
use serde_json::Value;

use super::faults::FaultKind;
use super::reply::{Refusal, Reply};

/// Time for the first half of a body to leave before the connection ends.
const CUT_PAUSE: Duration = Duration::from_millis(20);

/// The answer of an operation.
pub(crate) fn write(done: Result<Reply, Refusal>) -> Response {
    match done {
        Ok(reply) => json(reply.status, &reply.body),
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

/// An error that was asked for.
pub(crate) fn fault(code: u16, retry_after: Option<u64>) -> Response {
    let mut response = json(
        code,
        &Refusal::new(code, "A fault of the sandbox").envelope(),
    );
    if let Some(seconds) = retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// The same answer, spoilt if the fault is of that kind.
pub(crate) async fn spoil(response: Response, fault: Option<FaultKind>) -> Response {
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
