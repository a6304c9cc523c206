//! Responsible for creating an HTTP client: certificates and timeouts. Does not use redirects,
//! referers or proxies, which could send a secret to another host.

use reqwest::header::HeaderValue;
use reqwest::{Certificate, Client, ClientBuilder, Url, redirect};
use std::net::IpAddr;
use std::time::Duration;

const USER_AGENT: &str = concat!("airlift/", env!("CARGO_PKG_VERSION"));

/// Why a client cannot be created.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SetupError {
    Certificates,
    Tls,
}

impl SetupError {
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::Certificates => "the additional certificates are not in PEM format",
            Self::Tls => "TLS cannot be initialized: check that this system has certificates",
        }
    }
}

/// A builder for a client of the server at `address`. The client trusts `ca_pem` in addition to the
/// certificates of the system. Proxies of the environment are ignored, because anyone who can set a
/// variable on a runner could otherwise intercept requests.
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
        // Plain HTTP needs no certificates, and a minimal container may have none.
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

pub(crate) fn build(builder: ClientBuilder) -> Result<Client, SetupError> {
    builder.build().map_err(|_| SetupError::Tls)
}

/// Makes rustls use ring.
pub(crate) fn install_crypto_provider() {
    // Fails only if a provider is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// A header value that is not logged; `None` if the text is not a valid header value.
pub(crate) fn secret_header(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Whether what is sent to an address cannot be read on the way: https, or http on this machine.
pub(crate) fn is_private(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url))
}

/// Whether an address has a user or a password.
pub(crate) fn has_user(address: &str) -> bool {
    let url = Url::parse(address);
    url.is_ok_and(|url| !url.username().is_empty() || url.password().is_some())
}

/// Whether the host of an address is this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
