//! Responsible for replacing the library of further stores in builds without the feature `stores`: opening fails.

use super::{Key, ResolveErrorKind, SecretBytes};
use std::time::Duration;

/// A type without values: a store cannot be opened.
pub(super) enum Library {}

impl Library {
    pub(super) fn open(_: &str) -> Result<Self, ResolveErrorKind> {
        Err(ResolveErrorKind::NotBuilt {
            scheme: "further",
            feature: "stores",
        })
    }

    #[expect(
        clippy::unused_async,
        reason = "the signature of the library that this type replaces"
    )]
    pub(super) async fn read(
        &self,
        _: Vec<Key>,
        _: Duration,
    ) -> Result<Vec<(Key, SecretBytes)>, ResolveErrorKind> {
        match *self {}
    }
}
