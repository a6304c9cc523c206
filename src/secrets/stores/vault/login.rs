//! Responsible for the server's token: one login, renewed after four fifths of the token's lifetime and revoked at the
//! end of the run.

use super::Vault;
use super::settings::Login;
use crate::model::SecretValue;
use crate::secrets::ResolveErrorKind;
use crate::secrets::fields::json::{self, Object};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use zeroize::Zeroizing;

/// The time limit of a revocation, which must not delay the end of a run.
const REVOKE_TIMEOUT: Duration = Duration::from_secs(3);

/// A token from a login.
pub(super) struct LoginToken {
    token: Arc<SecretValue>,
    /// The time of the next login. None for a token that does not expire.
    renew_at: Option<Instant>,
}

impl Vault {
    /// The token of requests. Logs in if no valid token is cached.
    pub(super) async fn token(&self) -> Result<Arc<SecretValue>, ResolveErrorKind> {
        let mut cached = self.token.lock().await;
        if let Some(current) = &*cached
            && current.renew_at.is_none_or(|time| Instant::now() < time)
        {
            return Ok(Arc::clone(&current.token));
        }
        let fresh = self.log_in().await?;
        let token = Arc::clone(&fresh.token);
        *cached = Some(fresh);
        Ok(token)
    }

    /// Revokes a token that a login returned. A token whose revocation fails expires later.
    pub(super) async fn close(&self) {
        let cached = self.token.lock().await.take();
        let is_configured = matches!(self.settings.login, Login::Token(_));
        let Some(login) = cached.filter(|_| !is_configured) else {
            return;
        };
        let parts = ["v1", "auth", "token", "revoke-self"];
        let revocation = self
            .http
            .post(parts, Some(&login.token), Bytes::from_static(b"{}"));
        let _ = timeout(REVOKE_TIMEOUT, revocation).await;
    }

    async fn log_in(&self) -> Result<LoginToken, ResolveErrorKind> {
        let body = match &self.settings.login {
            Login::Token(token) => {
                let token = SecretValue::new(token.expose().to_owned());
                return Ok(LoginToken {
                    token: Arc::new(token),
                    renew_at: None,
                });
            }
            Login::AppRole { role_id, secret_id } => pair(
                ("role_id", role_id.expose()),
                ("secret_id", secret_id.expose()),
            ),
            Login::Jwt { role, jwt } => pair(("role", role), ("jwt", jwt.expose())),
        };
        let mount = self.settings.mount.split('/');
        let parts = ["v1", "auth"].into_iter().chain(mount).chain(["login"]);
        let response = self.http.post(parts, None, body).await?;
        match response.status {
            200 => login_token(&response.body),
            400 | 403 => Err(ResolveErrorKind::LoginRefused(
                "the role or its credentials are not accepted",
            )),
            404 => Err(ResolveErrorKind::LoginRefused(
                "the login method does not exist",
            )),
            _ => Err(super::status_error(&response)),
        }
    }
}

/// A JSON object of two strings, in memory that is wiped.
fn pair(first: (&str, &str), second: (&str, &str)) -> Bytes {
    let length = |(name, text): (&str, &str)| name.len() + 6 * text.len() + 16;
    // The capacity suffices even if every character is escaped, so the buffer never grows and leaves no copy behind.
    let mut body = Zeroizing::new(Vec::with_capacity(length(first) + length(second)));
    for (start, (name, text)) in [("{", first), (",", second)] {
        body.extend_from_slice(start.as_bytes());
        // Serializing a string into memory cannot fail.
        let _ = serde_json::to_writer(&mut *body, name);
        body.extend_from_slice(b":");
        let _ = serde_json::to_writer(&mut *body, text);
    }
    body.extend_from_slice(b"}");
    Bytes::from_owner(body)
}

fn login_token(body: &[u8]) -> Result<LoginToken, ResolveErrorKind> {
    let unexpected = || ResolveErrorKind::UnexpectedResponse("not a login".to_owned());
    let text = std::str::from_utf8(body).map_err(|_| unexpected())?;
    let top = Object::parse(text).map_err(|_| unexpected())?;
    let auth = top.get("auth").map_err(|_| unexpected())?;
    let auth = Object::parse(auth).map_err(|_| unexpected())?;
    let token = json::scalar(auth.get("client_token").map_err(|_| unexpected())?)
        .map_err(|_| unexpected())?;
    let lifetime = auth
        .get("lease_duration")
        .ok()
        .and_then(|seconds| seconds.parse().ok())
        .unwrap_or(0);
    Ok(LoginToken {
        token: Arc::new(token),
        renew_at: renewal_time(lifetime),
    })
}

/// The time after four fifths of a lifetime. A lifetime of zero does not end.
fn renewal_time(seconds: u64) -> Option<Instant> {
    let delay = Duration::from_secs(seconds) / 5 * 4;
    (seconds > 0)
        .then(|| Instant::now().checked_add(delay))
        .flatten()
}
