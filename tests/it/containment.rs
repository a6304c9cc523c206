//! Nothing secret gets out: a server that echoes what it received, in many encodings, cannot make
//! the binary show any of it, at any level of talk; and the process keeps no core file.

use airlift::sandbox::{Options, start};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

const SECRET: &str = "kQ7\"zR2/vN9+wX4=pL6é";
const CLIENT: &str = "client-s3cret-Hj5Tb8Yd";

/// Passes everything on, except that a request to `path` is refused with all that came with it.
async fn echoing(origin: String, path: &'static str) -> String {
    // Fails only when it is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let app = Router::new().fallback(move |request: Request| {
        let (client, origin) = (client.clone(), origin.clone());
        async move {
            let (parts, body) = request.into_parts();
            let body = to_bytes(body, usize::MAX).await.unwrap();
            let target = parts.uri.path_and_query().unwrap().to_string();
            if parts.method == "POST" && parts.uri.path() == path {
                return refusal(&parts.headers, &body).into_response();
            }
            let request = client.request(parts.method, origin + &target);
            let mut headers = parts.headers;
            headers.remove("host");
            let answer = request.headers(headers).body(body).send().await.unwrap();
            let status = answer.status();
            let mut response = Response::new(Body::from(answer.bytes().await.unwrap()));
            *response.status_mut() = status;
            response
        }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

fn refusal(headers: &axum::http::HeaderMap, body: &Bytes) -> (StatusCode, String) {
    let text = String::from_utf8_lossy(body);
    let hex = body.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    });
    let said = serde_json::json!({
        "message": format!("bad {SECRET} or {text}"),
        "errors": [{"field": hex, "message": format!("{headers:?}"), "error_code": CLIENT}],
    });
    (StatusCode::UNPROCESSABLE_ENTITY, said.to_string())
}

fn project(dir: &Path) {
    let yaml = "version: 1\ncustomers:\n  - name: acme\n    connectors:\n      - name: Hub\n        \
                type: github\n        credentials: {token: \"${env:TOKEN}\"}\n";
    std::fs::write(dir.join("airlift.yaml"), yaml).unwrap();
}

fn airlift(dir: &Path, origin: &str, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_airlift"));
    command
        .args(line.split_whitespace())
        .current_dir(dir)
        .env_clear()
        .env("AIRBYTE_CLIENT_ID", "id")
        .env("AIRBYTE_CLIENT_SECRET", CLIENT)
        .env("AIRBYTE_API_HOST", origin)
        .env("TOKEN", SECRET)
        .stdin(Stdio::null());
    command
}

/// Both streams of a run.
async fn said(mut command: Command) -> String {
    let run = move || command.output().unwrap();
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    text(output.stdout) + &text(output.stderr)
}

fn assert_tight(text: &str, case: &str) {
    let hex = |text: &str| {
        text.bytes().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        })
    };
    let escaped = serde_json::to_string(SECRET).unwrap();
    let (whole, hidden) = (hex(SECRET), hex(CLIENT));
    for form in [
        SECRET, CLIENT, "zR2/vN9", "Hj5Tb8", &escaped, &whole, &hidden, "Bearer",
    ] {
        assert!(!text.contains(form), "{case}: {form} in\n{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_echoing_server_makes_nothing_leak() {
    let connectors = "/api/v1/integrations/connectors";
    let token = "/api/v1/account/applications/token";
    for path in [connectors, token] {
        for line in [
            "apply --auto-approve",
            "apply --auto-approve -vv",
            "apply --auto-approve -vv --format json",
            "plan -vv",
        ] {
            let running = start(Options::default()).await.unwrap();
            let origin = echoing(running.origin(), path).await;
            let dir = tempfile::tempdir().unwrap();
            project(dir.path());
            let mut command = airlift(dir.path(), &origin, line);
            command.env("AIRLIFT_LOG", "trace").env("RUST_LOG", "trace");
            let text = said(command).await;
            let case = format!("{line} with an echo at {path}");
            assert_tight(&text, &case);
            let logged = text.contains("create_account_applications_token ");
            assert!(logged, "{case}: the requests are told of\n{text}");
            let refused = text.contains("withheld");
            assert_eq!(
                refused,
                path == token || line.starts_with("apply"),
                "{case}\n{text}"
            );
            for file in files(dir.path()) {
                let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
                assert_tight(&text, &format!("{case}, {}", file.display()));
            }
        }
    }
}

fn files(dir: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
    entries
        .flat_map(|entry| {
            if entry.file_type().unwrap().is_dir() {
                files(&entry.path())
            } else {
                vec![entry.path()]
            }
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_has_a_line_for_each_request() {
    let running = start(Options::default()).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    project(dir.path());
    let line = "apply --auto-approve -vv";
    let text = said(airlift(dir.path(), &running.origin(), line)).await;
    assert_tight(&text, line);
    let created = "create_integrations_connectors 20";
    let created: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with(created))
        .collect();
    assert!(
        created.len() == 1 && created[0].contains(" s acme/Hub #"),
        "{text}"
    );
    let told = text
        .lines()
        .filter(|line| line.contains(" s") && line.contains(" #"));
    assert_eq!(told.count(), running.log().len(), "{text}");
    let quiet = said(airlift(dir.path(), &running.origin(), "plan -v")).await;
    assert!(!quiet.contains("list_workspaces"), "{quiet}");
}

#[cfg(target_os = "linux")]
#[test]
fn the_process_leaves_no_core_file() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("world.json");
    let line = format!("sandbox serve --port 0 --state {}", state.display());
    let mut child = airlift(dir.path(), "", &line)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    let out = child.stdout.take().unwrap();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut first).unwrap();
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let words: Vec<&str> = core.unwrap().split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"], "{limits}");
}
