//! Responsible for the address of the API. Rejects every address that could leak credentials:
//! with a user name or password, a path, a query, or plain HTTP to another machine.

use crate::http::is_loopback;
use reqwest::Url;
use std::fmt;
use thiserror::Error;

/// The address of Airbyte's API.
pub const DEFAULT_TARGET: &str = "https://api.airbyte.ai";

/// The origin of the API: scheme, host and port.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Target(Url);

/// Why an address of the API is rejected.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Error)]
pub enum TargetError {
    /// The text is not a URL.
    #[error("is not an address such as https://api.airbyte.ai")]
    NotAnAddress,
    /// The scheme is neither `https` nor `http`.
    #[error("must start with https://")]
    Scheme,
    /// The address contains credentials.
    #[error("must not contain a user name or a password")]
    UserInfo,
    /// The address contains a path, a query or a fragment.
    #[error("must consist of scheme, host and port only")]
    MoreThanOrigin,
    /// Plain HTTP to another machine could be intercepted.
    #[error("uses plain http, which is allowed only for this machine")]
    PlainHttp,
}

impl Target {
    /// Whether the API runs on this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    pub(super) fn origin(&self) -> &Url {
        &self.0
    }

    /// The address of a path and a query on this origin.
    pub(super) fn address(&self, path: &str, query: &[(&str, String)]) -> Url {
        let mut url = self.0.clone();
        url.set_path(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// The query of a `next` link, relative or on this origin; `None` for a link to another origin.
    pub(super) fn query_of(&self, link: &str) -> Option<Vec<(String, String)>> {
        let url = self.0.join(link).ok()?;
        if url.origin() != self.0.origin() {
            return None;
        }
        Some(url.query_pairs().into_owned().collect())
    }
}

impl std::str::FromStr for Target {
    type Err = TargetError;

    /// Without a scheme, `https` is assumed.
    fn from_str(text: &str) -> Result<Self, TargetError> {
        let text = text.trim();
        let url = if text.contains("://") {
            Url::parse(text)
        } else {
            Url::parse(&format!("https://{text}"))
        }
        .map_err(|_| TargetError::NotAnAddress)?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(TargetError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(TargetError::UserInfo);
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(TargetError::MoreThanOrigin);
        }
        if url.scheme() == "http" && !is_loopback(&url) {
            return Err(TargetError::PlainHttp);
        }
        Ok(Self(url))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.origin().ascii_serialization())
    }
}

#[cfg(test)]
mod tests {
    use super::{DEFAULT_TARGET, Target, TargetError};

    fn shown(text: &str) -> Result<String, TargetError> {
        text.parse::<Target>().map(|target| target.to_string())
    }

    #[test]
    fn default_target_is_the_address_of_airbyte() {
        assert_eq!(shown(DEFAULT_TARGET).unwrap(), DEFAULT_TARGET);
    }

    #[test]
    fn target_without_scheme_uses_https() {
        assert_eq!(
            shown("api.example:8443").unwrap(),
            "https://api.example:8443"
        );
        assert_eq!(
            shown("https://api.example/").unwrap(),
            "https://api.example"
        );
    }

    #[test]
    fn target_with_plain_http_must_be_loopback() {
        for text in [
            "http://127.0.0.9:80",
            "http://[::1]:9",
            "http://localhost:1",
        ] {
            assert!(shown(text).is_ok(), "{text}");
        }
        for text in [
            "http://api.example",
            "http://localhost.example",
            "http://0.0.0.0",
        ] {
            assert_eq!(shown(text), Err(TargetError::PlainHttp), "{text}");
        }
    }

    #[test]
    fn target_with_more_than_an_origin_is_rejected() {
        assert_eq!(shown("https://u:p@h"), Err(TargetError::UserInfo));
        assert_eq!(shown("https://h/v2"), Err(TargetError::MoreThanOrigin));
        assert_eq!(shown("https://h?x=1"), Err(TargetError::MoreThanOrigin));
        assert_eq!(shown("ftp://h"), Err(TargetError::Scheme));
        assert_eq!(shown(""), Err(TargetError::NotAnAddress));
    }
}
