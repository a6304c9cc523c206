//! Responsible for the input of an operation: a request that is authenticated and checked against the contract.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::operation_result::OperationError;
use super::timestamp::Timestamp;
use super::tokens::Caller;

/// The input of an operation.
#[derive(Debug)]
pub(crate) struct OperationRequest<'a> {
    pub(crate) operation: &'a str,
    /// Path and query parameters, converted to the types of the contract.
    pub(crate) parameters: BTreeMap<String, Value>,
    pub(crate) body: Map<String, Value>,
    pub(crate) caller: Caller,
    /// Scheme and host of the request, for URLs in the response.
    pub(crate) origin: String,
    pub(crate) now: Timestamp,
}

impl OperationRequest<'_> {
    /// A parameter's text, unless it is absent or null.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).and_then(Value::as_str)
    }

    /// A parameter that is a UUID in the contract.
    pub(crate) fn id(&self, name: &str) -> Result<Uuid, OperationError> {
        self.text(name)
            .unwrap_or_default()
            .parse()
            .map_err(|_| OperationError::invalid(format!("path.{name}"), "is not a valid uuid"))
    }

    /// A body field's text, unless it is absent or null.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.body.get(name).and_then(Value::as_str)
    }

    /// A body field, unless it is absent or null.
    pub(crate) fn given(&self, name: &str) -> Option<&Value> {
        self.body.get(name).filter(|v| !v.is_null())
    }

    /// Rejects null for fields where the documents do not define null.
    pub(crate) fn refuse_nulls(&self, fields: &[&str]) -> Result<(), OperationError> {
        let is_null = |field: &&&str| self.body.get(**field).is_some_and(Value::is_null);
        match fields.iter().find(is_null) {
            Some(field) => Err(OperationError::invalid(
                format!("body.{field}"),
                "must not be null",
            )),
            None => Ok(()),
        }
    }
}

/// Checks the name of a workspace, connector or template: not empty, at most 255 characters, no control characters.
pub(crate) fn check_name(field: &str, name: &str) -> Result<(), OperationError> {
    if name.trim().is_empty() {
        return Err(OperationError::invalid(field, "must not be empty"));
    }
    if name.chars().count() > 255 {
        return Err(OperationError::invalid(
            field,
            "must have at most 255 characters",
        ));
    }
    if name.chars().any(char::is_control) {
        return Err(OperationError::invalid(
            field,
            "must not hold control characters",
        ));
    }
    Ok(())
}
