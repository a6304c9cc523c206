//! Responsible for projects with a sandbox whose world is a file, so that a test can copy both and
//! start the sandbox again, and for runs of the binary in them.

use crate::support::external_client::ExternalClient;
use crate::support::files::copy;
use crate::support::process::Output;
use crate::support::project::{AIRLIFT, Project, isolate};
use crate::support::slice::Slice;
use airlift::sandbox::testing::RequestRecord;
use airlift::sandbox::{Faults, Options, Sandbox, start};
use serde_json::json;
use std::fmt::Write as _;
use std::ops::{Deref, DerefMut};
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio::task::JoinSet;

/// The number of cases that run at the same time.
const SIDE_BY_SIDE: usize = 8;

/// The longest duration of one run.
const LIMIT: Duration = Duration::from_mins(5);

/// The credentials of the runs.
const CLIENT: (&str, &str) = ("id", "client-secret");

/// Faults that withhold a response, so that the run waits and can be killed before or after the
/// effect of the request.
pub(crate) const HANGS: [&str; 2] = ["timeout-before", "timeout-after"];

/// A project with its ledger and its sandbox world.
pub(crate) struct Bench {
    project: Project,
}

impl Deref for Bench {
    type Target = Project;

    fn deref(&self) -> &Project {
        &self.project
    }
}

impl DerefMut for Bench {
    fn deref_mut(&mut self) -> &mut Project {
        &mut self.project
    }
}

impl Bench {
    /// An empty world without project files.
    pub(crate) fn empty() -> Self {
        let mut project = Project::new();
        project.set("AIRBYTE_CLIENT_ID", CLIENT.0);
        project.set("AIRBYTE_CLIENT_SECRET", CLIENT.1);
        Self { project }
    }

    /// An empty world, and a project with a number of customers with one connector each. The secret
    /// of customer n is in the file `secrets/n`.
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

    pub(crate) fn secret(&self, n: usize, value: &str) {
        self.write(&format!("secrets/{n}"), value);
    }

    /// A copy of the project and the world in another directory.
    pub(crate) fn copy(&self) -> Self {
        let bench = Self::empty();
        copy(self.root(), bench.root());
        bench
    }

    /// Whether the ledger contains an unfinished rotation.
    pub(crate) fn has_open_rotation(&self) -> bool {
        let organizations = std::fs::read_dir(self.path(".airlift/ledger")).unwrap();
        organizations
            .map(|entry| entry.unwrap().path().join("rotation.json"))
            .any(|path| path.exists())
    }

    /// Starts the sandbox with the world.
    pub(crate) async fn serve(&self, faults: &str) -> Sandbox {
        start(self.options(faults)).await.unwrap()
    }

    pub(crate) fn options(&self, faults: &str) -> Options {
        Options {
            state: Some(self.path("world.json").into()),
            faults: faults.parse::<Faults>().unwrap(),
            delete_delay: Duration::from_millis(50),
            ..Options::default()
        }
    }

    pub(crate) fn command(&self, running: &Sandbox, line: &str) -> Command {
        self.under(&[], running, line)
    }

    /// The command that runs the binary under another program.
    pub(crate) fn under(&self, program: &[&str], running: &Sandbox, line: &str) -> Command {
        let words: Vec<&str> = program
            .iter()
            .copied()
            .chain([AIRLIFT])
            .chain(line.split_whitespace())
            .collect();
        let mut command = Command::new(words[0]);
        isolate(&mut command, self.root(), &self.variables)
            .args(&words[1..])
            .env("AIRBYTE_API_HOST", running.origin());
        command
    }

    /// Runs the binary and waits for its end.
    pub(crate) async fn run(&self, running: &Sandbox, line: &str) -> Output {
        ended(self.command(running, line)).await
    }

    /// Runs the binary and kills it after the sandbox has injected its fault.
    pub(crate) async fn run_until_fault(&self, running: &Sandbox, line: &str) {
        let mut command = self.command(running, line);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let has_fault = |log: &[RequestRecord]| log.iter().any(|request| request.fault.is_some());
        while !has_fault(&running.log()) && child.try_wait().unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // The effect of the request, if any, follows within milliseconds.
        tokio::time::sleep(Duration::from_millis(60)).await;
        let _ = child.kill();
        child.wait().unwrap();
    }
}

pub(crate) async fn ended(mut command: Command) -> Output {
    let run = move || Output::run(&mut command, LIMIT);
    tokio::task::spawn_blocking(run).await.unwrap()
}

/// Each kind of fault at each request.
pub(crate) fn at_every(kinds: &[&str], requests: usize) -> Vec<String> {
    assert!(requests > 8, "{requests}");
    let at = |kind: &&str| (1..=requests).map(|n| format!("*:{n}:{kind}")).collect();
    kinds.iter().flat_map::<Vec<String>, _>(at).collect()
}

/// The cases of a slice. A slice has at least one case in `of`.
pub(crate) fn share(cases: Vec<String>, slice: Slice, of: usize) -> Vec<String> {
    let cases = cases.into_iter().enumerate();
    cases
        .filter(|(index, _)| slice.has_index(*index, of))
        .map(|(_, case)| case)
        .collect()
}

/// Runs all cases, `SIDE_BY_SIDE` at a time.
pub(crate) async fn explore<F>(all: Vec<String>, case: impl Fn(String) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut cases = JoinSet::new();
    for argument in all {
        if cases.len() >= SIDE_BY_SIDE {
            cases.join_next().await.unwrap().unwrap();
        }
        cases.spawn(case(argument));
    }
    while let Some(result) = cases.join_next().await {
        result.unwrap();
    }
}

/// Ends all faults. The number of polls for a deletion depends on time, so a fault for the last
/// requests of a run may be left over.
pub(crate) fn clear_faults(running: &Sandbox) {
    running.set_faults(Faults::default()).unwrap();
}

/// Another client of the API.
pub(crate) async fn remote(running: &Sandbox) -> ExternalClient {
    ExternalClient::login(running.origin(), CLIENT).await
}

/// Creates a GitHub connector without airlift and returns its id.
pub(crate) async fn create(
    running: &Sandbox,
    customer: &str,
    name: &str,
    secret: &str,
) -> uuid::Uuid {
    let credentials = json!({"token": secret});
    let remote = remote(running).await;
    remote
        .create_connector(customer, name, "github", &credentials)
        .await
}
