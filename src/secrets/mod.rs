//! Responsible for secrets: reads each distinct reference once, keeps values in memory that is wiped, and compares
//! them with what was last sent.
//!
//! Does not print, log or cache a value, and reads only the references that a run asks for.

mod error;
mod evidence;
mod fields;
mod fingerprint;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod resolver;
mod stores;
mod user_config;
mod vault;

pub use error::{ResolveError, ResolveErrorKind};
pub use evidence::evidence;
pub use fingerprint::{Fingerprinter, NotMoved};
pub use resolver::Resolver;
pub use stores::syntax_error;

use crate::model::{SecretRef, SecretValue, Setting, Settings};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The values of one run, by reference: each distinct reference is read once.
pub type Values = BTreeMap<SecretRef, Arc<SecretValue>>;

/// Whether a text is one of the values.
pub fn among(values: &Values) -> impl Fn(&str) -> bool + Send + Sync + 'static {
    let values: Vec<Arc<SecretValue>> = values.values().cloned().collect();
    move |text| values.iter().any(|value| value.expose() == text)
}

/// Adds every reference inside the settings to `references`.
pub fn collect(settings: &Settings, references: &mut BTreeSet<SecretRef>) {
    for setting in settings.values() {
        setting.leaves("", &mut |_, leaf| {
            if let Setting::Secret(reference) = leaf {
                references.insert(reference.clone());
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::collect;
    use crate::model::{SecretRef, Setting};
    use serde_json::json;
    use std::collections::BTreeSet;

    fn reference(text: &str) -> SecretRef {
        text.parse().unwrap()
    }

    #[test]
    fn references_are_collected_once() {
        let setting =
            Setting::from(json!({"a": {"$secret": "${env:A}"}, "b": [{"$secret": "${env:A}"}]}));
        let Setting::Map(settings) = setting else {
            unreachable!()
        };
        let mut references = BTreeSet::new();
        collect(&settings, &mut references);
        assert_eq!(references, BTreeSet::from([reference("${env:A}")]));
    }
}
