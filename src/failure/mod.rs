//! Responsible for failures that stop a run: kind, stable code, message, hints and exit code. Does not
//! print failures; `render` does.

mod causes;

pub(crate) use causes::ALL_FORBIDDEN;

use std::fmt;
use std::process::ExitCode;

/// The exit codes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum Exit {
    /// The command succeeded, or had nothing to do.
    Success = 0,
    /// An error of no other kind.
    Error = 1,
    /// The plan has changes; only with `--detailed-exitcode`.
    Changes = 2,
    /// Authentication failed, or the API responds for another organization.
    Authentication = 3,
    /// The run ended, and some operations failed, were blocked or stale, or have an unknown outcome.
    Partial = 4,
    /// A guard refused the plan.
    Refused = 5,
    /// A person or a signal canceled the run.
    Cancelled = 8,
    /// The plan is stale.
    Stale = 10,
    /// A secret could not be resolved.
    Secret = 11,
    /// The command line is wrong.
    Usage = 64,
    /// A bug in airlift.
    Internal = 70,
}

impl Exit {
    /// Every exit code by precedence. Failures that stop a run come before outcomes of operations.
    pub const BY_PRECEDENCE: [Self; 11] = [
        Self::Internal,
        Self::Usage,
        Self::Error,
        Self::Authentication,
        Self::Refused,
        Self::Secret,
        Self::Stale,
        Self::Cancelled,
        Self::Partial,
        Self::Changes,
        Self::Success,
    ];

    /// The exit code with the highest precedence; [`Exit::Success`] if there is none.
    pub fn decide(exits: impl IntoIterator<Item = Self>) -> Self {
        exits
            .into_iter()
            .min_by_key(|exit| exit.rank())
            .unwrap_or(Self::Success)
    }

    fn rank(self) -> Option<usize> {
        Self::BY_PRECEDENCE.iter().position(|exit| *exit == self)
    }

    /// The exit code as a number.
    pub fn number(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.number().into()
    }
}

/// The kind of a failure.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FailureKind {
    /// The command line is wrong.
    Usage,
    /// An error of no other kind: files, network, ledger.
    Error,
    /// Authentication failed, or the API responds for another organization.
    Authentication,
    /// A guard refused the plan.
    Refused,
    /// A secret could not be resolved.
    Secret,
    /// The plan is stale.
    Stale,
    /// A person or a signal canceled the run.
    Cancelled,
    /// Some operations did not succeed.
    Partial,
    /// A bug in airlift.
    Internal,
}

impl FailureKind {
    /// The exit code of this kind.
    pub fn exit(self) -> Exit {
        match self {
            Self::Usage => Exit::Usage,
            Self::Error => Exit::Error,
            Self::Authentication => Exit::Authentication,
            Self::Refused => Exit::Refused,
            Self::Secret => Exit::Secret,
            Self::Stale => Exit::Stale,
            Self::Cancelled => Exit::Cancelled,
            Self::Partial => Exit::Partial,
            Self::Internal => Exit::Internal,
        }
    }
}

/// A failure that stops a run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Failure {
    /// Determines the exit code.
    pub kind: FailureKind,
    /// The stable code, which `airlift explain` explains.
    pub code: &'static str,
    /// What is wrong, as a lower-case fragment. Must not contain the value of a secret.
    pub message: String,
    /// What to do, one sentence each.
    pub hints: Vec<String>,
}

impl Failure {
    /// A failure without hints.
    pub fn new(kind: FailureKind, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind,
            code,
            message: message.into(),
            hints: Vec::new(),
        }
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// What to do: the hints or, without one, the command that explains the code.
    pub fn next_steps(&self) -> Vec<String> {
        if self.hints.is_empty() {
            vec![format!("`airlift explain {}` says what to do", self.code)]
        } else {
            self.hints.clone()
        }
    }

    /// The exit code of this failure.
    pub fn exit(&self) -> Exit {
        self.kind.exit()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn decide_with_several_exit_codes_returns_highest_precedence() {
        use Exit::{Cancelled, Changes, Error, Partial, Refused, Secret, Stale, Success, Usage};
        assert_eq!(Exit::decide([]), Success);
        assert_eq!(Exit::decide([Success, Changes]), Changes);
        assert_eq!(Exit::decide([Changes, Partial]), Partial);
        assert_eq!(Exit::decide([Partial, Cancelled]), Cancelled);
        assert_eq!(Exit::decide([Stale, Secret, Cancelled]), Secret);
        assert_eq!(Exit::decide([Secret, Refused]), Refused);
        assert_eq!(Exit::decide([Refused, Error, Exit::Authentication]), Error);
        assert_eq!(Exit::decide([Error, Usage]), Usage);
    }

    #[test]
    fn exit_numbers_are_stable() {
        let numbers = Exit::BY_PRECEDENCE.map(Exit::number);
        assert_eq!(numbers, [70, 64, 1, 3, 5, 11, 10, 8, 4, 2, 0]);
    }
}
