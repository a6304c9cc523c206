//! Responsible for which references each file may use: the project's list of stores, and its policy
//! of prefixes.
//!
//! Both stand in the project file, out of reach of whoever may change one customer's file.

use super::stores::unknown_store;
use crate::config::code::Code;
use crate::config::document::Document;
use crate::config::findings::Findings;
use crate::config::origin::Origin;
use crate::config::raw::RawPolicy;
use crate::model::{DEFAULT_STORES, SecretRef, is_store};
use glob::{MatchOptions, Pattern};
use std::path::{Component, Path, PathBuf};

/// What the project file says about references.
#[derive(Debug)]
pub(in crate::config) struct Policy {
    root: PathBuf,
    /// Nothing where the project's list could not be read, which is told already.
    stores: Option<Vec<String>>,
    entries: Option<Vec<Entry>>,
}

#[derive(Debug)]
struct Entry {
    files: Pattern,
    allow: Vec<String>,
}

/// What the references of one file may be.
#[derive(Debug)]
pub(in crate::config) struct Permissions {
    stores: Option<Vec<String>>,
    /// Nothing where there is no policy.
    prefixes: Option<Vec<String>>,
}

/// What refuses a reference.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Refused {
    /// The list of stores.
    Store,
    /// The policy.
    Policy,
}

impl Policy {
    /// The policy of a project without a project file.
    pub(in crate::config) fn without_file(root: PathBuf) -> Self {
        Self {
            root,
            stores: Some(DEFAULT_STORES.map(str::to_owned).into()),
            entries: None,
        }
    }

    /// The policy that a project file sets.
    pub(in crate::config) fn of(document: &Document, findings: &mut Findings) -> Self {
        let raw = &document.head;
        let stores = match &raw.stores {
            None if is_unread(document, "stores") => None,
            None => Some(DEFAULT_STORES.map(str::to_owned).into()),
            Some(stores) => {
                known(stores, document.key("stores"), findings);
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

    /// What one file may use.
    pub(in crate::config) fn permissions(&self, file: &Path) -> Permissions {
        let below = below(file, &self.root);
        let options = MatchOptions {
            case_sensitive: true,
            require_literal_separator: true,
            require_literal_leading_dot: true,
        };
        let matches = |entry: &&Entry| {
            let path = below.as_deref();
            path.is_some_and(|path| entry.files.matches_path_with(path, options))
        };
        let prefixes = self.entries.as_ref().map(|entries| {
            let matching = entries.iter().filter(matches);
            matching.flat_map(|entry| entry.allow.clone()).collect()
        });
        Permissions {
            stores: self.stores.clone(),
            prefixes,
        }
    }
}

impl Permissions {
    /// Any reference.
    pub(in crate::config) fn all() -> Self {
        Self {
            stores: None,
            prefixes: None,
        }
    }

    /// What refuses a reference, if anything does.
    pub(super) fn refuse(&self, reference: &SecretRef) -> Option<Refused> {
        let stores = self.stores.as_ref();
        if stores.is_some_and(|stores| !stores.iter().any(|store| store == reference.store.name()))
        {
            return Some(Refused::Store);
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
        (!prefixes.iter().any(allowed)).then_some(Refused::Policy)
    }
}

/// Whether a key is written whose value could not be decoded.
fn is_unread(document: &Document, key: &str) -> bool {
    let mut entries = document.source.root().entries().into_iter();
    entries.any(|(name, origin)| name == key && !origin.is_null())
}

fn known(stores: &[String], origin: Origin<'_>, findings: &mut Findings) {
    for (index, store) in stores.iter().enumerate() {
        if !is_store(store) {
            unknown_store("", store, origin.index(index), findings);
        }
    }
}

/// An entry, where its pattern is one. Without it, fewer files may use anything.
fn entry(raw: &RawPolicy, origin: Origin<'_>, findings: &mut Findings) -> Option<Entry> {
    for (index, prefix) in raw.allow.iter().enumerate() {
        let store = prefix.split_once(':').map(|(store, _)| store);
        if !store.is_some_and(is_store) {
            let message = "a prefix begins with a store and a colon, as in `env:ACME_`";
            let origin = origin.key("allow").index(index);
            findings.at(origin, Code::InvalidValue, message, None);
        }
    }
    match Pattern::new(&raw.files) {
        Ok(files) => Some(Entry {
            files,
            allow: raw.allow.clone(),
        }),
        Err(error) => {
            let message = format!("this pattern is not possible: {}", error.msg);
            findings.at(origin.key("files"), Code::InvalidPattern, message, None);
            None
        }
    }
}

/// A file's path from the project's directory down, as it is written; nothing for one elsewhere.
fn below(file: &Path, root: &Path) -> Option<PathBuf> {
    let plain = |path: &Path| -> PathBuf {
        let parts = path.components();
        parts.filter(|part| *part != Component::CurDir).collect()
    };
    let (file, root) = (plain(file), plain(root));
    let rest = file.strip_prefix(&root).ok()?;
    let descends = |part: Component<'_>| matches!(part, Component::Normal(_));
    rest.components().all(descends).then(|| rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Entry, Policy, Refused, below};
    use glob::Pattern;
    use std::path::{Path, PathBuf};

    fn policy(entries: &[(&str, &[&str])]) -> Policy {
        let entries = entries.iter().map(|(files, allow)| Entry {
            files: Pattern::new(files).unwrap(),
            allow: allow.iter().map(|prefix| (*prefix).to_owned()).collect(),
        });
        Policy {
            root: PathBuf::from("p"),
            stores: Some(vec!["env".into(), "file".into(), "vault".into()]),
            entries: Some(entries.collect()),
        }
    }

    #[test]
    fn a_file_uses_its_own_prefixes() {
        let policy = policy(&[
            ("customers/acme*.yaml", &["env:ACME_", "vault:kv/acme/"]),
            ("customers/*.yaml", &["env:SHARED_", "vault:kv/all#public"]),
        ]);
        let told = |file: &str, text: &str| {
            let permissions = policy.permissions(Path::new(file));
            permissions.refuse(&text.parse().unwrap())
        };
        let acme = "p/customers/acme-eu.yaml";
        for fine in [
            "${env:ACME_X}",
            "${env:SHARED_X}",
            "${vault:kv/acme/hubspot#id}",
            "${vault:kv/all#public_key}",
        ] {
            assert_eq!(told(acme, fine), None, "{fine}");
        }
        for other in [
            "${env:GLOBEX_X}",
            "${vault:kv/acme-evil/x#y}",
            "${vault:kv/all#private}",
            "${vault:kv/all/x#public}",
            "${file:secrets/acme}",
        ] {
            assert_eq!(told(acme, other), Some(Refused::Policy), "{other}");
        }
        assert_eq!(told(acme, "${exec:x}"), Some(Refused::Store));
        let globex = "p/customers/globex.yaml";
        assert_eq!(told(globex, "${env:ACME_X}"), Some(Refused::Policy));
        for elsewhere in [
            "p/airlift.yaml",
            "p/customers/eu/acme.yaml",
            "q/customers/a.yaml",
            "-",
        ] {
            let told = told(elsewhere, "${env:SHARED_X}");
            assert_eq!(told, Some(Refused::Policy), "{elsewhere}");
        }
    }

    #[test]
    fn paths_are_told_from_the_project_down() {
        let told = |file: &str, root: &str| below(Path::new(file), Path::new(root));
        assert_eq!(told("./a/b.yaml", "."), Some("a/b.yaml".into()));
        assert_eq!(told("b.yaml", "."), Some("b.yaml".into()));
        assert_eq!(told("../p/b.yaml", "../p"), Some("b.yaml".into()));
        assert_eq!(told("p/../b.yaml", "p"), None);
        assert_eq!(told("../b.yaml", "."), None);
        assert_eq!(told("/q/b.yaml", "/p"), None);
    }
}
