//! References to values: reads each distinct reference once, keeps values in memory that is
//! wiped, and compares them with what was last sent.
//!
//! Owns the stores and the fingerprints. Refuses to print, log or cache a value, and to read
//! anything but what it is asked for. It knows neither the API nor the files of customers.

mod env;
mod file;
mod fingerprint;

pub use file::FileStore;
pub use fingerprint::{Fingerprinter, NotMoved, evidence};

use crate::model::{SecretRef, SecretValue, Setting, Settings};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use thiserror::Error;

/// Why a reference could not be resolved. The text names the reference and never a value.
#[derive(Clone, Debug, Eq, PartialEq, Error)]
#[error("{reference}: {why}")]
pub struct ResolveError {
    /// The reference.
    pub reference: SecretRef,
    /// What is the matter.
    pub why: Why,
}

/// What is the matter with a reference.
#[derive(Clone, Debug, Eq, PartialEq, Error)]
pub enum Why {
    /// This program has no such store.
    #[error("there is no store of that name")]
    UnknownStore,
    /// The environment has no such variable.
    #[error("the environment variable is not set")]
    NotSet,
    /// The file is not there or cannot be read.
    #[error("the file cannot be read ({0})")]
    Unreadable(String),
    /// The file is outside the places that may be read.
    #[error("the file is outside the project and the allowed secret directories")]
    Outside,
    /// Not a regular file.
    #[error("it is not a regular file")]
    NotAFile,
    /// Longer than any secret.
    #[error("it is larger than 1 MiB")]
    TooLarge,
    /// The value is empty.
    #[error("it is empty, and an empty value is never sent")]
    Empty,
    /// Not UTF-8 text.
    #[error("it is not UTF-8 text")]
    NotText,
    /// A control character other than tab and line ends.
    #[error("it holds a control character")]
    ControlCharacter,
    /// The store has no fields.
    #[error("this store has no fields; drop the part after #")]
    NoFields,
}

/// The values of one run, by reference: each distinct reference is read once.
pub type Values = BTreeMap<SecretRef, SecretValue>;

/// Reads references.
#[derive(Clone, Debug)]
pub struct Resolver {
    files: FileStore,
}

impl Resolver {
    /// A resolver whose file references are confined to the project and the given roots.
    pub fn new(project: PathBuf, roots: Vec<PathBuf>) -> Self {
        Self {
            files: FileStore::new(project, roots),
        }
    }

    /// Reads one reference.
    pub fn resolve(&self, reference: &SecretRef) -> Result<SecretValue, ResolveError> {
        let read = match reference.store.as_str() {
            _ if reference.field.is_some() => Err(Why::NoFields),
            "env" => env::read(&reference.path),
            "file" => self.files.read(&reference.path),
            _ => Err(Why::UnknownStore),
        };
        read.and_then(checked).map_err(|why| ResolveError {
            reference: reference.clone(),
            why,
        })
    }

    /// Reads every reference once: the values, and the failures of those that cannot be read.
    pub fn resolve_all(&self, references: &BTreeSet<SecretRef>) -> (Values, Vec<ResolveError>) {
        let mut resolved = Values::new();
        let mut failures = Vec::new();
        for reference in references {
            match self.resolve(reference) {
                Ok(value) => {
                    resolved.insert(reference.clone(), value);
                }
                Err(failure) => failures.push(failure),
            }
        }
        (resolved, failures)
    }
}

fn checked(value: SecretValue) -> Result<SecretValue, Why> {
    let text = value.expose();
    if text.is_empty() {
        return Err(Why::Empty);
    }
    let harmless = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r');
    if text.chars().all(harmless) {
        Ok(value)
    } else {
        Err(Why::ControlCharacter)
    }
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
    use super::{Resolver, Why, collect};
    use crate::model::{SecretRef, Setting};
    use serde_json::json;
    use std::collections::BTreeSet;
    use std::fs;

    fn reference(text: &str) -> SecretRef {
        text.parse().unwrap()
    }

    #[test]
    fn a_file_loses_one_trailing_newline_and_nothing_else() {
        let project = tempfile::tempdir().unwrap();
        fs::write(project.path().join("token"), " a\nb \n\n").unwrap();
        fs::write(project.path().join("empty"), "\n").unwrap();
        fs::write(project.path().join("nul"), "a\0b").unwrap();
        fs::write(project.path().join("binary"), [0xff, 0xfe]).unwrap();
        let resolver = Resolver::new(project.path().to_owned(), Vec::new());
        let read = |text: &str| resolver.resolve(&reference(text));
        assert_eq!(read("${file:token}").unwrap().expose(), " a\nb \n");
        assert_eq!(read("${file:empty}").unwrap_err().why, Why::Empty);
        assert_eq!(read("${file:nul}").unwrap_err().why, Why::ControlCharacter);
        assert_eq!(read("${file:binary}").unwrap_err().why, Why::NotText);
        assert_eq!(read("${vault:x#y}").unwrap_err().why, Why::NoFields);
        assert_eq!(read("${op:x}").unwrap_err().why, Why::UnknownStore);
        assert_eq!(
            read("${env:AIRLIFT_TEST_UNSET}").unwrap_err().why,
            Why::NotSet
        );
    }

    #[test]
    fn failures_name_the_reference_only() {
        let resolver = Resolver::new("/nonexistent".into(), Vec::new());
        let failure = resolver
            .resolve(&reference("${env:AIRLIFT_TEST_UNSET}"))
            .unwrap_err();
        assert_eq!(
            failure.to_string(),
            "${env:AIRLIFT_TEST_UNSET}: the environment variable is not set"
        );
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
