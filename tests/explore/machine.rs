//! Responsible for a machine that runs commands: a project directory in memory, and commands that run
//! in this process as in the binary, on a simulated clock, which advances only while all tasks wait.

use airlift::app::Environment;
use airlift::cli::Cli;
use airlift::commands::perform;
use airlift::failure::Exit;
use airlift::ledger::SharedStore;
use airlift::render::{ColorChoice, OutputEnvironment, Ui, Verbosity};
use airlift::sandbox::testing::{RequestRecord, TestOptions};
use airlift::sandbox::{Faults, Options, Sandbox};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::Notify;

use crate::faulty_store::{FaultyStore, SHARED};
use crate::project::CANARY;
use crate::support::files::files;

/// The longest time of a run, on its own clock.
pub(crate) const TIMEOUT: Duration = Duration::from_mins(30);

/// Files as path and content.
pub(crate) type Files = Vec<(PathBuf, Vec<u8>)>;

/// A project directory, and the store that may contain its ledger.
pub(crate) struct Machine {
    dir: TempDir,
    pub(crate) store: FaultyStore,
}

/// A run of a command.
pub(crate) struct CompletedRun {
    /// `None` if the run was killed.
    pub(crate) exit: Option<Exit>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
    /// The requests of the run.
    pub(crate) log: Vec<RequestRecord>,
}

impl CompletedRun {
    /// The exit code and the output.
    pub(crate) fn transcript(&self) -> String {
        format!("--- {:?}\n{}{}", self.exit, self.stderr, self.stdout)
    }

    /// Whether a request failed without a fault: the simulated clock may advance while the system
    /// still delivers data.
    pub(crate) fn is_spurious(&self) -> bool {
        let is_slow = |request: &RequestRecord| {
            let fault = request.fault.as_deref().unwrap_or_default();
            fault.starts_with("timeout") || fault.starts_with("delay")
        };
        let late = self.stderr.contains(" timed out ") && !self.log.iter().any(is_slow);
        late || self.stderr.contains(" not connected ")
    }
}

/// Runs a future on a simulated clock of its own.
pub(crate) fn with_simulated_clock<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(1)
        .start_paused(true)
        .build()
        .unwrap();
    let output = runtime.block_on(future);
    runtime.shutdown_background();
    output
}

impl Machine {
    pub(crate) fn new(files: &Files, store: FaultyStore) -> Self {
        let memory = Path::new("/dev/shm");
        let machine = Self {
            dir: if memory.is_dir() {
                tempfile::tempdir_in(memory).unwrap()
            } else {
                tempfile::tempdir().unwrap()
            },
            store,
        };
        machine.write(files);
        machine
    }

    pub(crate) fn write(&self, files: &Files) {
        for (path, content) in files {
            let path = self.dir.path().join(path);
            make_private(path.parent().unwrap());
            std::fs::write(path, content).unwrap();
        }
    }

    /// All files of the project directory.
    pub(crate) fn read(&self) -> Files {
        let root = self.dir.path();
        files(root, &|_| true)
            .into_iter()
            .map(|path| {
                let content = std::fs::read(&path).unwrap();
                (path.strip_prefix(root).unwrap().to_owned(), content)
            })
            .collect()
    }

    pub(crate) fn remove(&self, name: &str) {
        std::fs::remove_dir_all(self.dir.path().join(name)).unwrap();
    }

    /// Runs a command against a sandbox, to its end or until `killed` completes.
    pub(crate) async fn run(
        &self,
        running: &Sandbox,
        line: &str,
        killed: impl Future<Output = ()>,
    ) -> CompletedRun {
        self.run_with(running, &running.origin(), line, Arc::default(), killed)
            .await
    }

    /// As [`Self::run`], at another address of the sandbox and with an interrupt.
    pub(crate) async fn run_with(
        &self,
        running: &Sandbox,
        origin: &str,
        line: &str,
        interrupt: Arc<Notify>,
        killed: impl Future<Output = ()>,
    ) -> CompletedRun {
        let earlier = running.log().len();
        let started = tokio::time::Instant::now();
        let settings = OutputEnvironment {
            columns: Some(120),
            log: true,
            ..OutputEnvironment::default()
        };
        let (ui, captured) = Ui::new(ColorChoice::Never, Verbosity::Normal, &settings).captured();
        // A new store for each run, because a process has no state of earlier ones.
        let address = SHARED.rsplit(' ').next().unwrap();
        let shared = SharedStore::new(Arc::new(self.store.clone()), "ledgers", address);
        let env = environment(origin).interrupted_by(interrupt);
        let env = env.with_store_override(address, shared);
        let command = perform(self.cli(line), &env, &ui);
        let exit = tokio::select! {
            exit = tokio::time::timeout(TIMEOUT, command) => Some(exit.unwrap_or(Exit::Internal)),
            () = killed => None,
        };
        CompletedRun {
            exit,
            stdout: captured.out(),
            stderr: captured.stderr(),
            took: started.elapsed(),
            log: running.log().split_off(earlier),
        }
    }

    fn cli(&self, line: &str) -> Cli {
        let mut cli = parsed(line);
        cli.global.files = vec![self.dir.path().to_owned()];
        cli
    }
}

/// Parses a command line. The result is cached, because parsing takes as long as ten requests.
fn parsed(line: &str) -> Cli {
    static CACHE: Mutex<BTreeMap<String, Cli>> = Mutex::new(BTreeMap::new());
    let mut cache = CACHE.lock().unwrap();
    if let Some(cli) = cache.get(line) {
        return cli.clone();
    }
    let arguments = ["airlift"].into_iter().chain(line.split_whitespace());
    let cli = airlift::cli::parse(arguments.map(Into::into), 80).unwrap();
    cache.insert(line.to_owned(), cli.clone());
    cli
}

fn environment(origin: &str) -> Environment {
    let secret = format!("{CANARY}-client");
    [
        ("AIRBYTE_CLIENT_ID", "client"),
        ("AIRBYTE_CLIENT_SECRET", &secret),
        ("AIRBYTE_API_HOST", origin),
    ]
    .into_iter()
    .collect()
}

/// The options of all sandboxes of these tests.
pub(crate) fn options() -> Options {
    Options {
        client: None,
        faults: Faults::default(),
        delete_delay: Duration::from_millis(300),
        testing: TestOptions {
            log_capacity: 5000,
            ..TestOptions::default()
        },
        ..Options::default()
    }
}

fn make_private(dir: &Path) {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).unwrap();
}
