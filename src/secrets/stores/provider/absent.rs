//! Replaces the library of further stores in builds without them. Nothing can be opened.

use super::{Key, ResolveErrorKind, SecretBytes};
use std::time::Duration;

/// There is none.
pub(super) enum Library {}

impl Library {
    pub(super) fn open(_: &str) -> Result<Self, ResolveErrorKind> {
        Err(ResolveErrorKind::NotBuilt {
            scheme: "further",
            feature: "stores",
        })
    }

    #[expect(clippy::unused_async, reason = "as where there is one")]
    pub(super) async fn read(
        &self,
        _: Vec<Key>,
        _: Duration,
    ) -> Result<Vec<(Key, SecretBytes)>, ResolveErrorKind> {
        match *self {}
    }
}
