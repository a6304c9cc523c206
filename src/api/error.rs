//! Responsible for the errors of calls, and for whether a failed call may have taken effect. Does not
//! store anything that was sent.

use super::redaction::ServerMessage;
use super::status_text::{StatusText, is_server_failure};
use crate::model::{ConnectorId, FailedRequest, OrganizationId, SecretRef, WorkspaceId};
use std::fmt;
use std::time::Duration;
use thiserror::Error;

/// A call that did not succeed.
#[derive(Clone, Debug)]
pub struct ApiError {
    call: Option<Call>,
    kind: ApiErrorKind,
    // In a box, because errors are returned by value.
    request_id: Option<Box<RequestId>>,
}

/// The id of the last response, which is safe to display.
#[derive(Clone, Debug)]
struct RequestId(String);

/// The cause of an [`ApiError`].
#[derive(Clone, Debug, Error)]
pub enum ApiErrorKind {
    /// The session could not be set up.
    #[error("{0}")]
    Setup(&'static str),
    /// The token or an object belongs to another organization (exit 3).
    #[error("the API responds for organization {actual}, but this run is for {expected}")]
    WrongOrganization {
        /// The organization of the run.
        expected: OrganizationId,
        /// The organization that the response names.
        actual: OrganizationId,
    },
    /// No response named the organization.
    #[error("no response of the API names its organization: set AIRBYTE_ORGANIZATION_ID")]
    UnknownOrganization,
    /// The workspace of the customer was deleted or renamed. No token is requested for the name,
    /// because that would create a second, empty workspace.
    #[error("workspace {id} of customer `{customer}` was deleted or renamed")]
    WorkspaceGone {
        /// The name of the customer.
        customer: String,
        /// The last known workspace of the customer.
        id: WorkspaceId,
    },
    /// A token that was requested for a customer belongs to another workspace.
    #[error(
        "the token that was issued for customer `{customer}` belongs to another workspace, {actual}"
    )]
    WrongWorkspace {
        /// The name of the customer.
        customer: String,
        /// The workspace that the token belongs to.
        actual: WorkspaceId,
    },
    /// A reference in a body has no value. Nothing was sent.
    #[error("{0} has no value")]
    Unresolved(Box<SecretRef>),
    /// The service is down, or admission took too long. Nothing was sent.
    #[error("not sent: {0}")]
    Unavailable(String),
    /// No connection was established, so nothing was sent. Names the API's address and the cause.
    #[error("cannot connect to {0}")]
    Connect(String),
    /// The server and this program cannot agree on TLS, so nothing was sent. Names the API's address and the cause.
    #[error("no secure connection to {0}")]
    Tls(String),
    /// A deadline passed.
    #[error("no complete response in time")]
    TimedOut,
    /// The connection broke after something was sent.
    #[error("the connection was interrupted: {0}")]
    Interrupted(String),
    /// A status other than 2xx. Redirects are never followed, because the next host would get the
    /// credentials of this one. A 401 is returned after a new token was tried.
    #[error("{}{message}", StatusText(*status))]
    Status {
        /// The HTTP status.
        status: u16,
        /// The time of the `Retry-After` header.
        retry_after: Option<Duration>,
        /// The server's explanation.
        message: ServerMessage,
    },
    /// The server returns more rows of a list than it counts, or the same rows again and again.
    #[error("the list of workspaces does not end: {0}")]
    EndlessList(String),
    /// The rows of one id differ.
    #[error("the list has {0} more than once, with different data")]
    InconsistentList(String),
    /// The connector is in another workspace than the list's.
    #[error(
        "the list shows connector {0}, which the ledger records for another customer and which is not in this \
             workspace"
    )]
    MisplacedConnector(ConnectorId),
    /// The API refused the first customers, and no other one succeeded.
    #[error("the API refused the first {customers} customers, the last one with: {last}")]
    AllForbidden {
        /// How many customers were refused.
        customers: usize,
        /// The error of the last one.
        last: String,
    },
    /// The body exceeds the limit.
    #[error("the response is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// A 2xx response whose body cannot be decoded.
    #[error("the response ({status}) cannot be decoded: {reason}")]
    Undecodable {
        /// The HTTP status.
        status: u16,
        /// The position and what was expected, without content of the response.
        reason: String,
    },
}

/// The call that failed, and how long it took with its retries.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Call {
    /// The operation id of the specification.
    pub operation: &'static str,
    /// From the first attempt to the last response.
    pub elapsed: Duration,
    /// The number of attempts.
    pub attempts: u32,
    /// Whether the operation can change something remotely.
    pub writes: bool,
    /// Whether an attempt before the last one may have taken effect.
    pub may_have_taken_effect: bool,
    /// Whose token was sent.
    pub token_owner: TokenOwner,
}

/// Whose token is sent with a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TokenOwner {
    /// The organization's, or the credentials that request it.
    Organization,
    /// A customer's.
    Customer,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = self.elapsed.as_millis() / 100;
        write!(f, "{} ({}.{} s", self.operation, tenths / 10, tenths % 10)?;
        if self.attempts > 1 {
            write!(f, ", {} attempts", self.attempts)?;
        }
        f.write_str(")")
    }
}

/// Whether a failed call may have changed something remotely.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Effect {
    /// The call changed nothing.
    None,
    /// The call may have changed something: the remote state must be read before a retry.
    Unknown,
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(call) = &self.call {
            write!(f, "{call}: ")?;
        }
        self.kind.fmt(f)
    }
}

impl std::error::Error for ApiError {}

impl From<ApiErrorKind> for ApiError {
    /// An error that does not belong to a call.
    fn from(kind: ApiErrorKind) -> Self {
        Self {
            call: None,
            kind,
            request_id: None,
        }
    }
}

impl ApiError {
    /// The error of a call that was sent with the token of a customer.
    pub(super) fn of_customer(mut self) -> Self {
        if let Some(call) = &mut self.call {
            call.token_owner = TokenOwner::Customer;
        }
        self
    }

    pub(crate) fn new(call: Call, kind: ApiErrorKind) -> Self {
        Self {
            call: Some(call),
            kind,
            request_id: None,
        }
    }

    /// Adds the id of the last response, which is safe to display.
    pub(super) fn with_request_id(self, id: Option<String>) -> Self {
        let request_id = id.map(RequestId).map(Box::new);
        Self { request_id, ..self }
    }

    /// What is reported about the request that failed.
    pub(crate) fn failed_request(&self) -> Option<FailedRequest> {
        let call = self.call.as_ref()?;
        Some(FailedRequest {
            operation: call.operation.to_owned(),
            attempts: call.attempts,
            status: self.status(),
            request_id: self.request_id.as_ref().map(|id| id.0.clone()),
        })
    }

    /// The cause.
    pub fn kind(&self) -> &ApiErrorKind {
        &self.kind
    }

    /// The call that failed, if the error belongs to one.
    pub fn call(&self) -> Option<&Call> {
        self.call.as_ref()
    }

    /// Whether the call may have changed something.
    pub fn effect(&self) -> Effect {
        let is_unknown = match &self.call {
            // The one error without a call that follows a write: the token request may have created
            // a workspace.
            None => matches!(self.kind, ApiErrorKind::WrongWorkspace { .. }),
            Some(call) => {
                call.may_have_taken_effect || (call.writes && self.may_have_taken_effect())
            }
        };
        if is_unknown {
            Effect::Unknown
        } else {
            Effect::None
        }
    }

    /// Whether the last attempt may have taken effect on the server.
    pub(super) fn may_have_taken_effect(&self) -> bool {
        match &self.kind {
            ApiErrorKind::TimedOut
            | ApiErrorKind::Interrupted(_)
            | ApiErrorKind::TooLarge { .. }
            | ApiErrorKind::Undecodable { .. } => true,
            // 303 means that the request was processed. 307 and 308 mean that it was not.
            ApiErrorKind::Status { status, .. } => {
                matches!(status, 300..=306 | 309..=399) || is_server_failure(*status)
            }
            _ => false,
        }
    }

    /// Whether the service is down, rather than the request refused.
    pub(super) fn is_outage(&self) -> bool {
        match &self.kind {
            ApiErrorKind::Connect(_)
            | ApiErrorKind::Tls(_)
            | ApiErrorKind::TimedOut
            | ApiErrorKind::Interrupted(_) => true,
            ApiErrorKind::Status { status, .. } => is_server_failure(*status),
            _ => false,
        }
    }

    /// How long the server asks to wait before any call.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self.kind {
            ApiErrorKind::Status {
                status: 429 | 503,
                retry_after,
                ..
            } => retry_after,
            _ => None,
        }
    }

    /// 429.
    pub(super) fn is_throttled(&self) -> bool {
        self.status() == Some(429)
    }

    /// 401.
    pub(crate) fn is_unauthorized(&self) -> bool {
        self.status() == Some(401)
    }

    /// Whether a list contradicts itself or does not end. Changes during the listing can cause that.
    pub(super) fn is_inconsistent_list(&self) -> bool {
        matches!(
            self.kind,
            ApiErrorKind::EndlessList(_)
                | ApiErrorKind::InconsistentList(_)
                | ApiErrorKind::MisplacedConnector(_)
        )
    }

    /// 404.
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(404)
    }

    /// The status of the last response, if there was one.
    pub fn status(&self) -> Option<u16> {
        match self.kind {
            ApiErrorKind::Status { status, .. } | ApiErrorKind::Undecodable { status, .. } => {
                Some(status)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ApiError, ApiErrorKind, Call, Effect, ServerMessage};
    use crate::api::tests::{call, status_error};
    use std::time::Duration;

    fn writing(kind: ApiErrorKind, may_have_taken_effect: bool) -> Effect {
        let call = Call {
            may_have_taken_effect,
            ..call()
        };
        ApiError::new(call, kind).effect()
    }

    #[test]
    fn effect_of_write_depends_on_cause() {
        let status = |status| status_error(status).kind;
        assert_eq!(writing(status(422), false), Effect::None);
        assert_eq!(writing(status(422), true), Effect::Unknown);
        assert_eq!(writing(ApiErrorKind::TimedOut, false), Effect::Unknown);
        assert_eq!(writing(status(307), false), Effect::None);
        assert_eq!(writing(status(303), false), Effect::Unknown);
    }

    #[test]
    fn effect_of_read_is_none() {
        let call = Call {
            writes: false,
            ..call()
        };
        let error = ApiError::new(call, ApiErrorKind::TimedOut);
        assert_eq!(error.effect(), Effect::None);
    }

    #[test]
    fn error_text_names_operation_and_duration() {
        let call = Call {
            elapsed: Duration::from_millis(1234),
            attempts: 2,
            ..call()
        };
        assert_eq!(
            ApiError::new(call, ApiErrorKind::TimedOut).to_string(),
            "x (1.2 s, 2 attempts): no complete response in time"
        );
    }

    #[test]
    fn error_text_of_status_says_its_meaning() {
        for (status, text) in [
            (
                307,
                "the server redirected (307), and redirects are not followed",
            ),
            (401, "not authenticated (401): no"),
            (403, "not permitted (403): no"),
            (404, "not found (404): no"),
            (409, "refused (409): no"),
            (429, "too many requests (429): no"),
            (502, "the server failed (502): no"),
            (600, "the server failed (600): no"),
        ] {
            let message = if status == 307 { "" } else { "no" };
            let kind = ApiErrorKind::Status {
                status,
                retry_after: None,
                message: ServerMessage(message.to_owned()),
            };
            assert_eq!(kind.to_string(), text);
        }
    }
}
