//! Responsible for reading what a browser sends: the fields of a form or a query, the cookie, and whether the page is
//! our own.

use axum::extract::Query;
use axum::http::{HeaderMap, Uri, header};
use std::collections::BTreeMap;

/// The cookie that binds a click and its callback to one browser.
const COOKIE: &str = "airlift_connect";

/// The fields of a query or of a form. A repeated field has no value.
#[derive(Debug)]
pub(super) struct Fields(BTreeMap<String, Option<String>>);

impl Fields {
    pub(super) fn parse(text: &str) -> Self {
        let pairs = format!("/?{text}")
            .parse::<Uri>()
            .ok()
            .and_then(|uri| Query::<Vec<(String, String)>>::try_from_uri(&uri).ok());
        let mut fields = BTreeMap::new();
        for (name, value) in pairs.map(|pairs| pairs.0).unwrap_or_default() {
            fields
                .entry(name)
                .and_modify(|value| *value = None)
                .or_insert(Some(value));
        }
        Self(fields)
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_deref()
    }
}

/// The browser's cookie, if it has exactly one.
pub(super) fn cookie(headers: &HeaderMap) -> Option<String> {
    let values = headers.get_all(header::COOKIE).iter();
    let mut cookies = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, value)| *name == COOKIE && is_token(value))
        .map(|(_, value)| value.to_owned());
    let first = cookies.next()?;
    cookies.next().is_none().then_some(first)
}

/// The header that sets the cookie. The vendor's redirect is a navigation, with which `Lax` sends it.
pub(super) fn set_cookie(value: &str, is_encrypted: bool) -> String {
    let secure = if is_encrypted { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=86400{secure}")
}

/// Whether a page of another site sent the form. Old browsers do not say.
pub(super) fn is_cross_site(headers: &HeaderMap, own_origin: &str) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or(""));
    text("origin").is_some_and(|origin| origin != own_origin)
        || text("sec-fetch-site").is_some_and(|site| !["same-origin", "none"].contains(&site))
}

fn is_token(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::{Fields, cookie, is_cross_site};
    use axum::http::HeaderMap;

    #[test]
    fn fields_with_repeated_name_have_no_value() {
        let fields = Fields::parse("a=1&b=x%26y&a=2");
        assert_eq!((fields.get("a"), fields.get("b")), (None, Some("x&y")));
    }

    #[test]
    fn cookie_that_is_no_token_or_repeated_is_none() {
        let token = "0123456789abcdef0123456789abcdef";
        let read = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("cookie", text.parse().unwrap());
            cookie(&headers)
        };
        assert_eq!(
            read(&format!("x=1; airlift_connect={token}")).as_deref(),
            Some(token)
        );
        assert_eq!(read("airlift_connect=short"), None);
        assert_eq!(
            read(&format!("airlift_connect={token}; airlift_connect={token}")),
            None
        );
    }

    #[test]
    fn is_cross_site_of_other_origin_is_true() {
        let own = "https://connect.example.com";
        let ask = |name: &'static str, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            is_cross_site(&headers, own)
        };
        assert!(!is_cross_site(&HeaderMap::new(), own));
        assert!(!ask("origin", own) && !ask("sec-fetch-site", "same-origin"));
        for (name, value) in [
            ("origin", "null"),
            ("origin", "https://evil.example"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            assert!(ask(name, value), "{name}: {value}");
        }
    }
}
