//! Responsible for the parameters of templates: typed values from the cells of a table.

use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::mistakes;
use crate::config::origin::Origin;
use crate::config::raw_template::{RawParameter, RawParameterType};
use crate::config::redaction::did_you_mean;
use crate::model::has_reference_mark;
use serde_json::{Number, Value};

/// A parameter of a template.
#[derive(Debug)]
pub(super) struct Parameter {
    kind: RawParameterType,
    pub(super) is_required: bool,
    /// Null without a default.
    pub(super) default: Value,
    permitted: Option<Vec<Value>>,
    allows_slashes: bool,
}

impl Parameter {
    pub(super) fn new(raw: &RawParameter, origin: Origin<'_>, findings: &mut Findings) -> Self {
        let default = raw.default.clone().unwrap_or_default();
        let parameter = Self {
            kind: raw.kind.unwrap_or_default(),
            is_required: raw.required.unwrap_or(default.is_null()),
            permitted: raw.permitted.clone(),
            allows_slashes: raw.slashes == Some(true),
            default: Value::Null,
        };
        let mut refuse = |key: &str, message: String| {
            findings.at(origin.key(key), Code::InvalidTemplate, message, None);
        };
        if raw.required == Some(true) && !default.is_null() {
            refuse(
                "required",
                "a required parameter has no use for a default".into(),
            );
        }
        for value in parameter.permitted.iter().flatten() {
            if parameter.typed(value).as_ref() != Some(value) {
                refuse(
                    "enum",
                    format!("a permitted value is not {}", parameter.type_name()),
                );
            }
        }
        if !default.is_null() && parameter.value(&default).as_ref() != Ok(&default) {
            let message = format!("the default is not {}", parameter.expected());
            refuse("default", message);
        }
        Self {
            default,
            ..parameter
        }
    }

    /// The typed value of a cell, or the problem with the cell.
    pub(super) fn value(&self, cell: &Value) -> Result<Value, String> {
        let value = self
            .typed(cell)
            .ok_or_else(|| format!("must be {}", self.type_name()))?;
        let permitted = self.permitted.as_ref();
        if permitted.is_some_and(|permitted| !permitted.contains(&value)) {
            return Err(format!("must be {}", self.expected()));
        }
        // Text that looks like a reference would become one in the customer.
        if value.as_str().is_some_and(has_reference_mark) {
            return Err("must not contain `${`: the template writes the references".to_owned());
        }
        Ok(value)
    }

    /// What to write in place of a cell that is refused.
    pub(super) fn help(&self, cell: &Value) -> Option<String> {
        if self.kind == RawParameterType::String && (cell.is_number() || cell.is_boolean()) {
            return Some("quote it".to_owned());
        }
        let text = cell.as_str()?;
        if self.kind == RawParameterType::Boolean {
            return mistakes::of_switch(text).map(|value| format!("write `{value}`"));
        }
        let permitted = self.permitted.iter().flatten().filter_map(Value::as_str);
        did_you_mean(text.trim(), permitted)
    }

    /// The problem of a value that becomes part of a secret reference: it must not lead to another secret.
    pub(super) fn problem_in_reference(&self, value: &Value) -> Option<String> {
        let text = value.as_str()?;
        let mark = ['#', '{', '}', '$']
            .iter()
            .find(|mark| text.contains(**mark));
        if let Some(mark) = mark {
            return Some(format!(
                "must not contain `{mark}`, because a secret reference uses it"
            ));
        }
        let reason = if text.contains("..") {
            "must not contain `..`, because it becomes part of a secret reference"
        } else if text.contains('/') && !self.allows_slashes {
            "must not contain `/`, because it becomes part of a secret reference and the parameter \
             has no `slashes: true`"
        } else if text.chars().any(char::is_control) {
            "must not contain control characters, because it becomes part of a secret reference"
        } else {
            return None;
        };
        Some(reason.to_owned())
    }

    /// The value with the parameter's type. CSV has text only.
    fn typed(&self, cell: &Value) -> Option<Value> {
        match (self.kind, cell) {
            (RawParameterType::String, Value::String(_))
            | (RawParameterType::Boolean, Value::Bool(_))
            | (RawParameterType::Number, Value::Number(_)) => Some(cell.clone()),
            (RawParameterType::Integer, Value::Number(number)) => {
                (number.is_i64() || number.is_u64()).then(|| cell.clone())
            }
            (RawParameterType::Integer, Value::String(text)) => {
                text.parse::<i64>().ok().map(Value::from)
            }
            (RawParameterType::Number, Value::String(text)) => {
                let integer = text.parse::<i64>().ok().map(Value::from);
                integer.or_else(|| Number::from_f64(text.parse().ok()?).map(Value::Number))
            }
            // Spreadsheets write TRUE and FALSE.
            (RawParameterType::Boolean, Value::String(text)) => {
                match text.to_ascii_lowercase().as_str() {
                    "true" => Some(true.into()),
                    "false" => Some(false.into()),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn type_name(&self) -> &'static str {
        match self.kind {
            RawParameterType::String => "text",
            RawParameterType::Integer => "a whole number",
            RawParameterType::Number => "a number",
            RawParameterType::Boolean => "`true` or `false`",
        }
    }

    /// What a value must be, for a message.
    fn expected(&self) -> String {
        match &self.permitted {
            None => self.type_name().to_owned(),
            Some(permitted) => {
                let names: Vec<String> = permitted
                    .iter()
                    .map(|value| match value {
                        Value::String(text) => format!("`{}`", text.escape_debug()),
                        other => format!("`{other}`"),
                    })
                    .collect();
                format!("one of {}", names.join(", "))
            }
        }
    }
}
