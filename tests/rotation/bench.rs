//! A project on disk, a world that can be copied, and the real binary run against a sandbox in
//! the test's process.

use airlift::sandbox::{Faults, Options, Recorded, Running, start};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;

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
    /// An empty world, and a project of so many customers with one connector each; the secret of
    /// the n-th is in the file `secrets/n`.
    pub(crate) fn new(customers: usize) -> Self {
        let bench = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        std::fs::create_dir(bench.path("secrets")).unwrap();
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
        let options = Options {
            state: Some(self.path("world.json")),
            faults: faults.parse::<Faults>().unwrap(),
            delete_delay: Duration::from_millis(50),
            ..Options::default()
        };
        start(options).await.unwrap()
    }

    pub(crate) fn command(&self, running: &Running, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_airlift"));
        command
            .args(line.split_whitespace())
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
