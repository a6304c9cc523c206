//! Answers as bytes: whole ones, and the spoilt ones that faults ask for.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use futures_util::{StreamExt as _, stream};
use serde_json::Value;

use super::fault_kind::{FaultKind, RetryAfter};
use super::lies;
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
pub(crate) fn fault(code: u16, retry_after: Option<RetryAfter>) -> Response {
    let mut response = json(
        code,
        &Refusal::new(code, "A fault of the sandbox").envelope(),
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

/// The wall's time then: the `Date` of answers is the wall's, too.
fn date_in(seconds: u64) -> Option<HeaderValue> {
    let then = jiff::Timestamp::now().checked_add(Duration::from_secs(seconds));
    let text = then.ok()?.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    HeaderValue::from_str(&text).ok()
}

/// A redirect that nobody should follow.
pub(crate) fn redirect() -> Response {
    let mut response = json(307, &Value::Null);
    response.headers_mut().insert(
        header::LOCATION,
        HeaderValue::from_static("http://elsewhere.invalid/"),
    );
    response
}

/// A refusal that repeats what was sent, as some frameworks do.
pub(crate) fn echo(body: &[u8]) -> Response {
    let body = String::from_utf8_lossy(body);
    let refusal = Refusal::invalid("body", format!("is not what it should be: {body}"));
    json(422, &refusal.envelope())
}

/// The answer as a fault has it where it is true no more, else as it is.
pub(crate) fn untrue(fault: Option<FaultKind>, target: &str, reply: Reply) -> Reply {
    let body = match fault {
        Some(FaultKind::Lie(lie)) => lies::tell(lie, target, reply.body),
        Some(FaultKind::Misshaped) => lies::misshape(reply.body),
        _ => reply.body,
    };
    Reply { body, ..reply }
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
