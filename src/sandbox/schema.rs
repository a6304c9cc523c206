//! Responsible for validating values against a JSON Schema of the contract.
//!
//! The specification permits additional properties. This module forbids them in every object with named properties,
//! so that a misspelled field of a request and an undocumented field of a response are violations. It does not use
//! the validator's messages, because they contain the invalid value.

use std::sync::OnceLock;

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{ValidationError, Validator};
use serde_json::{Map, Value};

use super::operation_result::FieldError;

/// A schema with its validator, which is compiled on first use.
#[derive(Debug)]
pub(crate) struct ContractSchema {
    schema: Value,
    compiled: OnceLock<Result<Validator, String>>,
}

impl ContractSchema {
    pub(crate) fn new(schema: &Value) -> Self {
        let mut schema = schema.clone();
        close(&mut schema);
        Self {
            schema,
            compiled: OnceLock::new(),
        }
    }

    /// The JSON type of a parameter with this schema.
    pub(crate) fn primary_type(&self) -> &str {
        let types = match &self.schema["type"] {
            Value::Array(types) => types.first().and_then(Value::as_str),
            single => single.as_str(),
        };
        types.unwrap_or("string")
    }

    /// The violations in `instance`. `$ref` refers to `components`. Field names start with `root`.
    pub(crate) fn check(
        &self,
        components: &Value,
        instance: &Value,
        root: &str,
    ) -> Vec<FieldError> {
        match self
            .compiled
            .get_or_init(|| compile(&self.schema, components))
        {
            Ok(validator) => validator
                .iter_errors(instance)
                .flat_map(|error| explain(&error, root))
                .collect(),
            Err(message) => vec![FieldError::new(root, message.clone())],
        }
    }
}

fn compile(schema: &Value, components: &Value) -> Result<Validator, String> {
    let mut document = schema.as_object().cloned().unwrap_or_default();
    document.insert(
        "$schema".into(),
        "https://json-schema.org/draft/2020-12/schema".into(),
    );
    document.insert("components".into(), components.clone());
    jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .should_validate_formats(true)
        .build(&Value::Object(document))
        .map_err(|error| format!("the contract's schema does not compile: {error}"))
}

/// Forbids additional properties in every object that has named properties and does not define additional ones.
pub(crate) fn close(schema: &mut Value) {
    let Value::Object(object) = schema else {
        return;
    };
    if object.contains_key("properties") && !object.contains_key("additionalProperties") {
        object.insert("additionalProperties".into(), Value::Bool(false));
    }
    for (keyword, value) in object.iter_mut() {
        match keyword.as_str() {
            "properties" => close_each(value.as_object_mut()),
            "items" | "additionalProperties" => close(value),
            "anyOf" | "oneOf" | "allOf" => {
                value.as_array_mut().into_iter().flatten().for_each(close);
            }
            _ => {}
        }
    }
}

/// Applies `close` to each schema of a map.
pub(crate) fn close_each(schemas: Option<&mut Map<String, Value>>) {
    schemas
        .into_iter()
        .flat_map(Map::values_mut)
        .for_each(close);
}

fn explain(error: &ValidationError<'_>, root: &str) -> Vec<FieldError> {
    let at = field_name(root, error.instance_path().as_str());
    match error.kind() {
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            unexpected
                .iter()
                .map(|name| FieldError {
                    code: "extra_forbidden",
                    ..FieldError::new(format!("{at}.{name}"), "is not a known field")
                })
                .collect()
        }
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            vec![FieldError {
                code: "missing",
                ..FieldError::new(format!("{at}.{name}"), "is required")
            }]
        }
        kind => vec![FieldError::new(at, rule(kind))],
    }
}

fn field_name(root: &str, pointer: &str) -> String {
    format!("{root}{}", pointer.replace('/', "."))
}

/// The violated rule, without the value.
fn rule(kind: &Kind) -> String {
    match kind {
        Kind::Type {
            kind: TypeKind::Single(json_type),
        } => format!("must be of type {json_type}"),
        Kind::Type { .. } => "has the wrong type".into(),
        Kind::Format { format } => format!("is not a valid {format}"),
        Kind::Enum { options } => format!("must be one of {options}"),
        Kind::Constant { expected_value } => format!("must be {expected_value}"),
        Kind::Minimum { limit } => format!("must be at least {limit}"),
        Kind::Maximum { limit } => format!("must be at most {limit}"),
        Kind::MinLength { limit } => format!("must have at least {limit} characters"),
        Kind::MaxLength { limit } => format!("must have at most {limit} characters"),
        Kind::AnyOf { .. } | Kind::OneOfNotValid { .. } => {
            "matches none of the documented forms".into()
        }
        Kind::OneOfMultipleValid { .. } => "matches more than one of the documented forms".into(),
        _ => "is not valid".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(schema: &Value, instance: &Value) -> Vec<String> {
        ContractSchema::new(schema)
            .check(&json!({}), instance, "body")
            .into_iter()
            .map(|e| format!("{} {}", e.field, e.message))
            .collect()
    }

    #[test]
    fn check_unknown_field_fails_unless_schema_is_open() {
        let schema = json!({"type": "object", "properties": {
            "free": {"type": "object", "additionalProperties": true},
            "items": {"type": "array", "items": {"type": "object", "properties": {"a": {}}}}
        }});
        assert_eq!(
            check(&schema, &json!({"free": {"x": 1}, "items": [{"a": 1}]})),
            Vec::<String>::new()
        );
        assert_eq!(
            check(&schema, &json!({"fre": {}})),
            ["body.fre is not a known field"]
        );
        assert_eq!(
            check(&schema, &json!({"items": [{"b": 1}]})),
            ["body.items.0.b is not a known field"]
        );
    }

    #[test]
    fn check_invalid_value_does_not_repeat_it() {
        let schema = json!({"type": "object", "properties": {"id": {"type": "string", "format": "uuid"}, "n": {"type": "integer"}}});
        let messages = check(&schema, &json!({"id": "hunter2", "n": "hunter2"}));
        assert_eq!(
            messages,
            [
                "body.id is not a valid uuid",
                "body.n must be of type integer"
            ]
        );
    }
}
