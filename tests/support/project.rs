//! Responsible for a project in a temporary directory, and for running the binary there without the
//! environment of this process.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The binary under test.
pub(crate) const AIRLIFT: &str = env!("CARGO_BIN_EXE_airlift");

/// Variables by name.
pub(crate) type Variables = BTreeMap<String, String>;

/// Makes a command run in a directory, with these variables and no others.
pub(crate) fn isolate<'a>(
    command: &'a mut Command,
    directory: &Path,
    variables: impl IntoIterator<Item = (impl AsRef<OsStr>, impl AsRef<OsStr>)>,
) -> &'a mut Command {
    command
        .current_dir(directory)
        .env_clear()
        .envs(variables)
        .stdin(Stdio::null())
}

/// A project directory, and the environment variables of the binary.
pub(crate) struct Project {
    directory: TempDir,
    pub(crate) variables: Variables,
}

impl Project {
    /// An empty directory and no variables.
    pub(crate) fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            variables: Variables::new(),
        }
    }

    pub(crate) fn root(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.root().join(name)
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_owned(), value.to_owned());
    }

    /// Writes a file, and creates its parent directories.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Replaces the only occurrence of a text in the project file.
    pub(crate) fn edit(&self, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.path("airlift.yaml")).unwrap();
        assert_eq!(text.matches(from).count(), 1, "{from:?} in\n{text}");
        self.write("airlift.yaml", &text.replacen(from, to, 1));
    }

    /// The binary with these arguments.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(AIRLIFT);
        isolate(&mut command, self.root(), &self.variables).args(arguments);
        command
    }
}
