//! References to values: reads each distinct reference once, keeps values in memory that is
//! wiped, and compares them with what was last sent.
//!
//! Owns the stores and the fingerprints. Refuses to print, log or cache a value, and to read
//! anything but what it is asked for. It knows neither the API nor the files of customers.

mod collect;
mod env;
mod exec;
mod fields;
mod file;
mod fingerprint;
mod inspect;
mod resolver;
mod user;
mod vault;
mod why;

pub use file::FileStore;
pub use fingerprint::{Fingerprinter, evidence};
pub use resolver::{DEFAULT_STORES, Resolver, STORES};
pub use why::{ResolveError, Why};

use crate::model::{SecretRef, SecretValue, Setting, Settings};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The values of one run, by reference: each distinct reference is read once.
pub type Values = BTreeMap<SecretRef, Arc<SecretValue>>;

/// What is wrong with how a reference of this program's stores is written, as far as its text
/// tells: nothing is read and nobody is asked.
pub fn misspelt(reference: &SecretRef) -> Option<&'static str> {
    let SecretRef { store, path, field } = reference;
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let word = |c: char| letters(c) || c == '-';
    match (store.as_str(), field) {
        ("env", None) if !path.chars().all(letters) || starts_with_digit(path) => {
            Some("the name of an environment variable holds letters, digits and `_` only")
        }
        ("exec", None) if !path.chars().all(word) => {
            Some("the name of a command holds letters, digits, `_` and `-` only")
        }
        ("env" | "exec", Some(_)) => Some("this store has no fields; drop the part after `#`"),
        ("file", Some(_)) if fields::Form::of(path).is_none() => {
            Some("fields are read from .json, .yaml, .yml and .env files only")
        }
        ("vault", None) => Some("a secret has fields; add `#` and the field's name"),
        ("vault", Some(_)) => vault::sound_path(path).err(),
        _ => None,
    }
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
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
    use super::{collect, misspelt};
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

    #[test]
    fn spelling_is_told_without_reading() {
        let told = |text: &str| misspelt(&reference(text)).is_some();
        for fine in [
            "${env:A_1}",
            "${file:a}",
            "${file:a.json#b.c}",
            "${vault:kv/a/b#c}",
            "${exec:gh-token}",
        ] {
            assert!(!told(fine), "{fine}");
        }
        for wrong in [
            "${env:A=B}",
            "${env:1}",
            "${env:A#b}",
            "${file:a.txt#b}",
            "${vault:kv/a}",
            "${vault:kv#b}",
            "${vault:kv/../a#b}",
            "${exec:/bin/sh}",
            "${exec:a#b}",
        ] {
            assert!(told(wrong), "{wrong}");
        }
    }
}
