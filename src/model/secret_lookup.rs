//! Responsible for the interface between the module that reads secrets and the modules that send
//! them.

use super::{SecretRef, SecretValue};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Resolved references. The API client looks a secret up when it sends the secret and does not keep
/// the value.
pub trait SecretLookup: Sync {
    /// The value, or `None` if the reference is not resolved.
    fn value(&self, reference: &SecretRef) -> Option<&SecretValue>;
}

impl SecretLookup for BTreeMap<SecretRef, SecretValue> {
    fn value(&self, reference: &SecretRef) -> Option<&SecretValue> {
        self.get(reference)
    }
}

impl SecretLookup for BTreeMap<SecretRef, Arc<SecretValue>> {
    fn value(&self, reference: &SecretRef) -> Option<&SecretValue> {
        self.get(reference).map(Arc::as_ref)
    }
}
