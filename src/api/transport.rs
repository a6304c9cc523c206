//! Responsible for sending one attempt, with its deadlines and limits. Does not retry.

use super::error::{ApiError, ApiErrorKind};
use super::options::{Options, Timeouts};
use super::request::Request;
use super::resilience::{parse_date, retry_after};
use super::target::Target;
use crate::http::{self, TransportError};
use crate::model::{OrganizationId, SecretValue};
use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, DATE, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, ClientBuilder, Proxy};
use std::time::Duration;
use zeroize::Zeroizing;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A response of any status. The body may contain a token, so it is wiped on drop.
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
    /// What the server calls the request. Not safe to display.
    pub(super) request_id: Option<String>,
    /// The `Date` header.
    pub(super) date: Option<Timestamp>,
    pub(super) body: Zeroizing<Vec<u8>>,
}

/// The HTTP client and its bounds.
pub(super) struct Transport {
    client: Client,
    pub(super) target: Target,
    timeouts: Timeouts,
    limit: usize,
}

impl Transport {
    pub(super) fn new(target: Target, options: &Options) -> Result<Self, ApiError> {
        let ca_pem = options.ca_pem.as_deref();
        let client = http::builder(target.origin(), ca_pem, options.timeouts.connect)
            .map_err(setup)
            .and_then(|builder| with_proxy(builder, options.proxy.as_deref()))
            .and_then(|builder| http::build(builder).map_err(setup))?;
        Ok(Self {
            client,
            target,
            timeouts: options.timeouts,
            limit: options.limits.body,
        })
    }

    /// Sends a request once. `left` is the time that the call still has.
    pub(super) async fn attempt(
        &self,
        request: &Request<'_>,
        bearer: Option<&SecretValue>,
        organization: Option<OrganizationId>,
        left: Duration,
    ) -> Result<Response, TransportError> {
        let timeout = if request.slow {
            self.timeouts.create
        } else {
            self.timeouts.attempt
        };
        let url = self.target.address(&request.path, &request.query);
        let mut builder = self
            .client
            .request(request.method.clone(), url)
            .timeout(timeout.min(left));
        if let Some(organization) = organization {
            builder = builder.header("X-Organization-Id", organization.to_string());
        }
        if let Some(bearer) = bearer {
            builder = builder.header(AUTHORIZATION, authorization(bearer)?);
        }
        if let Some(body) = &request.body {
            builder = builder
                .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
                .body(body.clone());
        }
        let mut response = builder.send().await?;
        let body = http::read_body(&mut response, self.limit, self.timeouts.idle).await?;
        let header = |name| response.headers().get(name)?.to_str().ok();
        Ok(Response {
            status: response.status().as_u16(),
            retry_after: retry_after(header(RETRY_AFTER), header(DATE)),
            request_id: header(REQUEST_ID).map(str::to_owned),
            date: header(DATE).and_then(parse_date),
            body,
        })
    }
}

fn setup(error: http::SetupError) -> ApiError {
    ApiErrorKind::Setup(error.message()).into()
}

/// Only HTTPS goes through the proxy, so that the proxy sees a tunnel and no token.
fn with_proxy(builder: ClientBuilder, proxy: Option<&str>) -> Result<ClientBuilder, ApiError> {
    let Some(proxy) = proxy else {
        return Ok(builder);
    };
    // The error is not shown, because it repeats the address, which may contain a password.
    let proxy = Proxy::https(proxy).map_err(|_| {
        ApiErrorKind::Setup(
            "the address of the proxy is not valid; it must look like http://host:3128",
        )
    })?;
    Ok(builder.proxy(proxy))
}

fn authorization(bearer: &SecretValue) -> Result<HeaderValue, TransportError> {
    let text = Zeroizing::new(format!("Bearer {}", bearer.expose()));
    http::secret_header(&text)
        .ok_or_else(|| TransportError::Connect("the token is not a valid header value".to_owned()))
}
