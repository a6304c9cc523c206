//! What may be told of a request while a run lasts. The fields are the allow-list: there is no
//! place for a body, a header, or an address with its query.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// One request and what came of it.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    /// How many requests the session has made with this one.
    pub number: u64,
    /// The operation id of the specification.
    pub operation: &'static str,
    /// What it is about: a customer, a connector, or an id; may be empty.
    pub about: &'a str,
    /// What came back.
    pub answered: Answered,
    /// How long it took.
    pub elapsed: Duration,
    /// Which attempt of the same call it is, from one.
    pub attempt: u32,
}

/// What came back for one request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Answered {
    /// An answer with this status.
    Status(u16),
    /// No connection.
    NotConnected,
    /// A deadline passed.
    TimedOut,
    /// The connection broke on the way.
    Interrupted,
    /// More than is accepted.
    TooLarge,
}

impl fmt::Display for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => status.fmt(f),
            Self::NotConnected => f.write_str("not connected"),
            Self::TimedOut => f.write_str("timed out"),
            Self::Interrupted => f.write_str("interrupted"),
            Self::TooLarge => f.write_str("too large"),
        }
    }
}

/// Who is told.
pub type Listener = Arc<dyn Fn(&Exchange<'_>) + Send + Sync>;
