//! Responsible for `curl --parallel` as another client: it sends the token request, then the token requests of all
//! customers, then all creations. It waits for no workspace and proves nothing.

use crate::project;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Whether `curl` is installed.
pub(crate) fn is_at_hand() -> bool {
    let version = Command::new("curl")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    version.is_ok_and(|status| status.success())
}

/// The commands that create customers with connectors. Writes their requests to files of `directory`.
pub(crate) fn create(
    directory: &Path,
    host: &str,
    (customers, connectors): (usize, usize),
    in_flight: usize,
) -> Command {
    let body = json!({"client_id": "bench", "client_secret": "bench-secret"});
    let token = request(host, "account/applications/token", &body);
    let names = (0..customers).map(project::customer_name);
    let tokens: Vec<String> = names
        .clone()
        .map(|name| {
            let body = json!({"workspace_name": name});
            request(host, "account/applications/scoped-token", &body)
        })
        .collect();
    let creations: Vec<String> = names
        .flat_map(|name| (0..connectors).map(move |number| project::creation(&name, number)))
        .map(|body| request(host, "integrations/connectors", &body))
        .collect();
    let mut commands = Vec::new();
    for (file, requests) in [
        ("token", vec![token]),
        ("tokens", tokens),
        ("creations", creations),
    ] {
        fs::write(directory.join(file), requests.join("next\n")).expect("the file can be written");
        commands.push(format!(
            "curl --silent --show-error --fail --parallel --parallel-max {in_flight} --config {file}"
        ));
    }
    let mut command = Command::new("sh");
    command.arg("-c").arg(commands.join(" && "));
    command.current_dir(directory);
    command
}

/// One request in the format of curl's configuration.
fn request(host: &str, path: &str, body: &Value) -> String {
    let data = body.to_string().replace('\\', "\\\\").replace('"', "\\\"");
    let mut text = String::new();
    let options = [
        ("url", format!("{host}/api/v1/{path}")),
        ("header", "content-type: application/json".to_owned()),
        ("header", "authorization: Bearer application".to_owned()),
        ("data", data),
        ("output", "/dev/null".to_owned()),
    ];
    for (name, value) in options {
        writeln!(text, "{name} = \"{value}\"").expect("a text takes every write");
    }
    text
}
