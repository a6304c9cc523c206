//! Tests that no secret leaks: the binary shows nothing of a response that repeats the request, in many
//! encodings and at any verbosity, and the process writes no core file.

use crate::support::{FaultProxy, ProxyAction, TestEnv, files};
use airlift::sandbox::Options;
use axum::http::HeaderMap;
use serde_json::{Value, json};
use std::fmt::Write as _;

const SECRET: &str = "kQ7\"zR2/vN9+wX4=pL6é";
const CLIENT: &str = "client-s3cret-Hj5Tb8Yd";

const PROJECT: &str = r#"version: 1
customers:
  - name: acme
    connectors:
      - name: Hub
        type: github
        credentials: {token: "${env:TOKEN}"}
"#;

fn environment() -> TestEnv {
    let mut env = TestEnv::with(PROJECT, Options::default());
    env.set("AIRBYTE_CLIENT_SECRET", CLIENT);
    env.set("TOKEN", SECRET);
    env
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

/// The body of an error that repeats the whole request.
fn echo(headers: &HeaderMap, body: &[u8]) -> Value {
    let text = String::from_utf8_lossy(body);
    let message = format!("{headers:?}");
    json!({
        "message": format!("bad {SECRET} or {text}"),
        "errors": [{"field": hex(body), "message": message, "error_code": CLIENT}],
    })
}

/// Both streams of a run.
fn printed(env: &TestEnv, line: &str) -> String {
    let arguments: Vec<&str> = line.split_whitespace().collect();
    let output = env.run(&arguments);
    output.stdout + &output.stderr
}

fn assert_no_secret(text: &str, case: &str) {
    let escaped = serde_json::to_string(SECRET).unwrap();
    let (whole, hidden) = (hex(SECRET.as_bytes()), hex(CLIENT.as_bytes()));
    for form in [
        SECRET, CLIENT, "zR2/vN9", "Hj5Tb8", &escaped, &whole, &hidden, "Bearer",
    ] {
        assert!(!text.contains(form), "{case}: {form} in\n{text}");
    }
}

#[test]
fn response_that_repeats_the_request_leaks_nothing() {
    let connectors = "/api/v1/integrations/connectors";
    let token = "/api/v1/account/applications/token";
    for path in [connectors, token] {
        for line in [
            "apply --auto-approve",
            "apply --auto-approve -vv",
            "apply --auto-approve -vv --format json",
            "plan -vv",
        ] {
            let mut env = environment();
            let _proxy = FaultProxy::start(&mut env, move |parts, body| {
                if parts.method == "POST" && parts.uri.path() == path {
                    ProxyAction::Respond(422, echo(&parts.headers, body))
                } else {
                    ProxyAction::Forward
                }
            });
            env.set("AIRLIFT_LOG", "trace");
            env.set("RUST_LOG", "trace");
            let text = printed(&env, line);
            let case = format!("{line} with an echo at {path}");
            assert_no_secret(&text, &case);
            let logged = text.contains("create_account_applications_token ");
            assert!(logged, "{case}: the requests are logged\n{text}");
            let is_withheld = text.contains("withheld");
            assert_eq!(
                is_withheld,
                path == token || line.starts_with("apply"),
                "{case}\n{text}"
            );
            // Except the secret file that the environment writes for every test.
            for file in files(env.root(), &|path| !path.ends_with("stripe-key")) {
                let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
                assert_no_secret(&text, &format!("{case}, {}", file.display()));
            }
        }
    }
}

#[test]
fn log_has_a_line_for_each_request() {
    let env = environment();
    let line = "apply --auto-approve -vv";
    let text = printed(&env, line);
    assert_no_secret(&text, line);
    let created = "create_integrations_connectors 20";
    let created: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with(created))
        .collect();
    assert!(
        created.len() == 1 && created[0].contains(" s acme/Hub #"),
        "{text}"
    );
    let logged = text
        .lines()
        .filter(|line| line.contains(" s") && line.contains(" #"));
    assert_eq!(logged.count(), env.sandbox().log().len(), "{text}");
    let quiet = printed(&env, "plan -v");
    assert!(!quiet.contains("list_workspaces"), "{quiet}");
}

#[cfg(target_os = "linux")]
#[test]
fn process_writes_no_core_file() {
    use std::io::{BufRead, BufReader};
    let env = environment();
    let line = ["sandbox", "serve", "--port", "0", "--state", "world.json"];
    let mut child = env
        .command(&line)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut first).unwrap();
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let words: Vec<&str> = core.unwrap().split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"], "{limits}");
}
