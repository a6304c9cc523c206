//! Responsible for the stores of secrets: one file each, behind one trait.
//!
//! Does not decide which stores a project may use, and does not read a reference twice. The resolver does both.

mod env;
mod exec;
pub(super) mod file;
mod health;
pub(super) mod provider;
mod vault;

use super::ResolveErrorKind;
use crate::model::{HealthCheck, SecretRef, SecretValue, StoreKind};
use env::EnvStore;
use exec::ExecStore;
use file::FileStore;
use futures_util::future::{self, BoxFuture, FutureExt as _};
use provider::ProviderStore;
use std::path::PathBuf;
use std::sync::Arc;
use vault::VaultStore;

/// A store of secrets. Making one opens nothing; a store opens with the first reference that it reads.
pub(super) trait Store: Send + Sync {
    /// Says what is wrong with the text of a reference. Reads nothing and asks no server.
    fn check_reference(&self, reference: &SecretRef) -> Result<(), &'static str>;

    /// Reads the value of a reference.
    fn read<'a>(
        &'a self,
        reference: &'a SecretRef,
    ) -> BoxFuture<'a, Result<SecretValue, ResolveErrorKind>>;

    /// Reads several references with fewer requests, so that `read` finds their values.
    fn prefetch<'a>(&'a self, _references: &'a [&'a SecretRef]) -> BoxFuture<'a, ()> {
        future::ready(()).boxed()
    }

    /// The version of a reference's value, where the store tells it without the value.
    fn version<'a>(&'a self, _reference: &'a SecretRef) -> BoxFuture<'a, Option<String>> {
        future::ready(None).boxed()
    }

    /// Checks for `doctor` whether the references can be read. Shows no value.
    fn health<'a>(&'a self, references: &'a [&'a SecretRef]) -> BoxFuture<'a, Vec<HealthCheck>>;

    /// Logs out.
    fn close(&self) -> BoxFuture<'_, ()> {
        future::ready(()).boxed()
    }
}

/// What stores know of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct StoreContext {
    /// The project's directory.
    pub(super) project: PathBuf,
    /// The directories that absolute file references may point below.
    pub(super) roots: Vec<PathBuf>,
    /// Certificates in PEM form that are trusted beside the system's.
    pub(super) ca_pem: Vec<u8>,
}

/// The store of a kind, unless this version does not know the kind.
pub(super) fn store(kind: &StoreKind, context: &StoreContext) -> Option<Arc<dyn Store>> {
    Some(match kind {
        StoreKind::Env => Arc::new(EnvStore),
        StoreKind::Exec => Arc::new(ExecStore::new(context.project.clone())),
        StoreKind::File => Arc::new(FileStore::new(
            context.project.clone(),
            context.roots.clone(),
        )),
        StoreKind::Vault => Arc::new(VaultStore::new(context.ca_pem.clone())),
        StoreKind::Provider(name) => {
            Arc::new(ProviderStore::new(name.clone(), context.project.clone()))
        }
        StoreKind::Unknown(_) => return None,
    })
}

/// What is wrong with the text of a reference, as far as its store can tell without reading anything.
pub fn syntax_error(reference: &SecretRef) -> Option<&'static str> {
    store(&reference.store, &StoreContext::default())?
        .check_reference(reference)
        .err()
}

/// Refuses values that would not arrive at the API unchanged.
pub(super) fn check_value(value: SecretValue) -> Result<SecretValue, ResolveErrorKind> {
    let text = value.expose();
    if text.is_empty() {
        return Err(ResolveErrorKind::Empty);
    }
    let is_harmless = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r');
    if text.chars().all(is_harmless) {
        Ok(value)
    } else {
        Err(ResolveErrorKind::ControlCharacter)
    }
}

/// Says that a store has no fields.
fn refuse_field(reference: &SecretRef) -> Result<(), &'static str> {
    match reference.field {
        Some(_) => Err("this store has no fields; drop the part after `#`"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::syntax_error;

    #[test]
    fn syntax_error_tells_mistakes_without_reading() {
        let is_wrong = |text: &str| syntax_error(&text.parse().unwrap()).is_some();
        for correct in [
            "${env:A_1}",
            "${file:a}",
            "${file:a.json#b.c}",
            "${vault:kv/a/b#c}",
            "${exec:gh-token}",
        ] {
            assert!(!is_wrong(correct), "{correct}");
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
            assert!(is_wrong(wrong), "{wrong}");
        }
    }
}
