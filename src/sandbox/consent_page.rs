//! Responsible for the consent page: what a customer sees after a consent was started, and the customer's decision.
//!
//! A real consent page belongs to the connector's provider. This one has two buttons and asks for nothing.

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use uuid::Uuid;

use super::execution::read_body;
use super::operations::{Decision, decide, find_consent};
use super::shared::Shared;

const PATH: &str = "/consent/";

/// The consent that a path names.
pub(crate) fn consent_of(path: &str) -> Option<Uuid> {
    path.strip_prefix(PATH)?.parse().ok()
}

/// Shows the page, or executes the decision that a button sent.
pub(crate) async fn respond(shared: &Shared, id: Uuid, parts: &Parts, body: Body) -> Response {
    match parts.method.as_str() {
        "GET" | "HEAD" => show(shared, id),
        "POST" => {
            let form = read_body(body).await.unwrap_or_default();
            match form.as_slice() {
                b"decision=allow" => execute(shared, id, Decision::Allow),
                b"decision=deny" => execute(shared, id, Decision::Deny),
                _ => page(StatusCode::UNPROCESSABLE_ENTITY, "<p>Unknown decision.</p>"),
            }
        }
        _ => page(StatusCode::METHOD_NOT_ALLOWED, "<p>Unknown method.</p>"),
    }
}

fn show(shared: &Shared, id: Uuid) -> Response {
    let consent = find_consent(&shared.backend(), id, shared.clock.now());
    let Some((connector, workspace)) = consent else {
        return gone();
    };
    let text = format!(
        "<p>Allow access to <b>{}</b> for the workspace <b>{}</b>?</p>\
         <form method=\"post\">\
         <button name=\"decision\" value=\"allow\">Allow</button> \
         <button name=\"decision\" value=\"deny\">Deny</button>\
         </form>",
        escape(&connector),
        escape(&workspace),
    );
    page(StatusCode::OK, &text)
}

fn execute(shared: &Shared, id: Uuid, decision: Decision) -> Response {
    let now = shared.clock.now();
    let target = decide(&mut shared.backend(), id, decision, now);
    if shared.persist().is_err() {
        return page(
            StatusCode::INTERNAL_SERVER_ERROR,
            "<p>The sandbox cannot write its world.</p>",
        );
    }
    let Some(location) = target.and_then(|url| HeaderValue::from_str(&url).ok()) else {
        return gone();
    };
    let mut response = page(StatusCode::SEE_OTHER, "");
    response.headers_mut().insert(header::LOCATION, location);
    response
}

fn gone() -> Response {
    page(
        StatusCode::GONE,
        "<p>This link is unknown, expired or already used.</p>",
    )
}

fn page(status: StatusCode, text: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <title>Consent (sandbox)</title><h1>Consent (sandbox)</h1>{text}</html>"
    );
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The text with the characters escaped that HTML interprets.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
