//! Whether a value is what a catalog field takes.

use super::super::code::Code;
use super::super::shape::kind_of;
use super::super::source::{Findings, Place};
use super::{did_you_mean, references};
use crate::catalog::{Field, FieldType};
use serde_json::{Value, json};

/// Checks type, format, pattern and options. References are checked where they stand; here they
/// count as the text they become.
pub(super) fn check(
    label: &str,
    value: &Value,
    field: &Field,
    place: Place<'_>,
    findings: &mut Findings,
) {
    if !is_kind(value, field.kind) {
        let wanted = words(field.kind);
        let message = format!("{label} takes {wanted}, not {}", kind_of(value));
        let scalar = value.is_number() || value.is_boolean();
        let help = (scalar && field.kind == FieldType::String).then(|| "quote it".to_owned());
        return findings.at(place, Code::WrongType, message, help);
    }
    if let (Some(items), Value::Array(list)) = (&field.items, value) {
        for (item, place) in list.iter().zip(place.items()) {
            if !is_kind(item, items.kind) {
                let message = format!(
                    "{label} is a list of {}, not of {}",
                    plural(items.kind),
                    kind_of(item)
                );
                findings.at(place, Code::WrongType, message, None);
            }
        }
    }
    if field.required && (value == "" || value == &json!([])) {
        return findings.at(place, Code::EmptyValue, format!("{label} is empty"), None);
    }
    if let Some(text) = value.as_str().filter(|text| !references::meant(text)) {
        form(label, text, field, place, findings);
    }
    options(label, value, field, place, findings);
}

fn form(label: &str, text: &str, field: &Field, place: Place<'_>, findings: &mut Findings) {
    let format = field.format.as_deref().unwrap_or_default();
    let (holds, wanted) = match format {
        "date" => (is_date(text), "a date such as 2026-01-31"),
        "date-time" => (is_time(text), "a time such as 2026-01-31T00:00:00Z"),
        "email" => (is_email(text), "an e-mail address"),
        _ => (true, ""),
    };
    if !holds {
        return findings.at(
            place,
            Code::InvalidFormat,
            format!("{label} takes {wanted}"),
            None,
        );
    }
    let Some(pattern) = &field.pattern else {
        return;
    };
    let validator = jsonschema::validator_for(&json!({ "pattern": pattern }));
    if validator.is_ok_and(|validator| !validator.is_valid(&json!(text))) {
        let message = format!("{label} takes text of the form {pattern}");
        findings.at(place, Code::InvalidFormat, message, None);
    }
}

fn options(label: &str, value: &Value, field: &Field, place: Place<'_>, findings: &mut Findings) {
    let Some(options) = &field.options else {
        return;
    };
    let same = |option: &&Value| match (option.as_str(), value.as_str()) {
        (Some(option), Some(text)) => option.eq_ignore_ascii_case(text) || references::meant(text),
        _ => *option == value,
    };
    if !options.iter().any(|option| same(&option)) {
        let words: Vec<String> = options
            .iter()
            .map(|o| o.as_str().map_or_else(|| o.to_string(), str::to_owned))
            .collect();
        let help = value
            .as_str()
            .and_then(|text| did_you_mean(text, words.iter().map(String::as_str)));
        let message = format!("{label} takes one of {}", words.join(", "));
        findings.at(place, Code::InvalidValue, message, help);
    }
}

fn is_kind(value: &Value, kind: FieldType) -> bool {
    match kind {
        FieldType::String => value.is_string(),
        FieldType::Integer => value.is_i64() || value.is_u64(),
        FieldType::Number => value.is_number(),
        FieldType::Boolean => value.is_boolean(),
        FieldType::Array => value.is_array(),
        FieldType::Object => value.is_object(),
    }
}

fn words(kind: FieldType) -> &'static str {
    match kind {
        FieldType::String => "text",
        FieldType::Integer => "a whole number",
        FieldType::Number => "a number",
        FieldType::Boolean => "true or false",
        FieldType::Array => "a list",
        FieldType::Object => "a mapping",
    }
}

fn plural(kind: FieldType) -> &'static str {
    match kind {
        FieldType::String => "texts",
        FieldType::Integer => "whole numbers",
        FieldType::Number => "numbers",
        FieldType::Boolean => "true or false",
        FieldType::Array => "lists",
        FieldType::Object => "mappings",
    }
}

fn is_date(text: &str) -> bool {
    // jiff reads a time as a date too.
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

fn is_time(text: &str) -> bool {
    // jiff is more liberal than RFC 3339, which the remote side reads.
    let long = text.len() >= 20
        && text
            .as_bytes()
            .get(10)
            .is_some_and(|b| b.eq_ignore_ascii_case(&b'T'));
    long && !text.contains('[') && text.parse::<jiff::Timestamp>().is_ok()
}

fn is_email(text: &str) -> bool {
    let parts = text.rsplit_once('@');
    // Zendesk's API tokens are used with `user@example.com/token`, so nothing more is asked.
    parts.is_some_and(|(user, host)| {
        !user.is_empty() && host.contains('.') && !text.contains(char::is_whitespace)
    })
}

#[cfg(test)]
mod tests {
    use super::{is_date, is_email, is_time};

    #[test]
    fn forms_are_told_apart() {
        assert!(
            is_date("2026-01-31") && !is_date("2026-02-30") && !is_date("2026-01-31T00:00:00Z")
        );
        assert!(is_time("2026-01-31T00:00:00Z") && is_time("2026-01-31T00:00:00.5+02:00"));
        assert!(
            !is_time("2026-01-31") && !is_time("2026-01-31 00:00:00Z") && !is_time("yesterday")
        );
        assert!(is_email("ops@acme.example") && !is_email("ops") && !is_email("@acme.example"));
    }
}
