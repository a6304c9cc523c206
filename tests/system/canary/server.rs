//! The remote API as seen by a run: a sandbox, and in front of it a server that notes everything
//! it is sent, hands out tokens that are canaries, and repeats what it was sent in its answers.

use super::echo::{self, Heard};
use super::harness::Places;
use crate::support::http;
use airlift::sandbox::{self, Options, Sandbox};
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::runtime::Runtime;

/// How the server answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ServerBehavior {
    /// As it should.
    Fair,
    /// Refuses every write with a status and what it was sent.
    Refuses(u16),
    /// Refuses every read, and repeats something it was sent before.
    Forgets,
    /// The same once it was sent credentials.
    ForgetsLater,
    /// Refuses the client's secret, and repeats it.
    Locked,
    /// Every check fails, for a reason that repeats what was sent.
    Checks,
    /// Successes whose fields are of wrong types, and repeat what was sent.
    Misshapen,
    /// Redirects and headers that repeat what was sent.
    Moved,
    /// Refuses in prose, in HTML and in texts that are no JSON.
    Prose,
    /// Remote objects are named after what was sent.
    Names,
    /// Leaves bodies with credentials without an answer.
    Silent,
}

impl ServerBehavior {
    pub(crate) const ALL: [Self; 13] = [
        Self::Fair,
        Self::Refuses(400),
        Self::Refuses(403),
        Self::Refuses(422),
        Self::Refuses(500),
        Self::Forgets,
        Self::ForgetsLater,
        Self::Locked,
        Self::Checks,
        Self::Misshapen,
        Self::Moved,
        Self::Prose,
        Self::Names,
    ];
}

/// The server; dropping it ends it.
pub(crate) struct Server {
    pub(crate) address: String,
    shared: Arc<Shared>,
    _sandbox: Sandbox,
    /// Last, so that everything that lives in it goes first.
    _runtime: Runtime,
}

struct Shared {
    http: reqwest::Client,
    behind: String,
    state: Mutex<Noted>,
}

/// What the server knows.
struct Noted {
    behavior: ServerBehavior,
    heard: Vec<Heard>,
    /// The tokens to hand out, by what they are for, and those behind them.
    tokens: BTreeMap<String, (String, String)>,
    spare: Vec<String>,
    /// What was sent, for repeating it later.
    memory: Vec<String>,
    turn: usize,
    /// Whether credentials came since it feels as it does.
    written: bool,
}

const LIMIT: usize = 16 << 20;
const APPLICATION: &str = "/applications/token";

impl Server {
    /// Starts it for one client; `tokens` are handed out, one for each name.
    pub(crate) fn start(client: (&str, &str), tokens: Vec<String>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let options = Options {
            client: Some((client.0.to_owned(), client.1.to_owned())),
            delete_delay: Duration::from_millis(10),
            ..Options::default()
        };
        let sandbox = runtime.block_on(sandbox::start(options)).unwrap();
        let shared = Arc::new(Shared {
            http: http::builder()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
            behind: sandbox.origin(),
            state: Mutex::new(Noted {
                behavior: ServerBehavior::Fair,
                heard: Vec::new(),
                tokens: BTreeMap::new(),
                spare: tokens,
                memory: Vec::new(),
                turn: 0,
                written: false,
            }),
        });
        let router = axum::Router::new()
            .fallback(handle)
            .with_state(Arc::clone(&shared));
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"));
        let listener = listener.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        runtime.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            address,
            shared,
            _sandbox: sandbox,
            _runtime: runtime,
        }
    }

    /// From here on; what was sent before is forgotten.
    pub(crate) fn behave(&self, behavior: ServerBehavior) {
        let mut noted = self.noted();
        (noted.behavior, noted.written) = (behavior, false);
        // Nobody can tell what an earlier run sent from any other text.
        noted.memory.clear();
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.shared.noted()
    }

    /// What was heard since the last time.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        std::mem::take(&mut self.noted().heard)
    }

    /// How many requests there were since what was heard was taken.
    pub(crate) fn count(&self, wanted: impl Fn(&Heard) -> bool) -> usize {
        self.noted().heard.iter().filter(|one| wanted(one)).count()
    }

    /// What was heard in places where no secret may be: everything but the bodies that carry
    /// credentials and the header that carries a token.
    pub(crate) fn wrong_places(&self) -> Places {
        let noted = self.noted();
        let own: Vec<&str> = noted.tokens.values().map(|(own, _)| own.as_str()).collect();
        noted
            .heard
            .iter()
            .flat_map(|one| one.wrong_places(&own))
            .collect()
    }
}

impl Shared {
    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.state.lock().unwrap()
    }
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, LIMIT).await.unwrap().to_vec();
    let heard = Heard::new(&parts, &body);
    let (behavior, echo, written) = {
        let mut noted = shared.noted();
        noted.remember(&heard);
        noted.heard.push(heard.clone());
        noted.turn += 1;
        let written = noted.written;
        noted.written |= heard.carries_credentials();
        (noted.behavior, noted.echo(&heard), written)
    };
    if behavior == ServerBehavior::Silent && heard.carries_credentials() {
        std::future::pending::<()>().await;
    }
    if let Some(answer) = echo::instead(behavior, &heard, &echo, written) {
        return answer;
    }
    pass(&shared, &parts, &heard, behavior, &echo).await
}

async fn pass(
    shared: &Shared,
    parts: &Parts,
    heard: &Heard,
    behavior: ServerBehavior,
    echo: &str,
) -> Response {
    let url = format!("{}{}", shared.behind, heard.target);
    let request = shared.http.request(parts.method.clone(), url);
    let mut headers = parts.headers.clone();
    headers.remove("host");
    headers.remove("content-length");
    shared.noted().exchange(&mut headers);
    let request = request.headers(headers).body(heard.body.clone());
    let answer = request.send().await.unwrap();
    let status = answer.status();
    let bytes = answer.bytes().await.unwrap();
    let mut response = match serde_json::from_slice::<Value>(&bytes) {
        Ok(mut value) if status.is_success() => {
            shared.noted().hand_out(heard, &mut value);
            echo::spoil(behavior, heard, &mut value, echo);
            Response::new(Body::from(value.to_string()))
        }
        _ => Response::new(Body::from(bytes)),
    };
    *response.status_mut() = StatusCode::from_u16(status.as_u16()).unwrap();
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert("content-type", json);
    echo::adorn(behavior, &mut response, echo);
    response
}

impl Noted {
    /// Puts a canary in the place of the sandbox's token.
    fn hand_out(&mut self, heard: &Heard, answer: &mut Value) {
        let key = if heard.path().ends_with(APPLICATION) {
            "access_token"
        } else {
            "token"
        };
        let Some(real) = answer.get(key).and_then(Value::as_str).map(str::to_owned) else {
            return;
        };
        let owner = match heard.json().get("workspace_name") {
            Some(name) => name.to_string(),
            None => String::new(),
        };
        let spare = &mut self.spare;
        let entry = self.tokens.entry(owner);
        let (own, behind) = entry.or_insert_with(|| (spare.pop().unwrap(), String::new()));
        *behind = real;
        answer[key] = own.clone().into();
    }

    /// Puts the sandbox's token in the place of a canary.
    fn exchange(&self, headers: &mut HeaderMap) {
        let Some(given) = headers.get("authorization") else {
            return;
        };
        let given = given.to_str().unwrap().trim_start_matches("Bearer ");
        let known = self.tokens.values().find(|(own, _)| own == given);
        if let Some((_, behind)) = known {
            let value = HeaderValue::from_str(&format!("Bearer {behind}"));
            headers.insert("authorization", value.unwrap());
        }
    }

    fn remember(&mut self, heard: &Heard) {
        for text in heard.secrets() {
            if !self.memory.contains(&text) {
                self.memory.push(text);
            }
        }
    }

    /// Something to repeat: what came just now, or before, in one of several encodings.
    fn echo(&self, heard: &Heard) -> String {
        let now = heard.secrets();
        let all = if heard.is_write() && !now.is_empty() {
            &now
        } else {
            &self.memory
        };
        if all.is_empty() {
            return "nothing".to_owned();
        }
        echo::encoded(&all[self.turn % all.len()], self.turn)
    }
}
