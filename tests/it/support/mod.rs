//! Responsible for the environment of the scenarios: a project directory, a sandbox in this process,
//! and the binary.

mod external_changes;
mod fault_proxy;
mod golden;
mod ledger_files;
#[cfg(target_os = "linux")]
mod peak_memory;
mod receiver;
mod recorded_requests;
#[expect(
    dead_code,
    reason = "only the tests of stores and shared ledgers use moto"
)]
#[path = "../../support/mod.rs"]
mod shared;

pub(crate) use external_changes::ExternalChanges;
pub(crate) use fault_proxy::{FaultProxy, ProxyAction};
pub(crate) use golden::normalize;
#[cfg(target_os = "linux")]
pub(crate) use peak_memory::peak_memory;
pub(crate) use receiver::Receiver;
pub(crate) use recorded_requests::RecordedRequests;
pub(crate) use shared::files::{copy, files};
pub(crate) use shared::golden::golden;
pub(crate) use shared::process::{Output, follow};
pub(crate) use shared::project::{AIRLIFT, isolate};

use airlift::sandbox::testing::{ConnectorView, WorldView};
use airlift::sandbox::{self, Faults, Options, Sandbox};
use shared::project::Project;
use std::ops::{Deref, DerefMut};
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// The client id and secret that the sandbox accepts.
pub(crate) const CLIENT: (&str, &str) = ("client-of-tests", "client-secret-of-tests");

/// The longest time of a run of the binary.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Two customers with three connectors: five resources.
pub(crate) const PROJECT: &str = r#"version: 1
customers:
  - name: acme
    connectors:
      - name: Acme GitHub
        type: github
        credentials: {token: "${env:ACME_GITHUB}"}
        replication_config:
          repositories: [acme/api]
          start_date: 2026-01-01T00:00:00Z
      - name: Acme Zendesk
        type: zendesk-support
        environment: {subdomain: acme}
        credentials: {email: ops@acme.example, api_token: "${env:ACME_ZENDESK}"}
  - name: globex
    connectors:
      - name: Globex Stripe
        type: stripe
        credentials: {api_key: "${file:stripe-key}"}
"#;

/// How long a deletion takes after its response.
const DELETE_DELAY: Duration = Duration::from_millis(20);

/// The options of a sandbox with short waits that accepts only [`CLIENT`].
pub(crate) fn options() -> Options {
    Options {
        client: Some((CLIENT.0.to_owned(), CLIENT.1.to_owned())),
        delete_delay: DELETE_DELAY,
        ..Options::default()
    }
}

/// The options of a sandbox with faults.
pub(crate) fn faulty(faults: &str) -> Options {
    Options {
        faults: faults.parse::<Faults>().unwrap(),
        ..options()
    }
}

/// A project directory, and a sandbox as its API.
pub(crate) struct TestEnv {
    project: Project,
    sandbox: Sandbox,
    runtime: Runtime,
    /// The number of requests in the log that [`TestEnv::traffic`] has returned.
    seen: Mutex<usize>,
}

impl Deref for TestEnv {
    type Target = Project;

    fn deref(&self) -> &Project {
        &self.project
    }
}

impl DerefMut for TestEnv {
    fn deref_mut(&mut self) -> &mut Project {
        &mut self.project
    }
}

impl TestEnv {
    /// [`PROJECT`], not yet applied.
    pub(crate) fn new() -> Self {
        Self::with(PROJECT, options())
    }

    /// [`PROJECT`], applied.
    pub(crate) fn applied() -> Self {
        let env = Self::new();
        env.converge(&[]);
        env
    }

    /// A project file and a sandbox.
    pub(crate) fn with(project: &str, options: Options) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let sandbox = runtime.block_on(sandbox::start(options)).unwrap();
        let mut env = Self {
            project: Project::new(),
            sandbox,
            runtime,
            seen: Mutex::new(0),
        };
        let origin = env.sandbox.origin();
        env.set("AIRBYTE_API_HOST", &origin);
        env.set("AIRBYTE_CLIENT_ID", CLIENT.0);
        env.set("AIRBYTE_CLIENT_SECRET", CLIENT.1);
        env.set("ACME_GITHUB", "value-of-acme-github");
        env.set("ACME_ZENDESK", "value-of-acme-zendesk");
        env.write("stripe-key", "value-of-globex-stripe\n");
        env.write("airlift.yaml", project);
        env
    }

    /// Removes a variable.
    pub(crate) fn unset(&mut self, name: &str) {
        self.variables.remove(name);
    }

    /// Removes lines from the project file: from the line that contains `from` to before the line that
    /// contains `to`, or to the end.
    pub(crate) fn remove_lines(&self, from: &str, to: Option<&str>) {
        let path = self.path("airlift.yaml");
        let text = std::fs::read_to_string(&path).unwrap();
        let mut lines: Vec<&str> = text.lines().collect();
        let position = |part: &str| lines.iter().position(|line| line.contains(part));
        let start = position(from).expect(from);
        let end = to.map_or(lines.len(), |to| position(to).expect(to));
        lines.drain(start..end);
        std::fs::write(path, lines.join("\n") + "\n").unwrap();
    }

    /// Starts the binary without waiting for its end.
    pub(crate) fn spawn(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    }

    /// Runs the binary, and asserts that requests and responses follow the contract.
    #[must_use]
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.run_with_traffic(arguments).0
    }

    /// As [`Self::run`], with the requests of the run.
    pub(crate) fn run_with_traffic(&self, arguments: &[&str]) -> (Output, RecordedRequests) {
        self.traffic();
        let output = Output::run(&mut self.command(arguments), TIMEOUT);
        let traffic = self.traffic();
        traffic.assert_contract();
        (output, traffic)
    }

    /// Runs `apply --auto-approve` with more arguments.
    pub(crate) fn apply(&self, more: &[&str]) -> (Output, RecordedRequests) {
        let arguments = [&["apply", "--auto-approve"], more].concat();
        self.run_with_traffic(&arguments)
    }

    /// Applies with success, and asserts that a plan is empty after that.
    pub(crate) fn converge(&self, more: &[&str]) -> (Output, RecordedRequests) {
        let (output, traffic) = self.apply(more);
        output.exits(0);
        self.assert_converged(more);
        (output, traffic)
    }

    /// Asserts that a plan is empty, changes nothing and sends no credentials.
    pub(crate) fn assert_converged(&self, more: &[&str]) {
        let only_apply = [
            "--allow-replace",
            "--check",
            "--keep-going",
            "--require-check",
        ];
        let more = more.iter().filter(|flag| !only_apply.contains(flag));
        let arguments: Vec<&str> = ["plan", "--detailed-exitcode"]
            .into_iter()
            .chain(more.copied())
            .collect();
        let (plan, traffic) = self.run_with_traffic(&arguments);
        plan.exits(0);
        assert!(plan.stdout.starts_with("No changes."), "{plan}");
        traffic.assert_only_reads();
    }

    /// The requests since the last call.
    pub(crate) fn traffic(&self) -> RecordedRequests {
        let log = self.sandbox.log();
        let mut seen = self.seen.lock().unwrap();
        let since = log[*seen..].to_vec();
        *seen = log.len();
        RecordedRequests(since)
    }

    pub(crate) fn world(&self) -> WorldView {
        self.sandbox.world()
    }

    /// The only connector with a name, without connectors that are being deleted.
    pub(crate) fn connector(&self, name: &str) -> ConnectorView {
        let world = self.world();
        let mut connectors = world
            .connectors()
            .filter(|connector| connector.name == name && !connector.deleting);
        let connector = connectors.next().expect(name).clone();
        assert_eq!(connectors.next(), None, "two connectors are named {name}");
        connector
    }

    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// A client that changes the API directly.
    pub(crate) fn remote(&self) -> ExternalChanges<'_> {
        ExternalChanges::login(self.sandbox.origin(), &self.runtime)
    }

    /// The runtime of the sandbox.
    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// Waits until a condition holds.
    pub(crate) fn wait_for(&self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        let until = Instant::now() + Duration::from_secs(20);
        while !holds(self) {
            assert!(Instant::now() < until, "timed out waiting for {what}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
