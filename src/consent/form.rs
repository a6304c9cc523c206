//! Responsible for reading what a browser sends: the fields of a form or a query, the cookie, and whether the page is
//! our own.

use axum::extract::Query;
use axum::http::{HeaderMap, Uri, header};
use std::collections::BTreeMap;

/// The cookie that binds a click and its callback to one browser.
const COOKIE: &str = "airlift_connect";
/// The same cookie of an encrypted site. Browsers take a name with this prefix from the host itself only, so that no
/// other host of the domain can set it.
const HOST_COOKIE: &str = "__Host-airlift_connect";

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

/// The browser's cookie for the site, if it has exactly one.
pub(super) fn cookie(headers: &HeaderMap, own_origin: &str) -> Option<String> {
    let own = cookie_name(own_origin);
    let values = headers.get_all(header::COOKIE).iter();
    let mut cookies = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, value)| *name == own && is_token(value))
        .map(|(_, value)| value.to_owned());
    let first = cookies.next()?;
    cookies.next().is_none().then_some(first)
}

/// The header that sets the cookie. The vendor's redirect is a navigation, with which `Lax` sends it.
pub(super) fn set_cookie(value: &str, own_origin: &str) -> String {
    let name = cookie_name(own_origin);
    let secure = if name == HOST_COOKIE { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=86400{secure}")
}

fn cookie_name(own_origin: &str) -> &'static str {
    if own_origin.starts_with("https://") {
        HOST_COOKIE
    } else {
        COOKIE
    }
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
    use super::{Fields, cookie, is_cross_site, set_cookie};
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
            cookie(&headers, "http://127.0.0.1:8710")
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
    fn cookie_of_encrypted_site_belongs_to_its_host() {
        let own = "https://connect.example.com";
        let token = "0123456789abcdef0123456789abcdef";
        let set = set_cookie(token, own);
        assert!(set.starts_with("__Host-airlift_connect=") && set.contains("; Path=/;"));
        assert!(set.ends_with("; Secure") && !set.contains("Domain"));
        let mut headers = HeaderMap::new();
        let both = format!(
            "airlift_connect={}; __Host-airlift_connect={token}",
            "0".repeat(32)
        );
        headers.insert("cookie", both.parse().unwrap());
        assert_eq!(cookie(&headers, own).as_deref(), Some(token));
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
