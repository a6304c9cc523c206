//! What a run of a command said and how it ended, as one value.

use std::fmt;
use std::io::Read;
use std::process::{Command, Stdio};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

/// Both streams and the exit status.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Output {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// Nothing when a signal ended it.
    pub(crate) code: Option<i32>,
}

impl Output {
    /// Runs a command to its end; one that takes too long is killed and fails the test.
    pub(crate) fn of(command: &mut Command, patience: Duration) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let [stdout, stderr] = [
            reading(child.stdout.take().unwrap()),
            reading(child.stderr.take().unwrap()),
        ];
        let until = Instant::now() + patience;
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if Instant::now() > until {
                child.kill().unwrap();
                panic!("{command:?} did not end within {patience:?}");
            }
            sleep(Duration::from_millis(3));
        };
        Self {
            stdout: stdout.join().unwrap(),
            stderr: stderr.join().unwrap(),
            code: status.code(),
        }
    }

    /// Expects an exit code.
    pub(crate) fn exits(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// Expects a text on stdout.
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(self.stdout.contains(text), "no {text:?} on stdout:\n{self}");
        self
    }

    /// Expects a text on stderr.
    pub(crate) fn complains(&self, text: &str) -> &Self {
        assert!(self.stderr.contains(text), "no {text:?} on stderr:\n{self}");
        self
    }

    /// Expects stdout to end with this line.
    pub(crate) fn ends_with(&self, line: &str) -> &Self {
        assert_eq!(self.stdout.lines().last(), Some(line), "{self}");
        self
    }

    /// stdout as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{self}"))
    }
}

fn reading(mut stream: impl Read + Send + 'static) -> std::thread::JoinHandle<String> {
    spawn(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    })
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
