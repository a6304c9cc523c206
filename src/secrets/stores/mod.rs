//! Responsible for the secret stores: one module per store, behind one trait.
//!
//! Does not decide which stores a project may use, and does not cache values. The resolver does both.

mod airbyte;
mod env;
mod exec;
pub(super) mod file;
pub(super) mod provider;
mod unbound;
mod vault;

use super::value_form::broken_form;
use super::{ResolveErrorKind, SecretAccess};
use crate::model::{HealthCheck, SecretRef, SecretValue, StoreKind};
use airbyte::AirbyteStore;
use env::EnvStore;
use exec::ExecStore;
use file::FileStore;
use futures_util::future::{self, BoxFuture, FutureExt as _};
use provider::ProviderStore;
use std::path::PathBuf;
use std::sync::Arc;
use unbound::UnboundStore;
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

    /// Checks the store itself, for `doctor`. The resolver checks the references.
    fn health<'a>(&'a self, _references: &'a [&'a SecretRef]) -> BoxFuture<'a, Vec<HealthCheck>> {
        future::ready(Vec::new()).boxed()
    }

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
        StoreKind::Airbyte => Arc::new(AirbyteStore),
        StoreKind::Env => Arc::new(EnvStore::new(Arc::clone(&context.access))),
        StoreKind::Exec => Arc::new(ExecStore::new(context.project.clone())),
        StoreKind::File => Arc::new(FileStore::new(
            context.project.clone(),
            Arc::clone(&context.access),
        )),
        StoreKind::Unbound => Arc::new(UnboundStore),
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

/// Whether values are refused if their form cannot be right.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum FormCheck {
    Refuse,
    Skip,
}

/// Removes a byte order mark. Refuses values that would not reach the API unchanged, and values that cannot be right.
pub(super) fn check_value(
    value: SecretValue,
    form: FormCheck,
) -> Result<SecretValue, ResolveErrorKind> {
    let value = without_mark(value);
    let text = value.expose();
    if text.is_empty() {
        return Err(ResolveErrorKind::Empty);
    }
    let is_allowed = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r');
    if !text.chars().all(is_allowed) {
        return Err(ResolveErrorKind::ControlCharacter);
    }
    match broken_form(text) {
        Some(broken) if form == FormCheck::Refuse => Err(ResolveErrorKind::WrongForm(broken)),
        _ => Ok(value),
    }
}

/// The value without a byte order mark, which editors write and which is no part of a secret.
fn without_mark(value: SecretValue) -> SecretValue {
    match value.expose().strip_prefix('\u{feff}') {
        Some(text) => {
            SecretValue::new(text.to_owned()).with_version(value.version().map(str::to_owned))
        }
        None => value,
    }
}

/// The text of a value.
pub(super) fn utf8(bytes: &[u8]) -> Result<&str, ResolveErrorKind> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(ResolveErrorKind::Utf16);
    }
    std::str::from_utf8(bytes).map_err(|_| ResolveErrorKind::NotText)
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
