//! Responsible for setting a client up: certificates, timeouts, and nothing that could carry a
//! secret to a host that was not asked for.

use reqwest::header::HeaderValue;
use reqwest::{Certificate, Client, ClientBuilder, Url, redirect};
use std::net::IpAddr;
use std::time::Duration;

/// Names the program to the server; the vendor's own clients use headers of their own.
const USER_AGENT: &str = concat!("airlift/", env!("CARGO_PKG_VERSION"));

/// Why a client cannot be set up.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SetupError {
    Certificates,
    Tls,
}

impl SetupError {
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::Certificates => "the extra certificates are not in PEM form",
            Self::Tls => "TLS cannot be set up: are there certificates on this system?",
        }
    }
}

/// A client for the server at `address`: no redirects, no referer, no proxy. It trusts `ca_pem`
/// beside the system's certificates. The environment's proxies are ignored, because whoever can
/// set a variable on a runner could otherwise read along.
pub(crate) fn builder(
    address: &Url,
    ca_pem: Option<&[u8]>,
    connect_timeout: Duration,
) -> Result<ClientBuilder, SetupError> {
    install_crypto_provider();
    let builder = Client::builder()
        .redirect(redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .user_agent(USER_AGENT)
        .connect_timeout(connect_timeout);
    if address.scheme() == "http" {
        // Plain HTTP needs no certificates, and a bare container may have none.
        return Ok(builder.tls_certs_only([]));
    }
    let Some(pem) = ca_pem else {
        return Ok(builder);
    };
    Certificate::from_pem_bundle(pem)
        .ok()
        .filter(|certificates| !certificates.is_empty())
        .map(|certificates| builder.tls_certs_merge(certificates))
        .ok_or(SetupError::Certificates)
}

/// The client of a builder.
pub(crate) fn build(builder: ClientBuilder) -> Result<Client, SetupError> {
    builder.build().map_err(|_| SetupError::Tls)
}

/// Has rustls use ring.
pub(crate) fn install_crypto_provider() {
    // Fails only when a provider is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// A header whose value is kept out of logs; nothing if the text does not fit into a header.
pub(crate) fn secret_header(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Whether the host is this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
