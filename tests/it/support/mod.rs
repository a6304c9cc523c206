//! Responsible for the test environment of the scenarios: a project, a sandbox in this process as
//! its remote API, and the binary between them.

mod fault_proxy;
mod golden;
mod remote;
#[expect(dead_code, reason = "moto is for stores and shared ledgers")]
#[path = "../../support/mod.rs"]
mod shared;
mod traffic;

pub(crate) use fault_proxy::{Fate, FaultProxy};
pub(crate) use golden::normal;
pub(crate) use remote::Remote;
pub(crate) use shared::files::{copy, files};
pub(crate) use shared::golden::golden;
pub(crate) use shared::process::Output;
pub(crate) use shared::project::{AIRLIFT, isolate};
pub(crate) use traffic::Traffic;

use airlift::sandbox::testing::{ConnectorView, WorldView};
use airlift::sandbox::{self, Faults, Options, Sandbox};
use shared::project::Project;
use std::ops::{Deref, DerefMut};
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// The client pair that the sandbox accepts.
pub(crate) const CLIENT: (&str, &str) = ("client-of-tests", "client-secret-of-tests");

/// How long one run of the binary may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// Two customers with three connectors: five resources.
pub(crate) const ESTATE: &str = r#"version: 1
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

/// A sandbox with short waits that accepts [`CLIENT`] alone.
pub(crate) fn options() -> Options {
    Options {
        client: Some((CLIENT.0.to_owned(), CLIENT.1.to_owned())),
        delete_delay: Duration::from_millis(20),
        ..Options::default()
    }
}

/// A sandbox that plays faults.
pub(crate) fn faulty(faults: &str) -> Options {
    Options {
        faults: faults.parse::<Faults>().unwrap(),
        ..options()
    }
}

/// A project, its environment and its remote API.
pub(crate) struct TestEnv {
    project: Project,
    sandbox: Sandbox,
    runtime: Runtime,
    /// How much of the sandbox's log was looked at.
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
    /// [`ESTATE`], not yet applied.
    pub(crate) fn new() -> Self {
        Self::with(ESTATE, options())
    }

    /// [`ESTATE`], applied.
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

    /// Takes a variable away.
    pub(crate) fn unset(&mut self, name: &str) {
        self.variables.remove(name);
    }

    /// Takes the lines from the one that holds `from` up to the one that holds `to` (or the
    /// end) out of the project file.
    pub(crate) fn cut(&self, from: &str, to: Option<&str>) {
        let path = self.path("airlift.yaml");
        let text = std::fs::read_to_string(&path).unwrap();
        let mut lines: Vec<&str> = text.lines().collect();
        let place = |part: &str| lines.iter().position(|line| line.contains(part));
        let start = place(from).expect(from);
        let end = to.map_or(lines.len(), |to| place(to).expect(to));
        lines.drain(start..end);
        std::fs::write(path, lines.join("\n") + "\n").unwrap();
    }

    /// Starts the binary and does not wait for it.
    pub(crate) fn spawn(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    }

    /// Runs the binary; nothing that it sends or gets back may leave the contract.
    #[must_use]
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.run_seen(arguments).0
    }

    /// The same, with the requests that the run made.
    pub(crate) fn run_seen(&self, arguments: &[&str]) -> (Output, Traffic) {
        self.traffic();
        let output = Output::of(&mut self.command(arguments), PATIENCE);
        let traffic = self.traffic();
        traffic.keeps_the_contract();
        (output, traffic)
    }

    /// `apply --auto-approve`, and what it sent.
    pub(crate) fn apply(&self, more: &[&str]) -> (Output, Traffic) {
        let arguments = [&["apply", "--auto-approve"], more].concat();
        self.run_seen(&arguments)
    }

    /// Applies with success, after which there is nothing left to do.
    pub(crate) fn converge(&self, more: &[&str]) -> (Output, Traffic) {
        let (output, traffic) = self.apply(more);
        output.exits(0);
        self.is_converged(more);
        (output, traffic)
    }

    /// Nothing is left to do, and finding out writes nothing and sends no credentials.
    pub(crate) fn is_converged(&self, more: &[&str]) {
        let only_apply = ["--allow-replace", "--keep-going", "--require-check"];
        let more = more.iter().filter(|flag| !only_apply.contains(flag));
        let arguments: Vec<&str> = ["plan", "--detailed-exitcode"]
            .into_iter()
            .chain(more.copied())
            .collect();
        let (plan, traffic) = self.run_seen(&arguments);
        plan.exits(0);
        assert!(plan.stdout.starts_with("No changes."), "{plan}");
        traffic.only_reads();
    }

    /// The requests since the last look.
    pub(crate) fn traffic(&self) -> Traffic {
        let log = self.sandbox.log();
        let mut seen = self.seen.lock().unwrap();
        let since = log[*seen..].to_vec();
        *seen = log.len();
        Traffic(since)
    }

    /// The sandbox's world.
    pub(crate) fn world(&self) -> WorldView {
        self.sandbox.world()
    }

    /// The connector of a name, which must be the only one of it and not on its way out.
    pub(crate) fn connector(&self, name: &str) -> ConnectorView {
        let world = self.world();
        let mut found = world
            .connectors()
            .filter(|connector| connector.name == name && !connector.deleting);
        let connector = found.next().expect(name).clone();
        assert_eq!(found.next(), None, "two connectors are named {name}");
        connector
    }

    /// The sandbox itself.
    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// What other people do to the remote API.
    pub(crate) fn remote(&self) -> Remote<'_> {
        Remote::login(self.sandbox.origin(), &self.runtime)
    }

    /// The runtime that the sandbox lives in.
    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// Waits for something the sandbox shows.
    pub(crate) fn wait_for(&self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        let until = Instant::now() + Duration::from_secs(20);
        while !holds(self) {
            assert!(Instant::now() < until, "waited in vain for {what}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
