//! Responsible for the public side of a listener: its origin, its pages, and what proxies in front of it add to requests.

use super::page::PageTemplate;
use axum::http::{HeaderMap, header};
use std::net::{IpAddr, SocketAddr};

/// The public side of a listener.
#[derive(Debug)]
pub(crate) struct Site {
    /// Scheme, host and port that browsers use.
    pub(crate) origin: String,
    pub(crate) template: PageTemplate,
    /// Where the browser goes at the end, in place of a page.
    pub(crate) success_url: Option<String>,
    pub(crate) error_url: Option<String>,
    /// How many proxies in front append to `X-Forwarded-For`. With none, the header is ignored.
    pub(crate) proxies: usize,
}

impl Site {
    /// Whether the request names the host of the site, so that no other name leads here. A proxy may send its own
    /// name as the host.
    pub(super) fn is_named(&self, headers: &HeaderMap) -> bool {
        let own = self.origin.split_once("://");
        let own = own.map_or(self.origin.as_str(), |(_, host)| host);
        let forwarded = headers.get("x-forwarded-host").filter(|_| self.proxies > 0);
        let host = forwarded.or_else(|| headers.get(header::HOST));
        host.and_then(|host| host.to_str().ok())
            .is_some_and(|host| host.eq_ignore_ascii_case(own))
    }

    /// The address of the client. With proxies, the one that the outermost proxy saw.
    pub(super) fn client(&self, peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
        let Some(hops) = self.proxies.checked_sub(1) else {
            return peer.ip();
        };
        let forwarded: Vec<&str> = headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .collect();
        let client = forwarded.iter().rev().nth(hops);
        client
            .and_then(|text| ip_address(text))
            .unwrap_or_else(|| peer.ip())
    }
}

/// The address of a hop, which some proxies write with its port.
fn ip_address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let with_port = || text.parse().ok().map(|socket: SocketAddr| socket.ip());
    text.parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use super::ip_address;

    #[test]
    fn ip_address_of_hop_with_port_is_its_address() {
        for (text, expected) in [
            (" 203.0.113.7", Some("203.0.113.7")),
            ("203.0.113.7:5301", Some("203.0.113.7")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("[2001:db8::1]:5301", Some("2001:db8::1")),
            ("unknown", None),
        ] {
            let address = ip_address(text).map(|address| address.to_string());
            assert_eq!(address.as_deref(), expected, "{text}");
        }
    }
}
