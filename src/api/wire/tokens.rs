//! Responsible for decoding the responses with tokens, and those about the workspace of a token.

use super::ResponseBody;
use crate::model::{OrganizationId, SecretValue, WorkspaceId};
use serde::Deserialize;
use serde::de::{Deserializer, Visitor};
use serde_json::Value;

/// A token, decoded directly into memory that is wiped on drop.
pub(in crate::api) struct Token(pub(in crate::api) SecretValue);

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Token;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a token")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Token, E> {
                if text.is_empty() {
                    return Err(E::custom("an empty token"));
                }
                if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
                    return Err(E::custom("a token with characters that no header has"));
                }
                Ok(Token(SecretValue::new(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// `TokenResponse`
#[derive(Deserialize)]
pub(in crate::api) struct TokenResponse {
    pub(in crate::api) access_token: Token,
    #[serde(default)]
    expires_in: Value,
    pub(in crate::api) organization_id: Option<OrganizationId>,
}

impl TokenResponse {
    /// The lifetime in seconds, between one second and a day; 900 if the response has none.
    pub(in crate::api) fn life(&self) -> f64 {
        let seconds = self.expires_in.as_f64().or_else(|| {
            let text = self.expires_in.as_str()?;
            text.parse().ok()
        });
        match seconds {
            Some(seconds) if seconds.is_finite() => seconds.clamp(1.0, 86_400.0),
            _ => 900.0,
        }
    }
}

impl ResponseBody for TokenResponse {
    const KIND: &'static str = "an application token";
}

/// `ScopedTokenCreateResponse`
#[derive(Deserialize)]
pub(in crate::api) struct ScopedTokenResponse {
    pub(in crate::api) token: Token,
}

impl ResponseBody for ScopedTokenResponse {
    const KIND: &'static str = "a scoped token";
}

/// `WidgetTokenCreateResponse`
#[derive(Deserialize)]
pub(in crate::api) struct WidgetTokenResponse {
    pub(in crate::api) token: Token,
}

impl ResponseBody for WidgetTokenResponse {
    const KIND: &'static str = "a widget token";
}

/// `ScopedTokenInfoGetResponse`, with the three field names that versions of the API use.
#[derive(Deserialize)]
pub(in crate::api) struct TokenInfo {
    pub(in crate::api) organization_id: Option<OrganizationId>,
    pub(in crate::api) workspace_id: WorkspaceId,
    workspace_name: Option<String>,
    external_user_id: Option<String>,
    customer_name: Option<String>,
}

impl TokenInfo {
    pub(in crate::api) fn name(&self) -> Option<&str> {
        self.workspace_name
            .as_deref()
            .or(self.external_user_id.as_deref())
            .or(self.customer_name.as_deref())
    }
}

impl ResponseBody for TokenInfo {
    const KIND: &'static str = "a scoped token's workspace";
}
