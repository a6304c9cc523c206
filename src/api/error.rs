//! Responsible for what can go wrong with a call, and for whether a failed call may have had an
//! effect. Does not hold anything that was sent.

use super::redaction::ServerMessage;
use crate::model::{OrganizationId, SecretRef, WorkspaceId};
use std::fmt;
use std::time::Duration;
use thiserror::Error;

/// A call that did not succeed.
#[derive(Clone, Debug)]
pub struct ApiError {
    call: Option<Call>,
    kind: ApiErrorKind,
}

/// The cause of an [`ApiError`].
#[derive(Clone, Debug, Error)]
pub enum ApiErrorKind {
    /// The session could not be set up.
    #[error("{0}")]
    Setup(&'static str),
    /// The token or an object belongs to another organization (exit 3).
    #[error("the API acts for organization {found}, this run is for {expected}")]
    WrongOrganization {
        /// The one that the run is for.
        expected: OrganizationId,
        /// The one that the response names.
        found: OrganizationId,
    },
    /// Neither the token nor anything read tells the organization.
    #[error("the API does not say which organization it acts for: set AIRBYTE_ORGANIZATION_ID")]
    UnknownOrganization,
    /// The customer's workspace is gone or renamed: a token is not minted for the name, because
    /// that would make a second, empty workspace.
    #[error("workspace {id} of customer `{customer}` is gone or carries another name")]
    WorkspaceGone {
        /// The customer.
        customer: String,
        /// Its workspace as far as known.
        id: WorkspaceId,
    },
    /// A token minted for a customer turned out to be for another workspace.
    #[error(
        "the token minted for customer `{customer}` is for workspace {found}, which is not its own"
    )]
    WrongWorkspace {
        /// The customer.
        customer: String,
        /// The workspace that the token is for.
        found: WorkspaceId,
    },
    /// A reference in a body has no value; nothing was sent.
    #[error("{0} has no value")]
    Unresolved(SecretRef),
    /// Not sent, because the service is down or the call's turn did not come in time.
    #[error("{0}; not asked")]
    Unavailable(String),
    /// No connection: nothing was sent.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// A deadline passed.
    #[error("no whole answer in time")]
    TimedOut,
    /// The connection broke after something was sent.
    #[error("the connection broke: {0}")]
    Interrupted(String),
    /// A status other than 2xx. Redirects are never followed, because the next host would get
    /// what was meant for this one. A 401 comes after a fresh token was tried.
    #[error("{}{message}", StatusText(*status))]
    Status {
        /// The status.
        status: u16,
        /// When the server asks to come back.
        retry_after: Option<Duration>,
        /// The server's explanation.
        message: ServerMessage,
    },
    /// More than the limit.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// A success that cannot be understood.
    #[error("the answer ({status}) is not understood: {reason}")]
    Undecodable {
        /// The status.
        status: u16,
        /// Place and expectation, never content.
        reason: String,
    },
}

/// Which call failed, and how long it took with its repetitions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Call {
    /// The operation id of the specification.
    pub operation: &'static str,
    /// From first attempt to last answer.
    pub elapsed: Duration,
    /// Attempts made.
    pub attempts: u32,
    /// Whether the operation changes anything remotely.
    pub writes: bool,
    /// Whether an attempt before the last may have had an effect.
    pub may_have_taken_effect: bool,
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

/// What a status means.
struct StatusText(u16);

impl fmt::Display for StatusText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            status @ 300..=399 => {
                write!(
                    f,
                    "answered with a redirect ({status}), which is never followed"
                )
            }
            401 => f.write_str("not authenticated (401)"),
            // Valid credentials may lack the subscription, too.
            403 => f.write_str("not permitted (403)"),
            404 => f.write_str("not found (404)"),
            429 => f.write_str("too many requests (429)"),
            status if is_server_failure(status) => write!(f, "the server failed ({status})"),
            status => write!(f, "refused ({status})"),
        }
    }
}

/// Whether the fault is the server's. 1xx cannot get here and 2xx is no failure, so that what is
/// left is 5xx and anything beyond.
fn is_server_failure(status: u16) -> bool {
    !(300..500).contains(&status)
}

/// Whether a failed call may have changed something.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Effect {
    /// Certainly not.
    None,
    /// It cannot be told: the remote state has to be read before anything is repeated.
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
    /// An error that is not about a call.
    fn from(kind: ApiErrorKind) -> Self {
        Self { call: None, kind }
    }
}

impl ApiError {
    pub(crate) fn new(call: Call, kind: ApiErrorKind) -> Self {
        let call = Some(call);
        Self { call, kind }
    }

    /// The cause.
    pub fn kind(&self) -> &ApiErrorKind {
        &self.kind
    }

    /// Which call it was, where the error is one of a call.
    pub fn call(&self) -> Option<&Call> {
        self.call.as_ref()
    }

    /// Whether the call may have changed something.
    pub fn effect(&self) -> Effect {
        let is_unknown = match &self.call {
            // A mint for the wrong workspace is the one error of our own that follows a write.
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
            // 303 means "done, look there"; 307 and 308 mean "not done, ask there".
            ApiErrorKind::Status { status, .. } => {
                matches!(status, 300..=306 | 309..=399) || is_server_failure(*status)
            }
            _ => false,
        }
    }

    /// Whether it tells that the service is down, rather than that it refuses.
    pub(super) fn is_outage(&self) -> bool {
        match &self.kind {
            ApiErrorKind::Connect(_) | ApiErrorKind::TimedOut | ApiErrorKind::Interrupted(_) => {
                true
            }
            ApiErrorKind::Status { status, .. } => is_server_failure(*status),
            _ => false,
        }
    }

    /// How long no call should be sent, if the server asks for that.
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
    pub(super) fn is_unauthorized(&self) -> bool {
        self.status() == Some(401)
    }

    /// 401 or 403 for good, or another organization: nothing further will succeed.
    pub fn is_auth(&self) -> bool {
        matches!(
            self.kind,
            ApiErrorKind::Status {
                status: 401 | 403,
                ..
            } | ApiErrorKind::WrongOrganization { .. }
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
    fn effect_of_a_write_follows_the_cause() {
        let status = |status| status_error(status).kind;
        assert_eq!(writing(status(422), false), Effect::None);
        assert_eq!(writing(status(422), true), Effect::Unknown);
        assert_eq!(writing(ApiErrorKind::TimedOut, false), Effect::Unknown);
        assert_eq!(writing(status(307), false), Effect::None);
        assert_eq!(writing(status(303), false), Effect::Unknown);
    }

    #[test]
    fn effect_of_a_read_is_none() {
        let call = Call {
            writes: false,
            ..call()
        };
        let error = ApiError::new(call, ApiErrorKind::TimedOut);
        assert_eq!(error.effect(), Effect::None);
    }

    #[test]
    fn text_names_operation_and_duration() {
        let call = Call {
            elapsed: Duration::from_millis(1234),
            attempts: 2,
            ..call()
        };
        assert_eq!(
            ApiError::new(call, ApiErrorKind::TimedOut).to_string(),
            "x (1.2 s, 2 attempts): no whole answer in time"
        );
    }

    #[test]
    fn text_of_a_status_says_what_it_means() {
        for (status, text) in [
            (
                307,
                "answered with a redirect (307), which is never followed",
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
