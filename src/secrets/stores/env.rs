//! Responsible for the `env` store: `${env:NAME}` is the value of the environment variable `NAME`.
//!
//! Does not read a variable that belongs to the run or that the operator does not allow.

use super::{Store, refuse_field};
use crate::model::{SecretRef, SecretValue};
use crate::secrets::{ResolveErrorKind, SecretAccess};
use futures_util::future::{self, BoxFuture, FutureExt as _};
use std::sync::Arc;

pub(super) struct EnvStore {
    access: Arc<SecretAccess>,
}

impl Store for EnvStore {
    fn check_reference(&self, reference: &SecretRef) -> Result<(), &'static str> {
        refuse_field(reference)?;
        let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let starts_with_digit = reference.path.starts_with(|c: char| c.is_ascii_digit());
        if reference.path.chars().all(is_letter) && !starts_with_digit {
            Ok(())
        } else {
            Err("the name of an environment variable consists of letters, digits and `_`")
        }
    }

    fn read<'a>(
        &'a self,
        reference: &'a SecretRef,
    ) -> BoxFuture<'a, Result<SecretValue, ResolveErrorKind>> {
        future::ready(self.value(reference)).boxed()
    }
}

impl EnvStore {
    pub(super) fn new(access: Arc<SecretAccess>) -> Self {
        Self { access }
    }

    fn value(&self, reference: &SecretRef) -> Result<SecretValue, ResolveErrorKind> {
        if reference.field.is_some() {
            return Err(ResolveErrorKind::NoFields);
        }
        self.access.check_variable(&reference.path)?;
        // `var` reports a name with `=` or NUL as not set.
        match std::env::var(&reference.path) {
            Ok(value) => Ok(SecretValue::new(value)),
            Err(std::env::VarError::NotPresent) => Err(ResolveErrorKind::NotSet),
            Err(std::env::VarError::NotUnicode(_)) => Err(ResolveErrorKind::NotText),
        }
    }
}
