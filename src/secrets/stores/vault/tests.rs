//! Tests of the store against a strict stand-in server with a few routes.

use super::Vault;
use super::settings::{Login, Settings};
use crate::model::SecretValue;
use crate::secrets::ResolveErrorKind;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// The requests in order: method, path and token.
type Log = Arc<Mutex<Vec<String>>>;

pub(super) const ROOT: &str = "the-root-token";

async fn serve() -> (String, Log) {
    let log = Log::default();
    let app = Router::new().fallback(respond).with_state(Arc::clone(&log));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, app).await });
    (address, log)
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

async fn respond(State(log): State<Log>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let token = header(&parts.headers, "x-vault-token");
    let namespace = header(&parts.headers, "x-vault-namespace");
    let line = format!("{} {} {token}", parts.method, parts.uri.path());
    log.lock().unwrap().push(line);
    if header(&parts.headers, "x-vault-request") != "true" {
        return errors(StatusCode::BAD_REQUEST, "missing X-Vault-Request");
    }
    let body = axum::body::to_bytes(body, 10_000).await.unwrap();
    match (parts.method.as_str(), parts.uri.path()) {
        ("GET", "/v1/sys/health") => (StatusCode::TOO_MANY_REQUESTS, "{}").into_response(),
        ("POST", "/v1/auth/approle/login") => {
            login(&body, &json!({"role_id": "r\"1", "secret_id": "s\n1"}))
        }
        ("POST", "/v1/auth/ci/jwt/login") => login(&body, &json!({"role": "airlift", "jwt": "j1"})),
        ("POST", "/v1/auth/token/revoke-self") if token == "from-login" => {
            StatusCode::NO_CONTENT.into_response()
        }
        ("POST", _) => errors(StatusCode::NOT_FOUND, "no handler"),
        _ if token != ROOT && token != "from-login" => {
            errors(StatusCode::FORBIDDEN, "permission denied")
        }
        ("GET", path) => match path.strip_prefix("/v1/sys/internal/ui/mounts/") {
            Some(path) => mount(path),
            None => secret(path, namespace),
        },
        _ => errors(StatusCode::METHOD_NOT_ALLOWED, "unsupported operation"),
    }
}

fn login(body: &[u8], expected: &Value) -> Response {
    let given: Value = serde_json::from_slice(body).unwrap();
    if given != *expected {
        return errors(StatusCode::BAD_REQUEST, "invalid role or secret ID hunter2");
    }
    let auth = json!({"client_token": "from-login", "lease_duration": 1, "renewable": true});
    axum::Json(json!({"auth": auth})).into_response()
}

/// The mount of an engine, as the server returns it to a token with access to a path below the mount.
fn mount(path: &str) -> Response {
    let response = |mount: &str, kind: &str, options: Value| {
        let data = json!({"path": mount, "type": kind, "options": options});
        axum::Json(json!({"data": data})).into_response()
    };
    match path.split_once('/').unwrap_or((path, "")) {
        ("kv", _) => response("kv/", "kv", json!({"version": "2"})),
        ("team", rest) if rest.starts_with("kv/") => {
            response("team/kv/", "kv", json!({"version": "2"}))
        }
        ("old", _) => response("old/", "kv", Value::Null),
        ("pki", _) => response("pki/", "pki", Value::Null),
        _ => errors(
            StatusCode::FORBIDDEN,
            "preflight capability check returned 403",
        ),
    }
}

fn secret(path: &str, namespace: &str) -> Response {
    let response = |data: Value, metadata: Value| {
        axum::Json(json!({"data": {"data": data, "metadata": metadata}})).into_response()
    };
    let version =
        json!({"created_time": "t", "deletion_time": "", "destroyed": false, "version": 2});
    let absent = |destroyed: bool| {
        let metadata = json!({"deletion_time": "2026-01-01T00:00:00Z", "destroyed": destroyed});
        let body = json!({"data": {"data": null, "metadata": metadata}});
        (StatusCode::NOT_FOUND, axum::Json(body)).into_response()
    };
    match (namespace, path) {
        ("", "/v1/kv/data/hubspot%20eu/a") => response(
            json!({"id": "one", "secret": "a\nb", "n": 7, "t": true, "list": [1], "none": null}),
            version,
        ),
        ("team/eu", "/v1/kv/data/a") => response(json!({"id": "namespaced"}), version),
        ("", "/v1/team/kv/data/a") => response(json!({"id": "two parts"}), version),
        ("", "/v1/unlisted/data/a") => response(json!({"id": "first part"}), version),
        ("", "/v1/kv/metadata/hubspot%20eu/a") => {
            let version = json!({"created_time": "t", "deletion_time": "", "destroyed": false});
            metadata(&version)
        }
        ("", "/v1/kv/metadata/deleted") => metadata(
            &json!({"created_time": "t", "deletion_time": "2026-01-01T00:00:00Z", "destroyed": false}),
        ),
        ("", "/v1/kv/data/deleted") => absent(false),
        ("", "/v1/kv/data/destroyed") => absent(true),
        ("", "/v1/kv/data/sealed") => errors(StatusCode::SERVICE_UNAVAILABLE, "Vault is sealed"),
        ("", "/v1/kv/data/moved") => (
            StatusCode::TEMPORARY_REDIRECT,
            [("location", "/v1/kv/data/a")],
        )
            .into_response(),
        ("", "/v1/kv/data/endless") => "x".repeat(2 << 20).into_response(),
        ("", "/v1/kv/data/odd") => "hunter2".into_response(),
        ("", "/v1/kv/data/version-one") => axum::Json(json!({"data": {"id": "x"}})).into_response(),
        ("", "/v1/kv/data/closed") => errors(StatusCode::FORBIDDEN, "permission denied"),
        _ => errors(StatusCode::NOT_FOUND, ""),
    }
}

fn metadata(second: &Value) -> Response {
    let first = json!({"created_time": "s", "deletion_time": "", "destroyed": true});
    let data = json!({"current_version": 2, "versions": {"1": first, "2": second}});
    axum::Json(json!({"data": data})).into_response()
}

fn errors(status: StatusCode, text: &str) -> Response {
    let errors: Vec<&str> = Some(text)
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect();
    (status, axum::Json(json!({"errors": errors}))).into_response()
}

pub(super) fn vault(address: &str, namespace: Option<&str>, login: Login, mount: &str) -> Vault {
    Vault::new(Settings {
        address: address.parse().unwrap(),
        namespace: namespace.map(str::to_owned),
        ca_pem: Vec::new(),
        login,
        mount: mount.to_owned(),
    })
    .unwrap()
}

pub(super) fn with_token(address: &str, token: &str) -> Vault {
    let token = Login::Token(SecretValue::new(token.into()));
    vault(address, None, token, "token")
}

fn with_app_role(address: &str) -> Vault {
    let login = Login::AppRole {
        role_id: SecretValue::new("r\"1".into()),
        secret_id: SecretValue::new("s\n1".into()),
    };
    vault(address, None, login, "approle")
}

pub(super) async fn read_field(
    vault: &Vault,
    path: &str,
    field: &str,
) -> Result<String, ResolveErrorKind> {
    let read = vault.field(path, field).await;
    read.map(|value| value.expose().to_owned())
}

#[tokio::test]
async fn field_reads_of_one_secret_share_one_request() {
    let (address, log) = serve().await;
    let vault = with_token(&address, ROOT);
    let read = async |field: &str| read_field(&vault, "kv/hubspot eu/a", field).await;
    let (id, secret, number) = tokio::join!(read("id"), read("secret"), read("n"));
    assert_eq!(
        (id.unwrap(), secret.unwrap(), number.unwrap()),
        ("one".into(), "a\nb".into(), "7".into())
    );
    assert_eq!(read("t").await.unwrap(), "true");
    assert_eq!(read("list").await, Err(ResolveErrorKind::NotScalar));
    assert_eq!(read("none").await, Err(ResolveErrorKind::NotScalar));
    assert_eq!(read("other").await, Err(ResolveErrorKind::NoSuchField));
    let request = |path: &str| format!("GET /v1/{path}/hubspot%20eu/a {ROOT}");
    let expected = [request("sys/internal/ui/mounts/kv"), request("kv/data")];
    assert_eq!(*log.lock().unwrap(), expected);
}

#[tokio::test]
async fn version_sends_no_request_for_fields() {
    let (address, log) = serve().await;
    let vault = with_token(&address, ROOT);
    let path = "kv/hubspot eu/a";
    let (first, second) = tokio::join!(vault.version(path), vault.version(path));
    assert_eq!(
        (first.as_deref(), second.as_deref()),
        (Some("2 of t"), Some("2 of t"))
    );
    let data = |line: &&String| line.contains("/data/");
    assert_eq!(log.lock().unwrap().iter().filter(data).count(), 0);
    let value = vault.field(path, "id").await.unwrap();
    assert_eq!(value.version(), Some("2 of t"));
}

#[tokio::test]
async fn version_of_unreadable_secret_is_none() {
    let (address, _) = serve().await;
    let vault = with_token(&address, ROOT);
    for path in ["kv/deleted", "kv/missing", "kv/closed", "old/a"] {
        assert_eq!(vault.version(path).await, None, "{path}");
    }
}

#[tokio::test]
async fn mount_is_requested_once_per_mount() {
    let (address, log) = serve().await;
    let vault = with_token(&address, ROOT);
    let read = async |path: &str| read_field(&vault, path, "id").await;
    assert_eq!(read("team/kv/a").await.unwrap(), "two parts");
    assert_eq!(read("team/kv/b").await, Err(ResolveErrorKind::NotFound));
    assert_eq!(read("unlisted/a").await.unwrap(), "first part");
    assert_eq!(read("old/a").await, Err(ResolveErrorKind::OldEngine));
    assert!(matches!(
        read("pki/a").await,
        Err(ResolveErrorKind::UnexpectedResponse(_))
    ));
    let mounts = |line: &&String| line.contains("/ui/mounts/team/");
    assert_eq!(log.lock().unwrap().iter().filter(mounts).count(), 1);
}

#[tokio::test]
async fn field_failures_are_reported_by_cause_without_the_servers_text() {
    let (address, _) = serve().await;
    let vault = with_token(&address, ROOT);
    let unexpected = |what: &str| ResolveErrorKind::UnexpectedResponse(what.to_owned());
    let not_a_secret = unexpected("not a secret of a KV version 2 engine");
    for (path, error) in [
        ("kv/missing", ResolveErrorKind::NotFound),
        ("kv/deleted", ResolveErrorKind::Deleted),
        ("kv/destroyed", ResolveErrorKind::Destroyed),
        ("kv/sealed", ResolveErrorKind::Sealed),
        ("kv/closed", ResolveErrorKind::Denied),
        (
            "kv/moved",
            unexpected("a redirect, which airlift does not follow"),
        ),
        ("kv/endless", unexpected("larger than 1 MiB")),
        ("kv/odd", not_a_secret.clone()),
        ("kv/version-one", not_a_secret),
        (
            "kv/../sys/raw",
            ResolveErrorKind::BadReference("the path has an empty part, `.` or `..`"),
        ),
    ] {
        assert_eq!(read_field(&vault, path, "id").await, Err(error), "{path}");
    }
}

#[tokio::test]
async fn login_with_wrong_token_is_refused() {
    let (address, _) = serve().await;
    let wrong = with_token(&address, "wrong");
    assert_eq!(
        read_field(&wrong, "kv/deleted", "id").await,
        Err(ResolveErrorKind::Denied)
    );
    assert!(matches!(
        wrong.login().await,
        Err(ResolveErrorKind::LoginRefused(_))
    ));
}

#[tokio::test]
async fn health_of_standby_is_ok_and_of_closed_port_is_unreachable() {
    let (address, _) = serve().await;
    assert_eq!(with_token(&address, ROOT).health().await, Ok(()));
    let closed = with_token("http://127.0.0.1:9", ROOT);
    assert!(matches!(
        closed.health().await,
        Err(ResolveErrorKind::Unreachable(_))
    ));
}

#[tokio::test]
async fn field_with_namespace_sends_the_header() {
    let (address, _) = serve().await;
    let token = || Login::Token(SecretValue::new(ROOT.into()));
    let inside = vault(&address, Some("team/eu"), token(), "token");
    assert_eq!(
        read_field(&inside, "kv/a", "id").await.unwrap(),
        "namespaced"
    );
    let outside = vault(&address, None, token(), "token");
    assert_eq!(
        read_field(&outside, "kv/a", "id").await,
        Err(ResolveErrorKind::NotFound)
    );
}

#[tokio::test]
async fn login_is_renewed_after_four_fifths_of_its_lifetime() {
    let (address, log) = serve().await;
    let vault = with_app_role(&address);
    let missing = async |path: &str| read_field(&vault, path, "id").await.unwrap_err();
    assert_eq!(missing("kv/a1").await, ResolveErrorKind::NotFound);
    assert_eq!(missing("kv/a2").await, ResolveErrorKind::NotFound);
    tokio::time::sleep(std::time::Duration::from_millis(900)).await;
    assert_eq!(missing("kv/a3").await, ResolveErrorKind::NotFound);
    let logins = |line: &&String| line.starts_with("POST /v1/auth/approle/login");
    assert_eq!(log.lock().unwrap().iter().filter(logins).count(), 2);
}

#[tokio::test]
async fn close_revokes_the_token_of_a_login_once() {
    let (address, log) = serve().await;
    let vault = with_app_role(&address);
    let missing = read_field(&vault, "kv/a1", "id").await;
    assert_eq!(missing, Err(ResolveErrorKind::NotFound));
    let revocation = |line: &&String| **line == "POST /v1/auth/token/revoke-self from-login";
    assert_eq!(log.lock().unwrap().iter().filter(revocation).count(), 0);
    vault.close().await;
    vault.close().await;
    assert_eq!(log.lock().unwrap().iter().filter(revocation).count(), 1);
}

#[tokio::test]
async fn close_does_not_revoke_a_configured_token() {
    let (address, log) = serve().await;
    let vault = with_token(&address, "from-login");
    let missing = read_field(&vault, "kv/missing", "id").await;
    assert_eq!(missing, Err(ResolveErrorKind::NotFound));
    vault.close().await;
    let revocation = |line: &&String| line.contains("revoke-self");
    assert_eq!(log.lock().unwrap().iter().filter(revocation).count(), 0);
}

#[tokio::test]
async fn login_by_jwt_uses_the_mount_of_its_method() {
    let (address, _) = serve().await;
    let jwt = |text: &str| Login::Jwt {
        role: "airlift".into(),
        jwt: SecretValue::new(text.into()),
    };
    let read = async |text: &str, mount: &str| {
        let vault = vault(&address, None, jwt(text), mount);
        read_field(&vault, "kv/deleted", "id").await.unwrap_err()
    };
    assert_eq!(read("j1", "ci/jwt").await, ResolveErrorKind::Deleted);
    let refused = read("wrong", "ci/jwt").await;
    assert!(matches!(refused, ResolveErrorKind::LoginRefused(_)));
    assert!(!refused.to_string().contains("hunter2"));
    let absent = read("j1", "kubernetes").await;
    assert_eq!(
        absent,
        ResolveErrorKind::LoginRefused("the login method does not exist")
    );
}
