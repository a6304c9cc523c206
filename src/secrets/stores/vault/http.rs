//! One request to the server: no redirect, no proxy, a deadline, an end of the answer. A request
//! that the server was too busy for is repeated twice.

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

const CONNECT: Duration = Duration::from_secs(5);
const WHOLE: Duration = Duration::from_secs(15);
/// The pauses before the server is asked again.
const PAUSES: Pauses = Pauses {
    first: Duration::from_millis(200),
    factor: 4,
    longest: Duration::from_millis(800),
};
const RETRIES: Limit = Limit::Retries(2);

/// An answer, whatever its status.
pub(super) struct VaultResponse {
    pub(super) status: u16,
    pub(super) body: Zeroizing<Vec<u8>>,
}

/// The way to the server.
pub(super) struct Http {
    client: Client,
    address: Url,
}

impl Http {
    pub(super) fn new(settings: &Settings) -> Result<Self, ResolveErrorKind> {
        let ca_pem = (!settings.ca_pem.is_empty()).then_some(&*settings.ca_pem);
        let builder = http::builder(&settings.address, ca_pem, CONNECT).map_err(setup)?;
        let builder = builder.default_headers(headers(settings)?).timeout(WHOLE);
        let client = http::build(builder).map_err(setup)?;
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

    /// Each part is one part of the path, whatever it holds.
    fn url<'p>(&self, parts: impl IntoIterator<Item = &'p str>) -> Result<Url, ResolveErrorKind> {
        let mut url = self.address.clone();
        let path = url.path_segments_mut();
        path.map_err(|()| unset("VAULT_ADDR is not an address"))?
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
            let response = self.once(method, url, token, body.clone()).await?;
            // 412: a replica that has not caught up yet.
            let is_busy = matches!(response.status, 412 | 429 | 502 | 504) && !is_health(url);
            if !is_busy || !backoff.pause().await {
                return Ok(response);
            }
        }
    }

    async fn once(
        &self,
        method: &Method,
        url: &Url,
        token: Option<&SecretValue>,
        body: Option<Bytes>,
    ) -> Result<VaultResponse, ResolveErrorKind> {
        let mut request = self.client.request(method.clone(), url.clone());
        if let Some(token) = token {
            let value = http::secret_header(token.expose())
                .ok_or(ResolveErrorKind::LoginRefused("the token fits no header"))?;
            request = request.header("X-Vault-Token", value);
        }
        if let Some(body) = body {
            let kind = HeaderValue::from_static("application/json");
            request = request.header(CONTENT_TYPE, kind).body(body);
        }
        exchange(request).await.map_err(unanswered)
    }
}

async fn exchange(request: RequestBuilder) -> Result<VaultResponse, TransportError> {
    let mut response = request.send().await?;
    Ok(VaultResponse {
        status: response.status().as_u16(),
        body: http::read_body(&mut response, LIMIT, WHOLE).await?,
    })
}

/// The health of a standby is told by a status that means "too busy" elsewhere.
fn is_health(url: &Url) -> bool {
    url.path() == "/v1/sys/health"
}

fn headers(settings: &Settings) -> Result<HeaderMap, ResolveErrorKind> {
    let mut headers = HeaderMap::new();
    headers.insert("X-Vault-Request", HeaderValue::from_static("true"));
    if let Some(namespace) = &settings.namespace {
        let value = HeaderValue::from_str(namespace);
        let value = value.map_err(|_| unset("VAULT_NAMESPACE fits no header"))?;
        headers.insert("X-Vault-Namespace", value);
    }
    Ok(headers)
}

fn unset(what: &str) -> ResolveErrorKind {
    ResolveErrorKind::NotConfigured(what.to_owned())
}

fn setup(error: SetupError) -> ResolveErrorKind {
    unset(match error {
        SetupError::Certificates => "VAULT_CACERT or VAULT_CAPATH holds no certificate in PEM form",
        SetupError::Tls => error.message(),
    })
}

fn unanswered(error: TransportError) -> ResolveErrorKind {
    match error {
        TransportError::TimedOut | TransportError::ConnectTimedOut(_) => ResolveErrorKind::TimedOut,
        TransportError::Connect(reason) => ResolveErrorKind::Unreachable(reason),
        TransportError::Interrupted(_) => {
            ResolveErrorKind::Unreachable("the connection broke".to_owned())
        }
        TransportError::TooLarge => ResolveErrorKind::Answer("it is larger than 1 MiB".to_owned()),
    }
}
