//! Responsible for the API's contract (`schemas/api/agent-api.json`): the operations, and the schemas of their
//! requests and responses. Does not access the world.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::Value;

use super::SandboxError;
use super::operation::ApiOperation;
use super::operation_result::FieldError;
#[cfg(feature = "testing")]
use super::schema::ContractSchema;
use super::schema::close_each;

const DOCUMENT: &str = include_str!("../../schemas/api/agent-api.json");

/// All operations of the contract.
#[derive(Debug)]
pub struct ApiContract {
    operations: Vec<ApiOperation>,
    pub(crate) components: Value,
    /// The schema of errors.
    #[cfg(feature = "testing")]
    pub(crate) error: ContractSchema,
}

/// The operation of a request, with the parameters in the path.
pub(crate) struct Route<'a> {
    pub(crate) operation: &'a ApiOperation,
    pub(crate) path: BTreeMap<String, String>,
}

/// The reason why a request has no operation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RouteError {
    UnknownPath,
    /// The path has only these methods.
    WrongMethod(Vec<String>),
}

impl ApiContract {
    /// Parses the embedded document.
    pub fn load() -> Result<Self, SandboxError> {
        let mut document: Value =
            serde_json::from_str(DOCUMENT).map_err(|e| SandboxError::Contract(e.to_string()))?;
        let mut components = document["components"].take();
        close_each(components["schemas"].as_object_mut());
        let mut operations = Vec::new();
        for (path, methods) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in methods.as_object().into_iter().flatten() {
                operations.push(ApiOperation::read(path, method, operation, &components));
            }
        }
        Ok(Self {
            operations,
            components,
            #[cfg(feature = "testing")]
            error: ContractSchema::new(
                &serde_json::json!({"$ref": "#/components/schemas/ApiErrorResponse"}),
            ),
        })
    }

    /// The embedded document, parsed once.
    pub(crate) fn shared() -> Result<&'static Self, SandboxError> {
        static CONTRACT: OnceLock<ApiContract> = OnceLock::new();
        if let Some(read) = CONTRACT.get() {
            return Ok(read);
        }
        let read = Self::load()?;
        Ok(CONTRACT.get_or_init(|| read))
    }

    /// The ids of all operations, in the document's order.
    pub fn operation_ids(&self) -> Vec<&str> {
        self.operations.iter().map(|o| o.id.as_str()).collect()
    }

    /// Finds the operation of a request. Literal segments take precedence over parameters.
    pub(crate) fn route(&self, method: &str, path: &str) -> Result<Route<'_>, RouteError> {
        let matches: Vec<(&ApiOperation, BTreeMap<String, String>)> = self
            .operations
            .iter()
            .filter_map(|o| Some((o, o.match_path(path)?)))
            .collect();
        let Some(fewest) = matches.iter().map(|(_, parameters)| parameters.len()).min() else {
            return Err(RouteError::UnknownPath);
        };
        let mut methods = Vec::new();
        for (operation, parameters) in matches
            .into_iter()
            .filter(|(_, parameters)| parameters.len() == fewest)
        {
            if operation.method == method {
                return Ok(Route {
                    operation,
                    path: parameters,
                });
            }
            methods.push(operation.method.clone());
        }
        Err(RouteError::WrongMethod(methods))
    }

    /// The path and query parameters, converted to their JSON types, or all violations.
    pub(crate) fn parameters(
        &self,
        route: &Route<'_>,
        query: &[(String, String)],
    ) -> Result<BTreeMap<String, Value>, Vec<FieldError>> {
        let mut values = BTreeMap::new();
        let mut violations = Vec::new();
        for parameter in &route.operation.parameters {
            let given: Vec<&str> = match parameter.location.as_str() {
                "path" => route
                    .path
                    .get(&parameter.name)
                    .map(String::as_str)
                    .into_iter()
                    .collect(),
                "query" => query
                    .iter()
                    .filter(|(k, _)| *k == parameter.name)
                    .map(|(_, v)| v.as_str())
                    .collect(),
                _ => continue,
            };
            match parameter.read(&given, &self.components) {
                Ok(Some(value)) => drop(values.insert(parameter.name.clone(), value)),
                Ok(None) => {}
                Err(errors) => violations.extend(errors),
            }
        }
        violations.extend(route.operation.unknown_query(query));
        if violations.is_empty() {
            Ok(values)
        } else {
            Err(violations)
        }
    }

    /// The violations of a request's body.
    pub(crate) fn check_body(
        &self,
        operation: &ApiOperation,
        body: Option<&Value>,
    ) -> Vec<FieldError> {
        match (&operation.body, body) {
            (None, None) => Vec::new(),
            (None, Some(_)) => vec![FieldError::new("body", "this operation takes no body")],
            (Some(_), None) => vec![FieldError::new("body", "is required")],
            (Some(expected), Some(body)) => {
                expected
                    .schema_for(body)
                    .check(&self.components, body, "body")
            }
        }
    }
}

/// Decodes a form-encoded query.
pub(crate) fn decode_query(query: &str) -> Option<Vec<(String, String)>> {
    let uri: axum::http::Uri = format!("/?{query}").parse().ok()?;
    axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&uri)
        .ok()
        .map(|query| query.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn route_with_literal_segment_precedes_parameter() {
        let contract = ApiContract::load().unwrap();
        let id = |method: &str, path: &str| {
            contract
                .route(method, path)
                .map(|r| r.operation.id.clone())
                .ok()
        };
        assert_eq!(
            id("GET", "/api/v1/workspaces/stats").as_deref(),
            Some("get_workspaces_stats")
        );
        assert_eq!(
            id("GET", "/api/v1/workspaces/7").as_deref(),
            Some("get_workspaces_workspace_id")
        );
        assert_eq!(id("GET", "/api/v1/nothing"), None);
        assert_eq!(
            contract.route("PATCH", "/api/v1/workspaces").err(),
            Some(RouteError::WrongMethod(vec!["GET".into()]))
        );
    }

    #[test]
    fn schemas_of_contract_compile() {
        let contract = ApiContract::load().unwrap();
        for operation in &contract.operations {
            let schemas = operation
                .responses
                .values()
                .chain(operation.parameters.iter().map(|p| &p.schema));
            let bodies = operation
                .body
                .iter()
                .flat_map(|b| [Some(&b.schema), b.older.as_ref().map(|o| &o.1)])
                .flatten();
            for schema in schemas.chain(bodies) {
                let violations = schema.check(&contract.components, &json!({}), "x");
                assert!(
                    violations.iter().all(|e| !e.message.contains("compile")),
                    "{}: {violations:?}",
                    operation.id
                );
            }
        }
    }

    #[test]
    fn check_request_accepts_both_contracts_unmixed() {
        let contract = ApiContract::load().unwrap();
        let check = |body: Value| {
            contract.check_request("POST", "/api/v1/integrations/connectors", Some(&body))
        };
        assert_eq!(
            check(json!({"workspace_name": "a", "definition_id": null})),
            Vec::<String>::new()
        );
        assert_eq!(
            check(json!({"external_user_id": "a", "connector_type": "github"})),
            Vec::<String>::new()
        );
        assert_eq!(
            check(json!({"external_user_id": "a", "workspace_name": "a"})),
            ["body.workspace_name is not a known field"]
        );
        assert_eq!(
            contract.check_request("GET", "/api/v1/workspaces?limit=0&color=red", None),
            [
                "query.limit must be at least 1",
                "query.color is not a known parameter"
            ]
        );
    }
}
