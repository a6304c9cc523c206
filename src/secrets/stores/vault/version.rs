//! Responsible for reading the version of a secret without its fields.
//!
//! A version is the version number with its creation time, because the numbers start at one again if a secret is
//! destroyed with its metadata and created again.

use super::{Vault, cell, object};
use crate::secrets::fields::json::{self, Object};

impl Vault {
    /// The newest version of a secret, if one exists and the token may read the metadata.
    pub(super) async fn version(&self, path: &str) -> Option<String> {
        let cell = cell(&self.versions, path);
        let version = cell.get_or_init(async || {
            let response = self.kv(path, "metadata").await.ok()?;
            (response.status == 200)
                .then(|| newest(&response.body))
                .flatten()
        });
        version.await.clone()
    }
}

fn newest(body: &[u8]) -> Option<String> {
    let data = object(body).ok()?;
    let number = data.get("current_version").ok()?;
    let versions = Object::parse(data.get("versions").ok()?).ok()?;
    let version = Object::parse(versions.get(number).ok()?).ok()?;
    let is_readable =
        version.get("destroyed") == Ok("false") && version.get("deletion_time") == Ok("\"\"");
    is_readable.then(|| label(number, &version)).flatten()
}

/// The version in the response of a secret.
pub(super) fn from_secret(secret: &Object<'_>) -> Option<String> {
    let metadata = Object::parse(secret.get("metadata").ok()?).ok()?;
    label(metadata.get("version").ok()?, &metadata)
}

fn label(number: &str, version: &Object<'_>) -> Option<String> {
    let created = json::scalar(version.get("created_time").ok()?).ok()?;
    Some(format!("{number} of {}", created.expose()))
}
