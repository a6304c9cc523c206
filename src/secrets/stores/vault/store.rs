//! Responsible for the `vault` store as an implementation of the `Store` trait. The first reference opens the server.

use super::Vault;
use crate::model::{HealthCheck, SecretRef, SecretValue};
use crate::secrets::ResolveErrorKind;
use crate::secrets::stores::Store;
use futures_util::future::{BoxFuture, FutureExt as _};
use tokio::sync::OnceCell;

const SUBJECT: &str = "store vault";

/// The server that the environment names.
pub(in crate::secrets) struct VaultStore {
    ca_pem: Vec<u8>,
    opened: OnceCell<Result<Vault, ResolveErrorKind>>,
}

impl VaultStore {
    pub(in crate::secrets) fn new(ca_pem: Vec<u8>) -> Self {
        Self {
            ca_pem,
            opened: OnceCell::new(),
        }
    }

    async fn vault(&self) -> Result<&Vault, ResolveErrorKind> {
        self.opened
            .get_or_init(async || Vault::open(&self.ca_pem))
            .await
            .as_ref()
            .map_err(ResolveErrorKind::clone)
    }

    async fn check_server(&self) -> Vec<HealthCheck> {
        let vault = match self.vault().await {
            Ok(vault) => vault,
            Err(kind) => {
                let hint = "set VAULT_ADDR and a login in the environment";
                return vec![HealthCheck::fail(SUBJECT, kind.to_string(), hint)];
            }
        };
        let address = vault.address();
        if let Err(kind) = vault.health().await {
            let hint = "check VAULT_ADDR, VAULT_CACERT and the server";
            return vec![HealthCheck::fail(
                SUBJECT,
                format!("{address}: {kind}"),
                hint,
            )];
        }
        let reachable = HealthCheck::ok(SUBJECT, format!("{address} responds"));
        vec![reachable, check_login(vault).await]
    }
}

impl Store for VaultStore {
    fn check_reference(&self, reference: &SecretRef) -> Result<(), &'static str> {
        if reference.field.is_none() {
            return Err("a Vault secret has fields; add `#` and the field's name");
        }
        check_path(&reference.path).map(drop)
    }

    fn read<'a>(
        &'a self,
        reference: &'a SecretRef,
    ) -> BoxFuture<'a, Result<SecretValue, ResolveErrorKind>> {
        async {
            match &reference.field {
                Some(field) => self.vault().await?.field(&reference.path, field).await,
                None => Err(ResolveErrorKind::FieldNeeded),
            }
        }
        .boxed()
    }

    fn version<'a>(&'a self, reference: &'a SecretRef) -> BoxFuture<'a, Option<String>> {
        async { self.vault().await.ok()?.version(&reference.path).await }.boxed()
    }

    fn health<'a>(&'a self, _references: &'a [&'a SecretRef]) -> BoxFuture<'a, Vec<HealthCheck>> {
        self.check_server().boxed()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        async {
            if let Some(Ok(vault)) = self.opened.get() {
                vault.close().await;
            }
        }
        .boxed()
    }
}

/// Checks the path of a reference: a mount and a path below the mount.
pub(super) fn check_path(path: &str) -> Result<&str, &'static str> {
    if !path.contains('/') {
        return Err("the reference needs a mount and a path, for example kv/hubspot");
    }
    let is_valid = |part: &str| !part.is_empty() && part != "." && part != "..";
    if path.split('/').all(is_valid) {
        Ok(path)
    } else {
        Err("the path has an empty part, `.` or `..`")
    }
}

async fn check_login(vault: &Vault) -> HealthCheck {
    match vault.login().await {
        Ok(()) => HealthCheck::ok(SUBJECT, "the login works"),
        Err(kind) => {
            let hint = "check the token, or the role and its proof, and VAULT_NAMESPACE";
            HealthCheck::fail(SUBJECT, kind.to_string(), hint)
        }
    }
}
