//! Responsible for the origin of a web page: scheme, host and port, written as a browser sends it.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use thiserror::Error;

/// The origin of a web page, such as `https://app.example.com`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WebOrigin(String);

/// Why a text is not the origin of a web page.
#[derive(Clone, Debug, Eq, PartialEq, Error)]
pub enum WebOriginError {
    /// The origin that browsers send for sandboxed frames and local files.
    #[error(
        "`null` is the origin of every sandboxed frame and local file: name the origin of your page"
    )]
    Null,
    /// A wildcard.
    #[error("`*` stands for pages of others, too: name one exact origin")]
    Wildcard,
    /// Another scheme than https, or none.
    #[error("an origin starts with https://, as in https://app.example.com")]
    Scheme,
    /// http for a host that is not this machine.
    #[error("http:// can be read and changed on the way: use https://, except for localhost")]
    NotEncrypted,
    /// A user name or password.
    #[error("an origin has no user name: write the host after ://")]
    UserInfo,
    /// A path, query or fragment.
    #[error("an origin has no path: write {0}")]
    Path(String),
    /// The host is not a host name or an address.
    #[error(
        "the host is not a host name or an IP address; names outside ASCII are written as xn--…"
    )]
    Host,
    /// The port is not a number between 1 and 65535.
    #[error("the port is not a number between 1 and 65535")]
    Port,
    /// The origin is not written as a browser sends it.
    #[error("a browser sends this origin as {0}: write it so")]
    OtherForm(String),
}

impl FromStr for WebOrigin {
    type Err = WebOriginError;

    fn from_str(text: &str) -> Result<Self, WebOriginError> {
        if text.eq_ignore_ascii_case("null") {
            return Err(WebOriginError::Null);
        }
        if text.contains('*') {
            return Err(WebOriginError::Wildcard);
        }
        let (scheme, rest) = text.split_once("://").ok_or(WebOriginError::Scheme)?;
        let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if authority.contains('@') {
            return Err(WebOriginError::UserInfo);
        }
        let origin = normal_form(&scheme.to_ascii_lowercase(), authority)?;
        if !path.is_empty() {
            return Err(WebOriginError::Path(origin));
        }
        if origin != text {
            return Err(WebOriginError::OtherForm(origin));
        }
        Ok(Self(origin))
    }
}

/// The origin as a browser sends it: in lower case, without the scheme's own port.
fn normal_form(scheme: &str, authority: &str) -> Result<String, WebOriginError> {
    let default_port = match scheme {
        "https" => 443,
        "http" => 80,
        _ => return Err(WebOriginError::Scheme),
    };
    let (host, port) = split_port(authority);
    let host = host.to_ascii_lowercase();
    check_host(&host)?;
    let port = port.map(parse_port).transpose()?;
    if scheme == "http" && !is_loopback(&host) {
        return Err(WebOriginError::NotEncrypted);
    }
    Ok(match port {
        Some(port) if port != default_port => format!("{scheme}://{host}:{port}"),
        _ => format!("{scheme}://{host}"),
    })
}

/// The host, and the digits of the port.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    let after_brackets = authority.rfind(']').map_or(0, |end| end + 1);
    match authority[after_brackets..].find(':') {
        Some(colon) if !authority.starts_with('[') || after_brackets > 0 => {
            let (host, port) = authority.split_at(after_brackets + colon);
            (host, Some(&port[1..]))
        }
        _ => (authority, None),
    }
}

fn parse_port(digits: &str) -> Result<u16, WebOriginError> {
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    match digits.parse() {
        Ok(port) if is_number && port != 0 => Ok(port),
        _ => Err(WebOriginError::Port),
    }
}

fn check_host(host: &str) -> Result<(), WebOriginError> {
    let is_valid = match host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
        Some(address) => address
            .parse::<Ipv6Addr>()
            .is_ok_and(|parsed| parsed.to_string() == address),
        None if ends_in_a_number(host) => host.parse::<Ipv4Addr>().is_ok(),
        None => host.len() <= 253 && host.split('.').all(is_label),
    };
    if is_valid {
        Ok(())
    } else {
        Err(WebOriginError::Host)
    }
}

/// Browsers take a host whose last label is a number for an IPv4 address.
fn ends_in_a_number(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or(host);
    let digits = last.strip_prefix("0x").unwrap_or(last);
    !last.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        && (last.len() != digits.len() || last.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_label(label: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=63).contains(&label.len())
        && label.bytes().all(is_inner)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Whether a host of a URL is this machine.
fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host.ends_with(".localhost")
        || address.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
        || address.parse::<Ipv6Addr>().is_ok_and(|ip| ip.is_loopback())
}

impl WebOrigin {
    /// The text of the origin.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WebOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{WebOrigin, WebOriginError};

    fn parse(text: &str) -> Result<String, WebOriginError> {
        text.parse().map(|origin: WebOrigin| origin.to_string())
    }

    #[test]
    fn origin_as_a_browser_sends_it_is_accepted() {
        for text in [
            "https://app.example.com",
            "https://app.example.com:8443",
            "https://xn--bcher-kva.example",
            "https://[2001:db8::1]:8443",
            "https://203.0.113.7",
            "http://localhost:3000",
            "http://app.localhost",
            "http://127.0.0.1:8080",
            "http://[::1]",
        ] {
            assert_eq!(parse(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn origin_of_everyone_or_without_encryption_is_refused() {
        assert_eq!(parse("null"), Err(WebOriginError::Null));
        assert_eq!(
            parse("https://*.example.com"),
            Err(WebOriginError::Wildcard)
        );
        assert_eq!(parse("*"), Err(WebOriginError::Wildcard));
        for text in [
            "http://app.example.com",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
        ] {
            assert_eq!(parse(text), Err(WebOriginError::NotEncrypted), "{text}");
        }
        for text in [
            "app.example.com",
            "ftp://a.example",
            "javascript:alert(1)",
            "",
            "file:///etc",
        ] {
            assert_eq!(parse(text), Err(WebOriginError::Scheme), "{text}");
        }
    }

    #[test]
    fn origin_with_more_than_scheme_host_and_port_is_refused() {
        let without_path = "https://app.example.com".to_owned();
        for path in ["/", "/widget", "?a=b", "#top", "\\x"] {
            let text = format!("https://app.example.com{path}");
            assert_eq!(
                parse(&text),
                Err(WebOriginError::Path(without_path.clone())),
                "{text}"
            );
        }
        for text in [
            "https://user@app.example.com",
            "https://user:pass@app.example.com",
        ] {
            assert_eq!(parse(text), Err(WebOriginError::UserInfo), "{text}");
        }
        for text in [
            "https://a.example:0",
            "https://a.example:65536",
            "https://a.example:",
            "https://a.example:+1",
        ] {
            assert_eq!(parse(text), Err(WebOriginError::Port), "{text}");
        }
        for text in [
            "https://",
            "https://-a.example",
            "https://a..example",
            "https://bücher.example",
            "https://a b.example",
            "https://1.2.3",
            "https://0x7f.1",
            "https://[::1",
            "https://a.example,https://b.example",
        ] {
            assert_eq!(parse(text), Err(WebOriginError::Host), "{text}");
        }
    }

    #[test]
    fn origin_in_another_form_names_the_form_of_browsers() {
        let expected = WebOriginError::OtherForm("https://app.example.com".to_owned());
        for text in [
            "HTTPS://app.example.com",
            "https://App.Example.com",
            "https://app.example.com:443",
        ] {
            assert_eq!(parse(text), Err(expected.clone()), "{text}");
        }
    }
}
