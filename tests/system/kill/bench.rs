//! A project on disk, a world that can be copied, and the real binary run against a sandbox in
//! the test's process.

use airlift::sandbox::{Faults, Options, Recorded, Running, start};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinSet;

/// Cases under way at the same time.
const SIDE_BY_SIDE: usize = 8;

/// A request without an answer is where a run hangs and can be killed, before or after its effect.
pub(crate) const HANGS: [&str; 2] = ["timeout-before", "timeout-after"];

/// The environment variable that has every case run, not a share of them.
pub(crate) const ALL: &str = "AIRLIFT_KILLS";

/// A project with its ledger and the world that it is about.
pub(crate) struct Bench {
    dir: TempDir,
}

/// One run of the binary, ended.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) talk: String,
}

impl Ran {
    pub(crate) fn must(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.talk);
        self
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap()
    }
}

impl Bench {
    /// An empty world and no project yet.
    pub(crate) fn empty() -> Self {
        let bench = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        std::fs::create_dir(bench.path("secrets")).unwrap();
        bench
    }

    /// An empty world, and a project of so many customers with one connector each; the secret of
    /// the n-th is in the file `secrets/n`.
    pub(crate) fn new(customers: usize) -> Self {
        let bench = Self::empty();
        let mut yaml = "version: 1\ncustomers:\n".to_owned();
        for n in 1..=customers {
            // Writing to a string cannot fail.
            let _ = writeln!(
                yaml,
                "  - name: c{n}\n    connectors:\n      - name: GitHub {n}\n        type: github\n        \
                 credentials: {{token: \"${{file:secrets/{n}}}\"}}"
            );
            bench.secret(n, &format!("first-{n}"));
        }
        bench.write("airlift.yaml", &yaml);
        bench
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn secret(&self, n: usize, value: &str) {
        self.write(&format!("secrets/{n}"), value);
    }

    /// Everything as it is now, in another place.
    pub(crate) fn copy(&self) -> Self {
        let dir = tempfile::tempdir().unwrap();
        copy(self.dir.path(), dir.path());
        Self { dir }
    }

    /// Whether a rotation is noted that did not come to its end.
    pub(crate) fn has_open_rotation(&self) -> bool {
        let organizations = std::fs::read_dir(self.path(".airlift/ledger")).unwrap();
        organizations
            .map(|entry| entry.unwrap().path().join("rotation.json"))
            .any(|path| path.exists())
    }

    /// The world, served.
    pub(crate) async fn serve(&self, faults: &str) -> Running {
        start(self.options(faults)).await.unwrap()
    }

    pub(crate) fn options(&self, faults: &str) -> Options {
        Options {
            state: Some(self.path("world.json")),
            faults: faults.parse::<Faults>().unwrap(),
            delete_delay: Duration::from_millis(50),
            ..Options::default()
        }
    }

    pub(crate) fn command(&self, running: &Running, line: &str) -> Command {
        self.under(&[], running, line)
    }

    /// The binary under another program.
    pub(crate) fn under(&self, program: &[&str], running: &Running, line: &str) -> Command {
        let words = program
            .iter()
            .copied()
            .chain([env!("CARGO_BIN_EXE_airlift")]);
        let words: Vec<&str> = words.chain(line.split_whitespace()).collect();
        let mut command = Command::new(words[0]);
        command
            .args(&words[1..])
            .current_dir(self.dir.path())
            .env_clear()
            .env("AIRBYTE_CLIENT_ID", "id")
            .env("AIRBYTE_CLIENT_SECRET", "client-secret")
            .env("AIRBYTE_API_HOST", running.origin())
            .stdin(Stdio::null());
        command
    }

    /// Runs the binary to its end.
    pub(crate) async fn run(&self, running: &Running, line: &str) -> Ran {
        ended(self.command(running, line)).await
    }

    /// Runs the binary, and kills it once the server has met its fault.
    pub(crate) async fn run_until_fault(&self, running: &Running, line: &str) {
        let mut command = self.command(running, line);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let met = |log: &[Recorded]| log.iter().any(|one| one.fault.is_some());
        while !met(&running.log()) && child.try_wait().unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // The effect, where there is one, comes right after.
        tokio::time::sleep(Duration::from_millis(60)).await;
        let _ = child.kill();
        child.wait().unwrap();
    }
}

pub(crate) async fn ended(mut command: Command) -> Ran {
    let run = move || command.output().unwrap();
    let Output {
        status,
        stdout,
        stderr,
    } = tokio::task::spawn_blocking(run).await.unwrap();
    Ran {
        code: status.code().unwrap_or(-1),
        out: String::from_utf8(stdout).unwrap(),
        talk: String::from_utf8(stderr).unwrap(),
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Every kind of fault at every request.
pub(crate) fn at_every(kinds: &[&str], requests: usize) -> Vec<String> {
    assert!(requests > 8, "{requests}");
    let at = |kind: &&str| (1..=requests).map(|n| format!("*:{n}:{kind}")).collect();
    kinds.iter().flat_map::<Vec<String>, _>(at).collect()
}

/// One case of each few, another one in each scenario, unless the environment asks for all.
pub(crate) fn share(cases: Vec<String>, of: usize, offset: usize) -> Vec<String> {
    if std::env::var_os(ALL).is_some() {
        return cases;
    }
    cases.into_iter().skip(offset % of).step_by(of).collect()
}

/// Every case, some at a time.
pub(crate) async fn explore<F>(all: Vec<String>, case: impl Fn(String) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut cases = JoinSet::new();
    for one in all {
        if cases.len() >= SIDE_BY_SIDE {
            cases.join_next().await.unwrap().unwrap();
        }
        cases.spawn(case(one));
    }
    while let Some(done) = cases.join_next().await {
        done.unwrap();
    }
}

/// No faults from here on. How often a run asks whether a deletion is over depends on time, so
/// a fault that is meant for its last requests may not have been met.
pub(crate) fn fair(running: &Running) {
    running.set_faults(Faults::default()).unwrap();
}

/// What somebody else does to the remote API: a request that succeeds.
pub(crate) async fn ask(running: &Running, target: &str, body: &Value) -> Value {
    let _installed_by_another_test = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let post = async |target: &str, token: Option<&str>, body: &Value| -> Value {
        let mut request = http.post(format!("{}/api/v1/{target}", running.origin()));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let request = request.header("content-type", "application/json");
        let response = request.body(body.to_string()).send().await.unwrap();
        let (status, bytes) = (response.status(), response.bytes().await.unwrap());
        let text = String::from_utf8_lossy(&bytes);
        assert!(status.is_success(), "{target}: {status} {text}");
        serde_json::from_slice(&bytes).unwrap()
    };
    let client = json!({"client_id": "id", "client_secret": "client-secret"});
    let token = post("account/applications/token", None, &client).await;
    post(target, token["access_token"].as_str(), body).await
}

/// Creates a connector of GitHub past airlift, and gives its id.
pub(crate) async fn create(
    running: &Running,
    customer: &str,
    name: &str,
    secret: &str,
) -> uuid::Uuid {
    let definition = airlift::catalog::find("github").unwrap().definition_id;
    let body = json!({
        "workspace_name": customer,
        "name": name,
        "definition_id": definition,
        "credentials": {"token": secret},
    });
    let made = ask(running, "integrations/connectors", &body).await;
    made["id"].as_str().unwrap().parse().unwrap()
}
