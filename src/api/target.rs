//! Where requests go. Owns the rules for the API's address; refuses everything that could make
//! it a sink for credentials: userinfo, a path, a query, plain HTTP off the machine.

use crate::http::is_loopback;
use reqwest::Url;
use std::fmt;
use thiserror::Error;

/// The vendor's address, when nothing else is asked for.
pub const DEFAULT_TARGET: &str = "https://api.airbyte.ai";

/// The API's origin: scheme, host and port, nothing else.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Target(Url);

/// Why a text is not a usable address.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Error)]
pub enum TargetError {
    /// Not an address at all.
    #[error("is not an address; it looks like https://api.airbyte.ai")]
    NotAnAddress,
    /// Neither `https` nor `http`.
    #[error("has to start with https://")]
    Scheme,
    /// A user name or password in it.
    #[error("holds a user name or a password, which does not belong there")]
    UserInfo,
    /// Something after the host and port.
    #[error("holds more than scheme, host and port")]
    MoreThanOrigin,
    /// Plain HTTP to another machine.
    #[error("uses plain http, which is allowed to this machine only")]
    PlainHttp,
}

impl Target {
    pub(super) fn origin(&self) -> &Url {
        &self.0
    }

    /// The address of `path` with `query`, on this origin and no other.
    pub(super) fn address(&self, path: &str, query: &[(&str, String)]) -> Url {
        let mut url = self.0.clone();
        url.set_path(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// The query of a `next` link, relative or on this origin; nothing for a link elsewhere.
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

    /// With or without scheme; `https` is assumed.
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
    fn the_default_is_the_vendor() {
        assert_eq!(shown(DEFAULT_TARGET).unwrap(), DEFAULT_TARGET);
    }

    #[test]
    fn scheme_is_optional_and_https() {
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
    fn plain_http_stays_on_the_machine() {
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
    fn anything_but_an_origin_is_refused() {
        assert_eq!(shown("https://u:p@h"), Err(TargetError::UserInfo));
        assert_eq!(shown("https://h/v2"), Err(TargetError::MoreThanOrigin));
        assert_eq!(shown("https://h?x=1"), Err(TargetError::MoreThanOrigin));
        assert_eq!(shown("ftp://h"), Err(TargetError::Scheme));
        assert_eq!(shown(""), Err(TargetError::NotAnAddress));
    }
}
