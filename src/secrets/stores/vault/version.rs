//! Responsible for the version of a secret, read without its fields.
//!
//! A version is its number with its creation time, because a secret that is deleted for good and created again starts
//! at one.

use super::{Vault, object, place};
use crate::secrets::fields::json::{self, Object};

impl Vault {
    /// The newest version of a secret; nothing where there is none, or where the token may not
    /// see it.
    pub(super) async fn version(&self, path: &str) -> Option<String> {
        let place = place(&self.versions, path);
        let version = place.get_or_init(async || {
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
    let is_there =
        version.get("destroyed") == Ok("false") && version.get("deletion_time") == Ok("\"\"");
    is_there.then(|| named(number, &version)).flatten()
}

/// The version that came with a secret's fields.
pub(super) fn of_secret(data: &Object<'_>) -> Option<String> {
    let metadata = Object::parse(data.get("metadata").ok()?).ok()?;
    named(metadata.get("version").ok()?, &metadata)
}

fn named(number: &str, version: &Object<'_>) -> Option<String> {
    let made = json::scalar(version.get("created_time").ok()?).ok()?;
    Some(format!("{number} of {}", made.expose()))
}
