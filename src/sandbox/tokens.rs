//! Responsible for issuing bearer tokens and for identifying callers by them.
//!
//! Tokens are random. The store keeps their digests in memory only, so a restart of the sandbox ends every token.

use std::collections::HashMap;
use std::time::Duration;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::operation::TokenRequirement;
use super::operation_result::OperationError;
use super::timestamp::Timestamp;

/// The sender of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    /// A request without a token.
    Anonymous,
    Application,
    /// A token for this workspace.
    Scoped(Uuid),
    /// A token for one workspace and one browser origin. No operation accepts it.
    Widget,
}

#[derive(Debug)]
struct IssuedToken {
    caller: Caller,
    expires: Timestamp,
}

/// What a widget token is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WidgetGrant {
    pub(crate) workspace: Uuid,
    /// The origin of the page that may use the token.
    pub(crate) origin: String,
}

/// The issued tokens by digest.
#[derive(Debug, Default)]
pub(crate) struct TokenStore {
    issued: HashMap<[u8; 32], IssuedToken>,
    widgets: HashMap<[u8; 32], WidgetGrant>,
}

impl TokenStore {
    pub(crate) fn create(&mut self, caller: Caller, ttl: Duration, now: Timestamp) -> String {
        if self.issued.len() % 4096 == 4095 {
            self.issued.retain(|_, token| token.expires > now);
        }
        let text = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        self.issued.insert(
            Sha256::digest(&text).into(),
            IssuedToken {
                caller,
                expires: now.after(ttl),
            },
        );
        text
    }

    /// Creates a token that only the widget page accepts.
    pub(crate) fn create_widget(
        &mut self,
        grant: WidgetGrant,
        ttl: Duration,
        now: Timestamp,
    ) -> String {
        let text = self.create(Caller::Widget, ttl, now);
        self.widgets
            .retain(|digest, _| self.issued.contains_key(digest));
        self.widgets.insert(Sha256::digest(&text).into(), grant);
        text
    }

    /// What a widget token is for, unless it is expired.
    pub(crate) fn widget(&self, token: &str, now: Timestamp) -> Option<&WidgetGrant> {
        let key: [u8; 32] = Sha256::digest(token).into();
        self.issued.get(&key).filter(|token| token.expires > now)?;
        self.widgets.get(&key)
    }

    /// The caller with this `Authorization` header, or 401.
    pub(crate) fn identify(
        &self,
        header: Option<&str>,
        now: Timestamp,
    ) -> Result<Caller, OperationError> {
        let header = header.ok_or_else(|| OperationError::unauthorized("Missing bearer token"))?;
        let (scheme, token) = header.split_once(' ').unwrap_or((header, ""));
        let key: [u8; 32] = Sha256::digest(token).into();
        match self
            .issued
            .get(&key)
            .filter(|_| scheme.eq_ignore_ascii_case("bearer"))
        {
            Some(issued) if issued.expires > now => Ok(issued.caller),
            Some(_) => Err(OperationError::unauthorized("Token has expired")),
            None => Err(OperationError::unauthorized("Invalid bearer token")),
        }
    }

    /// Revokes every token.
    pub(crate) fn revoke_all(&mut self) {
        self.issued.clear();
    }
}

/// Rejects callers whose kind of token an operation does not accept.
pub(crate) fn admit(caller: Caller, bearer: TokenRequirement) -> Result<(), OperationError> {
    let allowed = match bearer {
        TokenRequirement::None => caller == Caller::Anonymous,
        TokenRequirement::Application => caller == Caller::Application,
        TokenRequirement::Scoped => matches!(caller, Caller::Scoped(_)),
        TokenRequirement::Either => matches!(caller, Caller::Application | Caller::Scoped(_)),
    };
    if allowed {
        Ok(())
    } else {
        Err(OperationError::forbidden(
            "This kind of token may not use this operation",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn admit_widget_fails_for_every_operation() {
        for bearer in [
            TokenRequirement::None,
            TokenRequirement::Application,
            TokenRequirement::Scoped,
            TokenRequirement::Either,
        ] {
            assert_eq!(admit(Caller::Widget, bearer).unwrap_err().status, 403);
        }
    }

    #[test]
    fn identify_with_expired_or_revoked_token_fails() {
        let mut tokens = TokenStore::default();
        let issued_at = Timestamp::from_micros(0);
        let header = format!(
            "Bearer {}",
            tokens.create(Caller::Application, Duration::from_secs(1), issued_at)
        );
        assert_eq!(
            tokens.identify(Some(&header), issued_at).ok(),
            Some(Caller::Application)
        );
        let late = issued_at.after(Duration::from_secs(1));
        assert_eq!(
            tokens.identify(Some(&header), late).unwrap_err().status,
            401
        );
        tokens.revoke_all();
        assert_eq!(
            tokens
                .identify(Some(&header), issued_at)
                .unwrap_err()
                .message,
            "Invalid bearer token"
        );
    }
}
