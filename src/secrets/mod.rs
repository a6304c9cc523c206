//! Responsible for secrets: reads each distinct reference once, keeps values in memory that is wiped, and compares
//! them with what was last sent.
//!
//! Does not print, log or cache a value, and reads only the references that a run asks for.

mod compare;
mod error;
mod fields;
mod fingerprint;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod resolver;
mod stores;
mod user_config;

pub use compare::compare;
pub use error::{ResolveError, ResolveErrorKind};
pub use fingerprint::{Fingerprinter, NotMoved};
pub use resolver::Resolver;
pub use stores::syntax_error;

use crate::model::{SecretRef, SecretValue};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The values of one run, by reference: each distinct reference is read once.
pub type Values = BTreeMap<SecretRef, Arc<SecretValue>>;

/// Whether a text is one of the values.
pub fn among(values: &Values) -> impl Fn(&str) -> bool + Send + Sync + 'static {
    let values: Vec<Arc<SecretValue>> = values.values().cloned().collect();
    move |text| values.iter().any(|value| value.expose() == text)
}
