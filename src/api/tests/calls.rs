//! Tests of single calls: redirects, limits, deadlines, retries, errors.

use super::{Seen, Stub, TOKEN, id, ok, quick, status, workspace, workspace_path};
use crate::api::{
    ApiError, ApiErrorKind, Effect, Limits, Options, RetryPolicy, Session, Workspace,
};
use crate::model::WorkspaceId;
use axum::body::{Body, Bytes};
use axum::http::Response as HttpResponse;
use axum::response::Response;
use futures_util::stream;
use serde_json::json;
use std::io;
use std::time::{Duration, Instant};

async fn read(session: &Session) -> Result<Option<Workspace>, ApiError> {
    session.reader().workspace(WorkspaceId(id(5))).await
}

fn on_workspace(seen: &Seen, answer: impl FnOnce() -> Response) -> Option<Response> {
    (seen.path == workspace_path(5)).then(answer)
}

fn raw(code: u16, headers: &[(&str, &str)], body: Body) -> Response {
    let mut response = HttpResponse::builder().status(code);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(body).unwrap()
}

#[tokio::test]
async fn redirect_is_not_followed() {
    let foreign = Stub::start(|_| None).await;
    for code in [301, 302, 303, 307, 308, 304] {
        let to = format!("{}{TOKEN}", foreign.address);
        let answer = move || raw(code, &[("location", &to)], Body::empty());
        let for_token = answer.clone();
        let stub = Stub::start(move |seen| (seen.path == TOKEN).then(&for_token)).await;
        let error = stub.open(quick()).await.err().unwrap();
        assert_eq!(error.status(), Some(code));
        let stub = Stub::start(move |seen| on_workspace(seen, &answer)).await;
        let error = read(&stub.session().await).await.unwrap_err();
        assert_eq!(error.status(), Some(code));
        assert_eq!(stub.seen().len(), 2);
    }
    assert!(foreign.seen().is_empty());
}

#[tokio::test]
async fn response_beyond_the_limit_fails() {
    let limits = Limits {
        body: 10_000,
        ..Limits::default()
    };
    let announced = || raw(200, &[], Body::from(vec![b' '; 10_001]));
    let streamed = || {
        let chunks = (0..20).map(|_| Ok::<_, io::Error>(Bytes::from(vec![b' '; 1_000])));
        raw(200, &[], Body::from_stream(stream::iter(chunks)))
    };
    for large in [announced as fn() -> Response, streamed] {
        let stub = Stub::start(move |seen| on_workspace(seen, large)).await;
        let options = Options { limits, ..quick() };
        let error = read(&stub.open(options).await.unwrap()).await.unwrap_err();
        assert!(
            matches!(error.kind(), ApiErrorKind::TooLarge { limit: 10_000, .. }),
            "{error}"
        );
    }
}

#[tokio::test]
async fn response_that_stalls_times_out() {
    let stub = Stub::start(|seen| {
        on_workspace(seen, || {
            let stalled = stream::once(async { Ok::<_, io::Error>(Bytes::from_static(b"{")) });
            let stalled = futures_util::StreamExt::chain(stalled, stream::pending());
            raw(200, &[], Body::from_stream(stalled))
        })
    })
    .await;
    let options = Options {
        retry: RetryPolicy {
            attempts: 2,
            ..quick().retry
        },
        ..quick()
    };
    let session = stub.open(options).await.unwrap();
    let started = Instant::now();
    let error = read(&session).await.unwrap_err();
    assert!(matches!(error.kind(), ApiErrorKind::TimedOut), "{error}");
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(stub.count("GET", &workspace_path(5)), 2);
}

#[tokio::test]
async fn response_that_begins_late_succeeds() {
    let stub = Stub::start_slow(|seen| async move {
        tokio::time::sleep(2 * quick().timeouts.idle).await;
        on_workspace(&seen, || ok(&workspace(5, "a")))
    })
    .await;
    assert!(read(&stub.session().await).await.unwrap().is_some());
    assert_eq!(stub.count("GET", &workspace_path(5)), 1);
}

#[tokio::test]
async fn response_that_is_cut_off_is_retried() {
    let stub = Stub::start(|seen| {
        on_workspace(seen, || match seen.nth {
            0 => {
                let chunks = [Ok(Bytes::from_static(b"{")), Err(io::Error::other("cut"))];
                raw(200, &[], Body::from_stream(stream::iter(chunks)))
            }
            _ => ok(&workspace(5, "a")),
        })
    })
    .await;
    assert!(read(&stub.session().await).await.unwrap().is_some());
}

#[tokio::test]
async fn read_after_transient_errors_succeeds() {
    for code in [429, 500, 502, 503, 504] {
        let stub = Stub::start(move |seen| {
            on_workspace(seen, || match seen.nth {
                0..2 => raw(code, &[("retry-after", "0")], Body::from("<html>")),
                _ => ok(&workspace(5, "a")),
            })
        })
        .await;
        assert!(
            read(&stub.session().await).await.unwrap().is_some(),
            "{code}"
        );
    }
}

#[tokio::test]
async fn read_with_endless_429_ends_and_clamps_retry_after() {
    let stub = Stub::start(|seen| {
        on_workspace(seen, || {
            raw(429, &[("retry-after", "100000")], Body::empty())
        })
    })
    .await;
    let options = Options {
        retry: RetryPolicy {
            total: Duration::from_millis(800),
            ..quick().retry
        },
        ..quick()
    };
    let session = stub.open(options).await.unwrap();
    let started = Instant::now();
    let error = read(&session).await.unwrap_err();
    assert!(matches!(
        error.kind(),
        ApiErrorKind::Status {
            status: 429,
            retry_after: Some(_),
            ..
        }
    ));
    assert_eq!(error.effect(), Effect::None);
    // Pauses of 20 ms, until the total time is over.
    let attempts = stub.count("GET", &workspace_path(5));
    assert!((2..=40).contains(&attempts), "{attempts}");
    assert_eq!(error.call().unwrap().attempts as usize, attempts);
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn client_error_is_not_retried() {
    for code in [400, 401, 403, 404, 409, 422, 501] {
        let stub = Stub::start(move |seen| {
            let path = "/api/v1/integrations/definitions/sources";
            let answer = json!({"message": "no", "errors": [{"field": "body", "message": "x"}]});
            (seen.path == path).then(|| status(code, &answer))
        })
        .await;
        let reader = stub.session().await.reader();
        let error = reader.definitions(None).await.unwrap_err();
        assert_eq!(error.status(), Some(code));
        assert_eq!(error.is_auth(), matches!(code, 401 | 403));
        // After a 401 a new token is tried.
        let attempts = 1 + u32::from(code == 401);
        assert_eq!(error.call().unwrap().attempts, attempts);
        assert!(error.to_string().ends_with("no; body: x"), "{error}");
        assert!(
            error
                .to_string()
                .starts_with("list_integrations_definitions_sources (")
        );
    }
}

#[tokio::test]
async fn response_that_cannot_be_decoded_is_not_quoted() {
    let stub = Stub::start(|seen| {
        on_workspace(seen, || {
            let mut invalid = workspace(5, "a");
            invalid["cache_enabled"] = json!("hunter2");
            ok(&invalid)
        })
    })
    .await;
    let error = read(&stub.session().await).await.unwrap_err();
    assert!(matches!(
        error.kind(),
        ApiErrorKind::Undecodable { status: 200, .. }
    ));
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
}

#[tokio::test]
async fn call_without_connection_has_no_effect_and_shows_no_address() {
    let stub = Stub::start(|_| None).await;
    let session = stub.session().await;
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    drop(session);
    let target = address.parse().unwrap();
    let error = Session::open(target, super::credentials(), quick())
        .await
        .err()
        .unwrap();
    assert!(matches!(error.kind(), ApiErrorKind::Connect(_)), "{error}");
    assert_eq!(error.effect(), Effect::None);
    assert!(!error.to_string().contains("/api/v1"), "{error}");
}

#[tokio::test]
async fn server_without_tls_is_asked_once() {
    let stub = Stub::start(|_| None).await;
    let target = stub.address.replace("http://", "https://");
    let error = Session::open(target.parse().unwrap(), super::credentials(), quick())
        .await
        .err()
        .unwrap();
    // Without certificates the set-up fails.
    if let ApiErrorKind::Setup(_) = error.kind() {
        return;
    }
    assert!(error.to_string().contains("does not speak TLS"), "{error}");
    assert!(matches!(error.kind(), ApiErrorKind::Tls(_)), "{error}");
    assert_eq!(error.call().unwrap().attempts, 1);
    assert_eq!(error.effect(), Effect::None);
}

#[tokio::test]
async fn session_over_https_initializes_tls() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = format!("https://{}", closed.local_addr().unwrap());
    drop(closed);
    let opened = Session::open(target.parse().unwrap(), super::credentials(), quick()).await;
    // Without certificates the set-up fails; otherwise only the connection does.
    let error = opened.err().unwrap();
    assert!(
        matches!(
            error.kind(),
            ApiErrorKind::Connect(_) | ApiErrorKind::Setup(_)
        ),
        "{error}"
    );
}
