//! Responsible for checking each file reference once. A check asks the system several times, and many connectors can
//! use one file.

use super::Scope;
use crate::model::{SecretRef, StoreKind};
use crate::secrets::AccessError;
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;

/// The most results that are kept, so that memory does not grow with the number of references.
const MOST: usize = 1_024;

/// The result of a check: where links lead, or why the reference is refused.
type Checked = Result<Option<PathBuf>, AccessError>;

/// The results of the checks in one file.
#[derive(Debug, Default)]
pub(in crate::config) struct CheckedFiles(RefCell<HashMap<SecretRef, Checked>>);

impl Scope<'_> {
    /// Checks a reference without reading the value.
    pub(super) fn check_access(&self, reference: &SecretRef) -> Checked {
        if reference.store != StoreKind::File {
            return self.secret_access.check(self.project, reference);
        }
        let mut checked = self.checked_files.0.borrow_mut();
        if let Some(result) = checked.get(reference) {
            return result.clone();
        }
        if checked.len() >= MOST {
            checked.clear();
        }
        let result = self.secret_access.check(self.project, reference);
        checked.insert(reference.clone(), result.clone());
        result
    }
}
