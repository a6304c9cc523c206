//! Responsible for describing references that could not be resolved. Holds no value.

use super::SecretRef;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A reference that could not be resolved.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnresolvedReference {
    /// The reference.
    pub reference: SecretRef,
    /// The kind of problem.
    pub cause: UnresolvedCause,
    /// The problem. Contains no value and no text from a store.
    pub problem: String,
}

/// Why a reference could not be resolved.
#[derive(
    Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum UnresolvedCause {
    /// The variable, the file or the secret does not exist.
    SecretMissing,
    /// The secret has no such field.
    FieldMissing,
    /// The value is empty.
    SecretEmpty,
    /// The value cannot be right, judged by its form.
    SecretBroken,
    /// The run may not read the secret.
    SecretDenied,
    /// The store failed or did not respond.
    StoreFailed,
    /// The system refused what reading the secret needs.
    SystemFailed,
    /// The reference is a placeholder of `export`.
    SecretUnbound,
    /// The store is not configured, or the reference is invalid for the store.
    StoreNotConfigured,
}

impl UnresolvedCause {
    /// What the user can do about it.
    pub fn hint(self) -> &'static str {
        match self {
            Self::SecretMissing => "create the secret where the run takes place",
            Self::FieldMissing => "correct the part after `#`, or add the field to the secret",
            Self::SecretEmpty => "write the value of the secret",
            Self::SecretBroken => "correct the value",
            Self::SecretDenied => "let this user or the login of the store read the secret",
            Self::StoreFailed => "check the store, its address and the network",
            Self::SystemFailed => "correct what the system reports, then run the command again",
            Self::SecretUnbound => "write a reference to the secret in place of the placeholder",
            Self::StoreNotConfigured => "correct the reference or the configuration of the store",
        }
    }
}
