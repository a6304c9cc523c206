//! Responsible for the causes of requests without a complete response. Does not show addresses.

use std::error::Error;

/// The longest cause, in characters.
const MAX_CHARS: usize = 200;

/// Why a request has no complete response.
#[derive(Debug)]
pub(crate) enum TransportError {
    /// No connection was established. Nothing was sent.
    Connect(String),
    /// The connection was not established in time. Nothing was sent.
    ConnectTimedOut(String),
    /// A deadline passed.
    TimedOut,
    /// The connection was interrupted after the request was sent.
    Interrupted(String),
    /// The response exceeds the limit.
    TooLarge,
}

impl From<reqwest::Error> for TransportError {
    fn from(error: reqwest::Error) -> Self {
        // While connecting, nothing is sent, whichever deadline passed.
        match (error.is_connect() || error.is_builder(), error.is_timeout()) {
            (true, true) => Self::ConnectTimedOut(innermost_cause(error)),
            (true, false) => Self::Connect(innermost_cause(error)),
            (false, true) => Self::TimedOut,
            (false, false) => Self::Interrupted(innermost_cause(error)),
        }
    }
}

/// The innermost cause, which is the most specific one, without the address.
fn innermost_cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause
        .to_string()
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_CHARS)
        .collect()
}
