//! Responsible for the HTTP listener: routes, security headers, the rate limit, and the checks of each request before
//! it becomes a [`Call`].

use super::call::{Call, Completed, Refused};
use super::connection::{Client, TimedListener};
use super::form::{self, Fields};
use super::page::Page;
use super::rate_limit::RateLimit;
use super::signed::{Attempt, Link, RefusedCallback, SignedError};
use super::site::Site;
use crate::ledger::Authenticator;
use crate::model::ConnectorId;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use uuid::Uuid;

/// The longest form. It has one field of 64 characters.
const MAX_FORM: usize = 4096;
/// How long a form may take to arrive.
const FORM_TIMEOUT: Duration = Duration::from_secs(20);
/// Pages load nothing from elsewhere but images, run no script, and stay out of frames. A form ends at the vendor's
/// page, which is a redirect to another site.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https: data:; base-uri 'none'; \
    frame-ancestors 'none'; form-action 'self' https: http://127.0.0.1:* http://localhost:*";

/// A listener, before it runs.
#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) site: Site,
    pub(crate) authenticator: Authenticator,
    pub(crate) calls: mpsc::Sender<Call>,
}

struct Shared {
    listener: Listener,
    rate_limit: RateLimit,
}

/// Serves until `shutdown` completes.
pub(crate) async fn serve(
    socket: TcpListener,
    listener: Listener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let shared = Arc::new(Shared {
        listener,
        rate_limit: RateLimit::default(),
    });
    let service = Router::new()
        .fallback(handle)
        .with_state(shared)
        .into_make_service_with_connect_info::<Client>();
    axum::serve(TimedListener(socket), service)
        .with_graceful_shutdown(shutdown)
        .await
}

async fn handle(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(client): ConnectInfo<Client>,
    request: Request,
) -> Response {
    let _no_deadline = client.begin_request();
    let (parts, body) = request.into_parts();
    let site = &shared.listener.site;
    if parts.uri.path() == "/healthz" {
        // Checks of a load balancer name the host by its address.
        return response(StatusCode::OK, "ok".to_owned());
    }
    if !site.is_named(&parts.headers) {
        return shared.problem(StatusCode::MISDIRECTED_REQUEST, NOT_FOUND);
    }
    let address = site.client(client.peer, &parts.headers);
    if !shared.rate_limit.admits(address) {
        return shared.problem(StatusCode::TOO_MANY_REQUESTS, TOO_MANY);
    }
    let path = parts.uri.path();
    let is_read = parts.method == Method::GET || parts.method == Method::HEAD;
    if let Some(link) = path.strip_prefix("/connect/") {
        if is_read {
            return shared.ask(link, &parts.headers);
        }
        if parts.method == Method::POST {
            return shared.start(link, &parts.headers, body).await;
        }
    }
    match path {
        "/callback" if is_read => {
            let query = Fields::parse(parts.uri.query().unwrap_or_default());
            shared.finish(&query, &parts.headers).await
        }
        _ => shared.problem(StatusCode::NOT_FOUND, NOT_FOUND),
    }
}

const NOT_FOUND: Refused = Refused::new("not_found", "This page does not exist.");
const TOO_MANY: Refused = Refused::new(
    "rate_limited",
    "Too many requests. Wait a minute, then try again.",
);
const INVALID_LINK: Refused = Refused::new(
    "consent_link_invalid",
    "This link is not valid. Ask for a new one.",
);
const EXPIRED_LINK: Refused = Refused::new(
    "consent_link_expired",
    "This link has expired. Ask for a new one.",
);
const INVALID_FORM: Refused = Refused::new(
    "consent_form_invalid",
    "The form was not sent from this page. Open the link again. Cookies must be allowed.",
);
const INVALID_CALLBACK: Refused = Refused::new(
    "consent_callback_invalid",
    "This address does not belong to a consent of this browser. Open the link again.",
);
const EXPIRED_CALLBACK: Refused = Refused::new(
    "consent_callback_expired",
    "The consent took too long. Open the link again.",
);
const STOPPED: Refused = Refused::new(
    "unavailable",
    "This service is stopping. Try again in a minute.",
);

impl Shared {
    /// The page of a link. Starts nothing.
    fn ask(&self, text: &str, headers: &HeaderMap) -> Response {
        let link = match self.link(text) {
            Ok(link) => link,
            Err((status, problem)) => return self.problem(status, problem),
        };
        let site = &self.listener.site;
        let known = form::cookie(headers, &site.origin);
        let cookie = known.unwrap_or_else(|| Uuid::new_v4().simple().to_string());
        let token = self.form_token(&cookie, text);
        let page = Page::Ask {
            customer: &link.customer,
            connector: &link.connector,
            token: &token,
        };
        let mut response = self.page(StatusCode::OK, &page);
        if let Ok(value) = HeaderValue::from_str(&form::set_cookie(&cookie, &site.origin)) {
            response.headers_mut().insert(header::SET_COOKIE, value);
        }
        response
    }

    /// The click on the button: starts the consent.
    async fn start(&self, text: &str, headers: &HeaderMap, body: Body) -> Response {
        let link = match self.link(text) {
            Ok(link) => link,
            Err((status, problem)) => return self.problem(status, problem),
        };
        let Ok(form) = timeout(FORM_TIMEOUT, to_bytes(body, MAX_FORM)).await else {
            return self.problem(StatusCode::REQUEST_TIMEOUT, INVALID_FORM);
        };
        let form = Fields::parse(&String::from_utf8_lossy(&form.unwrap_or_default()));
        let site = &self.listener.site;
        let cookie = form::cookie(headers, &site.origin).filter(|cookie| {
            let token = form.get("token").unwrap_or_default();
            let expected = format!("{cookie}.{text}");
            let authenticator = &self.listener.authenticator;
            authenticator.verifies_consent("form", &expected, token)
        });
        let Some(cookie) = cookie.filter(|_| !form::is_cross_site(headers, &site.origin)) else {
            return self.problem(StatusCode::FORBIDDEN, INVALID_FORM);
        };
        let authenticator = &self.listener.authenticator;
        let attempt = Attempt::new(link.clone(), Some(&cookie), authenticator);
        let redirect_url = attempt.callback_url(&site.origin, authenticator);
        let (reply, answer) = oneshot::channel();
        let call = Call::Initiate {
            link,
            redirect_url,
            reply,
        };
        match self.call(call, answer).await {
            Some(Ok(url)) => redirect(&url),
            Some(Err(refused)) => self.end_with(StatusCode::CONFLICT, refused),
            None => self.problem(StatusCode::SERVICE_UNAVAILABLE, STOPPED),
        }
    }

    /// The callback of the vendor.
    async fn finish(&self, query: &Fields, headers: &HeaderMap) -> Response {
        let cookie = form::cookie(headers, &self.listener.site.origin);
        let state = query.get("state").unwrap_or_default();
        let authenticator = &self.listener.authenticator;
        let connector = query.get("connector_id").and_then(|id| id.parse().ok());
        let attempt = match Attempt::verify(state, cookie.as_deref(), authenticator) {
            Ok(attempt) => attempt,
            Err(RefusedCallback::OtherBrowser(attempt)) => {
                self.note_other_browser(*attempt, connector).await;
                return self.problem(StatusCode::FORBIDDEN, INVALID_CALLBACK);
            }
            Err(RefusedCallback::Signed(SignedError::Forged)) => {
                return self.problem(StatusCode::FORBIDDEN, INVALID_CALLBACK);
            }
            Err(RefusedCallback::Signed(SignedError::Expired)) => {
                return self.problem(StatusCode::GONE, EXPIRED_CALLBACK);
            }
        };
        if query.get("error").is_some() {
            return self.fail(attempt).await;
        }
        let Some(connector) = connector else {
            return self.problem(StatusCode::BAD_REQUEST, INVALID_CALLBACK);
        };
        let (reply, answer) = oneshot::channel();
        let call = Call::Complete {
            attempt: attempt.clone(),
            connector,
            reply,
        };
        let completed = self.call(call, answer).await;
        self.end(&attempt.link, completed, StatusCode::CONFLICT)
    }

    /// Waits until the connector is noted, because the page tells that it is not recorded.
    async fn note_other_browser(&self, attempt: Attempt, connector: Option<ConnectorId>) {
        let Some(connector) = connector else { return };
        let (reply, answer) = oneshot::channel();
        let call = Call::OtherBrowser {
            attempt,
            connector,
            reply,
        };
        self.call(call, answer).await;
    }

    /// The customer refused, or the vendor failed. The vendor's words are not shown, because anyone can write them
    /// into the address.
    async fn fail(&self, attempt: Attempt) -> Response {
        let link = attempt.link.clone();
        let (reply, answer) = oneshot::channel();
        let completed = self.call(Call::Failed { attempt, reply }, answer).await;
        self.end(&link, completed, StatusCode::OK)
    }

    /// The last page of a consent. `refused` is the status of a failure.
    fn end(
        &self,
        link: &Link,
        completed: Option<Result<Completed, Refused>>,
        refused: StatusCode,
    ) -> Response {
        match completed {
            // The connector of the link is connected, whichever consent connected it.
            Some(Ok(Completed::New | Completed::Before | Completed::ByAnotherConsent)) => {
                self.succeed(link)
            }
            Some(Err(problem)) => self.end_with(refused, problem),
            None => self.problem(StatusCode::SERVICE_UNAVAILABLE, STOPPED),
        }
    }

    fn succeed(&self, link: &Link) -> Response {
        match &self.listener.site.success_url {
            Some(url) => redirect(url),
            None => self.page(
                StatusCode::OK,
                &Page::Done {
                    customer: &link.customer,
                    connector: &link.connector,
                },
            ),
        }
    }

    /// Ends at the error page of the team, or at our own.
    fn end_with(&self, status: StatusCode, refused: Refused) -> Response {
        match &self.listener.site.error_url {
            Some(url) => redirect(&with_error(url, refused.code)),
            None => self.problem(status, refused),
        }
    }

    async fn call<T>(&self, call: Call, answer: oneshot::Receiver<T>) -> Option<T> {
        self.listener.calls.send(call).await.ok()?;
        answer.await.ok()
    }

    fn link(&self, text: &str) -> Result<Link, (StatusCode, Refused)> {
        Link::verify(text, &self.listener.authenticator).map_err(|error| match error {
            SignedError::Forged => (StatusCode::NOT_FOUND, INVALID_LINK),
            SignedError::Expired => (StatusCode::GONE, EXPIRED_LINK),
        })
    }

    fn form_token(&self, cookie: &str, link: &str) -> String {
        let authenticator = &self.listener.authenticator;
        authenticator.mac_of_consent("form", &format!("{cookie}.{link}"))
    }

    fn problem(&self, status: StatusCode, refused: Refused) -> Response {
        let Refused { code, message } = refused;
        self.page(status, &Page::Problem { code, message })
    }

    fn page(&self, status: StatusCode, page: &Page<'_>) -> Response {
        response(status, self.listener.site.template.render(page))
    }
}

/// An address with an error in its query.
fn with_error(url: &str, code: &str) -> String {
    let (address, fragment) = url.split_at(url.find('#').unwrap_or(url.len()));
    let mark = if address.contains('?') { '&' } else { '?' };
    format!("{address}{mark}error={code}{fragment}")
}

fn redirect(url: &str) -> Response {
    let mut response = response(StatusCode::SEE_OTHER, String::new());
    if let Ok(location) = HeaderValue::from_str(url) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

fn response(status: StatusCode, html: String) -> Response {
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Another policy than this one would hide the origin of the form from us, too.
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::with_error;

    #[test]
    fn with_error_adds_to_query_before_fragment() {
        for (url, expected) in [
            ("https://a.example", "https://a.example?error=e"),
            ("https://a.example/?b=c", "https://a.example/?b=c&error=e"),
            ("https://a.example/#x?y", "https://a.example/?error=e#x?y"),
        ] {
            assert_eq!(with_error(url, "e"), expected);
        }
    }
}
