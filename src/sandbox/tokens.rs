//! Bearer tokens: minting, telling callers apart, and the operations about tokens.
//!
//! Tokens are opaque and random, kept only as digests and only in memory: a restart ends them all, as an
//! expiry would. Minting for an unknown name creates the workspace; that is the API's only way to do so.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::moment::Moment;
use super::operation::Bearer;
use super::reply::{Refusal, Reply};
use super::routes::{Api, Call};
use super::workspaces;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    /// Nobody in particular: the operation takes no bearer.
    Anonymous,
    Application,
    /// Bound to one workspace.
    Scoped(Uuid),
    /// Bound to one workspace and a browser; no operation here takes it.
    Widget,
}

#[derive(Debug)]
struct Issued {
    caller: Caller,
    expires: Moment,
}

/// The tokens that were issued, by digest.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    issued: HashMap<[u8; 32], Issued>,
}

impl Tokens {
    fn issue(&mut self, caller: Caller, ttl: Duration, now: Moment) -> String {
        if self.issued.len() % 4096 == 4095 {
            self.issued.retain(|_, token| token.expires > now);
        }
        let text = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        self.issued.insert(
            Sha256::digest(&text).into(),
            Issued {
                caller,
                expires: now.after(ttl),
            },
        );
        text
    }

    /// The caller behind an `Authorization` header, or 401.
    pub(crate) fn identify(&self, header: Option<&str>, now: Moment) -> Result<Caller, Refusal> {
        let header = header.ok_or_else(|| Refusal::unauthorized("Missing bearer token"))?;
        let (scheme, token) = header.split_once(' ').unwrap_or((header, ""));
        let key: [u8; 32] = Sha256::digest(token).into();
        match self
            .issued
            .get(&key)
            .filter(|_| scheme.eq_ignore_ascii_case("bearer"))
        {
            Some(issued) if issued.expires > now => Ok(issued.caller),
            Some(_) => Err(Refusal::unauthorized("Token has expired")),
            None => Err(Refusal::unauthorized("Invalid bearer token")),
        }
    }

    /// Ends every token, as when the server forgets its sessions.
    pub(crate) fn revoke_all(&mut self) {
        self.issued.clear();
    }
}

/// Whether this kind of caller may use an operation.
pub(crate) fn admit(caller: Caller, bearer: Bearer) -> Result<(), Refusal> {
    let welcome = match bearer {
        Bearer::None => caller == Caller::Anonymous,
        Bearer::Application => caller == Caller::Application,
        Bearer::Scoped => matches!(caller, Caller::Scoped(_)),
        Bearer::Either => matches!(caller, Caller::Application | Caller::Scoped(_)),
    };
    if welcome {
        Ok(())
    } else {
        Err(Refusal::forbidden(
            "This kind of token may not use this operation",
        ))
    }
}

/// Client credentials for an application token.
pub(crate) fn application(api: &mut Api, call: &Call<'_>) -> Result<Reply, Refusal> {
    let id = call.field("client_id").unwrap_or_default();
    let secret = call.field("client_secret").unwrap_or_default();
    let known = match &api.settings.client {
        Some((client_id, client_secret)) => client_id == id && client_secret == secret,
        None => !id.is_empty() && !secret.is_empty(),
    };
    if !known {
        return Err(Refusal::unauthorized("Invalid client credentials"));
    }
    let ttl = api.settings.app_token_ttl;
    Ok(Reply::ok(json!({
        "access_token": api.tokens.issue(Caller::Application, ttl, call.now),
        "token_type": "bearer",
        "expires_in": ttl.as_secs(),
        "organization_id": api.settings.organization_id,
    })))
}

/// A token for one workspace, which is created when its name is new.
pub(crate) fn scoped(api: &mut Api, call: &Call<'_>) -> Result<Reply, Refusal> {
    let workspace = mint(api, call)?;
    let ttl = api.settings.scoped_token_ttl;
    Ok(Reply::ok(
        json!({"token": api.tokens.issue(Caller::Scoped(workspace), ttl, call.now)}),
    ))
}

/// A token for one workspace and one browser origin, wrapped the way the vendor's clients unwrap it.
pub(crate) fn widget(api: &mut Api, call: &Call<'_>) -> Result<Reply, Refusal> {
    if !is_origin(call.field("allowed_origin").unwrap_or_default()) {
        return Err(Refusal::invalid(
            "body.allowed_origin",
            "must be an origin: scheme, host and port without a path",
        ));
    }
    let workspace = mint(api, call)?;
    let token = api
        .tokens
        .issue(Caller::Widget, api.settings.scoped_token_ttl, call.now);
    let url = format!("{}/widget?workspaceId={workspace}", call.origin);
    let wrapped = json!({"token": token, "widgetUrl": url}).to_string();
    Ok(Reply::ok(json!({"token": base64(wrapped.as_bytes())})))
}

/// Which workspace a scoped token belongs to.
pub(crate) fn info(api: &Api, call: &Call<'_>) -> Result<Reply, Refusal> {
    let Caller::Scoped(id) = call.caller else {
        return Err(Refusal::forbidden("This operation takes a scoped token"));
    };
    let workspace = api
        .world
        .workspace(id)
        .ok_or_else(|| Refusal::not_found("Workspace"))?;
    Ok(Reply::ok(json!({
        "organization_id": api.settings.organization_id,
        "workspace_id": workspace.id,
        "workspace_name": workspace.name,
    })))
}

/// The same under the older path, with the older name beside the newer.
pub(crate) fn older_info(api: &Api, call: &Call<'_>) -> Result<Reply, Refusal> {
    let mut reply = info(api, call)?;
    let name = reply.body["workspace_name"].clone();
    reply.body["external_user_id"] = name;
    Ok(reply)
}

fn mint(api: &mut Api, call: &Call<'_>) -> Result<Uuid, Refusal> {
    let (field, name) = match call.field("external_user_id") {
        Some(name) => ("body.external_user_id", name),
        None => (
            "body.workspace_name",
            call.field("workspace_name").unwrap_or_default(),
        ),
    };
    let region = call.field("region_id").and_then(|r| r.parse().ok());
    workspaces::find_or_create(api, (field, name), region, call.now)
}

fn is_origin(text: &str) -> bool {
    let Some((scheme, authority)) = text.split_once("://") else {
        return false;
    };
    matches!(scheme, "http" | "https")
        && !authority.is_empty()
        && authority
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || ".-:[]".contains(c))
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk
            .iter()
            .fold(0u32, |word, byte| (word << 8) | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let index = usize::try_from((word >> (18 - 6 * place)) & 63).unwrap_or_default();
            let digit = ALPHABET.get(index).copied().map_or('=', char::from);
            text.push(if place <= chunk.len() { digit } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_pads_as_it_should() {
        let texts = ["", "f", "fo", "foo", "foobar"].map(|t| base64(t.as_bytes()));
        assert_eq!(texts, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYmFy"]);
    }

    #[test]
    fn an_origin_has_no_path_and_no_user() {
        assert!(is_origin("https://app.example.com:8443") && is_origin("http://localhost:3000"));
        for wrong in [
            "app.example.com",
            "https://",
            "https://a.example/",
            "https://user@a.example",
            "*",
            "ftp://a",
        ] {
            assert!(!is_origin(wrong), "{wrong}");
        }
    }

    #[test]
    fn no_operation_admits_a_widget() {
        for bearer in [
            Bearer::None,
            Bearer::Application,
            Bearer::Scoped,
            Bearer::Either,
        ] {
            assert_eq!(admit(Caller::Widget, bearer).unwrap_err().status, 403);
        }
    }

    #[test]
    fn tokens_end() {
        let mut tokens = Tokens::default();
        let begin = Moment::from_micros(0);
        let header = format!(
            "Bearer {}",
            tokens.issue(Caller::Application, Duration::from_secs(1), begin)
        );
        assert_eq!(
            tokens.identify(Some(&header), begin).ok(),
            Some(Caller::Application)
        );
        let late = begin.after(Duration::from_secs(1));
        assert_eq!(
            tokens.identify(Some(&header), late).unwrap_err().status,
            401
        );
        tokens.revoke_all();
        assert_eq!(
            tokens.identify(Some(&header), begin).unwrap_err().message,
            "Invalid bearer token"
        );
    }
}
