//! Responsible for the requests that a server received, and for the ways in which it repeats them.

use super::encode::{base32, base64, byte_list, full_width, hex, html_decimal, percent, separated};
use super::harness::Sinks;
use super::server::ServerBehavior;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

/// A request that a server received.
#[derive(Clone, Debug)]
pub(crate) struct ReceivedRequest {
    pub(crate) method: String,
    pub(crate) target: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl ReceivedRequest {
    pub(crate) fn new(parts: &Parts, body: &[u8]) -> Self {
        let header = |(name, value): (&axum::http::HeaderName, &HeaderValue)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.to_string(), value)
        };
        Self {
            method: parts.method.to_string(),
            target: parts.uri.path_and_query().unwrap().to_string(),
            headers: parts.headers.iter().map(header).collect(),
            body: body.to_vec(),
        }
    }

    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub(crate) fn is_token(&self) -> bool {
        self.path().ends_with("/applications/token")
    }

    pub(crate) fn is_write(&self) -> bool {
        self.method != "GET" && !self.is_token()
    }

    /// Whether the request creates or checks a connector.
    pub(crate) fn carries_credentials(&self) -> bool {
        let path = self.path();
        self.method == "POST" && (path.ends_with("/connectors") || path.ends_with("/check"))
    }

    /// Every text of the fields that may hold secrets, and the token.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let mut all = Vec::new();
        let body = self.json();
        for key in [
            "credentials",
            "environment",
            "replication_config",
            "client_secret",
        ] {
            add_texts(&body[key], &mut all);
        }
        let token = self
            .headers
            .iter()
            .find(|(name, _)| name == "authorization");
        all.extend(token.map(|(_, value)| value.trim_start_matches("Bearer ").to_owned()));
        all
    }

    /// The parts that must not contain secrets. The `authorization` header may contain one of
    /// `tokens`, and the body of a login the client secret.
    pub(crate) fn misplaced_content(&self, tokens: &[&str]) -> Sinks {
        let mut sinks = self.url_and_headers("", &|name, value| {
            let token = value.strip_prefix("Bearer ");
            name == "authorization" && token.is_some_and(|token| tokens.contains(&token))
        });
        if !self.carries_credentials() && !self.is_token() {
            sinks.push(("body".to_owned(), self.body.clone()));
        }
        sinks
    }

    /// The URL, and each header that `is_allowed` does not accept. `prefix` names the server.
    pub(crate) fn url_and_headers(
        &self,
        prefix: &str,
        is_allowed: &dyn Fn(&str, &str) -> bool,
    ) -> Sinks {
        let mut sinks = vec![(format!("{prefix}URL"), self.target.clone().into_bytes())];
        for (name, value) in &self.headers {
            if !is_allowed(name, value) {
                let line = format!("{name}: {value}");
                sinks.push((format!("{prefix}header"), line.into_bytes()));
            }
        }
        sinks
    }
}

fn add_texts(value: &Value, all: &mut Vec<String>) {
    match value {
        Value::String(text) => all.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| add_texts(item, all)),
        Value::Object(fields) => fields.values().for_each(|field| add_texts(field, all)),
        _ => {}
    }
}

/// A text in one of the forms in which a server may repeat it.
pub(crate) fn encoded(text: &str, turn: usize) -> String {
    let ends = |count: usize| -> (String, String) {
        let letters: Vec<char> = text.chars().collect();
        let end = letters.len().saturating_sub(count);
        (
            letters.iter().take(count).collect(),
            letters[end..].iter().collect(),
        )
    };
    match turn % 16 {
        0 => text.to_owned(),
        1 => serde_json::to_string(text).unwrap(),
        2 => percent(text, "%20", false),
        3 => percent(text, "+", true),
        4 => hex(text.as_bytes()),
        5 => String::from_utf8(base64(text.as_bytes(), *b"+/")).unwrap(),
        6 => String::from_utf8(base64(format!("id:{text}").as_bytes(), *b"-_")).unwrap(),
        7 => format!("{}…", ends(8).0),
        8 => format!("…{}", ends(8).1),
        9 => html_decimal(text),
        10 => format!("[{}]", byte_list(text)),
        11 => base32(text.as_bytes()),
        12 => String::from_utf8(base64(&base64(text.as_bytes(), *b"+/"), *b"+/")).unwrap(),
        13 => separated(text, "-"),
        14 => full_width(text),
        _ => text.to_uppercase(),
    }
}

/// The response that replaces the sandbox's, if the behavior has one.
pub(crate) fn replacement(
    behavior: ServerBehavior,
    received: &ReceivedRequest,
    echo: &str,
    credentials_received: bool,
) -> Option<Response> {
    // Idempotent requests are retried after a 5xx. Failing only these keeps the runs short.
    let is_not_retried = received.carries_credentials();
    let refusal = |status| {
        Some(response(
            status,
            envelope(echo).to_string(),
            "application/json",
        ))
    };
    match behavior {
        ServerBehavior::RejectWrites(status)
            if received.is_write() && (is_not_retried || status < 500) =>
        {
            refusal(status)
        }
        ServerBehavior::RejectReads if received.method == "GET" => refusal(400),
        ServerBehavior::RejectReadsAfterWrite
            if credentials_received && received.method == "GET" =>
        {
            refusal(403)
        }
        ServerBehavior::RejectLogin if received.is_token() => refusal(401),
        ServerBehavior::NonJson if is_not_retried => Some(match echo.len() % 3 {
            0 => response(400, format!("cannot use {echo}"), "text/plain"),
            1 => response(
                502,
                format!("<html><body>{echo}</body></html>"),
                "text/html",
            ),
            _ => response(200, format!("{{\"id\": {echo}"), "application/json"),
        }),
        ServerBehavior::Redirect if received.is_write() => {
            let mut redirect = response(307, String::new(), "text/plain");
            echo_in_headers(behavior, &mut redirect, echo);
            Some(redirect)
        }
        _ => None,
    }
}

fn response(status: u16, body: String, kind: &'static str) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert("content-type", kind);
    response
}

fn envelope(echo: &str) -> Value {
    let complaint = json!({"loc": ["body", echo], "msg": echo, "type": echo, "input": echo});
    let field = json!({"field": echo, "message": echo, "error_code": echo, "details": echo});
    json!({"message": echo, "detail": [complaint], "errors": [field], "title": echo})
}

/// Alters the body of a successful response of the sandbox.
pub(crate) fn alter_body(
    behavior: ServerBehavior,
    received: &ReceivedRequest,
    value: &mut Value,
    echo: &str,
) {
    let check = received.path().ends_with("/check");
    match behavior {
        ServerBehavior::FailChecks if check => {
            let reason = json!({"failure_origin": "source", "external_message": echo});
            value["status"] = "failed".into();
            value["error_message"] = echo.into();
            value["failure_reason"] = reason;
        }
        ServerBehavior::WrongTypes if !received.is_token() => wrong_types(value, echo),
        ServerBehavior::EchoInNames => rename(value, echo),
        _ => {}
    }
}

/// Replaces objects by texts and texts by objects.
fn wrong_types(value: &mut Value, echo: &str) {
    match value {
        Value::Object(fields) => {
            let pairs = [
                ("id", json!(echo)),
                ("data", json!({echo: echo})),
                ("token", json!([echo])),
            ];
            for (key, wrong) in pairs {
                if fields.contains_key(key) {
                    fields.insert(key.to_owned(), wrong);
                }
            }
            fields.insert(echo.to_owned(), echo.into());
        }
        other => *other = echo.into(),
    }
}

/// Replaces every text by a mask, as the real API shows secrets.
pub(crate) fn mask(value: &mut Value) {
    match value {
        Value::String(text) => "**********".clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(mask),
        Value::Object(fields) => fields.values_mut().for_each(mask),
        _ => {}
    }
}

/// Spells a value differently, with its secrets.
pub(crate) fn normalize(value: &mut Value) {
    match value {
        Value::String(text) => text.push(' '),
        Value::Number(number) => *value = number.to_string().into(),
        Value::Array(items) => {
            items.reverse();
            items.iter_mut().for_each(normalize);
        }
        Value::Object(fields) => fields.values_mut().for_each(normalize),
        Value::Null | Value::Bool(_) => {}
    }
}

/// Replaces the names of listed objects.
fn rename(value: &mut Value, echo: &str) {
    let Some(items) = value.get_mut("data").and_then(Value::as_array_mut) else {
        return;
    };
    for item in items {
        if item.get("name").is_some() {
            item["name"] = echo.chars().take(200).collect::<String>().into();
        }
        if let Some(template) = item.get_mut("summarized_source_template") {
            template["connector_name"] = echo.into();
        }
    }
}

/// Adds headers that repeat what was sent.
pub(crate) fn echo_in_headers(behavior: ServerBehavior, response: &mut Response, echo: &str) {
    if behavior != ServerBehavior::Redirect {
        return;
    }
    let plain = percent(echo, "%20", false);
    let names = [
        "location",
        "www-authenticate",
        "set-cookie",
        "retry-after",
        "x-request-id",
        "link",
    ];
    for name in names {
        let value = HeaderValue::from_str(&format!("/x?y={plain}")).unwrap();
        response.headers_mut().insert(name, value);
    }
}
