//! Responsible for rejecting requests that a web page sends through the user's browser.
//!
//! A page can point a name of its own at 127.0.0.1 (DNS rebinding) or send requests to a known port. The browser then
//! sends the page's name as Host or Origin. Requests of other programs have a loopback name as Host and no Origin.

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};

use super::operation_result::OperationError;

/// The names of this machine.
pub(crate) const LOOPBACK_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];
/// The port that a URL without a port means.
const DEFAULT_PORT: u16 = 80;

/// Rejects a request whose Host is not a loopback name with this port, or whose Origin is not the sandbox's own.
pub(crate) fn check_origin(parts: &Parts, port: u16) -> Result<(), OperationError> {
    let hosts = values(&parts.headers, &header::HOST);
    let has_own_host = matches!(hosts[..], [Some(host)] if is_own(host, port));
    // An absolute request target has a host, too, and servers differ in which one they use.
    let has_own_target = parts
        .uri
        .authority()
        .is_none_or(|authority| is_own(authority.as_str(), port));
    if !has_own_host || !has_own_target {
        return Err(OperationError::new(
            421,
            "The Host must be localhost, 127.0.0.1 or [::1] with the port of the sandbox",
        ));
    }
    let has_own_origin = match values(&parts.headers, &header::ORIGIN)[..] {
        [] => true,
        [Some(origin)] => origin
            .strip_prefix("http://")
            .is_some_and(|host| is_own(host, port)),
        _ => false,
    };
    if has_own_origin {
        Ok(())
    } else {
        Err(OperationError::forbidden(
            "Requests of web pages are not allowed: the Origin is not the sandbox's own",
        ))
    }
}

/// The values of a header. `None` for a value that is not text.
fn values<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Vec<Option<&'a str>> {
    headers
        .get_all(name)
        .iter()
        .map(|value| value.to_str().ok())
        .collect()
}

fn is_own(authority: &str, port: u16) -> bool {
    let is_loopback = |name: &str| {
        LOOPBACK_NAMES
            .iter()
            .any(|own| own.eq_ignore_ascii_case(name))
    };
    match authority.rsplit_once(':') {
        Some((name, text)) if is_loopback(name) => text == port.to_string(),
        _ => is_loopback(authority) && port == DEFAULT_PORT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn status(headers: &[(&str, &str)]) -> Option<u16> {
        let mut request = Request::builder().uri("/api/v1/workspaces");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        check_origin(&parts, 8400).err().map(|error| error.status)
    }

    #[test]
    fn check_origin_with_loopback_host_and_no_origin_passes() {
        for host in [
            "localhost:8400",
            "127.0.0.1:8400",
            "[::1]:8400",
            "LOCALHOST:8400",
        ] {
            assert_eq!(status(&[("host", host)]), None, "{host}");
        }
    }

    #[test]
    fn check_origin_with_foreign_or_missing_host_is_421() {
        assert_eq!(status(&[]), Some(421));
        assert_eq!(
            status(&[("host", "localhost:8400"), ("host", "evil.example:8400")]),
            Some(421)
        );
        for host in [
            "evil.example:8400",
            "localhost.evil.example:8400",
            "127.0.0.1.evil.example:8400",
            "localhost:8401",
            "localhost:08400",
            "localhost",
            "user@localhost:8400",
            "localhost.:8400",
            "127.0.0.2:8400",
            "",
        ] {
            assert_eq!(status(&[("host", host)]), Some(421), "{host}");
        }
    }

    #[test]
    fn check_origin_with_own_origin_passes() {
        for origin in ["http://localhost:8400", "http://127.0.0.1:8400"] {
            let headers = [("host", "127.0.0.1:8400"), ("origin", origin)];
            assert_eq!(status(&headers), None, "{origin}");
        }
    }

    #[test]
    fn check_origin_with_foreign_origin_is_403() {
        for origin in [
            "http://evil.example:8400",
            "https://localhost:8400",
            "http://localhost:3000",
            "http://localhost:8400/",
            "null",
            "",
        ] {
            let headers = [("host", "127.0.0.1:8400"), ("origin", origin)];
            assert_eq!(status(&headers), Some(403), "{origin}");
        }
    }

    #[test]
    fn check_origin_with_foreign_absolute_target_is_421() {
        let request = Request::builder()
            .uri("http://evil.example:8400/api/v1/workspaces")
            .header("host", "localhost:8400");
        let (parts, ()) = request.body(()).unwrap().into_parts();
        assert_eq!(check_origin(&parts, 8400).unwrap_err().status, 421);
    }
}
