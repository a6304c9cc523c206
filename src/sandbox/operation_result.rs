//! Responsible for the result of an operation: a status with a JSON body, or an error in the API's envelope.
//!
//! Errors name fields and rules. They never contain a value of the request, because a value may be a secret.

use serde_json::{Value, json};

pub(crate) type OperationResult = Result<OperationOutput, OperationError>;

/// The result of an operation that succeeded.
#[derive(Debug, Clone)]
pub(crate) struct OperationOutput {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl OperationOutput {
    pub(crate) fn ok(body: Value) -> Self {
        Self { status: 200, body }
    }

    /// 204, which has no body.
    pub(crate) fn no_content() -> Self {
        Self {
            status: 204,
            body: Value::Null,
        }
    }

    pub(crate) fn accepted(body: Value) -> Self {
        Self { status: 202, body }
    }
}

/// One entry of the envelope's `errors`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldError {
    pub(crate) field: String,
    pub(crate) message: String,
    pub(crate) code: &'static str,
}

impl FieldError {
    pub(crate) fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
            code: "value_error",
        }
    }
}

/// The error of an operation that the sandbox rejected.
#[derive(Debug, Clone)]
pub(crate) struct OperationError {
    pub(crate) status: u16,
    pub(crate) message: String,
    pub(crate) errors: Vec<FieldError>,
    /// The methods of the path, if the request has another one.
    pub(crate) allow: Option<String>,
}

impl OperationError {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            errors: Vec::new(),
            allow: None,
        }
    }

    /// 405 for a path that has other methods.
    pub(crate) fn method_not_allowed(methods: &[String]) -> Self {
        Self {
            allow: Some(methods.join(", ")),
            ..Self::new(405, "Method not allowed")
        }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    pub(crate) fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(401, message)
    }

    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(403, message)
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(404, format!("{what} not found"))
    }

    /// 422 for one field.
    pub(crate) fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::unprocessable(vec![FieldError::new(field, message)])
    }

    /// 422 for several fields.
    pub(crate) fn unprocessable(errors: Vec<FieldError>) -> Self {
        Self {
            errors,
            ..Self::new(422, "Request validation failed")
        }
    }

    /// The body of the error response.
    pub(crate) fn envelope(&self) -> Value {
        let errors: Vec<Value> = self
            .errors
            .iter()
            .map(|e| json!({"field": e.field, "message": e.message, "error_code": e.code, "details": null}))
            .collect();
        json!({"message": self.message, "errors": errors})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn envelope_of_invalid_field_names_field_and_rule() {
        let refusal = OperationError::invalid("body.name", "is required");
        assert_eq!(refusal.status, 422);
        assert_eq!(
            refusal.envelope(),
            json!({"message": "Request validation failed", "errors": [
                {"field": "body.name", "message": "is required", "error_code": "value_error", "details": null}
            ]})
        );
    }
}
