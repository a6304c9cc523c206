//! Responsible for the secret stores: one module per store, behind one trait.
//!
//! Does not decide which stores a project may use, and does not cache values. The resolver does both.

mod env;
mod exec;
pub(super) mod file;
mod health;
pub(super) mod provider;
mod vault;

use super::{ResolveErrorKind, SecretAccess};
use crate::model::{HealthCheck, SecretRef, SecretValue, StoreKind};
use env::EnvStore;
use exec::ExecStore;
use file::FileStore;
use futures_util::future::{self, BoxFuture, FutureExt as _};
use provider::ProviderStore;
use std::path::PathBuf;
use std::sync::Arc;
use vault::VaultStore;

/// A secret store. The constructor opens nothing: a store opens when it reads the first reference.
pub(super) trait Store: Send + Sync {
    /// Checks the text of a reference. Reads nothing and sends no request.
    fn check_reference(&self, reference: &SecretRef) -> Result<(), &'static str>;

    /// Reads the value of a reference.
    fn read<'a>(
        &'a self,
        reference: &'a SecretRef,
    ) -> BoxFuture<'a, Result<SecretValue, ResolveErrorKind>>;

    /// Reads several references with fewer requests and caches their values for `read`.
    fn prefetch<'a>(&'a self, _references: &'a [&'a SecretRef]) -> BoxFuture<'a, ()> {
        future::ready(()).boxed()
    }

    /// The version of a reference's value, if the store reports the version without the value.
    fn version<'a>(&'a self, _reference: &'a SecretRef) -> BoxFuture<'a, Option<String>> {
        future::ready(None).boxed()
    }

    /// Checks whether the references can be read, for `doctor`. Shows no value.
    fn health<'a>(&'a self, references: &'a [&'a SecretRef]) -> BoxFuture<'a, Vec<HealthCheck>>;

    /// Logs out of the store.
    fn close(&self) -> BoxFuture<'_, ()> {
        future::ready(()).boxed()
    }
}

/// The settings of a run that stores need.
#[derive(Clone, Debug, Default)]
pub(super) struct StoreContext {
    /// The project's directory.
    pub(super) project: PathBuf,
    /// The rules for what references may read.
    pub(super) access: Arc<SecretAccess>,
    /// Certificates in PEM form that are trusted in addition to the system's.
    pub(super) ca_pem: Vec<u8>,
}

/// The store of a kind, if this version knows the kind.
pub(super) fn store(kind: &StoreKind, context: &StoreContext) -> Option<Arc<dyn Store>> {
    Some(match kind {
        StoreKind::Env => Arc::new(EnvStore::new(Arc::clone(&context.access))),
        StoreKind::Exec => Arc::new(ExecStore::new(context.project.clone())),
        StoreKind::File => Arc::new(FileStore::new(
            context.project.clone(),
            Arc::clone(&context.access),
        )),
        StoreKind::Vault => Arc::new(VaultStore::new(context.ca_pem.clone())),
        StoreKind::Provider(name) => {
            Arc::new(ProviderStore::new(name.clone(), context.project.clone()))
        }
        StoreKind::Unknown(_) => return None,
    })
}

/// The error in the text of a reference, if any. Reads nothing and sends no request.
pub fn syntax_error(reference: &SecretRef) -> Option<&'static str> {
    store(&reference.store, &StoreContext::default())?
        .check_reference(reference)
        .err()
}

/// Refuses values that would not reach the API unchanged.
pub(super) fn check_value(value: SecretValue) -> Result<SecretValue, ResolveErrorKind> {
    let text = value.expose();
    if text.is_empty() {
        return Err(ResolveErrorKind::Empty);
    }
    let is_allowed = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r');
    if text.chars().all(is_allowed) {
        Ok(value)
    } else {
        Err(ResolveErrorKind::ControlCharacter)
    }
}

/// Refuses a field, for stores without fields.
fn refuse_field(reference: &SecretRef) -> Result<(), &'static str> {
    match reference.field {
        Some(_) => Err("this store has no fields; remove the part after `#`"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::syntax_error;

    #[test]
    fn syntax_error_invalid_reference_is_some() {
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
