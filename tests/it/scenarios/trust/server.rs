//! Tests of servers: lists that do not end, and the sandbox as a server for other programs.

#[cfg(target_os = "linux")]
use crate::support::peak_memory;
use crate::support::{FaultProxy, PROJECT, ProxyAction, TestEnv, options};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A page of 100 workspaces from number `first` on, and a link to another page.
fn page(first: usize) -> Value {
    let rows: Vec<Value> = (first..first + 100)
        .map(|number| {
            let id = uuid::Uuid::from_u128(number as u128 + 1);
            json!({"id": id, "name": format!("customer-{number}"), "status": "active",
                "organization_id": airlift::sandbox::ORGANIZATION_ID, "cache_enabled": null,
                "tombstone": false, "created_at": "2026-01-01T00:00:00Z"})
        })
        .collect();
    json!({"data": rows, "next": format!("cursor-{first}")})
}

/// A proxy whose list of workspaces has these pages. Returns the number of requests for the list.
fn list_of(
    env: &mut TestEnv,
    page: impl Fn(usize) -> Value + Send + Sync + 'static,
) -> (FaultProxy, Arc<AtomicUsize>) {
    let requests = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&requests);
    let proxy = FaultProxy::start(env, move |parts, _| {
        if parts.uri.path() != "/api/v1/workspaces" {
            return ProxyAction::Forward;
        }
        ProxyAction::Respond(200, page(counter.fetch_add(1, Ordering::SeqCst)))
    });
    (proxy, requests)
}

#[test]
fn list_that_does_not_end_stops_the_run() {
    let mut env = TestEnv::applied();
    let before = env.world();
    let (_proxy, requests) = list_of(&mut env, |number| page(100 * number));
    for arguments in [
        &["plan"][..],
        &["drift"],
        &["export"],
        &["apply", "--auto-approve", "--prune"],
    ] {
        env.run(arguments).exits(1).complains("endless_list");
    }
    // The statistics count 3 workspaces, so that a listing has 11 pages and is read three times.
    assert!(requests.load(Ordering::SeqCst) <= 4 * 3 * 12);
    assert_eq!(env.world(), before);
}

#[test]
fn list_that_repeats_a_page_stops_the_run() {
    let mut env = TestEnv::applied();
    let before = env.world();
    let (_proxy, requests) = list_of(&mut env, |number| {
        let mut same = page(0);
        same["next"] = json!(format!("cursor-{number}"));
        same
    });
    env.run(&["apply", "--auto-approve", "--prune"])
        .exits(1)
        .complains("endless_list");
    assert_eq!(requests.load(Ordering::SeqCst), 3 * 2);
    assert_eq!(env.world(), before);
}

#[cfg(target_os = "linux")]
#[test]
fn list_that_does_not_end_takes_no_more_memory_than_a_plan() {
    let mut env = TestEnv::applied();
    let (_, usual) = peak_memory(&env, &["plan"]);
    let _proxy = list_of(&mut env, |number| page(100 * number));
    let (_, endless) = peak_memory(&env, &["plan"]);
    assert!(
        endless < usual + 10 * 1024,
        "{endless} KiB, usually {usual} KiB"
    );
}

/// Sends a request to a server with these headers. Returns the status.
fn status_of(address: &str, request: &str, headers: &[(&str, &str)]) -> u16 {
    let body = json!({"client_id": "client", "client_secret": "secret"}).to_string();
    let mut text = format!("{request} HTTP/1.1\r\nConnection: close\r\n");
    for (name, value) in headers {
        write!(text, "{name}: {value}\r\n").unwrap();
    }
    write!(
        text,
        "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    let status = response.split(' ').nth(1).unwrap();
    status.parse().unwrap()
}

#[test]
fn sandbox_rejects_foreign_host_and_origin() {
    let env = TestEnv::with(PROJECT, options());
    let mut command = env.command(&["sandbox", "serve", "--port", "0", "--state", "world.json"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let origin = lines
        .find_map(|line| {
            let line = line.unwrap();
            line.trim()
                .strip_prefix("AIRBYTE_API_HOST=")
                .map(str::to_owned)
        })
        .unwrap();
    let address = origin.strip_prefix("http://").unwrap();
    let port = address.rsplit(':').next().unwrap();
    let evil = format!("evil.example:{port}");
    let evil_origin = format!("http://{evil}");
    let other_port = "127.0.0.1:1".to_owned();
    for request in [
        "POST /api/v1/account/applications/token",
        "GET /api/v1/workspaces",
        "DELETE /api/v1/workspaces/00000000-0000-4000-8000-000000000001",
        "GET /nothing",
    ] {
        for headers in [
            &[("Host", evil.as_str()), ("Origin", evil_origin.as_str())][..],
            &[("Host", evil.as_str())],
            &[("Host", other_port.as_str())],
            &[("Host", address), ("Origin", evil_origin.as_str())],
            &[("Host", address), ("Origin", "null")],
        ] {
            let status = status_of(address, request, headers);
            assert!(
                matches!(status, 403 | 421),
                "{request} with {headers:?}: {status}"
            );
        }
    }
    let localhost = format!("localhost:{port}");
    for host in [address, localhost.as_str()] {
        let status = status_of(
            address,
            "POST /api/v1/account/applications/token",
            &[("Host", host)],
        );
        assert!(!matches!(status, 403 | 421), "{host}: {status}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
}
