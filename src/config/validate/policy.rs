//! Responsible for the references that each file may use: the project's `stores`, and the prefixes of
//! its `secret_policy`.
//!
//! Both are in the project file, so that the author of a customer's file cannot change them.

use super::file_pattern::{FilePattern, relative_path};
use super::stores::unknown_store;
use crate::config::code::Code;
use crate::config::document::Document;
use crate::config::findings::Findings;
use crate::config::origin::Origin;
use crate::config::raw::RawPolicy;
use crate::model::{DEFAULT_STORES, SecretRef, is_store};
use std::path::{Path, PathBuf};

/// The project file's rules for references.
#[derive(Debug)]
pub(in crate::config) struct SecretPolicy {
    root: PathBuf,
    /// `None` if `stores` could not be decoded, which has a finding already.
    stores: Option<Vec<String>>,
    entries: Option<Vec<PolicyEntry>>,
}

#[derive(Debug)]
struct PolicyEntry {
    files: FilePattern,
    allow: Vec<String>,
}

/// The references that one file may use.
#[derive(Debug)]
pub(in crate::config) struct Permissions {
    stores: Option<Vec<String>>,
    /// `None` without a policy.
    prefixes: Option<Vec<String>>,
}

/// The rule that refuses a reference.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum DenyReason {
    /// `stores` does not list the store.
    Store,
    /// `secret_policy` has no matching prefix.
    Policy,
}

impl SecretPolicy {
    /// The policy of a project without a project file.
    pub(in crate::config) fn without_file(root: PathBuf) -> Self {
        Self {
            root,
            stores: Some(DEFAULT_STORES.map(str::to_owned).into()),
            entries: None,
        }
    }

    /// The policy of a project file.
    pub(in crate::config) fn from_document(document: &Document, findings: &mut Findings) -> Self {
        let raw = &document.head;
        let stores = match &raw.stores {
            None if is_undecoded(document, "stores") => None,
            None => Some(DEFAULT_STORES.map(str::to_owned).into()),
            Some(stores) => {
                check_stores(stores, document.key("stores"), findings);
                Some(stores.clone())
            }
        };
        let origin = document.key("secret_policy");
        let entries = raw.secret_policy.as_ref().map(|entries| {
            entries
                .iter()
                .enumerate()
                .filter_map(|(index, raw)| entry(raw, origin.index(index), findings))
                .collect()
        });
        Self {
            root: document.directory(),
            stores,
            entries,
        }
    }

    /// The references that one file may use.
    pub(in crate::config) fn permissions(&self, file: &Path) -> Permissions {
        let path = relative_path(file, &self.root);
        Permissions {
            stores: self.stores.clone(),
            prefixes: self.entries.as_ref().map(|entries| {
                entries
                    .iter()
                    .filter(|entry| entry.files.matches(path.as_deref()))
                    .flat_map(|entry| entry.allow.clone())
                    .collect()
            }),
        }
    }
}

impl Permissions {
    /// Permits any reference.
    pub(in crate::config) fn all() -> Self {
        Self {
            stores: None,
            prefixes: None,
        }
    }

    /// `stores` of the project file with one more store.
    pub(super) fn stores_with(&self, store: &str) -> String {
        let listed = self.stores.iter().flatten().map(String::as_str);
        let stores: Vec<&str> = listed
            .filter(|store| is_store(store))
            .chain([store])
            .collect();
        format!("stores: [{}]", stores.join(", "))
    }

    /// The rule that refuses a reference, if any.
    pub(super) fn deny_reason(&self, reference: &SecretRef) -> Option<DenyReason> {
        let stores = self.stores.as_ref();
        if stores.is_some_and(|stores| !stores.iter().any(|store| store == reference.store.name()))
        {
            return Some(DenyReason::Store);
        }
        let prefixes = self.prefixes.as_ref()?;
        let whole = format!("{}:{}", reference.store, reference.path);
        let allowed = |prefix: &String| match (prefix.split_once('#'), &reference.field) {
            (None, _) => whole.starts_with(prefix),
            (Some((path, _)), Some(field)) => {
                path == whole && format!("{whole}#{field}").starts_with(prefix)
            }
            (Some(_), None) => false,
        };
        (!prefixes.iter().any(allowed)).then_some(DenyReason::Policy)
    }
}

/// Whether a key is present with a value that could not be decoded.
fn is_undecoded(document: &Document, key: &str) -> bool {
    let mut entries = document.source.root().entries().into_iter();
    entries.any(|(name, origin)| name == key && !origin.is_null())
}

fn check_stores(stores: &[String], origin: Origin<'_>, findings: &mut Findings) {
    for (index, store) in stores.iter().enumerate() {
        if !is_store(store) {
            unknown_store("", store, None, origin.index(index), findings);
        }
    }
}

/// Validates an entry. An entry with an invalid pattern is dropped, so that fewer files may use
/// references.
fn entry(raw: &RawPolicy, origin: Origin<'_>, findings: &mut Findings) -> Option<PolicyEntry> {
    for (index, prefix) in raw.allow.iter().enumerate() {
        let store = prefix.split_once(':').map(|(store, _)| store);
        if !store.is_some_and(is_store) {
            let message = "a prefix must start with a store and a colon, as in `env:ACME_`";
            let origin = origin.key("allow").index(index);
            findings.at(origin, Code::InvalidValue, message, None);
        }
    }
    Some(PolicyEntry {
        files: FilePattern::parse(&raw.files, origin.key("files"), findings)?,
        allow: raw.allow.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::{DenyReason, PolicyEntry, SecretPolicy};
    use crate::config::validate::file_pattern::FilePattern;
    use std::path::{Path, PathBuf};

    fn policy(entries: &[(&str, &[&str])]) -> SecretPolicy {
        let entries = entries.iter().map(|(files, allow)| PolicyEntry {
            files: FilePattern::new(files),
            allow: allow.iter().map(|prefix| (*prefix).to_owned()).collect(),
        });
        SecretPolicy {
            root: PathBuf::from("p"),
            stores: Some(vec!["env".into(), "file".into(), "vault".into()]),
            entries: Some(entries.collect()),
        }
    }

    #[test]
    fn deny_reason_of_foreign_reference_is_policy() {
        let policy = policy(&[
            ("customers/acme*.yaml", &["env:ACME_", "vault:kv/acme/"]),
            ("customers/*.yaml", &["env:SHARED_", "vault:kv/all#public"]),
        ]);
        let denied = |file: &str, text: &str| {
            let permissions = policy.permissions(Path::new(file));
            permissions.deny_reason(&text.parse().unwrap())
        };
        let acme = "p/customers/acme-eu.yaml";
        for fine in [
            "${env:ACME_X}",
            "${env:SHARED_X}",
            "${vault:kv/acme/hubspot#id}",
            "${vault:kv/all#public_key}",
        ] {
            assert_eq!(denied(acme, fine), None, "{fine}");
        }
        for other in [
            "${env:GLOBEX_X}",
            "${vault:kv/acme-evil/x#y}",
            "${vault:kv/all#private}",
            "${vault:kv/all/x#public}",
            "${file:secrets/acme}",
        ] {
            assert_eq!(denied(acme, other), Some(DenyReason::Policy), "{other}");
        }
        assert_eq!(denied(acme, "${exec:x}"), Some(DenyReason::Store));
        let globex = "p/customers/globex.yaml";
        assert_eq!(denied(globex, "${env:ACME_X}"), Some(DenyReason::Policy));
        for elsewhere in [
            "p/airlift.yaml",
            "p/customers/eu/acme.yaml",
            "q/customers/a.yaml",
            "-",
        ] {
            let reason = denied(elsewhere, "${env:SHARED_X}");
            assert_eq!(reason, Some(DenyReason::Policy), "{elsewhere}");
        }
    }
}
