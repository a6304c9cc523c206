//! Responsible for failures by their cause: of this program's modules, and those that several
//! commands have in common.

use super::{Failure, FailureKind};
use crate::api::{ApiError, ApiErrorKind};
use crate::ledger::LedgerError;
use crate::sandbox::SandboxError;
use std::path::Path;

impl Failure {
    /// Something about files, network or ledger is wrong.
    pub(crate) fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(FailureKind::Error, code, message)
    }

    /// The command line is wrong.
    pub(crate) fn usage(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(FailureKind::Usage, code, message)
    }

    /// A selector selects nothing.
    pub(crate) fn unknown_selector(message: impl Into<String>) -> Self {
        Self::usage("unknown_selector", message)
    }

    /// A defect of this program.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Internal, "internal", message)
    }

    pub(crate) fn cannot_write(path: &Path, error: &std::io::Error) -> Self {
        let message = format!("cannot write {}: {error}", path.display());
        Self::error("cannot_write", message)
    }
}

impl From<std::io::Error> for Failure {
    /// Results that cannot be written; a reader that went away is not one (see `render`).
    fn from(error: std::io::Error) -> Self {
        let message = format!("cannot write the result: {error}");
        Self::error("output_failed", message)
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        let message = error.to_string();
        let (kind, code) = match error.kind() {
            ApiErrorKind::WrongOrganization { .. } | ApiErrorKind::UnknownOrganization => {
                (FailureKind::Authentication, "wrong_organization")
            }
            _ if error.is_auth() => (FailureKind::Authentication, "authentication_failed"),
            ApiErrorKind::Unresolved(_) => (FailureKind::Secret, "secret_unresolved"),
            ApiErrorKind::Unavailable(_) => (FailureKind::Error, "remote_unavailable"),
            _ => (FailureKind::Error, "remote_failed"),
        };
        Self::new(kind, code, message)
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        let failure = |code| Self::error(code, error.to_string());
        match error {
            LedgerError::Locked { .. } => failure("ledger_locked"),
            LedgerError::Io { .. } | LedgerError::Unreadable { .. } | LedgerError::Store { .. } => {
                failure("ledger_failed")
            }
            LedgerError::Changed { .. } => failure("ledger_changed"),
            LedgerError::LeaseLost { .. } => failure("ledger_lease_lost"),
            LedgerError::Untrusted { .. } => failure("ledger_untrusted")
                .hint("if it is yours, give it to this user with chown and take others' right to write with chmod go-w; put a directory in the place of a link, or name it with --ledger"),
        }
    }
}

impl From<SandboxError> for Failure {
    fn from(error: SandboxError) -> Self {
        match error {
            SandboxError::StateUntrusted(_) => Self::error("sandbox_untrusted", error.to_string())
                .hint(
                    "find out who created the file; remove it to start with an empty world, or \
                     take the write permission of other users away: chmod go-w",
                ),
            _ => Self::error("sandbox_failed", error.to_string()),
        }
    }
}
