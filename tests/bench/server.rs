//! Responsible for serving the part of the API that airlift uses, fast enough that the clients are
//! what a benchmark measures. Checks nothing: the sandbox is the strict server.
//!
//! One thread serves every connection. Each response waits for the latency, so that as many
//! requests wait side by side as the client has in flight.

use crate::world::{ORGANIZATION, Response, World};
use serde_json::json;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The path that answers with the number of requests for each operation since the last time. Its
/// query is the latency from now on, in milliseconds.
pub(crate) const COUNTS: &str = "/bench/counts";

#[derive(Default)]
struct State {
    world: World,
    latency: Duration,
    counts: BTreeMap<&'static str, u64>,
}

/// A request whose head and body are complete.
struct Request<'a> {
    method: &'a str,
    path: &'a str,
    query: &'a str,
    token: &'a str,
    body: &'a [u8],
}

/// Serves until the process is killed. Prints the address first.
pub(crate) fn serve() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime starts");
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async move {
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .expect("a port is free");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let mut stdout = std::io::stdout();
        writeln!(stdout, "http://{address}").expect("the driver reads the address");
        let state = Rc::new(RefCell::new(State::default()));
        while let Ok((stream, _)) = listener.accept().await {
            let state = Rc::clone(&state);
            tokio::task::spawn_local(async move {
                // A client that closes its connection ends the task.
                let _ = serve_connection(stream, &state).await;
            });
        }
    });
}

async fn serve_connection(mut stream: TcpStream, state: &RefCell<State>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut input = Vec::with_capacity(8 << 10);
    loop {
        while let Some((length, (status, body))) = answer_first(&input, state) {
            input.drain(..length);
            let latency = state.borrow().latency;
            if !latency.is_zero() {
                tokio::time::sleep(latency).await;
            }
            let length = body.len();
            let response = format!(
                "HTTP/1.1 {status} OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
            );
            stream.write_all(response.as_bytes()).await?;
        }
        if stream.read_buf(&mut input).await? == 0 {
            return Ok(());
        }
    }
}

/// The response to the first request in `input` and the request's length, if the request is complete.
fn answer_first(input: &[u8], state: &RefCell<State>) -> Option<(usize, Response)> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut head = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(head_length) = head.parse(input).ok()? else {
        return None;
    };
    let header = |name: &str| {
        let header = head
            .headers
            .iter()
            .find(|h| h.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(header.value).ok()
    };
    let body_length: usize = header("content-length").map_or(0, |n| n.parse().unwrap_or(0));
    let length = head_length + body_length;
    let body = input.get(head_length..length)?;
    let target = head.path?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let request = Request {
        method: head.method?,
        path,
        query,
        token: header("authorization")
            .and_then(|value| value.strip_prefix("Bearer "))
            .unwrap_or_default(),
        body,
    };
    Some((length, answer(&request, &mut state.borrow_mut())))
}

fn answer(request: &Request<'_>, state: &mut State) -> Response {
    if request.path == COUNTS {
        let counts = std::mem::take(&mut state.counts);
        state.latency = Duration::from_millis(request.query.parse().unwrap_or_default());
        return (200, json!(counts).to_string());
    }
    let path = request.path.strip_prefix("/api/v1/").unwrap_or_default();
    let parts: Vec<&str> = path.split('/').collect();
    let (operation, response) = dispatch(request, &parts, &mut state.world);
    *state.counts.entry(operation).or_default() += 1;
    response
}

fn dispatch(request: &Request<'_>, parts: &[&str], world: &mut World) -> (&'static str, Response) {
    let query = |name| query_value(request.query, name);
    match (request.method, parts) {
        ("POST", ["account", "applications", "token"]) => ("token", application_token()),
        ("POST", ["account", "applications", "scoped-token"]) => {
            ("scoped token", world.scoped_token(request.body))
        }
        ("GET", ["account", "applications", "scoped-token", "info"]) => {
            ("token info", world.token_info(request.token))
        }
        ("GET", ["workspaces"]) => {
            let number = |name| query(name).and_then(|n| n.parse().ok());
            let (limit, cursor) = (number("limit").unwrap_or(20), number("cursor").unwrap_or(0));
            (
                "list workspaces",
                world.list_workspaces(limit.min(100), cursor),
            )
        }
        ("GET", ["workspaces", "stats"]) => ("statistics", world.stats()),
        ("GET", ["workspaces", id]) => ("get workspace", world.workspace(id)),
        ("GET", ["organizations", _, "credentials"]) => {
            let number = |name| query(name).and_then(|n| n.parse().ok());
            let (limit, offset) = (
                number("limit").unwrap_or(200),
                number("offset").unwrap_or(0),
            );
            ("list credentials", world.list_credentials(limit, offset))
        }
        ("GET", ["integrations", "connectors"]) => {
            let workspace = query("workspace_id").unwrap_or_default();
            ("list connectors", world.list_connectors(workspace))
        }
        ("POST", ["integrations", "connectors"]) => {
            ("create connector", world.create_connector(request.body))
        }
        ("GET", ["integrations", "connectors", id]) => ("get connector", world.connector(id)),
        ("PUT", ["integrations", "connectors", id]) => {
            ("update connector", world.update_connector(id, request.body))
        }
        ("DELETE", ["integrations", "connectors", id]) => {
            ("delete connector", world.delete_connector(id))
        }
        _ => (
            "unknown",
            (404, json!({"message": "not found"}).to_string()),
        ),
    }
}

fn application_token() -> Response {
    let body = json!({
        "access_token": "application",
        "token_type": "bearer",
        "expires_in": 900,
        "organization_id": ORGANIZATION,
    });
    (200, body.to_string())
}

fn query_value<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}
