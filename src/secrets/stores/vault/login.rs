//! Responsible for the token of the server: one login, used until most of its life is over, and revoked at the end.

use super::Vault;
use super::settings::Login;
use crate::model::SecretValue;
use crate::secrets::ResolveErrorKind;
use crate::secrets::fields::json::{self, Object};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio::time::timeout;
use zeroize::Zeroizing;

/// How long giving a token back may take.
const GIVING_BACK: Duration = Duration::from_secs(3);

/// A token from a login.
pub(super) struct Held {
    token: Arc<SecretValue>,
    /// When it is better replaced; nothing for a token without an end.
    until: Option<Instant>,
}

impl Vault {
    /// The token that requests carry.
    pub(super) async fn token(&self) -> Result<Arc<SecretValue>, ResolveErrorKind> {
        let mut held = self.token.lock().await;
        if let Some(held) = &*held
            && held.until.is_none_or(|until| Instant::now() < until)
        {
            return Ok(Arc::clone(&held.token));
        }
        let fresh = self.log_in().await?;
        let token = Arc::clone(&fresh.token);
        *held = Some(fresh);
        Ok(token)
    }

    /// Gives back a token that a login gave. Where that fails, its life ends it.
    pub(super) async fn close(&self) {
        let held = self.token.lock().await.take();
        let Some(held) = held.filter(|_| !matches!(self.settings.login, Login::Token(_))) else {
            return;
        };
        let parts = ["v1", "auth", "token", "revoke-self"];
        let giving = self
            .http
            .post(parts, Some(&held.token), Bytes::from_static(b"{}"));
        let _ = timeout(GIVING_BACK, giving).await;
    }

    async fn log_in(&self) -> Result<Held, ResolveErrorKind> {
        let body = match &self.settings.login {
            Login::Token(token) => {
                let token = SecretValue::new(token.expose().to_owned());
                return Ok(Held {
                    token: Arc::new(token),
                    until: None,
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
        let reply = self.http.post(parts, None, body).await?;
        match reply.status {
            200 => held(&reply.body),
            400 | 403 => Err(ResolveErrorKind::LoginRefused(
                "the role or its proof is not accepted",
            )),
            404 => Err(ResolveErrorKind::LoginRefused(
                "there is no such login method",
            )),
            _ => Err(super::refusal(&reply)),
        }
    }
}

/// An object of two texts, in memory that is wiped.
fn pair(first: (&str, &str), second: (&str, &str)) -> Bytes {
    let length = |(name, text): (&str, &str)| name.len() + 6 * text.len() + 16;
    // Room for every character as an escape, so that it never grows.
    let mut body = Zeroizing::new(Vec::with_capacity(length(first) + length(second)));
    for (start, (name, text)) in [("{", first), (",", second)] {
        body.extend_from_slice(start.as_bytes());
        // Writing text into memory cannot fail.
        let _ = serde_json::to_writer(&mut *body, name);
        body.extend_from_slice(b":");
        let _ = serde_json::to_writer(&mut *body, text);
    }
    body.extend_from_slice(b"}");
    Bytes::from_owner(body)
}

fn held(body: &[u8]) -> Result<Held, ResolveErrorKind> {
    let odd = || ResolveErrorKind::Answer("it is no login".to_owned());
    let text = std::str::from_utf8(body).map_err(|_| odd())?;
    let top = Object::parse(text).map_err(|_| odd())?;
    let auth = top.get("auth").map_err(|_| odd())?;
    let auth = Object::parse(auth).map_err(|_| odd())?;
    let token = json::scalar(auth.get("client_token").map_err(|_| odd())?).map_err(|_| odd())?;
    let life = auth.get("lease_duration").ok();
    let life = life.and_then(|seconds| seconds.parse().ok()).unwrap_or(0);
    Ok(Held {
        token: Arc::new(token),
        until: until(life),
    })
}

/// Four fifths of a life; no end for a life of zero.
fn until(seconds: u64) -> Option<Instant> {
    let kept = Duration::from_secs(seconds) / 5 * 4;
    (seconds > 0)
        .then(|| Instant::now().checked_add(kept))
        .flatten()
}
