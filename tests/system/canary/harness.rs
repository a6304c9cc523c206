//! A closed place for runs: a project, a home and a directory for temporary files of its own, so
//! that whatever a run leaves anywhere is found; and the collection of every sink of a run.

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

/// How long a run may take.
const PATIENCE: Duration = Duration::from_mins(3);

/// A sink's name, and what ended up there.
pub(crate) type Places = Vec<(String, Vec<u8>)>;

/// What a run left and how it ended.
pub(crate) struct Run {
    pub(crate) name: String,
    pub(crate) status: ExitStatus,
    pub(crate) places: Places,
}

impl Run {
    pub(crate) fn place(&self, name: &str) -> String {
        let found = self.places.iter().find(|(place, _)| place == name);
        String::from_utf8_lossy(&found.unwrap().1).into_owned()
    }

    /// Both streams, for failures of the test.
    pub(crate) fn told(&self) -> String {
        let (out, talk) = (self.place("stdout"), self.place("stderr"));
        format!("{}: {}\n{out}\n{talk}", self.name, self.status)
    }

    pub(crate) fn exits(&self, code: i32) {
        assert_eq!(self.status.code(), Some(code), "{}", self.told());
    }
}

/// The place.
pub(crate) struct Harness {
    root: TempDir,
    variables: Variables,
    /// Files that the test wrote, which hold secrets by right as long as nobody changes them.
    given: BTreeMap<PathBuf, Vec<u8>>,
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
            given: BTreeMap::new(),
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
        let address = harness.vault.address.clone();
        harness.set("VAULT_ADDR", &address);
        harness
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        // Without the links of a system's own directory for temporary files.
        self.root.path().canonicalize().unwrap().join(name)
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_owned(), value.to_owned());
    }

    /// Writes a file that may hold secrets.
    pub(crate) fn give(&mut self, name: &str, content: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        self.given.insert(path, content.as_bytes().to_vec());
    }

    /// A command line, run in the project.
    pub(crate) fn command(&self, arguments: &[&str], more: &[(&str, &str)]) -> Command {
        let mut command = Command::new(AIRLIFT);
        self.isolate(&mut command, more).args(arguments);
        command
    }

    /// Has any command run in the project, with the variables of the binary.
    pub(crate) fn isolate<'a>(
        &self,
        command: &'a mut Command,
        more: &[(&str, &str)],
    ) -> &'a mut Command {
        isolate(command, &self.path("project"), &self.variables).envs(more.iter().copied())
    }

    /// Runs the program to its end and collects what it left.
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

    /// Starts a command, lets `act` do something to it until that is done, and collects.
    pub(crate) fn follow(
        &self,
        name: String,
        command: &mut Command,
        behavior: ServerBehavior,
        mut act: impl FnMut(&Child) -> bool,
    ) -> Run {
        self.server.behave(behavior);
        let (mut line, mut acted) = (Vec::new(), false);
        let output = process::follow(command, PATIENCE, |child| {
            if let Ok(now) = fs::read(format!("/proc/{}/cmdline", child.id()))
                && !line.ends_with(&now)
            {
                line.extend(now);
            }
            acted = acted || act(child);
        });
        let mut places = vec![
            ("stdout".to_owned(), output.stdout),
            ("stderr".to_owned(), output.stderr),
            ("command line".to_owned(), line),
        ];
        self.sweep(&self.path(""), &mut places);
        places.extend(self.server.wrong_places());
        places.extend(self.vault.wrong_places());
        Run {
            name,
            status: output.status,
            places,
        }
    }

    /// Every file that is not as the test wrote it, and every name of a file.
    fn sweep(&self, directory: &Path, places: &mut Places) {
        for entry in directory.read_dir().unwrap() {
            let path = entry.unwrap().path();
            let place = path.strip_prefix(self.path("")).unwrap();
            let place = place.to_string_lossy().into_owned();
            places.push(("name of a file".to_owned(), place.clone().into_bytes()));
            if path.is_dir() {
                self.sweep(&path, places);
                continue;
            }
            let content = fs::read(&path).unwrap();
            if self.given.get(&path) != Some(&content) {
                places.push((place, content));
            }
        }
    }

    /// Lets go of what earlier runs sent, started and left in the directory for temporary files.
    pub(crate) fn forget(&self) {
        self.server.heard();
        self.vault.forget();
        for directory in ["seen", "tmp"] {
            fs::remove_dir_all(self.path(directory)).unwrap();
            fs::create_dir(self.path(directory)).unwrap();
        }
    }
}
