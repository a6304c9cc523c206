//! Responsible for the interface between the module that reads secrets and the modules that send them.

use super::{SecretRef, SecretValue};
use std::collections::BTreeMap;
use std::sync::Arc;

/// References that have been resolved. The one who sends a secret asks for it here, at the last
/// moment, and never keeps it.
pub trait Resolved: Sync {
    /// The value, or nothing when the reference was not resolved.
    fn value(&self, reference: &SecretRef) -> Option<&SecretValue>;
}

impl Resolved for BTreeMap<SecretRef, SecretValue> {
    fn value(&self, reference: &SecretRef) -> Option<&SecretValue> {
        self.get(reference)
    }
}

impl Resolved for BTreeMap<SecretRef, Arc<SecretValue>> {
    fn value(&self, reference: &SecretRef) -> Option<&SecretValue> {
        self.get(reference).map(Arc::as_ref)
    }
}
