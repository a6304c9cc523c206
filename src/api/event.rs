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

impl fmt::Display for Exchange<'_> {
    /// Operation, status, duration, what it is about.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            number,
            operation,
            about,
            answered,
            elapsed,
            attempt,
        } = self;
        write!(f, "{operation} {answered} {:.2} s", elapsed.as_secs_f64())?;
        if !about.is_empty() {
            write!(f, " {about}")?;
        }
        if *attempt > 1 {
            write!(f, ", attempt {attempt}")?;
        }
        write!(f, " #{number}")
    }
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

#[cfg(test)]
mod tests {
    use super::{Answered, Exchange};
    use std::time::Duration;

    #[test]
    fn a_line_says_what_the_allow_list_has() {
        let mut exchange = Exchange {
            number: 7,
            operation: "create_integrations_connectors",
            about: "acme-corp/Acme GitHub",
            answered: Answered::Status(200),
            elapsed: Duration::from_millis(123),
            attempt: 1,
        };
        let text = exchange.to_string();
        assert!(text.starts_with("create_integrations_connectors 200 0.12 s acme-corp/Acme"));
        assert!(text.ends_with("GitHub #7"), "{text}");
        exchange.answered = Answered::TimedOut;
        exchange.attempt = 2;
        exchange.about = "";
        let text = exchange.to_string();
        assert_eq!(
            text,
            "create_integrations_connectors timed out 0.12 s, attempt 2 #7"
        );
    }
}
