//! Responsible for the causes of requests that were not answered as a whole, in texts without
//! addresses.

use std::error::Error;

/// Characters of a cause that are shown.
const SHOWN: usize = 200;

/// No whole response.
#[derive(Debug)]
pub(crate) enum TransportError {
    /// Nothing was sent.
    Connect(String),
    /// Nothing was sent, because the connection did not stand in time.
    ConnectTimedOut(String),
    /// A deadline passed.
    TimedOut,
    /// The connection broke on the way.
    Interrupted(String),
    /// The response goes beyond the limit.
    TooLarge,
}

impl From<reqwest::Error> for TransportError {
    fn from(error: reqwest::Error) -> Self {
        // Asked first: while connecting nothing is sent, whichever deadline passed.
        match (error.is_connect() || error.is_builder(), error.is_timeout()) {
            (true, true) => Self::ConnectTimedOut(innermost_cause(error)),
            (true, false) => Self::Connect(innermost_cause(error)),
            (false, true) => Self::TimedOut,
            (false, false) => Self::Interrupted(innermost_cause(error)),
        }
    }
}

/// The innermost cause, which is the telling one; the address is left out with its query.
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
        .take(SHOWN)
        .collect()
}
