//! What can go wrong with a call, by cause. Owns the question whether a failed call may have
//! had an effect; refuses to hold anything that was sent.

use crate::model::{OrganizationId, SecretRef, WorkspaceId};
use std::fmt;
use std::time::Duration;
use thiserror::Error;

/// A call that did not succeed.
#[derive(Clone, Debug, Error)]
pub enum ApiError {
    /// The session could not be set up.
    #[error("{0}")]
    Setup(&'static str),
    /// The token or an object belongs to another organization (exit 3).
    #[error("the API acts for organization {found}, this run is for {expected}")]
    WrongOrganization {
        /// The one that the run is for.
        expected: OrganizationId,
        /// The one that the answer names.
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
    /// Not asked, because the service is down or keeps everybody waiting.
    #[error("{call}: {reason}; not asked")]
    Unavailable {
        /// Which call.
        call: Call,
        /// Why.
        reason: String,
    },
    /// No connection: nothing was sent.
    #[error("{call}: cannot connect: {reason}")]
    Connect {
        /// Which call.
        call: Call,
        /// Why, without the address.
        reason: String,
    },
    /// A deadline passed.
    #[error("{call}: no whole answer in time")]
    TimedOut {
        /// Which call.
        call: Call,
    },
    /// The connection broke after something was sent.
    #[error("{call}: the connection broke: {reason}")]
    Interrupted {
        /// Which call.
        call: Call,
        /// Why, without the address.
        reason: String,
    },
    /// 429.
    #[error("{call}: too many requests (429){said}")]
    Throttled {
        /// Which call.
        call: Call,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
        /// The server's words.
        said: Said,
    },
    /// 401, after a fresh token was tried.
    #[error("{call}: not authenticated (401){said}")]
    Unauthorized {
        /// Which call.
        call: Call,
        /// The server's words.
        said: Said,
    },
    /// 403: valid credentials may lack the subscription, too.
    #[error("{call}: not permitted (403){said}")]
    Forbidden {
        /// Which call.
        call: Call,
        /// The server's words.
        said: Said,
    },
    /// 404.
    #[error("{call}: not found (404){said}")]
    NotFound {
        /// Which call.
        call: Call,
        /// The server's words.
        said: Said,
    },
    /// Any other 4xx.
    #[error("{call}: refused ({status}){said}")]
    Refused {
        /// Which call.
        call: Call,
        /// The status.
        status: u16,
        /// The server's words.
        said: Said,
    },
    /// 5xx.
    #[error("{call}: the server failed ({status}){said}")]
    Server {
        /// Which call.
        call: Call,
        /// The status.
        status: u16,
        /// When the server asks to come back.
        retry_after: Option<Duration>,
        /// The server's words.
        said: Said,
    },
    /// 3xx: never followed, because the next host would get what was meant for this one.
    #[error("{call}: answered with a redirect ({status}), which is never followed")]
    Redirected {
        /// Which call.
        call: Call,
        /// The status.
        status: u16,
    },
    /// More than the limit.
    #[error("{call}: the answer is larger than {limit} bytes")]
    TooLarge {
        /// Which call.
        call: Call,
        /// The limit.
        limit: usize,
    },
    /// A success that cannot be understood.
    #[error("{call}: the answer ({status}) is not understood: {reason}")]
    Undecodable {
        /// Which call.
        call: Call,
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
    pub doubt: bool,
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

/// What the server said, fit to be shown; empty when there was nothing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Said(pub String);

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        write!(f, ": {}", self.0)
    }
}

/// Whether a failed call may have changed something.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Effect {
    /// Certainly not.
    None,
    /// It cannot be told: look before anything is repeated.
    Unknown,
}

impl ApiError {
    /// Whether the call may have changed something.
    pub fn effect(&self) -> Effect {
        let unclear = match self.call() {
            // A mint for the wrong workspace is the one error of our own that follows a write.
            None => matches!(self, Self::WrongWorkspace { .. }),
            Some(call) => call.doubt || (call.writes && self.may_have_acted()),
        };
        if unclear {
            Effect::Unknown
        } else {
            Effect::None
        }
    }

    /// Whether the last attempt got as far as the server's doing something.
    pub(super) fn may_have_acted(&self) -> bool {
        match self {
            Self::TimedOut { .. }
            | Self::Interrupted { .. }
            | Self::Server { .. }
            | Self::TooLarge { .. }
            | Self::Undecodable { .. } => true,
            // 303 means "done, look there"; 307 and 308 mean "not done, ask there".
            Self::Redirected { status, .. } => !matches!(status, 307 | 308),
            _ => false,
        }
    }

    /// Whether it tells that the service is down, rather than that it refuses.
    pub(super) fn is_outage(&self) -> bool {
        matches!(
            self,
            Self::Connect { .. }
                | Self::TimedOut { .. }
                | Self::Interrupted { .. }
                | Self::Server { .. }
        )
    }

    /// How long nobody should send, if the server asks for that.
    pub(super) fn asks_to_wait(&self) -> Option<Duration> {
        match self {
            Self::Throttled { retry_after, .. }
            | Self::Server {
                status: 503,
                retry_after,
                ..
            } => *retry_after,
            _ => None,
        }
    }

    /// 401 or 403 for good, or another organization: nothing further will succeed.
    pub fn is_auth(&self) -> bool {
        matches!(
            self,
            Self::Unauthorized { .. } | Self::Forbidden { .. } | Self::WrongOrganization { .. }
        )
    }

    /// 404.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }

    /// The status of the last answer, if there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Throttled { .. } => Some(429),
            Self::Unauthorized { .. } => Some(401),
            Self::Forbidden { .. } => Some(403),
            Self::NotFound { .. } => Some(404),
            Self::Refused { status, .. }
            | Self::Server { status, .. }
            | Self::Redirected { status, .. }
            | Self::Undecodable { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Which call it was, where the error is one of a call.
    pub fn call(&self) -> Option<&Call> {
        match self {
            Self::Setup(_)
            | Self::WrongOrganization { .. }
            | Self::UnknownOrganization
            | Self::WorkspaceGone { .. }
            | Self::WrongWorkspace { .. }
            | Self::Unresolved(_) => None,
            Self::Unavailable { call, .. }
            | Self::Connect { call, .. }
            | Self::TimedOut { call }
            | Self::Interrupted { call, .. }
            | Self::Throttled { call, .. }
            | Self::Unauthorized { call, .. }
            | Self::Forbidden { call, .. }
            | Self::NotFound { call, .. }
            | Self::Refused { call, .. }
            | Self::Server { call, .. }
            | Self::Redirected { call, .. }
            | Self::TooLarge { call, .. }
            | Self::Undecodable { call, .. } => Some(call),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ApiError, Call, Effect, Said};
    use std::time::Duration;

    fn call(writes: bool, doubt: bool) -> Call {
        Call {
            operation: "x",
            elapsed: Duration::from_millis(1234),
            attempts: 2,
            writes,
            doubt,
        }
    }

    #[test]
    fn effects_follow_the_cause() {
        let refused = |call| ApiError::Refused {
            call,
            status: 422,
            said: Said::default(),
        };
        let timed_out = |call| ApiError::TimedOut { call };
        assert_eq!(refused(call(true, false)).effect(), Effect::None);
        assert_eq!(refused(call(true, true)).effect(), Effect::Unknown);
        assert_eq!(timed_out(call(true, false)).effect(), Effect::Unknown);
        assert_eq!(timed_out(call(false, false)).effect(), Effect::None);
        let moved = |status| ApiError::Redirected {
            call: call(true, false),
            status,
        };
        assert_eq!(moved(307).effect(), Effect::None);
        assert_eq!(moved(303).effect(), Effect::Unknown);
    }

    #[test]
    fn texts_name_operation_and_duration() {
        let error = ApiError::TimedOut {
            call: call(true, false),
        };
        assert_eq!(
            error.to_string(),
            "x (1.2 s, 2 attempts): no whole answer in time"
        );
    }
}
