//! A machine to run on: a directory in memory, and verbs run in this process exactly as the
//! binary runs them, on a clock that only passes when everybody waits.

use airlift::app::Environment;
use airlift::cli::Cli;
use airlift::commands::perform;
use airlift::failure::Exit;
use airlift::ledger::SharedStore;
use airlift::render::{Surroundings, Ui};
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

/// No run may take longer, on its own clock.
pub(crate) const PATIENCE: Duration = Duration::from_mins(30);

/// Files as path and content.
pub(crate) type Files = Vec<(PathBuf, Vec<u8>)>;

/// A project's directory, and the store that its ledger may be in.
pub(crate) struct Machine {
    dir: TempDir,
    pub(crate) store: FaultyStore,
}

/// One run of a verb.
pub(crate) struct Ran {
    /// None if it was killed.
    pub(crate) exit: Option<Exit>,
    pub(crate) out: String,
    pub(crate) talk: String,
    pub(crate) took: Duration,
    /// The requests that it made.
    pub(crate) log: Vec<RequestRecord>,
}

impl Ran {
    /// How it ended and what it wrote.
    pub(crate) fn told(&self) -> String {
        format!("--- {:?}\n{}{}", self.exit, self.talk, self.out)
    }

    /// Whether a call ended in a way that no fault explains: the clock may run ahead when the
    /// system is late to deliver what was sent.
    pub(crate) fn is_spurious(&self) -> bool {
        let slow = |one: &RequestRecord| {
            let fault = one.fault.as_deref().unwrap_or_default();
            fault.starts_with("timeout") || fault.starts_with("delay")
        };
        let late = self.talk.contains(" timed out ") && !self.log.iter().any(slow);
        late || self.talk.contains(" not connected ")
    }
}

/// Runs a future on a clock of its own.
pub(crate) fn virtually<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(1)
        .start_paused(true)
        .build()
        .unwrap();
    let done = runtime.block_on(future);
    runtime.shutdown_background();
    done
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

    /// Everything that is there now.
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

    /// Runs a verb against a sandbox, to its end or until `killed`.
    pub(crate) async fn run(
        &self,
        running: &Sandbox,
        line: &str,
        killed: impl Future<Output = ()>,
    ) -> Ran {
        self.run_with(running, &running.origin(), line, Arc::default(), killed)
            .await
    }

    /// The same at a port of the sandbox, with a way to interrupt.
    pub(crate) async fn run_with(
        &self,
        running: &Sandbox,
        origin: &str,
        line: &str,
        interrupt: Arc<Notify>,
        killed: impl Future<Output = ()>,
    ) -> Ran {
        let seen = running.log().len();
        let begun = tokio::time::Instant::now();
        let around = Surroundings {
            columns: Some(120),
            log: true,
            ..Surroundings::default()
        };
        let (ui, captured) = Ui::new(true, 0, &around).captured();
        // A process of its own knows nothing of what the one before it saw.
        let address = SHARED.rsplit(' ').next().unwrap();
        let shared = SharedStore::new(Arc::new(self.store.clone()), "ledgers", address);
        let env = environment(origin).interrupted_by(interrupt);
        let env = env.with_store_override(address, shared);
        let verb = perform(self.cli(line), &env, &ui);
        let exit = tokio::select! {
            exit = tokio::time::timeout(PATIENCE, verb) => Some(exit.unwrap_or(Exit::Internal)),
            () = killed => None,
        };
        Ran {
            exit,
            out: captured.out(),
            talk: captured.stderr(),
            took: begun.elapsed(),
            log: running.log().split_off(seen),
        }
    }

    fn cli(&self, line: &str) -> Cli {
        let mut cli = parsed(line);
        cli.global.files = vec![self.dir.path().to_owned()];
        cli
    }
}

/// A command line. There are few of them, and reading one takes as long as ten requests.
fn parsed(line: &str) -> Cli {
    static READ: Mutex<BTreeMap<String, Cli>> = Mutex::new(BTreeMap::new());
    let mut read = READ.lock().unwrap();
    if let Some(cli) = read.get(line) {
        return cli.clone();
    }
    let arguments = ["airlift"].into_iter().chain(line.split_whitespace());
    let cli = airlift::cli::parse(arguments.map(Into::into), 80).unwrap();
    read.insert(line.to_owned(), cli.clone());
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

/// What the sandboxes of these tests have in common.
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
