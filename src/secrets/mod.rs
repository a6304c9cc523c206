//! Responsible for secrets: reads each distinct reference once, keeps values in memory that is
//! wiped, and compares them with the values that were last sent.
//!
//! Does not print, log or store a value on disk, and does not read a reference that the run does
//! not need.

mod access;
mod compare;
mod error;
mod fields;
mod fingerprint;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod operator_file;
mod own_credentials;
mod own_encodings;
mod resolver;
mod stores;
mod user_config;
mod value_form;

pub use access::{AccessError, SecretAccess, SecretLinks};
pub use compare::{compare, compare_oauth_apps};
pub use error::{ResolveError, ResolveErrorKind, SystemCode};
pub use fingerprint::Fingerprinter;
pub use operator_file::{OperatorFile, project_tree, read_operator_secret};
pub use own_credentials::OwnCredentials;
pub use resolver::Resolver;
pub use stores::syntax_error;
pub use value_form::BrokenForm;

use crate::model::{SecretRef, SecretValue};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The values of one run, by reference.
pub type Values = BTreeMap<SecretRef, Arc<SecretValue>>;

/// A predicate that is true for a text equal to one of the values.
pub fn value_matcher(values: &Values) -> impl Fn(&str) -> bool + Send + Sync + 'static {
    let values: Vec<Arc<SecretValue>> = values.values().cloned().collect();
    move |text| values.iter().any(|value| value.expose() == text)
}
