//! Responsible for HTTP clients of tests.

use reqwest::{Client, ClientBuilder};

/// A client that reads no certificates and uses no proxy.
pub(crate) fn builder() -> ClientBuilder {
    let _installed_by_another_test = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy().tls_certs_only([])
}

pub(crate) fn client() -> Client {
    builder().build().unwrap()
}
