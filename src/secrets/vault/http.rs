//! One request to the server: no redirect, no proxy, a deadline, an end of the answer. A request
//! that the server was too busy for is repeated twice.

use super::super::Why;
use super::super::collect::Collected;
use super::super::file::LIMIT;
use super::settings::Settings;
use crate::model::SecretValue;
use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Certificate, Client, Method, Response, Url, redirect};
use std::time::Duration;
use zeroize::Zeroizing;

const CONNECT: Duration = Duration::from_secs(5);
const WHOLE: Duration = Duration::from_secs(15);
/// Pauses before the server is asked again.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(800)];

/// An answer, whatever its status.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Zeroizing<Vec<u8>>,
}

/// The way to the server.
pub(super) struct Http {
    client: Client,
    address: Url,
}

impl Http {
    pub(super) fn new(settings: &Settings) -> Result<Self, Why> {
        // Fails only when a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .user_agent(concat!("airlift/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers(settings)?)
            .connect_timeout(CONNECT)
            .timeout(WHOLE);
        if settings.address.scheme() == "http" {
            // A bare container may have no certificates, and none are needed.
            builder = builder.tls_certs_only([]);
        } else if !settings.ca_pem.is_empty() {
            let extra = Certificate::from_pem_bundle(&settings.ca_pem).ok();
            let extra = extra.filter(|extra| !extra.is_empty());
            let what = "VAULT_CACERT or VAULT_CAPATH holds no certificate in PEM form";
            let extra = extra.ok_or_else(|| unset(what))?;
            builder = builder.tls_certs_merge(extra);
        }
        let client = builder
            .build()
            .map_err(|_| unset("TLS cannot be set up: are there certificates on this system?"))?;
        Ok(Self {
            client,
            address: settings.address.clone(),
        })
    }

    pub(super) async fn get<'p>(
        &self,
        parts: impl IntoIterator<Item = &'p str>,
        token: Option<&SecretValue>,
    ) -> Result<Reply, Why> {
        let url = self.url(parts)?;
        self.send(&Method::GET, &url, token, None).await
    }

    pub(super) async fn post<'p>(
        &self,
        parts: impl IntoIterator<Item = &'p str>,
        token: Option<&SecretValue>,
        body: Bytes,
    ) -> Result<Reply, Why> {
        let url = self.url(parts)?;
        self.send(&Method::POST, &url, token, Some(body)).await
    }

    /// Each part is one part of the path, whatever it holds.
    fn url<'p>(&self, parts: impl IntoIterator<Item = &'p str>) -> Result<Url, Why> {
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
    ) -> Result<Reply, Why> {
        for pause in PAUSES {
            let reply = self.once(method, url, token, body.clone()).await?;
            // 412: a replica that has not caught up yet.
            if !matches!(reply.status, 412 | 429 | 502 | 504) || is_health(url) {
                return Ok(reply);
            }
            tokio::time::sleep(pause).await;
        }
        self.once(method, url, token, body).await
    }

    async fn once(
        &self,
        method: &Method,
        url: &Url,
        token: Option<&SecretValue>,
        body: Option<Bytes>,
    ) -> Result<Reply, Why> {
        let mut request = self.client.request(method.clone(), url.clone());
        if let Some(token) = token {
            let value = HeaderValue::from_str(token.expose());
            let mut value = value.map_err(|_| Why::LoginRefused("the token fits no header"))?;
            value.set_sensitive(true);
            request = request.header("X-Vault-Token", value);
        }
        if let Some(body) = body {
            let kind = HeaderValue::from_static("application/json");
            request = request.header(CONTENT_TYPE, kind).body(body);
        }
        read(request.send().await.map_err(broken)?).await
    }
}

/// The health of a standby is told by a status that means "too busy" elsewhere.
fn is_health(url: &Url) -> bool {
    url.path() == "/v1/sys/health"
}

fn headers(settings: &Settings) -> Result<HeaderMap, Why> {
    let mut headers = HeaderMap::new();
    headers.insert("X-Vault-Request", HeaderValue::from_static("true"));
    if let Some(namespace) = &settings.namespace {
        let value = HeaderValue::from_str(namespace);
        let value = value.map_err(|_| unset("VAULT_NAMESPACE fits no header"))?;
        headers.insert("X-Vault-Namespace", value);
    }
    Ok(headers)
}

fn unset(what: &str) -> Why {
    Why::NotConfigured(what.to_owned())
}

async fn read(mut response: Response) -> Result<Reply, Why> {
    let mut body = Collected::new(LIMIT);
    let too_large = || Why::Answer("it is larger than 1 MiB".to_owned());
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        body.push(&chunk).map_err(|_| too_large())?;
    }
    Ok(Reply {
        status: response.status().as_u16(),
        body: body.into_bytes(),
    })
}

/// By kind alone: the library's words hold the address with its path.
fn broken(error: reqwest::Error) -> Why {
    let error = error.without_url();
    if error.is_timeout() {
        Why::TimedOut
    } else if error.is_connect() {
        Why::Unreachable(innermost(&error))
    } else {
        Why::Unreachable("the connection broke".to_owned())
    }
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let text = cause.to_string();
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}
