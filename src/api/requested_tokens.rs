//! Responsible for tokens that a command hands to its user: an application token, a customer's scoped
//! token, or a widget token. Checks what each gives access to before it is handed over.

use super::error::{ApiError, ApiErrorKind};
use super::redaction::repeats;
use super::scoped_tokens::Scoped;
use super::tokens::IssuedToken;
use super::wire::WidgetTokenResponse;
use super::{Writer, request};
use crate::http::is_private;
use crate::model::{SecretValue, WebOrigin, WorkspaceId};
use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use reqwest::Url;
use serde::Deserialize;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use zeroize::Zeroizing;

/// A token for the user of a command. Its only way out is [`Self::write_to`].
pub struct RequestedToken(TokenKind);

enum TokenKind {
    Application(Arc<IssuedToken>),
    Scoped(Arc<Scoped>),
    Widget(SecretValue),
}

impl RequestedToken {
    /// Writes the token. The caller answers for who can read `out`.
    pub fn write_to(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.secret().expose().as_bytes())
    }

    /// How long the token is valid from now on. `None` for a widget token, because no response and no
    /// documentation says it.
    pub fn expires_in(&self) -> Option<Duration> {
        let expires_at = match &self.0 {
            TokenKind::Application(issued) => issued.bearer().expires_at,
            TokenKind::Scoped(scoped) => scoped.issued.bearer().expires_at,
            TokenKind::Widget(_) => None,
        };
        expires_at.map(|at| at.saturating_duration_since(Instant::now()))
    }

    fn secret(&self) -> &SecretValue {
        match &self.0 {
            TokenKind::Application(issued) => &issued.token,
            TokenKind::Scoped(scoped) => &scoped.issued.token,
            TokenKind::Widget(token) => token,
        }
    }
}

impl Writer {
    /// The organization's token (`create_account_applications_token`).
    pub async fn requested_application_token(&self) -> Result<RequestedToken, ApiError> {
        let issued = self.client.application().await?;
        check_text(&issued.token)?;
        Ok(RequestedToken(TokenKind::Application(issued)))
    }

    /// A token for the workspace of a customer (`create_account_applications_scoped_token`). Fails
    /// unless the workspace exists and has this name, so that no workspace is created.
    pub async fn requested_scoped_token(
        &self,
        customer: &str,
        workspace: WorkspaceId,
    ) -> Result<RequestedToken, ApiError> {
        let scoped = self.client.scoped(customer, workspace).await?;
        check_text(&scoped.issued.token)?;
        Ok(RequestedToken(TokenKind::Scoped(scoped)))
    }

    /// A token for the vendor's widget on the page of one origin
    /// (`create_account_applications_widget_token`), with which a customer adds connectors. `tags`
    /// narrow the types that the widget offers. Fails unless the workspace exists and has this name,
    /// and unless the token is for this workspace and repeats no secret of the run.
    pub async fn requested_widget_token(
        &self,
        customer: &str,
        workspace: WorkspaceId,
        origin: &WebOrigin,
        tags: &[String],
    ) -> Result<RequestedToken, ApiError> {
        self.client.verify_workspace(customer, workspace).await?;
        let contract = self.client.options.contract;
        let request = request::widget_token(contract, customer, origin, tags)?;
        let answer = self.client.as_application(&request).await?;
        let token = answer.decode::<WidgetTokenResponse>()?.token.0;
        check_text(&token)?;
        let application = self.client.application().await?;
        let secrets = [&self.client.credentials.client_secret, &application.token];
        let checked = if repeats(token.expose(), secrets) {
            Err("the widget token repeats a secret of this run")
        } else {
            check_widget(&token, workspace)
        };
        checked.map_err(|reason| {
            let status = answer.response.status;
            let reason = reason.to_owned();
            ApiError::new(answer.call, ApiErrorKind::Undecodable { status, reason })
        })?;
        Ok(RequestedToken(TokenKind::Widget(token)))
    }
}

/// What a widget token contains. The vendor's widget decodes it the same way.
#[derive(Deserialize)]
struct WidgetContent {
    #[serde(rename = "widgetUrl")]
    widget_url: String,
}

/// Fails unless a widget token opens an encrypted page for the workspace.
fn check_widget(token: &SecretValue, workspace: WorkspaceId) -> Result<(), &'static str> {
    let json = decode_base64(token.expose()).ok_or("the widget token is not base64")?;
    let content: WidgetContent =
        serde_json::from_slice(&json).map_err(|_| "the widget token has no widgetUrl")?;
    let url = Url::parse(&content.widget_url).map_err(|_| "the widgetUrl is not a URL")?;
    if !is_private(&url) || !url.username().is_empty() || url.password().is_some() {
        return Err("the widgetUrl is not an https URL");
    }
    let mut ids = url.query_pairs().filter(|(name, _)| name == "workspaceId");
    match (ids.next(), ids.next()) {
        (Some((_, id)), None) if id.parse() == Ok(workspace) => Ok(()),
        _ => Err("the widgetUrl is for another workspace"),
    }
}

/// Decodes base64 in either alphabet, with padding or without.
fn decode_base64(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let config =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    [STANDARD, URL_SAFE].iter().find_map(|alphabet| {
        let engine = GeneralPurpose::new(alphabet, config);
        engine.decode(text).ok().map(Zeroizing::new)
    })
}

/// Fails if a token has a character that a terminal, a shell or JSON would not leave as it is.
fn check_text(token: &SecretValue) -> Result<(), ApiError> {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    if token.expose().bytes().all(is_plain) {
        return Ok(());
    }
    Err(ApiErrorKind::Setup("the token has characters that no token has").into())
}

#[cfg(test)]
mod tests {
    use super::{check_text, check_widget};
    use crate::model::{SecretValue, WorkspaceId};
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

    const ID: &str = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff";

    fn workspace() -> WorkspaceId {
        ID.parse().unwrap()
    }

    fn token(url: &str) -> String {
        format!(r#"{{"token":"t~ÿ?>","widgetUrl":"{url}"}}"#)
    }

    fn check(text: String) -> Result<(), &'static str> {
        check_widget(&SecretValue::new(text), workspace())
    }

    #[test]
    fn widget_token_in_every_form_of_base64_is_accepted() {
        let json = token(&format!("https://widget.example/?a=b&workspaceId={ID}"));
        for engine in [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD] {
            assert_eq!(check(engine.encode(&json)), Ok(()));
        }
    }

    #[test]
    fn widget_token_for_another_page_or_workspace_is_refused() {
        for url in [
            format!("http://widget.example/?workspaceId={ID}"),
            format!("https://user:pass@widget.example/?workspaceId={ID}"),
            "https://widget.example/?workspaceId=6f9619ff-8b86-4d01-b42d-00cf4fc964fe".to_owned(),
            "https://widget.example/".to_owned(),
            format!("https://widget.example/?workspaceId={ID}&workspaceId={ID}"),
            format!("javascript:alert(1)//?workspaceId={ID}"),
        ] {
            assert!(check(STANDARD.encode(token(&url))).is_err(), "{url}");
        }
        assert!(check("not base64!".to_owned()).is_err());
        assert!(check(STANDARD.encode("[]")).is_err());
        assert!(check(STANDARD.encode(r#"{"token":"t"}"#)).is_err());
    }

    #[test]
    fn token_with_a_control_character_is_refused() {
        assert!(check_text(&SecretValue::new("eyJ.a-b_c~d+e/f=".to_owned())).is_ok());
        for text in ["a\u{1b}[2J", "a\nb", "a b", "a\"b", "ä"] {
            assert!(check_text(&SecretValue::new(text.to_owned())).is_err());
        }
    }
}
