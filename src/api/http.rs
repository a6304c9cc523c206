//! The one place that opens sockets. Owns the client's construction (TLS, no redirects, no
//! cookies, no proxy but one asked for) and a single attempt with its deadlines and limits;
//! repeats nothing.

use super::error::{ApiError, ApiErrorKind};
use super::options::{Options, Timeouts};
use super::request::Request;
use super::retry;
use super::target::Target;
use crate::model::{OrganizationId, SecretValue};
use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, DATE, HeaderValue, RETRY_AFTER};
use reqwest::{Certificate, Client, ClientBuilder, Proxy, Response, redirect};
use std::error::Error;
use std::time::Duration;
use tokio::time::timeout;
use zeroize::Zeroizing;

/// Names the program to the server; the vendor's own clients use headers of their own.
const USER_AGENT: &str = concat!("airlift/", env!("CARGO_PKG_VERSION"));
/// Room for an answer that does not announce its length.
const FIRST_CAPACITY: usize = 16 * 1024;

/// An answer, whatever its status. The body may hold a token, so it is wiped.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
    pub(super) body: Zeroizing<Vec<u8>>,
}

/// No answer.
pub(super) enum Broken {
    /// Nothing was sent.
    Connect(String),
    /// A deadline passed.
    TimedOut,
    /// The connection broke on the way.
    Interrupted(String),
    /// The answer goes beyond the limit.
    TooLarge,
}

/// The client and its bounds.
pub(super) struct Http {
    client: Client,
    pub(super) target: Target,
    timeouts: Timeouts,
    limit: usize,
}

impl Http {
    pub(super) fn new(target: Target, options: &Options) -> Result<Self, ApiError> {
        // Fails only when a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = Client::builder()
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .user_agent(USER_AGENT)
            .connect_timeout(options.timeouts.connect);
        let builder = with_proxy(builder, options.proxy.as_deref())?;
        let builder = with_trust(builder, target.is_plain(), options.ca_pem.as_deref())?;
        let client = builder.build().map_err(|_| {
            ApiErrorKind::Setup("TLS cannot be set up: are there certificates on this system?")
        })?;
        Ok(Self {
            client,
            target,
            timeouts: options.timeouts,
            limit: options.limits.body,
        })
    }

    /// One attempt, within the time that is left.
    pub(super) async fn attempt(
        &self,
        request: &Request<'_>,
        bearer: Option<&SecretValue>,
        organization: Option<OrganizationId>,
        left: Duration,
    ) -> Result<Reply, Broken> {
        let own = if request.slow {
            self.timeouts.create
        } else {
            self.timeouts.attempt
        };
        let url = self.target.address(&request.path, &request.query);
        let mut built = self
            .client
            .request(request.method.clone(), url)
            .timeout(own.min(left));
        if let Some(organization) = organization {
            built = built.header("X-Organization-Id", organization.to_string());
        }
        if let Some(bearer) = bearer {
            built = built.header(AUTHORIZATION, authorization(bearer)?);
        }
        if let Some(body) = &request.body {
            built = built
                .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
                .body(body.clone());
        }
        let response = built.send().await.map_err(broken)?;
        self.read(response).await
    }

    /// The whole answer, unless it is larger than allowed.
    async fn read(&self, mut response: Response) -> Result<Reply, Broken> {
        let announced = response.content_length().unwrap_or_default();
        let announced = usize::try_from(announced).unwrap_or(usize::MAX);
        if announced > self.limit {
            return Err(Broken::TooLarge);
        }
        let mut body = Zeroizing::new(Vec::with_capacity(announced.max(FIRST_CAPACITY)));
        while let Some(chunk) = self.chunk(&mut response).await? {
            if body.len() + chunk.len() > self.limit {
                return Err(Broken::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        let header = |name| response.headers().get(name)?.to_str().ok();
        Ok(Reply {
            status: response.status().as_u16(),
            retry_after: retry::retry_after(header(RETRY_AFTER), header(DATE)),
            body,
        })
    }

    /// The next part of an answer that has begun, which does not fall silent for long. Before it
    /// begins the server may work for as long as the attempt may take, so the client's own limit
    /// on silence, which counts from the sending on, is not for this.
    async fn chunk(&self, response: &mut Response) -> Result<Option<Bytes>, Broken> {
        let next = timeout(self.timeouts.idle, response.chunk()).await;
        next.map_err(|_| Broken::TimedOut)?.map_err(broken)
    }
}

/// Only what is encrypted goes through a proxy: it sees a tunnel, not a token.
fn with_proxy(builder: ClientBuilder, proxy: Option<&str>) -> Result<ClientBuilder, ApiError> {
    let Some(proxy) = proxy else {
        return Ok(builder);
    };
    // The error would repeat the address, and with it a password.
    let proxy = Proxy::https(proxy)
        .map_err(|_| ApiErrorKind::Setup("the proxy is not an address such as http://host:3128"))?;
    Ok(builder.proxy(proxy))
}

/// The system's certificates and those of `pem`. Plain HTTP needs none, and a bare container
/// may have none.
fn with_trust(
    builder: ClientBuilder,
    plain: bool,
    pem: Option<&[u8]>,
) -> Result<ClientBuilder, ApiError> {
    if plain {
        return Ok(builder.tls_certs_only([]));
    }
    let Some(pem) = pem else {
        return Ok(builder);
    };
    let extra = Certificate::from_pem_bundle(pem)
        .ok()
        .filter(|certificates| !certificates.is_empty())
        .ok_or(ApiErrorKind::Setup(
            "the extra certificates are not in PEM form",
        ))?;
    Ok(builder.tls_certs_merge(extra))
}

fn authorization(bearer: &SecretValue) -> Result<HeaderValue, Broken> {
    let text = Zeroizing::new(format!("Bearer {}", bearer.expose()));
    let mut value = HeaderValue::from_str(&text)
        .map_err(|_| Broken::Connect("the token does not fit a header".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

fn broken(error: reqwest::Error) -> Broken {
    // Asked first: while connecting nothing is sent, whichever deadline passed.
    if error.is_connect() || error.is_builder() {
        return Broken::Connect(reason(error));
    }
    if error.is_timeout() {
        return Broken::TimedOut;
    }
    Broken::Interrupted(reason(error))
}

/// The innermost cause, which is the telling one; the address is left out with its query.
fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let text = cause.to_string();
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}
