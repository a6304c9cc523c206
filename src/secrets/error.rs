//! Responsible for the errors of references. No message holds a value, or text of a store.

use crate::model::SecretRef;
use thiserror::Error;

/// Why a reference could not be resolved. The text names the reference and never a value.
#[derive(Clone, Debug, Eq, PartialEq, Error)]
#[error("{reference}: {kind}")]
pub struct ResolveError {
    /// The reference.
    pub reference: SecretRef,
    /// The cause.
    pub kind: ResolveErrorKind,
}

/// The cause for which a reference cannot be resolved.
#[derive(Clone, Debug, Eq, PartialEq, Error)]
pub enum ResolveErrorKind {
    /// This program has no such store.
    #[error("there is no store of that name")]
    UnknownStore,
    /// The project does not list the store.
    #[error("the project's `stores` do not list this store")]
    NotAllowed,
    /// The environment has no such variable.
    #[error("the environment variable is not set")]
    NotSet,
    /// The file is not there or cannot be read.
    #[error("the file cannot be read ({0})")]
    Unreadable(&'static str),
    /// The file is outside the places that may be read.
    #[error("the file is outside the project and the allowed secret directories")]
    Outside,
    /// Not a regular file.
    #[error("it is not a regular file")]
    NotAFile,
    /// Longer than any secret.
    #[error("it is larger than 1 MiB")]
    TooLarge,
    /// The value is empty.
    #[error("it is empty, and an empty value is never sent")]
    Empty,
    /// Not UTF-8 text.
    #[error("it is not UTF-8 text")]
    NotText,
    /// A control character other than tab and line ends.
    #[error("it holds a control character")]
    ControlCharacter,
    /// The store has no fields.
    #[error("this store has no fields; drop the part after #")]
    NoFields,
    /// The store gives several fields at once.
    #[error("it says no field; add # and the field's name")]
    FieldNeeded,
    /// The file's name does not tell how its fields are written.
    #[error("fields are read from .json, .yaml, .yml and .env files only")]
    UnknownFormat,
    /// The content is not what the file's name says.
    #[error("the content is not sound {0}")]
    Malformed(&'static str),
    /// No such field.
    #[error("it has no such field")]
    NoSuchField,
    /// The field is there twice.
    #[error("the field is there twice")]
    Ambiguous,
    /// The field holds no single value.
    #[error("the field holds no text, number, true or false")]
    NotScalar,
    /// The reference cannot be understood by its store.
    #[error("this store cannot understand it ({0})")]
    BadReference(&'static str),
    /// The store cannot be asked for want of settings.
    #[error("the store is not set up: {0}")]
    NotConfigured(String),
    /// This build lacks what the store needs.
    #[error("this build has no {scheme} stores; build airlift with --features {feature}")]
    NotBuilt {
        /// The kind of store.
        scheme: &'static str,
        /// What builds it in.
        feature: &'static str,
    },
    /// The store could not be asked.
    #[error("the store cannot be reached ({0})")]
    Unreachable(String),
    /// The store did not answer in time.
    #[error("the store did not answer in time")]
    TimedOut,
    /// Logging in to the store failed.
    #[error("the login was refused ({0})")]
    LoginRefused(&'static str),
    /// The store has no such secret.
    #[error("the store has no such secret")]
    NotFound,
    /// The store refuses access.
    #[error("the store denies permission")]
    Denied,
    /// The store is sealed.
    #[error("the store is sealed")]
    Sealed,
    /// The secret's newest version was deleted.
    #[error("the newest version of the secret was deleted")]
    Deleted,
    /// The secret's newest version was destroyed.
    #[error("the newest version of the secret was destroyed")]
    Destroyed,
    /// The engine is of the older kind.
    #[error("its engine is KV version 1, which is not supported; version 2 keeps versions")]
    OldEngine,
    /// The store answered with something else.
    #[error("the store's answer is not understood ({0})")]
    Answer(String),
    /// The command did not do its work.
    #[error("its command {0}")]
    Command(String),
}
