//! Responsible for bearer tokens: issuing them and telling callers apart.
//!
//! Tokens are opaque, random and kept in memory as digests only. A restart of the sandbox therefore ends every
//! token, as an expiry does.

use std::collections::HashMap;
use std::time::Duration;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::operation::TokenRequirement;
use super::operation_result::OperationError;
use super::timestamp::Timestamp;

/// Who sends a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    /// The operation takes no bearer.
    Anonymous,
    Application,
    /// Bound to one workspace.
    Scoped(Uuid),
    /// Bound to one workspace and a browser; no operation here takes it.
    Widget,
}

#[derive(Debug)]
struct IssuedToken {
    caller: Caller,
    expires: Timestamp,
}

/// The tokens that were issued, by digest.
#[derive(Debug, Default)]
pub(crate) struct TokenStore {
    issued: HashMap<[u8; 32], IssuedToken>,
}

impl TokenStore {
    pub(crate) fn issue(&mut self, caller: Caller, ttl: Duration, now: Timestamp) -> String {
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

    /// The caller behind an `Authorization` header, or 401.
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

    /// Ends every token.
    pub(crate) fn revoke_all(&mut self) {
        self.issued.clear();
    }
}

/// Whether this kind of caller may use an operation.
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
    fn no_operation_admits_a_widget() {
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
    fn tokens_end() {
        let mut tokens = TokenStore::default();
        let begin = Timestamp::from_micros(0);
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
