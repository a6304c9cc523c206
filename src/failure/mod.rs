//! Responsible for what stops a run, as people and pipelines see it: a kind, a stable code, a
//! message, hints, and the exit code that follows. Does not print; `render` does that.

mod causes;

use std::fmt;
use std::process::ExitCode;

/// The exit codes, by name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum Exit {
    /// Everything succeeded, or there was nothing to do.
    Success = 0,
    /// An error of no other kind.
    Error = 1,
    /// There are changes; only with `--detailed-exitcode`.
    Changes = 2,
    /// Authentication failed, or it is the wrong organization.
    Authentication = 3,
    /// The run went through, with operations failed, blocked, stale or unknown.
    Partial = 4,
    /// A guard refused.
    Refused = 5,
    /// Cancelled by a person or a signal.
    Cancelled = 8,
    /// The plan is stale.
    Stale = 10,
    /// A secret could not be resolved.
    Secret = 11,
    /// The command line is wrong.
    Usage = 64,
    /// A defect of this program.
    Internal = 70,
}

impl Exit {
    /// Every exit code, the one that decides first: what stops a run comes before what it
    /// went through with.
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

    /// The one that decides when several apply; [`Exit::Success`] when none does.
    pub fn decide(all: impl IntoIterator<Item = Self>) -> Self {
        let rank = |exit: &Self| Self::BY_PRECEDENCE.iter().position(|one| one == exit);
        all.into_iter().min_by_key(rank).unwrap_or(Self::Success)
    }

    /// The number.
    pub fn number(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.number().into()
    }
}

/// What kind of thing stopped a run, or what it went through with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FailureKind {
    /// The command line is wrong.
    Usage,
    /// An error of no other kind: files, network, ledger.
    Error,
    /// Authentication failed, or it is the wrong organization.
    Authentication,
    /// A guard refused.
    Refused,
    /// A secret could not be resolved.
    Secret,
    /// The plan is stale.
    Stale,
    /// Cancelled by a person or a signal.
    Cancelled,
    /// Some operations did not succeed.
    Partial,
    /// A defect of this program.
    Internal,
}

impl FailureKind {
    /// The exit code that follows.
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

/// A reason to stop, ready to be shown.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Failure {
    /// What kind; decides the exit code.
    pub kind: FailureKind,
    /// The stable code, which `airlift explain` knows.
    pub code: &'static str,
    /// What is the matter, as a lower-case fragment. Never a secret's value.
    pub message: String,
    /// What to do about it, one sentence each.
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

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The exit code that follows.
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
    fn what_stops_a_run_decides() {
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
    fn numbers_are_fixed() {
        let numbers = Exit::BY_PRECEDENCE.map(Exit::number);
        assert_eq!(numbers, [70, 64, 1, 3, 5, 11, 10, 8, 4, 2, 0]);
    }
}
