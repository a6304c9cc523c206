//! Responsible for turning the body of an error response (`ApiErrorResponse`, and the other formats
//! that clients expect) into a message that is safe to display: without markup, control characters
//! or secrets.

use super::Redactor;
use serde_json::Value;
use std::fmt;

/// The longest message, in characters.
const MAX_CHARS: usize = 300;
/// The longest id of a response, in bytes.
const MAX_REQUEST_ID: usize = 128;
/// The largest number of field errors in a message.
const MAX_FIELD_ERRORS: usize = 5;
/// The message of a body that is an HTML page.
const HTML_PAGE: &str = "an HTML page";
/// The placeholder for a text that repeats a secret.
pub(in crate::api) const WITHHELD: &str = "(text from the server is withheld: it repeats a secret)";

/// The server's explanation of an error, safe to display; may be empty.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ServerMessage(pub String);

impl ServerMessage {
    /// Whether the body was an HTML page, which the API never sends.
    pub(crate) fn is_html_page(&self) -> bool {
        self.0 == HTML_PAGE
    }
}

impl fmt::Display for ServerMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        write!(f, ": {}", self.0)
    }
}

/// The message of an error body.
pub(in crate::api) fn server_message(body: &[u8], redactor: &Redactor<'_>) -> ServerMessage {
    let text = String::from_utf8_lossy(body);
    let text = match serde_json::from_slice::<Value>(body) {
        Ok(value) => json_message(&value),
        Err(_) if looks_like_markup(&text) => HTML_PAGE.to_owned(),
        Err(_) => text.into_owned(),
    };
    ServerMessage(display_safe(&text, redactor))
}

/// A text of the API that is safe to display.
pub(in crate::api) fn display_safe(text: &str, redactor: &Redactor<'_>) -> String {
    // Checked before the text is shortened, so that the whole of an encoded secret is seen.
    let head: String = text.chars().take(16 * MAX_CHARS).collect();
    if redactor.shows_in(&head) {
        return WITHHELD.to_owned();
    }
    let mut clean: String = head
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MAX_CHARS)
        .collect();
    if head.chars().nth(MAX_CHARS).is_some() {
        clean.push('…');
    }
    clean.trim().to_owned()
}

/// The id of a response, if it has the form of an id and repeats no secret.
pub(in crate::api) fn shown_request_id(id: &str, redactor: &Redactor<'_>) -> Option<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.:=+/".contains(c);
    let is_id = !id.is_empty() && id.len() <= MAX_REQUEST_ID && id.chars().all(is_part);
    (is_id && !redactor.shows_in(id)).then(|| id.to_owned())
}

fn looks_like_markup(text: &str) -> bool {
    text.trim_start().starts_with('<')
}

/// The texts of a JSON error body, joined.
fn json_message(value: &Value) -> String {
    if let Value::String(text) = value {
        return text.clone();
    }
    let mut parts: Vec<String> = ["message", "error", "title"]
        .iter()
        .filter_map(|key| value.get(key)?.as_str())
        .map(str::to_owned)
        .take(1)
        .collect();
    match value.get("detail") {
        Some(Value::String(text)) => parts.push(text.clone()),
        Some(Value::Array(items)) => parts.extend(field_errors(items)),
        _ => {}
    }
    if let Some(Value::Array(items)) = value.get("errors") {
        parts.extend(field_errors(items));
    }
    parts.retain(|part| !part.is_empty());
    parts.join("; ")
}

fn field_errors(items: &[Value]) -> impl Iterator<Item = String> {
    items.iter().take(MAX_FIELD_ERRORS).map(field_error)
}

/// `field: message [code]`, in either format.
fn field_error(item: &Value) -> String {
    let text = |keys: &[&str]| {
        keys.iter()
            .find_map(|key| item.get(key)?.as_str())
            .unwrap_or_default()
            .to_owned()
    };
    let message = item.as_str().map_or_else(
        || text(&["userPresentableMessage", "message", "msg", "error"]),
        str::to_owned,
    );
    let field = match item.get("loc").and_then(Value::as_array) {
        Some(steps) => steps.iter().map(step).collect::<Vec<_>>().join("."),
        None => text(&["field"]),
    };
    let code = text(&["error_code", "type"]);
    let mut out = match field.as_str() {
        "" => message,
        _ => format!("{field}: {message}"),
    };
    if !code.is_empty() {
        out = format!("{out} [{code}]");
    }
    out
}

fn step(step: &Value) -> String {
    step.as_str()
        .map_or_else(|| step.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{MAX_CHARS, WITHHELD, server_message};
    use crate::api::redaction::Redactor;

    fn plain(body: &str) -> String {
        server_message(body.as_bytes(), &Redactor::default()).0
    }

    #[test]
    fn server_message_reads_all_formats() {
        for (body, shown) in [
            (
                r#"{"message":"no","errors":[{"field":"body","message":"bad","error_code":"value_error","details":null}]}"#,
                "no; body: bad [value_error]",
            ),
            (r#"{"detail":"gone"}"#, "gone"),
            (
                r#"{"detail":[{"loc":["body","name",0],"msg":"missing","type":"m"}]}"#,
                "body.name.0: missing [m]",
            ),
            (r#"{"message":null,"errors":[]}"#, ""),
            (r#"{"errors":["plain"]}"#, "plain"),
            ("<html><body>502</body></html>", "an HTML page"),
            ("upstream\u{1b}[31m gone\r\n", "upstream [31m gone"),
            ("", ""),
            (r#""text""#, "text"),
        ] {
            assert_eq!(plain(body), shown, "{body}");
        }
    }

    #[test]
    fn server_message_reads_partial_bodies() {
        for (body, shown) in [
            (r#"{"error":"e","title":"t"}"#, "e"),
            (r#"{"title":"t","detail":"d"}"#, "t; d"),
            (r#"{"message":"","detail":"d"}"#, "d"),
            (r#"{"errors":["1","2","3","4","5","6"]}"#, "1; 2; 3; 4; 5"),
            (
                r#"{"errors":[{"userPresentableMessage":"u","message":"m"}]}"#,
                "u",
            ),
            (r#"{"errors":[{"error":"e","type":"t"}]}"#, "e [t]"),
            (
                r#"{"errors":[{"field":"f","msg":"m","error_code":"c","type":"t"}]}"#,
                "f: m [c]",
            ),
            (r#"{"errors":[{"field":"f","loc":[],"msg":"m"}]}"#, "m"),
            ("[]", ""),
            ("7", ""),
            ("  <?xml?>", "an HTML page"),
            ("a < b", "a < b"),
        ] {
            assert_eq!(plain(body), shown, "{body}");
        }
    }

    #[test]
    fn server_message_of_long_text_is_shortened() {
        let shown = plain(&"ü".repeat(2 * MAX_CHARS));
        assert_eq!(shown.chars().count(), MAX_CHARS + 1);
        assert!(shown.ends_with("ü…"));
        assert_eq!(plain(&"ü".repeat(MAX_CHARS)), "ü".repeat(MAX_CHARS));
    }

    #[test]
    fn server_message_with_secret_in_the_cut_part_is_withheld() {
        let redactor = Redactor {
            secrets: vec!["hunter2hunter2"],
            ..Redactor::default()
        };
        let before = "ü".repeat(MAX_CHARS - 2);
        let shown = server_message(format!("{before}hunter2hunter2").as_bytes(), &redactor);
        assert_eq!(shown.0, WITHHELD);
        // A secret behind the checked part is cut off in any case.
        let before = "ü".repeat(16 * MAX_CHARS);
        let shown = server_message(format!("{before}hunter2hunter2").as_bytes(), &redactor);
        assert!(shown.0.ends_with("ü…"));
        let before = "ü".repeat(16 * MAX_CHARS - 14);
        let shown = server_message(format!("{before}hunter2hunter2").as_bytes(), &redactor);
        assert_eq!(shown.0, WITHHELD);
    }

    #[test]
    fn server_message_that_repeats_a_secret_is_withheld() {
        let redactor = Redactor {
            secrets: vec!["hunter2hunter2"],
            ..Redactor::default()
        };
        let body = r#"{"detail":[{"loc":["body"],"msg":"bad","input":"hunter2hunter2"}]}"#;
        assert_eq!(server_message(body.as_bytes(), &redactor).0, "body: bad");
        let body = r#"{"message":"bad value hunter2hunter2"}"#;
        assert_eq!(server_message(body.as_bytes(), &redactor).0, WITHHELD);
    }
}
