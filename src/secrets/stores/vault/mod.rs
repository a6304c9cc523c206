//! Responsible for the `vault` store: `${vault:mount/path#field}` is a field of the newest version of a secret in a KV
//! version 2 engine of `HashiCorp` Vault or `OpenBao`.
//!
//! The environment configures the server, with the variables of the server's own tools. One request returns all fields
//! of a secret. Another request returns a secret's version without its fields. Refuses redirects, plain HTTP to other
//! machines and unbounded responses. Does not repeat a server's text.

mod http;
mod login;
mod mount;
#[cfg(test)]
mod real;
mod settings;
mod store;
#[cfg(test)]
mod tests;
mod version;

pub(super) use store::VaultStore;

use crate::model::{LockUnpoisoned, SecretValue};
use crate::secrets::ResolveErrorKind;
use crate::secrets::fields::json::{self, Object};
use http::{Http, VaultResponse};
use login::LoginToken;
use settings::Settings;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

/// The response body of one secret. A read extracts its field from the body.
type SecretBody = Result<Arc<Zeroizing<Vec<u8>>>, ResolveErrorKind>;

/// A server, and the secrets and versions that this run has read.
pub(super) struct Vault {
    http: Http,
    settings: Settings,
    token: tokio::sync::Mutex<Option<LoginToken>>,
    mounts: tokio::sync::Mutex<Vec<String>>,
    read: Mutex<BTreeMap<String, Arc<OnceCell<SecretBody>>>>,
    versions: Mutex<BTreeMap<String, Arc<OnceCell<Option<String>>>>>,
}

impl Vault {
    fn new(settings: Settings) -> Result<Self, ResolveErrorKind> {
        Ok(Self {
            http: Http::new(&settings)?,
            settings,
            token: tokio::sync::Mutex::default(),
            mounts: tokio::sync::Mutex::default(),
            read: Mutex::default(),
            versions: Mutex::default(),
        })
    }

    /// Opens the server that the environment names. Trusts `ca_pem` in addition to the environment's certificates.
    pub(super) fn open(ca_pem: &[u8]) -> Result<Self, ResolveErrorKind> {
        let variable = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        let mut settings = Settings::read(&variable)?;
        settings.ca_pem.extend_from_slice(ca_pem);
        Self::new(settings)
    }

    /// Reads one field of a secret.
    pub(super) async fn field(
        &self,
        path: &str,
        field: &str,
    ) -> Result<SecretValue, ResolveErrorKind> {
        let cell = cell(&self.read, path);
        let body = cell
            .get_or_init(|| self.secret(path))
            .await
            .as_ref()
            .map_err(ResolveErrorKind::clone)?;
        let secret = object(body)?;
        let data = secret.get("data").map_err(|_| unexpected_response())?;
        let value = json::scalar(Object::parse(data)?.get(field)?)?;
        Ok(value.with_version(version::from_secret(&secret)))
    }

    async fn secret(&self, path: &str) -> SecretBody {
        let response = self.kv(path, "data").await?;
        match response.status {
            200 => {
                let data = data_of(&response.body)?;
                if data == "null" {
                    return Err(absence_error(&response.body));
                }
                Ok(Arc::new(response.body))
            }
            404 => Err(absence_error(&response.body)),
            _ => Err(status_error(&response)),
        }
    }

    /// Requests the data or metadata of a path from its KV engine.
    async fn kv(&self, path: &str, kind: &str) -> Result<VaultResponse, ResolveErrorKind> {
        let path = store::check_path(path).map_err(ResolveErrorKind::BadReference)?;
        let token = self.token().await?;
        let mount = self.mount(path, &token).await?;
        let below_mount = path
            .get(mount.len()..)
            .unwrap_or_default()
            .split('/')
            .filter(|part| !part.is_empty());
        let parts = std::iter::once("v1")
            .chain(mount.split('/'))
            .chain([kind])
            .chain(below_mount);
        self.http.get(parts, Some(&token)).await
    }

    /// Checks that the server is reachable, initialized and unsealed.
    pub(super) async fn health(&self) -> Result<(), ResolveErrorKind> {
        let response = self.http.get(["v1", "sys", "health"], None).await?;
        match response.status {
            // A standby returns 429, 472 or 473 and forwards requests.
            200 | 429 | 472 | 473 => Ok(()),
            501 => Err(ResolveErrorKind::UnexpectedResponse(
                "the server is not initialized".to_owned(),
            )),
            503 => Err(ResolveErrorKind::Sealed),
            _ => Err(status_error(&response)),
        }
    }

    /// Checks that the server accepts the token of the login.
    pub(super) async fn login(&self) -> Result<(), ResolveErrorKind> {
        let token = self.token().await?;
        let parts = ["v1", "auth", "token", "lookup-self"];
        let response = self.http.get(parts, Some(&token)).await?;
        match response.status {
            200 => Ok(()),
            403 => Err(ResolveErrorKind::LoginRefused("the token is not valid")),
            _ => Err(status_error(&response)),
        }
    }

    pub(super) fn address(&self) -> String {
        self.settings.address.origin().ascii_serialization()
    }
}

/// The cache cell of a path.
fn cell<T>(cache: &Mutex<BTreeMap<String, Arc<OnceCell<T>>>>, path: &str) -> Arc<OnceCell<T>> {
    let mut cache = cache.lock_unpoisoned();
    Arc::clone(cache.entry(path.to_owned()).or_default())
}

fn object(bytes: &[u8]) -> Result<Object<'_>, ResolveErrorKind> {
    let text = std::str::from_utf8(bytes).map_err(|_| unexpected_response())?;
    let top = Object::parse(text).map_err(|_| unexpected_response())?;
    let data = top.get("data").map_err(|_| unexpected_response())?;
    Object::parse(data).map_err(|_| unexpected_response())
}

fn data_of(bytes: &[u8]) -> Result<&str, ResolveErrorKind> {
    let data = object(bytes)?
        .get("data")
        .map_err(|_| unexpected_response())?;
    if data.starts_with('{') || data == "null" {
        return Ok(data);
    }
    Err(unexpected_response())
}

fn unexpected_response() -> ResolveErrorKind {
    ResolveErrorKind::UnexpectedResponse("not a secret of a KV version 2 engine".to_owned())
}

/// Why a secret is absent. The metadata distinguishes a deletion from a secret that never existed.
fn absence_error(bytes: &[u8]) -> ResolveErrorKind {
    let Ok(data) = object(bytes) else {
        return ResolveErrorKind::NotFound;
    };
    let Some(metadata) = data
        .get("metadata")
        .ok()
        .and_then(|raw| Object::parse(raw).ok())
    else {
        return ResolveErrorKind::NotFound;
    };
    if metadata.get("destroyed") == Ok("true") {
        return ResolveErrorKind::Destroyed;
    }
    match metadata.get("deletion_time") {
        Ok(time) if time != "\"\"" => ResolveErrorKind::Deleted,
        _ => ResolveErrorKind::NotFound,
    }
}

/// The error of a response, by its status. The server's text is searched and not shown.
fn status_error(response: &VaultResponse) -> ResolveErrorKind {
    let contains = |word: &[u8]| response.body.windows(word.len()).any(|part| part == word);
    match response.status {
        403 => ResolveErrorKind::Denied,
        503 if contains(b"sealed") => ResolveErrorKind::Sealed,
        300..400 => ResolveErrorKind::UnexpectedResponse(
            "a redirect, which airlift does not follow".to_owned(),
        ),
        status => ResolveErrorKind::UnexpectedResponse(format!("status {status}")),
    }
}
