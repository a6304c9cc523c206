//! Responsible for finding the engine's mount in a path.
//!
//! A mount may have several parts, so one request per mount asks the server, as the server's own tools do. If the server
//! does not return the mount, the mount is the first part of the path.

use super::{Vault, object};
use crate::model::SecretValue;
use crate::secrets::ResolveErrorKind;
use crate::secrets::fields::json::Object;

impl Vault {
    /// The mount of the engine that contains a path.
    pub(super) async fn mount(
        &self,
        path: &str,
        token: &SecretValue,
    ) -> Result<String, ResolveErrorKind> {
        let mut known = self.mounts.lock().await;
        if let Some(mount) = known.iter().find(|mount| is_below(path, mount)) {
            return Ok(mount.clone());
        }
        let parts = ["v1", "sys", "internal", "ui", "mounts"];
        let parts = parts.into_iter().chain(path.split('/'));
        let response = self.http.get(parts, Some(token)).await?;
        let mount = match response.status {
            200 => mount_of(&response.body, path)?,
            // The token may not list mounts, or the server is too old. The read of the secret reports the error.
            _ => None,
        };
        let first = || path.split('/').next().unwrap_or(path).to_owned();
        let Some(mount) = mount else {
            return Ok(first());
        };
        known.push(mount.clone());
        Ok(mount)
    }
}

fn is_below(path: &str, mount: &str) -> bool {
    let rest = path.strip_prefix(mount);
    rest.is_some_and(|rest| rest.starts_with('/'))
}

/// The mount in a response. Refuses an engine other than KV version 2.
fn mount_of(body: &[u8], path: &str) -> Result<Option<String>, ResolveErrorKind> {
    let data = object(body)?;
    let text = |object: &Object<'_>, name: &str| {
        let raw = object.get(name).ok()?;
        serde_json::from_str::<String>(raw).ok()
    };
    if text(&data, "type").as_deref() != Some("kv") {
        return Err(ResolveErrorKind::UnexpectedResponse(
            "the engine is not a KV engine".to_owned(),
        ));
    }
    let options = data.get("options").ok();
    let options = options.and_then(|raw| Object::parse(raw).ok());
    let version = options.and_then(|options| text(&options, "version"));
    if version.as_deref() != Some("2") {
        return Err(ResolveErrorKind::OldEngine);
    }
    let mount = text(&data, "path").unwrap_or_default();
    Ok(below_namespace(mount.trim_end_matches('/'), path))
}

/// The mount without namespaces. A response may put namespaces in front of the mount.
fn below_namespace(mount: &str, path: &str) -> Option<String> {
    let mut mount = mount;
    while !is_below(path, mount) {
        mount = mount.split_once('/')?.1;
    }
    (!mount.is_empty()).then(|| mount.to_owned())
}

#[cfg(test)]
mod tests {
    use super::below_namespace;

    #[test]
    fn below_namespace_removes_leading_namespaces() {
        let below = |mount: &str| below_namespace(mount, "team/kv/a/b");
        assert_eq!(below("team/kv").as_deref(), Some("team/kv"));
        assert_eq!(below("ns/eu/team/kv").as_deref(), Some("team/kv"));
        assert_eq!(below("team/k"), None);
        assert_eq!(below(""), None);
    }
}
