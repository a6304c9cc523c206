//! Responsible for the `vault` store: `${vault:mount/path#field}` is a field of the newest version of a secret in a KV
//! version 2 engine of `HashiCorp` Vault or `OpenBao`.
//!
//! The environment configures the server, with the variables of its own tools. One read returns all fields of a
//! secret. A secret's version is read without its fields. Refuses redirects, plain HTTP to other machines, unbounded
//! responses, and repeating a server's text.

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

use crate::model::LockUnpoisoned;
use crate::model::SecretValue;
use crate::secrets::ResolveErrorKind;
use crate::secrets::fields::json::{self, Object};
use http::{Http, VaultResponse};
use login::LoginToken;
use settings::Settings;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

/// One secret's answer, as it came; fields are cut out when they are asked for.
type Secret = Result<Arc<Zeroizing<Vec<u8>>>, ResolveErrorKind>;

/// A server, and what was read of it in this run.
pub(super) struct Vault {
    http: Http,
    settings: Settings,
    token: tokio::sync::Mutex<Option<LoginToken>>,
    mounts: tokio::sync::Mutex<Vec<String>>,
    read: Mutex<BTreeMap<String, Arc<OnceCell<Secret>>>>,
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

    /// From the environment; `ca_pem` is trusted beside what that says.
    pub(super) fn open(ca_pem: &[u8]) -> Result<Self, ResolveErrorKind> {
        let variable = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        let mut settings = Settings::read(&variable)?;
        settings.ca_pem.extend_from_slice(ca_pem);
        Self::new(settings)
    }

    /// One field of a secret.
    pub(super) async fn field(
        &self,
        path: &str,
        field: &str,
    ) -> Result<SecretValue, ResolveErrorKind> {
        let place = place(&self.read, path);
        let secret = place.get_or_init(|| self.secret(path)).await;
        let bytes = secret.as_ref().map_err(ResolveErrorKind::clone)?;
        let whole = object(bytes)?;
        let data = whole.get("data").map_err(|_| unexpected_response())?;
        let value = json::scalar(Object::parse(data)?.get(field)?)?;
        Ok(value.with_version(version::of_secret(&whole)))
    }

    async fn secret(&self, path: &str) -> Secret {
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

    /// Asks the engine that holds a path for its data or metadata.
    async fn kv(&self, path: &str, what: &str) -> Result<VaultResponse, ResolveErrorKind> {
        let path = store::check_path(path).map_err(ResolveErrorKind::BadReference)?;
        let token = self.token().await?;
        let mount = self.mount(path, &token).await?;
        let rest = path.get(mount.len()..).unwrap_or_default();
        let rest = rest.split('/').filter(|part| !part.is_empty());
        let parts = std::iter::once("v1").chain(mount.split('/'));
        let parts = parts.chain([what]).chain(rest);
        self.http.get(parts, Some(&token)).await
    }

    /// Whether the server is there and unsealed.
    pub(super) async fn health(&self) -> Result<(), ResolveErrorKind> {
        let response = self.http.get(["v1", "sys", "health"], None).await?;
        match response.status {
            // A standby answers 429, 472 or 473 and passes requests on.
            200 | 429 | 472 | 473 => Ok(()),
            501 => Err(ResolveErrorKind::Answer("it is not initialized".to_owned())),
            503 => Err(ResolveErrorKind::Sealed),
            _ => Err(status_error(&response)),
        }
    }

    /// Whether the login works: the token is known to the server.
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

/// Where what is asked once is kept.
fn place<T>(kept: &Mutex<BTreeMap<String, Arc<OnceCell<T>>>>, path: &str) -> Arc<OnceCell<T>> {
    let mut kept = kept.lock_unpoisoned();
    Arc::clone(kept.entry(path.to_owned()).or_default())
}

fn object(bytes: &[u8]) -> Result<Object<'_>, ResolveErrorKind> {
    let text = std::str::from_utf8(bytes).map_err(|_| unexpected_response())?;
    let top = Object::parse(text).map_err(|_| unexpected_response())?;
    let data = top.get("data").map_err(|_| unexpected_response())?;
    Object::parse(data).map_err(|_| unexpected_response())
}

fn data_of(bytes: &[u8]) -> Result<&str, ResolveErrorKind> {
    let found = object(bytes)?
        .get("data")
        .map_err(|_| unexpected_response())?;
    if found.starts_with('{') || found == "null" {
        return Ok(found);
    }
    Err(unexpected_response())
}

fn unexpected_response() -> ResolveErrorKind {
    ResolveErrorKind::Answer("it is no secret of a KV version 2 engine".to_owned())
}

/// Why a secret is not there: its metadata tells a deletion from an absence.
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

/// Why a request was refused, by its status; the server's own words are looked at and not shown.
fn status_error(response: &VaultResponse) -> ResolveErrorKind {
    let says = |word: &[u8]| response.body.windows(word.len()).any(|part| part == word);
    match response.status {
        403 => ResolveErrorKind::Denied,
        503 if says(b"sealed") => ResolveErrorKind::Sealed,
        300..400 => ResolveErrorKind::Answer("it redirects, which is not followed".to_owned()),
        status => ResolveErrorKind::Answer(format!("status {status}")),
    }
}
