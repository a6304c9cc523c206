//! Responsible for placeholders: `${unbound:NAME}` stands where a person has to write a reference.

use super::{Store, refuse_field};
use crate::model::{SecretRef, SecretValue};
use crate::secrets::ResolveErrorKind;
use futures_util::future::{self, BoxFuture, FutureExt as _};

/// Characters of names beside letters and digits.
const PUNCTUATION: &str = "_-./";

pub(super) struct UnboundStore;

impl Store for UnboundStore {
    fn check_reference(&self, reference: &SecretRef) -> Result<(), &'static str> {
        refuse_field(reference)?;
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || PUNCTUATION.contains(c);
        if reference.path.chars().all(is_allowed) {
            Ok(())
        } else {
            Err("the name of a placeholder consists of letters, digits and any of _-./")
        }
    }

    fn read<'a>(
        &'a self,
        _reference: &'a SecretRef,
    ) -> BoxFuture<'a, Result<SecretValue, ResolveErrorKind>> {
        future::ready(Err(ResolveErrorKind::Unbound)).boxed()
    }
}
