//! Which references each file may use: the project's list of stores, and its policy of prefixes.
//!
//! Both stand in the project file, out of reach of whoever may change one customer's file.

use super::super::code::Code;
use super::super::load::Parsed;
use super::super::raw::RawPolicy;
use super::super::source::{Findings, Place};
use super::super::visible::named;
use super::super::written::project_file;
use super::{did_you_mean, references};
use crate::model::SecretRef;
use crate::model::{DEFAULT_STORES, STORES, is_store};
use glob::{MatchOptions, Pattern};
use std::path::{Component, Path, PathBuf};

/// What the project file says about references.
pub(super) struct Policy {
    root: PathBuf,
    /// Nothing where the project's list could not be read, which is told already.
    stores: Option<Vec<String>>,
    entries: Option<Vec<Entry>>,
}

struct Entry {
    files: Pattern,
    allow: Vec<String>,
}

/// What the references of one file may be.
pub(super) struct Permissions {
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
    /// Reads the project's own keys, and tells what is wrong with them.
    pub(super) fn read(files: &[Parsed], root: &Path, findings: &mut Findings) -> Self {
        let Some(file) = project_file(files) else {
            return Self {
                root: root.to_owned(),
                stores: Some(DEFAULT_STORES.map(str::to_owned).into()),
                entries: None,
            };
        };
        let (raw, top) = (&file.shaped.file, file.source.root());
        let unread = |key: &str| {
            let written = |(name, _): (&str, _)| name == key;
            top.at.is_some_and(|at| at.entries().any(written)) && !top.key(key).is_null()
        };
        let stores = match &raw.stores {
            None if unread("stores") => None,
            None => Some(DEFAULT_STORES.map(str::to_owned).into()),
            Some(stores) => {
                known(stores, top.key("stores"), findings);
                Some(stores.clone())
            }
        };
        let place = top.key("secret_policy");
        let entries = raw.secret_policy.as_ref().map(|entries| {
            let entries = entries.iter().enumerate();
            entries
                .filter_map(|(index, raw)| entry(raw, place.index(index), findings))
                .collect()
        });
        Self {
            root: root.to_owned(),
            stores,
            entries,
        }
    }

    /// What one file may use.
    pub(super) fn of(&self, file: &Path) -> Permissions {
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

fn known(stores: &[String], place: Place<'_>, findings: &mut Findings) {
    for (index, store) in stores.iter().enumerate() {
        if !is_store(store) {
            let message = format!("secret store {} is not known by this version", named(store));
            let help = did_you_mean(store, STORES);
            let help = help.or_else(|| Some(references::known()));
            findings.at(place.index(index), Code::UnknownStore, message, help);
        }
    }
}

/// An entry, where its pattern is one. Without it, fewer files may use anything.
fn entry(raw: &RawPolicy, place: Place<'_>, findings: &mut Findings) -> Option<Entry> {
    for (index, prefix) in raw.allow.iter().enumerate() {
        let store = prefix.split_once(':').map(|(store, _)| store);
        if !store.is_some_and(is_store) {
            let message = "a prefix begins with a store and a colon, as in `env:ACME_`";
            let place = place.key("allow").index(index);
            findings.at(place, Code::InvalidValue, message, None);
        }
    }
    match Pattern::new(&raw.files) {
        Ok(files) => Some(Entry {
            files,
            allow: raw.allow.clone(),
        }),
        Err(error) => {
            let message = format!("this pattern is not possible: {}", error.msg);
            findings.at(place.key("files"), Code::InvalidPattern, message, None);
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
            let permissions = policy.of(Path::new(file));
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
