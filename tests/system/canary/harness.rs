//! Responsible for running commands in isolation and for collecting every sink of a run: streams,
//! command lines, files, file names and requests.
//!
//! Each harness has a project, a home directory and a temporary directory of its own.

use super::server::{Server, ServerBehavior};
use super::vault::Vault;
use crate::support::process;
use crate::support::project::{AIRLIFT, Variables, isolate};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;
use tempfile::TempDir;

/// The longest that a run may take.
const RUN_TIMEOUT: Duration = Duration::from_mins(3);

/// The file that `token` writes a token to, the only place where one may be.
const HANDED_OVER: &str = "project/handed-over";

/// The name and the content of each sink.
pub(crate) type Sinks = Vec<(String, Vec<u8>)>;

/// A run that ended.
pub(crate) struct Run {
    pub(crate) name: String,
    pub(crate) status: ExitStatus,
    pub(crate) sinks: Sinks,
}

impl Run {
    fn sink(&self, name: &str) -> String {
        let (_, content) = self.sinks.iter().find(|(sink, _)| sink == name).unwrap();
        String::from_utf8_lossy(content).into_owned()
    }

    /// Name, status and both streams, for the messages of assertions.
    pub(crate) fn output(&self) -> String {
        let (stdout, stderr) = (self.sink("stdout"), self.sink("stderr"));
        format!("{}: {}\n{stdout}\n{stderr}", self.name, self.status)
    }

    pub(crate) fn assert_exit_code(&self, code: i32) {
        assert_eq!(self.status.code(), Some(code), "{}", self.output());
    }
}

/// An isolated environment with its servers.
pub(crate) struct Harness {
    root: TempDir,
    variables: Variables,
    /// The files that the test wrote. They may hold secrets, so unchanged ones are no sinks.
    written: BTreeMap<PathBuf, Vec<u8>>,
    pub(crate) server: Server,
    pub(crate) vault: Vault,
}

const DIRECTORIES: [(&str, &str); 6] = [
    ("home", "HOME"),
    ("tmp", "TMPDIR"),
    ("xdg/config", "XDG_CONFIG_HOME"),
    ("xdg/cache", "XDG_CACHE_HOME"),
    ("xdg/state", "XDG_STATE_HOME"),
    ("xdg/data", "XDG_DATA_HOME"),
];

impl Harness {
    pub(crate) fn new(server: Server, vault: Vault) -> Self {
        let root = tempfile::tempdir().unwrap();
        let mut harness = Self {
            root,
            variables: Variables::new(),
            written: BTreeMap::new(),
            server,
            vault,
        };
        for (directory, variable) in DIRECTORIES {
            let path = harness.path(directory);
            fs::create_dir_all(&path).unwrap();
            harness.set(variable, &path.display().to_string());
        }
        for directory in ["project", "seen"] {
            fs::create_dir_all(harness.path(directory)).unwrap();
        }
        let address = harness.server.address.clone();
        harness.set("AIRBYTE_API_HOST", &address);
        harness.set("OTEL_EXPORTER_OTLP_ENDPOINT", &address);
        let address = harness.vault.address.clone();
        harness.set("VAULT_ADDR", &address);
        harness
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        // The system's temporary directory may be a link. Absolute paths of a run have it resolved.
        self.root.path().canonicalize().unwrap().join(name)
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_owned(), value.to_owned());
    }

    /// Writes a file that may hold secrets.
    pub(crate) fn write_file(&mut self, name: &str, content: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        self.written.insert(path, content.as_bytes().to_vec());
    }

    /// A command of airlift that runs in the project.
    pub(crate) fn command(&self, arguments: &[&str], more: &[(&str, &str)]) -> Command {
        let mut command = Command::new(AIRLIFT);
        self.isolate(&mut command, more).args(arguments);
        command
    }

    /// Makes a command run in the project, with the harness's variables only.
    pub(crate) fn isolate<'a>(
        &self,
        command: &'a mut Command,
        more: &[(&str, &str)],
    ) -> &'a mut Command {
        isolate(command, &self.path("project"), &self.variables).envs(more.iter().copied())
    }

    /// Runs airlift to its end and collects the sinks.
    pub(crate) fn run(
        &self,
        arguments: &[&str],
        more: &[(&str, &str)],
        behavior: ServerBehavior,
    ) -> Run {
        let name = format!("{behavior:?} {more:?} {}", arguments.join(" "));
        self.follow(name, &mut self.command(arguments, more), behavior, |_| {
            false
        })
    }

    /// Runs a command to its end and collects the sinks. Calls `act` until it returns true.
    pub(crate) fn follow(
        &self,
        name: String,
        command: &mut Command,
        behavior: ServerBehavior,
        mut act: impl FnMut(&Child) -> bool,
    ) -> Run {
        self.server.set_behavior(behavior);
        let (mut line, mut acted) = (Vec::new(), false);
        let output = process::follow(command, RUN_TIMEOUT, |child| {
            if let Ok(now) = fs::read(format!("/proc/{}/cmdline", child.id()))
                && !line.ends_with(&now)
            {
                line.extend(now);
            }
            acted = acted || act(child);
        });
        let mut sinks = vec![
            ("stdout".to_owned(), output.stdout),
            ("stderr".to_owned(), output.stderr),
            ("command line".to_owned(), line),
        ];
        self.collect_files(&self.path(""), &mut sinks);
        sinks.extend(self.server.misplaced_content());
        sinks.extend(self.vault.misplaced_content());
        Run {
            name,
            status: output.status,
            sinks,
        }
    }

    /// Adds every file name, and every file that is not as the test wrote it.
    fn collect_files(&self, directory: &Path, sinks: &mut Sinks) {
        for entry in directory.read_dir().unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(self.path("")).unwrap();
            let name = name.to_string_lossy().into_owned();
            sinks.push(("name of a file".to_owned(), name.clone().into_bytes()));
            if path.is_dir() {
                self.collect_files(&path, sinks);
                continue;
            }
            let content = fs::read(&path).unwrap();
            if self.written.get(&path) != Some(&content) && name != HANDED_OVER {
                sinks.push((name, content));
            }
        }
    }

    /// Removes the requests, child processes' records and temporary files of earlier runs.
    pub(crate) fn clear(&self) {
        self.server.take_received();
        self.vault.clear();
        for directory in ["seen", "tmp"] {
            fs::remove_dir_all(self.path(directory)).unwrap();
            fs::create_dir(self.path(directory)).unwrap();
        }
    }
}
