//! Responsible for the request log on stderr: one line for each request.

use super::{Label, Line, Safe, Ui};
use crate::events::{Event, RequestEvent, ResponseSummary, Sink};
use std::fmt;

/// Writes a line for every request.
#[derive(Debug)]
pub(crate) struct RequestLog {
    ui: Ui,
}

impl RequestLog {
    pub(crate) fn new(ui: &Ui) -> Self {
        Self { ui: ui.clone() }
    }
}

impl Sink for RequestLog {
    fn emit(&self, event: Event<'_>) {
        if let Event::RequestFinished(request) = event {
            let line = Line::at(0)
                .hang(2)
                .label(Label::Faint, Safe::new(RequestLine(request)));
            // A request log that cannot be written must not stop the run.
            let _ = self.ui.status().line(&line);
        }
    }
}

/// Operation, status, duration and subject of a request.
struct RequestLine<'a>(RequestEvent<'a>);

impl fmt::Display for RequestLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RequestEvent {
            number,
            operation,
            about,
            response,
            elapsed,
            attempt,
            request_id: _,
        } = self.0;
        write!(f, "{operation} ")?;
        match response {
            ResponseSummary::Status(status) => write!(f, "{status}")?,
            ResponseSummary::NotConnected => f.write_str("not connected")?,
            ResponseSummary::TimedOut => f.write_str("timed out")?,
            ResponseSummary::Interrupted => f.write_str("interrupted")?,
            ResponseSummary::TooLarge => f.write_str("too large")?,
        }
        write!(f, " {:.2} s", elapsed.as_secs_f64())?;
        if !about.is_empty() {
            write!(f, " {about}")?;
        }
        if attempt > 1 {
            write!(f, ", attempt {attempt}")?;
        }
        write!(f, " #{number}")
    }
}

#[cfg(test)]
mod tests {
    use super::RequestLine;
    use crate::events::{RequestEvent, ResponseSummary};
    use std::time::Duration;

    const REQUEST: RequestEvent<'static> = RequestEvent {
        number: 7,
        operation: "create_integrations_connectors",
        about: "acme-corp/Acme GitHub",
        response: ResponseSummary::Status(200),
        elapsed: Duration::from_millis(123),
        attempt: 1,
        request_id: None,
    };

    #[test]
    fn request_with_a_response_is_one_line() {
        let text = RequestLine(REQUEST).to_string();
        assert!(text.starts_with("create_integrations_connectors 200 0.12 s acme-corp/Acme"));
        assert!(text.ends_with("GitHub #7"), "{text}");
    }

    #[test]
    fn request_without_a_response_names_the_cause() {
        let request = RequestEvent {
            response: ResponseSummary::TimedOut,
            attempt: 2,
            about: "",
            ..REQUEST
        };
        assert_eq!(
            RequestLine(request).to_string(),
            "create_integrations_connectors timed out 0.12 s, attempt 2 #7"
        );
    }
}
