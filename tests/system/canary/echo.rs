//! What the server heard, and the ways in which it repeats that.

use super::encode::{base64, hex, percent};
use super::harness::Places;
use super::server::ServerBehavior;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) method: String,
    pub(crate) target: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Heard {
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

    /// Whether its body is one that sets credentials.
    pub(crate) fn carries_credentials(&self) -> bool {
        let path = self.path();
        self.method == "POST" && (path.ends_with("/connectors") || path.ends_with("/check"))
    }

    /// Every text of the places for secrets, and the token.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let mut all = Vec::new();
        let body = self.json();
        for key in [
            "credentials",
            "environment",
            "replication_config",
            "client_secret",
        ] {
            leaves(&body[key], &mut all);
        }
        let token = self
            .headers
            .iter()
            .find(|(name, _)| name == "authorization");
        all.extend(token.map(|(_, value)| value.trim_start_matches("Bearer ").to_owned()));
        all
    }

    /// What came in places where no secret may be. `tokens` may stand in their header, the
    /// client's secret in its request.
    pub(crate) fn wrong_places(&self, tokens: &[&str]) -> Places {
        let mut places = self.places("", &|name, value| {
            let token = value.strip_prefix("Bearer ");
            name == "authorization" && token.is_some_and(|one| tokens.contains(&one))
        });
        if !self.carries_credentials() && !self.is_token() {
            places.push(("body".to_owned(), self.body.clone()));
        }
        places
    }
}

impl Heard {
    /// The address, and each header that is not `fine`.
    pub(crate) fn places(&self, whose: &str, fine: &dyn Fn(&str, &str) -> bool) -> Places {
        let mut places = vec![(format!("{whose}URL"), self.target.clone().into_bytes())];
        for (name, value) in &self.headers {
            if !fine(name, value) {
                let line = format!("{name}: {value}");
                places.push((format!("{whose}header"), line.into_bytes()));
            }
        }
        places
    }
}

fn leaves(value: &Value, all: &mut Vec<String>) {
    match value {
        Value::String(text) => all.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| leaves(item, all)),
        Value::Object(fields) => fields.values().for_each(|field| leaves(field, all)),
        _ => {}
    }
}

/// A text as a server may repeat it.
pub(crate) fn encoded(text: &str, turn: usize) -> String {
    let ends = |count: usize| -> (String, String) {
        let letters: Vec<char> = text.chars().collect();
        let end = letters.len().saturating_sub(count);
        (
            letters.iter().take(count).collect(),
            letters[end..].iter().collect(),
        )
    };
    match turn % 9 {
        0 => text.to_owned(),
        1 => serde_json::to_string(text).unwrap(),
        2 => percent(text, "%20", false),
        3 => percent(text, "+", true),
        4 => hex(text.as_bytes()),
        5 => String::from_utf8(base64(text.as_bytes(), *b"+/")).unwrap(),
        6 => String::from_utf8(base64(format!("id:{text}").as_bytes(), *b"-_")).unwrap(),
        7 => format!("{}…", ends(8).0),
        _ => format!("…{}", ends(8).1),
    }
}

/// The answer that takes the place of the sandbox's.
pub(crate) fn instead(
    behavior: ServerBehavior,
    heard: &Heard,
    echo: &str,
    after_writes: bool,
) -> Option<Response> {
    // What a server fails at is asked again after a while, where asking again does no harm.
    let once = heard.carries_credentials();
    let refusal = |status| {
        Some(answer(
            status,
            envelope(echo).to_string(),
            "application/json",
        ))
    };
    match behavior {
        ServerBehavior::Refuses(status) if heard.is_write() && (once || status < 500) => {
            refusal(status)
        }
        ServerBehavior::Forgets => (heard.method == "GET").then(|| refusal(400))?,
        ServerBehavior::ForgetsLater if after_writes && heard.method == "GET" => refusal(403),
        ServerBehavior::Locked if heard.is_token() => refusal(401),
        ServerBehavior::Prose if once => Some(match echo.len() % 3 {
            0 => answer(400, format!("cannot use {echo}"), "text/plain"),
            1 => answer(
                502,
                format!("<html><body>{echo}</body></html>"),
                "text/html",
            ),
            _ => answer(200, format!("{{\"id\": {echo}"), "application/json"),
        }),
        ServerBehavior::Moved if heard.is_write() => {
            let mut response = answer(307, String::new(), "text/plain");
            adorn(behavior, &mut response, echo);
            Some(response)
        }
        _ => None,
    }
}

fn answer(status: u16, body: String, kind: &'static str) -> Response {
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

/// Changes an answer of the sandbox's.
pub(crate) fn spoil(behavior: ServerBehavior, heard: &Heard, value: &mut Value, echo: &str) {
    let check = heard.path().ends_with("/check");
    match behavior {
        ServerBehavior::Checks if check => {
            let reason = json!({"failure_origin": "source", "external_message": echo});
            value["status"] = "failed".into();
            value["error_message"] = echo.into();
            value["failure_reason"] = reason;
        }
        ServerBehavior::Misshapen if !heard.is_token() => misshape(value, echo),
        ServerBehavior::Names => rename(value, echo),
        _ => {}
    }
}

/// Where an object is expected a text stands, and the other way round.
fn misshape(value: &mut Value, echo: &str) {
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

/// Objects of a list are named after what was sent.
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

/// Headers that repeat what was sent.
pub(crate) fn adorn(behavior: ServerBehavior, response: &mut Response, echo: &str) {
    if behavior != ServerBehavior::Moved {
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
