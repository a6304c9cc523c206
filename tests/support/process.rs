//! Responsible for running a program to its end and for its output.

use std::fmt;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

/// Runs a command to its end and calls `watch` every few milliseconds until then. A command that
/// exceeds the limit is killed and fails the test.
pub(crate) fn follow(
    command: &mut Command,
    limit: Duration,
    mut watch: impl FnMut(&Child),
) -> std::process::Output {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let stdout = reader(child.stdout.take().unwrap());
    let stderr = reader(child.stderr.take().unwrap());
    let deadline = Instant::now() + limit;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        watch(&child);
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("{command:?} did not end within {limit:?}");
        }
        sleep(Duration::from_millis(2));
    };
    std::process::Output {
        status,
        stdout: stdout.join().unwrap(),
        stderr: stderr.join().unwrap(),
    }
}

fn reader(mut stream: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    spawn(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        bytes
    })
}

/// Both streams and the exit code of a command.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Output {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// `None` if a signal ended the command.
    pub(crate) code: Option<i32>,
}

impl Output {
    /// Runs a command to its end.
    pub(crate) fn run(command: &mut Command, limit: Duration) -> Self {
        let output = follow(command, limit, |_| {});
        Self {
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code(),
        }
    }

    /// Asserts the exit code.
    pub(crate) fn exits(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// Asserts that stdout contains a text.
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(self.stdout.contains(text), "no {text:?} on stdout:\n{self}");
        self
    }

    /// Asserts that stderr contains a text.
    pub(crate) fn complains(&self, text: &str) -> &Self {
        assert!(self.stderr.contains(text), "no {text:?} on stderr:\n{self}");
        self
    }

    /// Asserts the last line of stdout.
    pub(crate) fn ends_with(&self, line: &str) -> &Self {
        assert_eq!(self.stdout.lines().last(), Some(line), "{self}");
        self
    }

    /// stdout as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{self}"))
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            stdout,
            stderr,
            code,
        } = self;
        write!(
            f,
            "--- stdout\n{stdout}--- stderr\n{stderr}--- exit {code:?}"
        )
    }
}
