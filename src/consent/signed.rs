//! Responsible for links and for the attempts to consent that start from them, as texts that nobody else can make.

use crate::ledger::Authenticator;
use crate::model::{Address, ConnectorId};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;

/// How long the vendor's page may stay open after a click.
const ATTEMPT_VALID_FOR: Duration = Duration::from_hours(1);
/// The longest text that is decoded. Real ones have a few hundred characters.
const MAX_LENGTH: usize = 4096;

/// An invitation to consent to one connector.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Link {
    #[serde(rename = "c")]
    pub(crate) customer: String,
    #[serde(rename = "n")]
    pub(crate) connector: String,
    /// The recorded connector whose place the new one takes. The ledger then has another one, so that no link works
    /// twice.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub(crate) replaces: Option<ConnectorId>,
    /// When the link stops being valid, in seconds since 1970.
    #[serde(rename = "e")]
    pub(crate) expires: i64,
    /// Random, so that two links differ.
    #[serde(rename = "k")]
    pub(crate) nonce: Uuid,
}

/// A click on a link: what the vendor's callback belongs to.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Attempt {
    #[serde(rename = "l")]
    pub(crate) link: Link,
    /// When the click was, in seconds since 1970.
    #[serde(rename = "t")]
    pub(crate) started: i64,
    /// Binds the callback to the browser that clicked. `None` for a consent from a terminal.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    pub(crate) browser: Option<String>,
}

/// Why a text is not a valid link or attempt.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SignedError {
    /// Someone else wrote or changed the text.
    Forged,
    Expired,
}

/// Why a callback is refused.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum RefusedCallback {
    Signed(SignedError),
    /// Another browser sends it than the one that clicked.
    OtherBrowser(Box<Attempt>),
}

impl Link {
    pub(crate) fn new(
        address: &Address,
        replaces: Option<ConnectorId>,
        valid_for: Duration,
    ) -> Self {
        let expires = Timestamp::now().saturating_add(valid_for);
        Self {
            customer: address.customer.clone(),
            connector: address.connector.clone().unwrap_or_default(),
            replaces,
            expires: expires.map_or(i64::MAX, Timestamp::as_second),
            nonce: Uuid::new_v4(),
        }
    }

    pub(crate) fn address(&self) -> Address {
        Address::connector(&self.customer, &self.connector)
    }

    pub(crate) fn sign(&self, authenticator: &Authenticator) -> String {
        sign(authenticator, "link", self)
    }

    pub(crate) fn verify(text: &str, authenticator: &Authenticator) -> Result<Self, SignedError> {
        let link: Self = verify(authenticator, "link", text)?;
        if link.expires <= Timestamp::now().as_second() {
            return Err(SignedError::Expired);
        }
        Ok(link)
    }
}

impl Attempt {
    /// An attempt that starts now. `cookie` is the browser's.
    pub(crate) fn new(link: Link, cookie: Option<&str>, authenticator: &Authenticator) -> Self {
        Self {
            link,
            started: Timestamp::now().as_second(),
            browser: cookie.map(|cookie| authenticator.mac_of_consent("browser", cookie)),
        }
    }

    /// Where the vendor sends the browser after the consent.
    pub(crate) fn callback_url(&self, origin: &str, authenticator: &Authenticator) -> String {
        let state = sign(authenticator, "attempt", self);
        format!("{origin}/callback?state={state}")
    }

    /// Verifies the text and that the same browser sends it.
    pub(crate) fn verify(
        text: &str,
        cookie: Option<&str>,
        authenticator: &Authenticator,
    ) -> Result<Self, RefusedCallback> {
        let attempt: Self =
            verify(authenticator, "attempt", text).map_err(RefusedCallback::Signed)?;
        let is_same_browser = match (&attempt.browser, cookie) {
            (None, _) => true,
            (Some(mac), Some(cookie)) => authenticator.verifies_consent("browser", cookie, mac),
            (Some(_), None) => false,
        };
        if !is_same_browser {
            return Err(RefusedCallback::OtherBrowser(Box::new(attempt)));
        }
        let age = Timestamp::now().as_second().saturating_sub(attempt.started);
        let limit = i64::try_from(ATTEMPT_VALID_FOR.as_secs()).unwrap_or(i64::MAX);
        if age > limit {
            return Err(RefusedCallback::Signed(SignedError::Expired));
        }
        Ok(attempt)
    }
}

fn sign<T: Serialize>(authenticator: &Authenticator, kind: &str, value: &T) -> String {
    // The types have string keys only, so that serialization cannot fail.
    let json = serde_json::to_vec(value).unwrap_or_default();
    let content = URL_SAFE_NO_PAD.encode(json);
    let mac = authenticator.mac_of_consent(kind, &content);
    format!("{content}.{mac}")
}

fn verify<T: DeserializeOwned>(
    authenticator: &Authenticator,
    kind: &str,
    text: &str,
) -> Result<T, SignedError> {
    let (content, mac) = text.rsplit_once('.').ok_or(SignedError::Forged)?;
    if text.len() > MAX_LENGTH || !authenticator.verifies_consent(kind, content, mac) {
        return Err(SignedError::Forged);
    }
    let json = URL_SAFE_NO_PAD.decode(content);
    json.ok()
        .and_then(|json| serde_json::from_slice(&json).ok())
        .ok_or(SignedError::Forged)
}
