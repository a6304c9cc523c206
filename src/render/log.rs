//! The log of requests, on stderr: one line each.

use super::{Label, Line, Safe, Ui};
use crate::api::Exchange;

/// Writes one line: operation, status, duration, what it is about.
pub fn exchange(ui: &Ui, exchange: &Exchange<'_>) {
    let line = Line::at(0).hang(2).label(Label::Faint, text(exchange));
    // Without a stderr there is nobody to tell.
    let _ = ui.talk().line(&line);
}

fn text(exchange: &Exchange<'_>) -> Safe {
    let Exchange {
        number,
        operation,
        about,
        answered,
        elapsed,
        attempt,
    } = exchange;
    let mut text = format!("{operation} {answered} {:.2} s", elapsed.as_secs_f64());
    if !about.is_empty() {
        text = format!("{text} {about}");
    }
    if *attempt > 1 {
        text = format!("{text}, attempt {attempt}");
    }
    Safe::new(format!("{text} #{number}"))
}

#[cfg(test)]
mod tests {
    use crate::api::{Answered, Exchange};
    use std::time::Duration;

    #[test]
    fn a_line_says_what_the_allow_list_has() {
        let mut exchange = Exchange {
            number: 7,
            operation: "create_integrations_connectors",
            about: "acme-corp/Acme\u{1b}GitHub",
            answered: Answered::Status(200),
            elapsed: Duration::from_millis(123),
            attempt: 1,
        };
        let text = super::text(&exchange).to_string();
        assert!(text.starts_with("create_integrations_connectors 200 0.12 s acme-corp/Acme"));
        assert!(
            text.ends_with("GitHub #7") && !text.contains('\u{1b}'),
            "{text}"
        );
        exchange.answered = Answered::TimedOut;
        exchange.attempt = 2;
        exchange.about = "";
        let text = super::text(&exchange).to_string();
        assert_eq!(
            text,
            "create_integrations_connectors timed out 0.12 s, attempt 2 #7"
        );
    }
}
