//! The page of `examples/widget` in headless Chromium, with the widget page of the sandbox. Machines without Chromium
//! skip this.

use crate::support::{TestEnv, options};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;

const PROJECT: &str = "version: 1
customers:
  - {name: acme}
";
/// What a customer would type into the form.
const CUSTOMER: &str = r#"<script>
addEventListener("message", (event) => {
  const connector = {connector_type: "github", name: "GitHub", credentials: {token: "typed-by-the-customer"}};
  setTimeout(() => frame.contentWindow.postMessage({sandboxConnector: connector}, "*"), 1000);
}, {once: true});
</script>"#;

/// Serves the page of the example with a token, until the test ends.
fn serve(listener: TcpListener, token: String) {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/widget/index.html");
    let page = std::fs::read_to_string(page).unwrap() + CUSTOMER;
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            answer(stream, &page, &token);
        }
    });
}

fn answer(mut stream: TcpStream, page: &str, token: &str) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut first = String::new();
    reader.read_line(&mut first).unwrap();
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
        line.clear();
    }
    let body = match first.as_str() {
        line if line.starts_with("POST /widget-token ") => token,
        line if line.starts_with("GET / ") => page,
        _ => "",
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(body.as_bytes());
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let _ = stream.read(&mut [0; 64]);
}

/// What the page shows in the end. `None` without Chromium.
fn shown(env: &TestEnv, url: &str) -> Option<String> {
    let profile = env.path("chromium");
    let output = Command::new("chromium")
        .args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
        ])
        // Virtual time does not reach frames of other processes.
        .args([
            "--disable-site-isolation-trials",
            "--disable-features=IsolateOrigins,site-per-process",
        ])
        .args(["--virtual-time-budget=20000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(url)
        .output()
        .ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn widget_page_connects_on_its_own_origin_only() {
    let env = TestEnv::with(PROJECT, options());
    env.converge(&[]);
    let listen = || TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let (own, other) = (listen(), listen());
    let origin = |listener: &TcpListener| {
        let port = listener.local_addr().unwrap().port();
        format!("http://localhost:{port}")
    };
    let (own_origin, other_origin) = (origin(&own), origin(&other));
    let arguments = [
        "token",
        "widget",
        "--customer",
        "acme",
        "--reveal",
        "--origin",
    ];
    let issued = env.run(&[&arguments[..], &[&own_origin]].concat());
    issued.exits(0);
    let token = issued.stdout.trim().to_owned();
    serve(own, token.clone());
    serve(other, token);
    let Some(refused) = shown(&env, &other_origin) else {
        return;
    };
    assert!(!refused.contains("id=\"state\">Connected:"), "{refused}");
    assert_eq!(env.world().connectors().count(), 0);
    let connected = shown(&env, &own_origin).unwrap();
    assert!(connected.contains("id=\"state\">Connected:"), "{connected}");
    assert_eq!(env.world().connectors().count(), 1);
}
