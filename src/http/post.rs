//! Responsible for posting JSON to one address that an operator names.

use super::TransportError;
#[cfg(feature = "otel")]
use super::client::has_user;
use super::client::{build, builder, is_private};
use reqwest::{Client, Url};
use std::time::Duration;

/// The longest time of one request.
const TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Posts to one address.
pub(crate) struct PostClient {
    address: Url,
    client: Client,
}

impl PostClient {
    /// Accepts https, and http for this machine.
    pub(crate) fn new(address: &str) -> Result<Self, &'static str> {
        let url = Url::parse(address).map_err(|_| "is not an address")?;
        if !is_private(&url) {
            return Err("must start with https://");
        }
        Self::to(url)
    }

    /// Accepts http for every host, too, unless the requests have a login.
    #[cfg(feature = "otel")]
    pub(crate) fn for_traces(address: &str, has_login: bool) -> Result<Self, &'static str> {
        let url = Url::parse(address).map_err(|_| "is not an address")?;
        let has_login = has_login || has_user(address);
        if !(is_private(&url) || (url.scheme() == "http" && !has_login)) {
            return Err("must start with https://, because its requests have a login");
        }
        Self::to(url)
    }

    fn to(url: Url) -> Result<Self, &'static str> {
        let client = builder(&url, None, CONNECT_TIMEOUT)
            .map(|builder| builder.timeout(TIMEOUT))
            .and_then(build)
            .map_err(super::SetupError::message)?;
        Ok(Self {
            address: url,
            client,
        })
    }

    /// Sends a JSON text, and returns the status.
    pub(crate) async fn post<N: AsRef<str>>(
        &self,
        headers: &[(N, String)],
        body: String,
    ) -> Result<u16, String> {
        let mut request = self.client.post(self.address.clone());
        request = request.header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(name.as_ref(), value);
        }
        match request.body(body).send().await {
            Ok(response) => Ok(response.status().as_u16()),
            Err(error) => Err(match TransportError::from(error) {
                TransportError::Connect(cause) | TransportError::ConnectTimedOut(cause) => {
                    format!("no connection: {cause}")
                }
                TransportError::Tls(cause) => format!("TLS: {cause}"),
                TransportError::Interrupted(cause) => format!("interrupted: {cause}"),
                TransportError::TimedOut | TransportError::TooLarge => "no answer".to_owned(),
            }),
        }
    }
}
