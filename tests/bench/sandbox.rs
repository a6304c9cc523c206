//! Responsible for the rate of `airlift sandbox serve`.

use crate::{Args, flood};
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Requests in a second.
pub(crate) fn rate(args: &Args) -> f64 {
    let directory = tempfile::tempdir().expect("a temporary directory can be created");
    let (mut process, address) = start(args, directory.path());
    let token = token(&address);
    let head = format!(
        "GET /api/v1/workspaces/stats HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    let rate = flood::rate(&address, &head, args.flood);
    // A server that ended already needs no signal.
    let _ = process.kill();
    let _ = process.wait();
    rate
}

fn start(args: &Args, directory: &Path) -> (Child, String) {
    let mut process = Command::new(&args.airlift)
        .args(["sandbox", "serve", "--port", "0", "--format", "json"])
        .arg("--state")
        .arg(directory.join("world.json"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the sandbox starts");
    let stdout = process.stdout.take().expect("the stream is piped");
    let lines = BufReader::new(stdout).lines();
    let line = lines
        .map_while(Result::ok)
        .find(|line| line.contains("api_host"))
        .expect("the sandbox prints its address");
    let (_, address) = line.rsplit_once("://").expect("an address has a scheme");
    let address = address.trim_end_matches(['"', ',']).to_owned();
    (process, address)
}

fn token(address: &str) -> String {
    let body = r#"{"client_id":"bench","client_secret":"bench-client-secret"}"#;
    let mut stream = TcpStream::connect(address).expect("the sandbox accepts connections");
    write!(
        stream,
        "POST /api/v1/account/applications/token HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .expect("the request is sent");
    let mut response = String::new();
    stream
        .read_to_string(&mut response)
        .expect("the sandbox responds");
    let (_, body) = response
        .split_once("\r\n\r\n")
        .expect("a response has a head");
    let body: Value = serde_json::from_str(body).expect("the body is JSON");
    let token = body["access_token"].as_str();
    token.expect("the response has a token").to_owned()
}
