//! Tests of the store against a strict server of a few routes.

use super::Vault;
use super::settings::Login;
use super::settings::Settings;
use crate::model::SecretValue;
use crate::secrets::ResolveErrorKind;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// What was asked, in order: method, path and token.
type Log = Arc<Mutex<Vec<String>>>;

pub(super) const ROOT: &str = "the-root-token";

async fn serve() -> (String, Log) {
    let log = Log::default();
    let app = Router::new().fallback(answer).with_state(Arc::clone(&log));
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

async fn answer(State(log): State<Log>, request: Request) -> Response {
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

/// An engine's mount, as the server tells it to whoever may see anything in it.
fn mount(path: &str) -> Response {
    let told = |mount: &str, kind: &str, options: Value| {
        let data = json!({"path": mount, "type": kind, "options": options});
        axum::Json(json!({"data": data})).into_response()
    };
    match path.split_once('/').unwrap_or((path, "")) {
        ("kv", _) => told("kv/", "kv", json!({"version": "2"})),
        ("team", rest) if rest.starts_with("kv/") => {
            told("team/kv/", "kv", json!({"version": "2"}))
        }
        ("old", _) => told("old/", "kv", Value::Null),
        ("pki", _) => told("pki/", "pki", Value::Null),
        _ => errors(
            StatusCode::FORBIDDEN,
            "preflight capability check returned 403",
        ),
    }
}

fn secret(path: &str, namespace: &str) -> Response {
    let found = |data: Value, metadata: Value| {
        axum::Json(json!({"data": {"data": data, "metadata": metadata}})).into_response()
    };
    let whole = json!({"created_time": "t", "deletion_time": "", "destroyed": false, "version": 2});
    let gone = |destroyed: bool| {
        let metadata = json!({"deletion_time": "2026-01-01T00:00:00Z", "destroyed": destroyed});
        let body = json!({"data": {"data": null, "metadata": metadata}});
        (StatusCode::NOT_FOUND, axum::Json(body)).into_response()
    };
    match (namespace, path) {
        ("", "/v1/kv/data/hubspot%20eu/a") => found(
            json!({"id": "one", "secret": "a\nb", "n": 7, "t": true, "list": [1], "none": null}),
            whole,
        ),
        ("team/eu", "/v1/kv/data/a") => found(json!({"id": "namespaced"}), whole),
        ("", "/v1/team/kv/data/a") => found(json!({"id": "two parts"}), whole),
        ("", "/v1/untold/data/a") => found(json!({"id": "untold"}), whole),
        ("", "/v1/kv/metadata/hubspot%20eu/a") => {
            let version = json!({"created_time": "t", "deletion_time": "", "destroyed": false});
            metadata(&version)
        }
        ("", "/v1/kv/metadata/deleted") => metadata(
            &json!({"created_time": "t", "deletion_time": "2026-01-01T00:00:00Z", "destroyed": false}),
        ),
        ("", "/v1/kv/data/deleted") => gone(false),
        ("", "/v1/kv/data/destroyed") => gone(true),
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
    let all: Vec<&str> = Some(text)
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect();
    (status, axum::Json(json!({"errors": all}))).into_response()
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

pub(super) async fn told(
    vault: &Vault,
    path: &str,
    field: &str,
) -> Result<String, ResolveErrorKind> {
    let read = vault.field(path, field).await;
    read.map(|value| value.expose().to_owned())
}

#[tokio::test]
async fn fields_of_one_secret_cost_one_request() {
    let (address, log) = serve().await;
    let vault = with_token(&address, ROOT);
    let read = async |field: &str| told(&vault, "kv/hubspot eu/a", field).await;
    let (one, two, three) = tokio::join!(read("id"), read("secret"), read("n"));
    assert_eq!(
        (one.unwrap(), two.unwrap(), three.unwrap()),
        ("one".into(), "a\nb".into(), "7".into())
    );
    assert_eq!(read("t").await.unwrap(), "true");
    assert_eq!(read("list").await, Err(ResolveErrorKind::NotScalar));
    assert_eq!(read("none").await, Err(ResolveErrorKind::NotScalar));
    assert_eq!(read("other").await, Err(ResolveErrorKind::NoSuchField));
    let asked = |path: &str| format!("GET /v1/{path}/hubspot%20eu/a {ROOT}");
    let expected = [asked("sys/internal/ui/mounts/kv"), asked("kv/data")];
    assert_eq!(*log.lock().unwrap(), expected);
}

#[tokio::test]
async fn a_version_is_told_without_the_fields() {
    let (address, log) = serve().await;
    let vault = with_token(&address, ROOT);
    let path = "kv/hubspot eu/a";
    let (one, two) = tokio::join!(vault.version(path), vault.version(path));
    assert_eq!(
        (one.as_deref(), two.as_deref()),
        (Some("2 of t"), Some("2 of t"))
    );
    let data = |line: &&String| line.contains("/data/");
    assert_eq!(log.lock().unwrap().iter().filter(data).count(), 0);
    let value = vault.field(path, "id").await.unwrap();
    assert_eq!(value.version(), Some("2 of t"));
    for path in ["kv/deleted", "kv/missing", "kv/closed", "old/a"] {
        assert_eq!(vault.version(path).await, None, "{path}");
    }
}

#[tokio::test]
async fn the_server_tells_which_part_is_the_mount() {
    let (address, log) = serve().await;
    let vault = with_token(&address, ROOT);
    let read = async |path: &str| told(&vault, path, "id").await;
    assert_eq!(read("team/kv/a").await.unwrap(), "two parts");
    assert_eq!(read("team/kv/b").await, Err(ResolveErrorKind::NotFound));
    assert_eq!(read("untold/a").await.unwrap(), "untold");
    assert_eq!(read("old/a").await, Err(ResolveErrorKind::OldEngine));
    assert!(matches!(
        read("pki/a").await,
        Err(ResolveErrorKind::Answer(_))
    ));
    let asked = |line: &&String| line.contains("/ui/mounts/team/");
    assert_eq!(log.lock().unwrap().iter().filter(asked).count(), 1);
}

#[tokio::test]
async fn failures_are_told_by_cause_and_in_no_words_of_the_server() {
    let (address, _) = serve().await;
    let vault = with_token(&address, ROOT);
    let answer = |what: &str| ResolveErrorKind::Answer(what.to_owned());
    let odd = answer("it is no secret of a KV version 2 engine");
    for (path, why) in [
        ("kv/missing", ResolveErrorKind::NotFound),
        ("kv/deleted", ResolveErrorKind::Deleted),
        ("kv/destroyed", ResolveErrorKind::Destroyed),
        ("kv/sealed", ResolveErrorKind::Sealed),
        ("kv/closed", ResolveErrorKind::Denied),
        ("kv/moved", answer("it redirects, which is not followed")),
        ("kv/endless", answer("it is larger than 1 MiB")),
        ("kv/odd", odd.clone()),
        ("kv/version-one", odd),
        (
            "kv/../sys/raw",
            ResolveErrorKind::BadReference("its path has an empty part, or goes up"),
        ),
    ] {
        assert_eq!(told(&vault, path, "id").await, Err(why), "{path}");
    }
    let wrong = with_token(&address, "wrong");
    assert_eq!(
        told(&wrong, "kv/deleted", "id").await,
        Err(ResolveErrorKind::Denied)
    );
    assert!(matches!(
        wrong.login().await,
        Err(ResolveErrorKind::LoginRefused(_))
    ));
    assert_eq!(vault.health().await, Ok(()));
    let nobody = with_token("http://127.0.0.1:9", ROOT);
    assert!(matches!(
        nobody.health().await,
        Err(ResolveErrorKind::Unreachable(_))
    ));
}

#[tokio::test]
async fn a_namespace_is_sent() {
    let (address, _) = serve().await;
    let token = || Login::Token(SecretValue::new(ROOT.into()));
    let inside = vault(&address, Some("team/eu"), token(), "token");
    assert_eq!(told(&inside, "kv/a", "id").await.unwrap(), "namespaced");
    let outside = vault(&address, None, token(), "token");
    assert_eq!(
        told(&outside, "kv/a", "id").await,
        Err(ResolveErrorKind::NotFound)
    );
}

#[tokio::test]
async fn a_login_is_kept_for_most_of_its_life() {
    let (address, log) = serve().await;
    let login = Login::AppRole {
        role_id: SecretValue::new("r\"1".into()),
        secret_id: SecretValue::new("s\n1".into()),
    };
    let vault = vault(&address, None, login, "approle");
    let missing = async |path: &str| told(&vault, path, "id").await.unwrap_err();
    assert_eq!(missing("kv/a1").await, ResolveErrorKind::NotFound);
    assert_eq!(missing("kv/a2").await, ResolveErrorKind::NotFound);
    tokio::time::sleep(std::time::Duration::from_millis(900)).await;
    assert_eq!(missing("kv/a3").await, ResolveErrorKind::NotFound);
    let logins = |line: &&String| line.starts_with("POST /v1/auth/approle/login");
    assert_eq!(log.lock().unwrap().iter().filter(logins).count(), 2);
    let given_back = |line: &&String| **line == "POST /v1/auth/token/revoke-self from-login";
    assert_eq!(log.lock().unwrap().iter().filter(given_back).count(), 0);
    vault.close().await;
    vault.close().await;
    assert_eq!(log.lock().unwrap().iter().filter(given_back).count(), 1);
    let lasting = with_token(&address, "from-login");
    assert_eq!(
        told(&lasting, "kv/missing", "id").await,
        Err(ResolveErrorKind::NotFound)
    );
    lasting.close().await;
    assert_eq!(log.lock().unwrap().iter().filter(given_back).count(), 1);
}

#[tokio::test]
async fn other_logins_have_their_mounts() {
    let (address, _) = serve().await;
    let jwt = |text: &str| Login::Jwt {
        role: "airlift".into(),
        jwt: SecretValue::new(text.into()),
    };
    let read = async |text: &str, mount: &str| {
        let vault = vault(&address, None, jwt(text), mount);
        told(&vault, "kv/deleted", "id").await.unwrap_err()
    };
    assert_eq!(read("j1", "ci/jwt").await, ResolveErrorKind::Deleted);
    let refused = read("wrong", "ci/jwt").await;
    assert!(matches!(refused, ResolveErrorKind::LoginRefused(_)));
    assert!(!refused.to_string().contains("hunter2"));
    let nowhere = read("j1", "kubernetes").await;
    assert_eq!(
        nowhere,
        ResolveErrorKind::LoginRefused("there is no such login method")
    );
}
