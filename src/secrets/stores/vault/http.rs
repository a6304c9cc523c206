//! Responsible for requests to the server, with a deadline and a size limit of the response. A busy response is retried
//! twice.
//!
//! Does not follow redirects and does not use a proxy.

use super::settings::Settings;
use crate::backoff::{Backoff, Limit, Pauses};
use crate::http::{self, SetupError, TransportError};
use crate::model::SecretValue;
use crate::secrets::ResolveErrorKind;
use crate::secrets::stores::file::LIMIT;
use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Method, RequestBuilder, Url};
use std::time::Duration;
use zeroize::Zeroizing;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);
/// The pauses before retries.
const PAUSES: Pauses = Pauses {
    first: Duration::from_millis(200),
    factor: 4,
    longest: Duration::from_millis(800),
};
const RETRIES: Limit = Limit::Retries(2);

/// A response of any status.
pub(super) struct VaultResponse {
    pub(super) status: u16,
    pub(super) body: Zeroizing<Vec<u8>>,
}

/// The HTTP client of one server.
pub(super) struct Http {
    client: Client,
    address: Url,
}

impl Http {
    pub(super) fn new(settings: &Settings) -> Result<Self, ResolveErrorKind> {
        let ca_pem = (!settings.ca_pem.is_empty()).then_some(&*settings.ca_pem);
        let builder =
            http::builder(&settings.address, ca_pem, CONNECT_TIMEOUT).map_err(setup_error)?;
        let builder = builder
            .default_headers(headers(settings)?)
            .timeout(REQUEST_TIMEOUT);
        let client = http::build(builder).map_err(setup_error)?;
        Ok(Self {
            client,
            address: settings.address.clone(),
        })
    }

    pub(super) async fn get<'p>(
        &self,
        parts: impl IntoIterator<Item = &'p str>,
        token: Option<&SecretValue>,
    ) -> Result<VaultResponse, ResolveErrorKind> {
        let url = self.url(parts)?;
        self.send(&Method::GET, &url, token, None).await
    }

    pub(super) async fn post<'p>(
        &self,
        parts: impl IntoIterator<Item = &'p str>,
        token: Option<&SecretValue>,
        body: Bytes,
    ) -> Result<VaultResponse, ResolveErrorKind> {
        let url = self.url(parts)?;
        self.send(&Method::POST, &url, token, Some(body)).await
    }

    /// The URL of a path. Each part becomes one path segment, whatever characters the part contains.
    fn url<'p>(&self, parts: impl IntoIterator<Item = &'p str>) -> Result<Url, ResolveErrorKind> {
        let mut url = self.address.clone();
        let path = url.path_segments_mut();
        path.map_err(|()| not_configured("VAULT_ADDR is not a URL"))?
            .clear()
            .extend(parts);
        Ok(url)
    }

    async fn send(
        &self,
        method: &Method,
        url: &Url,
        token: Option<&SecretValue>,
        body: Option<Bytes>,
    ) -> Result<VaultResponse, ResolveErrorKind> {
        let mut backoff = Backoff::new(PAUSES, RETRIES);
        loop {
            let response = self.send_once(method, url, token, body.clone()).await?;
            // 412: a replica that is behind.
            let is_busy = matches!(response.status, 412 | 429 | 502 | 504) && !is_health(url);
            if !is_busy || !backoff.pause().await {
                return Ok(response);
            }
        }
    }

    async fn send_once(
        &self,
        method: &Method,
        url: &Url,
        token: Option<&SecretValue>,
        body: Option<Bytes>,
    ) -> Result<VaultResponse, ResolveErrorKind> {
        let mut request = self.client.request(method.clone(), url.clone());
        if let Some(token) = token {
            let value =
                http::secret_header(token.expose()).ok_or(ResolveErrorKind::LoginRefused(
                    "the token contains a character that a header cannot carry",
                ))?;
            request = request.header("X-Vault-Token", value);
        }
        if let Some(body) = body {
            let kind = HeaderValue::from_static("application/json");
            request = request.header(CONTENT_TYPE, kind).body(body);
        }
        exchange(request).await.map_err(transport_error)
    }
}

async fn exchange(request: RequestBuilder) -> Result<VaultResponse, TransportError> {
    let mut response = request.send().await?;
    Ok(VaultResponse {
        status: response.status().as_u16(),
        body: http::read_body(&mut response, LIMIT, REQUEST_TIMEOUT).await?,
    })
}

/// Whether the request is a health check. A standby's health status 429 means "busy" for other requests.
fn is_health(url: &Url) -> bool {
    url.path() == "/v1/sys/health"
}

fn headers(settings: &Settings) -> Result<HeaderMap, ResolveErrorKind> {
    let mut headers = HeaderMap::new();
    headers.insert("X-Vault-Request", HeaderValue::from_static("true"));
    if let Some(namespace) = &settings.namespace {
        let value = HeaderValue::from_str(namespace);
        let value = value.map_err(|_| {
            not_configured("VAULT_NAMESPACE contains a character that a header cannot carry")
        })?;
        headers.insert("X-Vault-Namespace", value);
    }
    Ok(headers)
}

fn not_configured(what: &str) -> ResolveErrorKind {
    ResolveErrorKind::NotConfigured(what.to_owned())
}

fn setup_error(error: SetupError) -> ResolveErrorKind {
    not_configured(match error {
        SetupError::Certificates => {
            "VAULT_CACERT or VAULT_CAPATH contains no certificate in PEM form"
        }
        SetupError::Tls => error.message(),
    })
}

fn transport_error(error: TransportError) -> ResolveErrorKind {
    match error {
        TransportError::TimedOut | TransportError::ConnectTimedOut(_) => ResolveErrorKind::TimedOut,
        TransportError::Connect(reason) | TransportError::Tls(reason) => {
            ResolveErrorKind::Unreachable(reason)
        }
        TransportError::Interrupted(_) => {
            ResolveErrorKind::Unreachable("the connection broke".to_owned())
        }
        TransportError::TooLarge => {
            ResolveErrorKind::UnexpectedResponse("larger than 1 MiB".to_owned())
        }
    }
}
