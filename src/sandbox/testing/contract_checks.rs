//! Responsible for checking requests and responses of client and server against the contract, for tests.

use serde_json::Value;

use crate::sandbox::contract::{ApiContract, decode_query};
use crate::sandbox::operation::ApiOperation;
use crate::sandbox::operation_result::FieldError;

impl ApiContract {
    /// The violations of a request. `target` is the path with its query, `body` the JSON body.
    pub fn check_request(&self, method: &str, target: &str, body: Option<&Value>) -> Vec<String> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let Ok(route) = self.route(method, path) else {
            return vec![format!("{method} {path} is not an operation")];
        };
        let mut violations = self.check_body(route.operation, body);
        match decode_query(query) {
            Some(query) => {
                violations.extend(self.parameters(&route, &query).err().into_iter().flatten());
            }
            None => violations.push(FieldError::new("query", "is not form-encoded")),
        }
        lines(violations)
    }

    /// The violations of a response of the operation at `target`.
    pub fn check_response(
        &self,
        method: &str,
        target: &str,
        status: u16,
        body: &Value,
    ) -> Vec<String> {
        let path = target.split_once('?').map_or(target, |(path, _)| path);
        lines(match self.route(method, path) {
            Ok(route) => self.check_documented(route.operation, status, body),
            Err(_) => self.error.check(&self.components, body, "response"),
        })
    }

    fn check_documented(
        &self,
        operation: &ApiOperation,
        status: u16,
        body: &Value,
    ) -> Vec<FieldError> {
        match operation.responses.get(&status) {
            Some(schema) => schema.check(&self.components, body, "response"),
            None if status >= 400 => self.error.check(&self.components, body, "response"),
            None => vec![FieldError::new(
                "response",
                "has a status outside the contract",
            )],
        }
    }
}

fn lines(violations: Vec<FieldError>) -> Vec<String> {
    violations
        .into_iter()
        .map(|e| format!("{} {}", e.field, e.message))
        .collect()
}
