//! Responsible for the errors of references. No message contains a value or text from a store.

use super::AccessError;
use super::value_form::BrokenForm;
use crate::http::NO_DESCRIPTOR;
use crate::model::{SecretRef, UnresolvedCause, UnresolvedReference};
use std::{fmt, io};
use thiserror::Error;

/// A reference that could not be resolved. The message names the reference and never a value.
#[derive(Clone, Debug, Eq, PartialEq, Error)]
#[error("{reference}: {kind}")]
pub struct ResolveError {
    /// The reference that failed.
    pub reference: SecretRef,
    /// Why the reference failed.
    pub kind: ResolveErrorKind,
}

impl From<ResolveError> for UnresolvedReference {
    fn from(error: ResolveError) -> Self {
        Self {
            cause: error.kind.cause(),
            problem: error.kind.to_string(),
            reference: error.reference,
        }
    }
}

impl ResolveErrorKind {
    /// The kind of problem, which `airlift explain` knows.
    pub fn cause(&self) -> UnresolvedCause {
        use UnresolvedCause as Cause;
        match self {
            Self::NotSet
            | Self::NotFound
            | Self::Deleted
            | Self::Destroyed
            | Self::Unreadable("not found")
            | Self::NotPermitted(AccessError::DanglingLink) => Cause::SecretMissing,
            Self::NoSuchField | Self::FieldNeeded | Self::NoFields | Self::NoMapping => {
                Cause::FieldMissing
            }
            Self::Empty => Cause::SecretEmpty,
            Self::WrongForm(_)
            | Self::NotText
            | Self::Utf16
            | Self::ControlCharacter
            | Self::TooLarge
            | Self::Malformed(_)
            | Self::Ambiguous
            | Self::NotScalar
            | Self::NotAFile => Cause::SecretBroken,
            Self::Unreadable("permission denied")
            | Self::NotPermitted(_)
            | Self::NotAllowed
            | Self::Denied
            | Self::LoginRefused(_) => Cause::SecretDenied,
            Self::System { .. } => Cause::SystemFailed,
            Self::Unreadable(_)
            | Self::Unreachable(_)
            | Self::TimedOut
            | Self::Sealed
            | Self::UnexpectedResponse(_)
            | Self::CommandFailed(_) => Cause::StoreFailed,
            Self::Unbound => Cause::SecretUnbound,
            Self::UnknownStore
            | Self::UnknownFormat
            | Self::BadReference(_)
            | Self::NotConfigured(_)
            | Self::NotBuilt { .. }
            | Self::OldEngine => Cause::StoreNotConfigured,
        }
    }
}

impl ResolveErrorKind {
    /// What the user can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::WrongForm(BrokenForm::Coordinate) => {
                "write the secret itself, or the reference ${airbyte:PATH} in place of this one"
            }
            Self::WrongForm(_) => {
                "correct the value; `unchecked_secrets` in the project file sends it as it is"
            }
            Self::System { code, .. } if code.is_out_of_files() => RAISE_LIMIT,
            Self::Unreachable(reason) if reason == NO_DESCRIPTOR => RAISE_LIMIT,
            Self::CommandFailed(_) => {
                "run the command of the user's own configuration yourself, and correct it there"
            }
            Self::NotScalar => "name a field with text, a number, true or false after `#`",
            Self::NotAFile => "name a regular file",
            _ => self.cause().hint(),
        }
    }
}

impl From<AccessError> for ResolveErrorKind {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Unreadable(reason) => Self::Unreadable(reason),
            AccessError::ReadFailed(code) => Self::from(code),
            AccessError::NotAFile => Self::NotAFile,
            other => Self::NotPermitted(other),
        }
    }
}

impl From<SystemCode> for ResolveErrorKind {
    fn from(code: SystemCode) -> Self {
        let what = "the file cannot be read";
        Self::System { what, code }
    }
}

/// What to do if no file descriptor is free.
const RAISE_LIMIT: &str = "raise the limit of open files (ulimit -n), or lower --parallelism";

/// The number of an error of the system. Its text is that of the system.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SystemCode(i32);

impl SystemCode {
    /// The number of an error that the system reported.
    pub(super) fn new(error: &io::Error) -> Option<Self> {
        error.raw_os_error().map(Self)
    }

    /// Whether no file descriptor is free.
    fn is_out_of_files(self) -> bool {
        cfg!(unix) && [23, 24].contains(&self.0)
    }
}

impl fmt::Display for SystemCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        io::Error::from_raw_os_error(self.0).fmt(f)
    }
}

/// Why a reference cannot be resolved.
#[derive(Clone, Debug, Eq, PartialEq, Error)]
pub enum ResolveErrorKind {
    /// The reference is a placeholder.
    #[error("the placeholder is bound to no secret")]
    Unbound,
    /// airlift knows no store of this name.
    #[error("airlift has no store of this name")]
    UnknownStore,
    /// The project file does not list the store.
    #[error("the project file does not list this store under `stores`")]
    NotAllowed,
    /// The environment variable is not set.
    #[error("the environment variable is not set")]
    NotSet,
    /// The file does not exist or cannot be read.
    #[error("the file cannot be read ({0})")]
    Unreadable(&'static str),
    /// The system refused what the secret needs.
    #[error("{what}: {code}")]
    System {
        /// What failed.
        what: &'static str,
        /// The error of the system.
        code: SystemCode,
    },
    /// References may not read the variable or the file.
    #[error("{0}")]
    NotPermitted(AccessError),
    /// The path names a directory, pipe, socket or device.
    #[error("the path is not a regular file")]
    NotAFile,
    /// The value is longer than any secret.
    #[error("the value is larger than 1 MiB")]
    TooLarge,
    /// The value is empty.
    #[error("the value is empty; airlift never sends an empty value")]
    Empty,
    /// The form of the value cannot be right.
    #[error("{0}")]
    WrongForm(BrokenForm),
    /// The value is UTF-16.
    #[error("the value is UTF-16 text; save it as UTF-8")]
    Utf16,
    /// The value is not UTF-8.
    #[error("the value is not UTF-8 text")]
    NotText,
    /// The value contains a control character other than tab and line ends.
    #[error("the value contains a control character")]
    ControlCharacter,
    /// The reference names a field of a store without fields.
    #[error("this store has no fields; remove the part after `#`")]
    NoFields,
    /// The reference names no field of a secret with several fields.
    #[error("the reference names no field; add `#` and the field's name")]
    FieldNeeded,
    /// The file's extension is none of the formats with fields.
    #[error("fields are read from .json, .yaml, .yml and .env files only")]
    UnknownFormat,
    /// The content is not valid in the format of the file's extension.
    #[error("the content is not valid {0}")]
    Malformed(&'static str),
    /// The content is a list or a scalar.
    #[error("the content has no fields: it is no mapping of names to values")]
    NoMapping,
    /// The secret has no such field.
    #[error("the secret has no such field")]
    NoSuchField,
    /// The field occurs twice.
    #[error("the field occurs twice")]
    Ambiguous,
    /// The field is null, a list or a mapping.
    #[error("the field is not text, a number, true or false")]
    NotScalar,
    /// The store cannot parse the reference.
    #[error("the reference is invalid for this store ({0})")]
    BadReference(&'static str),
    /// The settings of the store are missing or invalid.
    #[error("the store is not configured: {0}")]
    NotConfigured(String),
    /// This build lacks what the store needs.
    #[error("this build has no {scheme} stores; build airlift with --features {feature}")]
    NotBuilt {
        /// The kind of store.
        scheme: &'static str,
        /// The Cargo feature that adds the kind.
        feature: &'static str,
    },
    /// The connection to the store failed.
    #[error("the store cannot be reached ({0})")]
    Unreachable(String),
    /// The store did not respond in time.
    #[error("the store did not respond in time")]
    TimedOut,
    /// The store refused the login.
    #[error("the store refused the login ({0})")]
    LoginRefused(&'static str),
    /// The store has no such secret.
    #[error("the store has no such secret")]
    NotFound,
    /// The store denies access to the secret.
    #[error("the store denies permission")]
    Denied,
    /// The store is sealed.
    #[error("the store is sealed")]
    Sealed,
    /// The newest version of the secret was deleted.
    #[error("the newest version of the secret was deleted")]
    Deleted,
    /// The newest version of the secret was destroyed.
    #[error("the newest version of the secret was destroyed")]
    Destroyed,
    /// The secret is in a KV engine of version 1.
    #[error("the engine is KV version 1; airlift reads KV version 2 only")]
    OldEngine,
    /// The store returned a response that airlift cannot use.
    #[error("the store returned an unexpected response ({0})")]
    UnexpectedResponse(String),
    /// The command of an `exec` reference failed.
    #[error("the command {0}")]
    CommandFailed(String),
}

#[cfg(test)]
mod tests {
    use super::{BrokenForm, ResolveErrorKind};

    #[test]
    fn hint_of_a_coordinate_names_no_unchecked_secrets() {
        let hint = |form| ResolveErrorKind::WrongForm(form).hint();
        assert!(hint(BrokenForm::Placeholder).contains("unchecked_secrets"));
        assert!(!hint(BrokenForm::Coordinate).contains("unchecked_secrets"));
    }

    #[test]
    fn hint_of_a_failed_command_is_about_the_command() {
        let failed = ResolveErrorKind::CommandFailed("exited with 1".to_owned());
        assert!(
            failed.hint().contains("run the command"),
            "{}",
            failed.hint()
        );
        let exhausted = ResolveErrorKind::Unreachable(super::NO_DESCRIPTOR.to_owned());
        assert!(exhausted.hint().contains("ulimit -n"));
    }
}
