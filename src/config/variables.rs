//! Responsible for the variables of an environment: `${var.NAME}` in a value stands for the variable's value.
//!
//! Does not read secrets: `${env:NAME}` and other references are for `validate::references`.

use super::redaction::named;
use serde_json::Value;
use std::collections::BTreeMap;

/// How a variable starts in a text. `$${` starts a literal `${`.
const START: &str = "${var.";

/// The variables of the chosen environment.
#[derive(Debug, Default)]
pub(super) struct Variables {
    values: BTreeMap<String, Scalar>,
}

/// A scalar as it would be written in place of the variable.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Scalar {
    pub(super) text: String,
    /// Whether YAML's core schema gives it a type, as to a scalar without quotes.
    pub(super) is_plain: bool,
}

impl Variables {
    /// Variables with the values of an environment. Lists, mappings and null are no values.
    pub(super) fn new(values: &BTreeMap<String, Value>) -> Self {
        let scalars = values
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), Scalar::from_json(value)?)));
        Self {
            values: scalars.collect(),
        }
    }

    /// Whether a text has a variable.
    pub(super) fn are_in(text: &str) -> bool {
        text.contains(START)
    }

    /// The scalar with the values of its variables, or `None` if it has no variable. A scalar that is one variable
    /// takes the variable's type, and any other one is text. Fails with a message.
    pub(super) fn substitute(&self, text: &str) -> Result<Option<Scalar>, String> {
        let Some((before, name, after)) = next(text)? else {
            return Ok(None);
        };
        let value = self.value(name)?;
        if before.is_empty() && after.is_empty() {
            return Ok(Some(value.clone()));
        }
        let mut result = [before, &value.text].concat();
        let mut rest = after;
        while let Some((before, name, after)) = next(rest)? {
            result.push_str(before);
            result.push_str(&self.value(name)?.text);
            rest = after;
        }
        result.push_str(rest);
        Ok(Some(Scalar {
            text: result,
            is_plain: false,
        }))
    }

    fn value(&self, name: &str) -> Result<&Scalar, String> {
        self.values.get(name).ok_or_else(|| {
            let known: Vec<String> = self.values.keys().map(|name| named(name)).collect();
            let known = if known.is_empty() {
                "`variables` of an environment in the project file defines variables".to_owned()
            } else {
                format!("the environment of this run has {}", known.join(", "))
            };
            format!("the variable {} is not defined; {known}", named(name))
        })
    }
}

impl Scalar {
    fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(Self {
                text: text.clone(),
                is_plain: false,
            }),
            Value::Bool(_) | Value::Number(_) => Some(Self {
                text: value.to_string(),
                is_plain: true,
            }),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

/// The text before the first variable, the variable's name, and the text after it.
fn next(text: &str) -> Result<Option<(&str, &str, &str)>, String> {
    let is_variable = |at: &usize| !text[..*at].ends_with('$');
    let starts = text.match_indices(START).map(|(at, _)| at);
    let Some(at) = starts.into_iter().find(is_variable) else {
        return Ok(None);
    };
    let rest = &text[at + START.len()..];
    let end = rest.find(|character: char| !is_in_name(character));
    match end.filter(|end| *end > 0 && rest[*end..].starts_with('}')) {
        Some(end) => Ok(Some((&text[..at], &rest[..end], &rest[end + 1..]))),
        None => Err(
            "a variable is written as `${var.NAME}`, with letters, digits, `_` and `-` in its name; \
             write `$${` for a literal `${`"
                .to_owned(),
        ),
    }
}

/// Whether a variable's name may contain a character.
pub(super) fn is_in_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_' || character == '-'
}

#[cfg(test)]
mod tests {
    use super::{Scalar, Variables};
    use serde_json::{Value, json};
    use std::collections::BTreeMap;

    fn substituted(text: &str) -> Result<Option<Scalar>, String> {
        let values = json!({"stage": "prod", "count": 3, "on": true, "none": null});
        let values: BTreeMap<String, Value> = serde_json::from_value(values).unwrap();
        Variables::new(&values).substitute(text)
    }

    #[test]
    fn substitute_whole_variable_keeps_its_type_and_part_of_a_text_is_text() {
        for (text, expected, is_plain) in [
            ("${var.stage}", "prod", false),
            ("${var.count}", "3", true),
            ("${var.on}", "true", true),
            ("n${var.count}", "n3", false),
            ("${var.count}${var.count}", "33", false),
            ("${vault:kv/${var.stage}#a}", "${vault:kv/prod#a}", false),
            ("$${var.stage} ${var.stage}", "$${var.stage} prod", false),
        ] {
            let scalar = substituted(text).unwrap().unwrap();
            assert_eq!(
                (scalar.text.as_str(), scalar.is_plain),
                (expected, is_plain)
            );
        }
        for text in ["", "${env:A}", "$${var.stage}", "var.stage"] {
            assert_eq!(substituted(text), Ok(None), "{text}");
        }
    }

    #[test]
    fn substitute_undefined_or_malformed_variable_fails() {
        for (text, part) in [
            ("${var.stag}", "`stag` is not defined"),
            ("a ${var.none}", "`none` is not defined"),
            ("${var.}", "is written as"),
            ("${var.a b}", "is written as"),
            ("${var.stage", "is written as"),
            ("${var.é}", "is written as"),
        ] {
            let message = substituted(text).unwrap_err();
            assert!(message.contains(part), "{text}: {message}");
        }
    }
}
