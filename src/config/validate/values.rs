//! Responsible for validating a setting against a field of the catalog.

use super::did_you_mean;
use crate::catalog::{Field, FieldType};
use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::mistakes;
use crate::config::origin::Origin;
use crate::config::schema_check;
use crate::model::{Literal, Setting};
use serde_json::{Value, json};

/// Checks type, format, pattern and options. A reference counts as text; its syntax is checked where
/// it is parsed.
pub(super) fn check(
    label: &str,
    setting: &Setting,
    field: &Field,
    origin: Origin<'_>,
    findings: &mut Findings,
) {
    if !is_kind(setting, field.kind) {
        let wanted = noun(field.kind);
        let message = format!("{label} takes {wanted}, not {}", kind_of(setting));
        let help = mistakes::of_setting(field.kind, setting).map(str::to_owned);
        return findings.at(origin, Code::WrongType, message, help);
    }
    if let (Some(items), Setting::List(list)) = (&field.items, setting) {
        for (item, origin) in list.iter().zip(origin.items()) {
            if !is_kind(item, items.kind) {
                let message = format!(
                    "{label} is a list of {}, not of {}",
                    plural(items.kind),
                    kind_of(item)
                );
                let help = mistakes::of_setting(items.kind, item).map(str::to_owned);
                findings.at(origin, Code::WrongType, message, help);
            }
        }
    }
    if field.required && is_empty(setting) {
        return findings.at(origin, Code::EmptyValue, format!("{label} is empty"), None);
    }
    if let Some(text) = literal_text(setting) {
        check_format(label, text, field, origin, findings);
    }
    options(label, setting, field, origin, findings);
}

fn is_empty(setting: &Setting) -> bool {
    match setting {
        Setting::Literal(value) => value.as_str() == Some(""),
        Setting::List(items) => items.is_empty(),
        Setting::Secret(_) | Setting::Map(_) => false,
    }
}

/// Whether the service expands a literal text, so that its form is unknown here. The text can also be an invalid
/// reference, which has a finding already.
pub(super) fn is_template(text: &str) -> bool {
    text.contains("${")
}

/// The text of a literal that is not a template.
fn literal_text(setting: &Setting) -> Option<&str> {
    match setting {
        Setting::Literal(value) => value.as_str().filter(|text| !is_template(text)),
        _ => None,
    }
}

fn check_format(
    label: &str,
    text: &str,
    field: &Field,
    origin: Origin<'_>,
    findings: &mut Findings,
) {
    let format = field.format.as_deref().unwrap_or_default();
    let (holds, wanted) = match format {
        "date" => (is_date(text), "a date such as 2026-01-31"),
        "date-time" => (is_time(text), "a time such as 2026-01-31T00:00:00Z"),
        "email" => (is_email(text), "an e-mail address"),
        _ => (true, ""),
    };
    if !holds {
        let message = format!("{label} takes {wanted}");
        let help = (format == "date-time")
            .then(|| mistakes::of_time(text))
            .flatten();
        let help = help.map(str::to_owned);
        return findings.at(origin, Code::InvalidFormat, message, help);
    }
    let Some(pattern) = &field.pattern else {
        return;
    };
    let validator = jsonschema::validator_for(&json!({ "pattern": pattern }));
    if validator.is_ok_and(|validator| !validator.is_valid(&json!(text))) {
        let message = format!("{label} takes text of the form {pattern}");
        findings.at(origin, Code::InvalidFormat, message, None);
    }
}

fn options(
    label: &str,
    setting: &Setting,
    field: &Field,
    origin: Origin<'_>,
    findings: &mut Findings,
) {
    let Some(options) = &field.options else {
        return;
    };
    if options.iter().any(|option| is_option(option, setting)) {
        return;
    }
    let words: Vec<String> = options
        .iter()
        .map(|option| {
            option
                .as_str()
                .map_or_else(|| option.to_string(), str::to_owned)
        })
        .collect();
    let help =
        literal_text(setting).and_then(|text| did_you_mean(text, words.iter().map(String::as_str)));
    let message = format!("{label} takes one of {}", words.join(", "));
    findings.at(origin, Code::InvalidValue, message, help);
}

fn is_option(option: &Value, setting: &Setting) -> bool {
    let text = match setting {
        Setting::Secret(_) => return option.is_string(),
        Setting::Literal(value) => value.as_str(),
        Setting::List(_) | Setting::Map(_) => None,
    };
    match (option.as_str(), text) {
        (Some(option), Some(text)) => option.eq_ignore_ascii_case(text) || is_template(text),
        _ => setting.to_plain().as_ref() == Some(option),
    }
}

fn is_kind(setting: &Setting, kind: FieldType) -> bool {
    match (setting, kind) {
        (Setting::Secret(_) | Setting::Literal(Literal::Text(_)), kind) => {
            kind == FieldType::String
        }
        (Setting::List(_), kind) => kind == FieldType::Array,
        (Setting::Map(_), kind) => kind == FieldType::Object,
        (Setting::Literal(Literal::Number(number)), FieldType::Integer) => !number.is_f64(),
        (Setting::Literal(Literal::Number(_)), kind) => kind == FieldType::Number,
        (Setting::Literal(Literal::Boolean(_)), kind) => kind == FieldType::Boolean,
        (Setting::Literal(Literal::Null), _) => false,
    }
}

pub(super) fn is_number_or_boolean(setting: &Setting) -> bool {
    matches!(
        setting,
        Setting::Literal(Literal::Number(_) | Literal::Boolean(_))
    )
}

/// A setting's type, for messages that must not contain the value.
pub(super) fn kind_of(setting: &Setting) -> &'static str {
    match setting {
        Setting::Literal(value) => schema_check::kind_of(&value.to_value()),
        Setting::Secret(_) => "text",
        Setting::List(_) => "a list",
        Setting::Map(_) => "a mapping",
    }
}

fn noun(kind: FieldType) -> &'static str {
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
    // jiff parses a timestamp as a date, too.
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

fn is_time(text: &str) -> bool {
    // The remote API reads RFC 3339; jiff accepts more.
    let long = text.len() >= 20
        && text
            .as_bytes()
            .get(10)
            .is_some_and(|b| b.eq_ignore_ascii_case(&b'T'));
    long && !text.contains('[') && text.parse::<jiff::Timestamp>().is_ok()
}

fn is_email(text: &str) -> bool {
    let parts = text.rsplit_once('@');
    // Lenient, because Zendesk's API tokens are used with `user@example.com/token`.
    parts.is_some_and(|(user, host)| {
        !user.is_empty() && host.contains('.') && !text.contains(char::is_whitespace)
    })
}

#[cfg(test)]
mod tests {
    use super::{is_date, is_email, is_time};

    #[test]
    fn format_of_wrong_kind_is_refused() {
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
