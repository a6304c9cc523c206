//! Responsible for one operation of the contract: id, accepted tokens, parameters, body and responses.

use std::collections::BTreeMap;

use serde_json::Value;

use super::operation_result::FieldError;
use super::schema::ContractSchema;

/// The kinds of tokens that an operation accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenRequirement {
    None,
    Application,
    Scoped,
    Either,
}

/// An operation of the API.
#[derive(Debug)]
pub(crate) struct ApiOperation {
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) bearer: TokenRequirement,
    segments: Vec<String>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) body: Option<RequestBody>,
    #[cfg(feature = "testing")]
    pub(crate) responses: BTreeMap<u16, ContractSchema>,
}

/// A parameter in the path, the query or a header.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    /// `path`, `query` or `header`.
    pub(crate) location: String,
    pub(crate) schema: ContractSchema,
}

/// The schemas of a JSON body.
#[derive(Debug)]
pub(crate) struct RequestBody {
    pub(crate) schema: ContractSchema,
    /// The older contract's schema. It applies to bodies with this key.
    pub(crate) older: Option<(String, ContractSchema)>,
}

impl ApiOperation {
    pub(crate) fn read(path: &str, method: &str, operation: &Value, components: &Value) -> Self {
        let content = &operation["requestBody"]["content"]["application/json"];
        Self {
            id: text(&operation["operationId"]),
            method: method.to_uppercase(),
            bearer: match operation["x-token"].as_str() {
                Some("none") => TokenRequirement::None,
                Some("scoped") => TokenRequirement::Scoped,
                Some("application-or-scoped") => TokenRequirement::Either,
                _ => TokenRequirement::Application,
            },
            segments: path.split('/').map(str::to_owned).collect(),
            parameters: operation["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|p| Parameter::read_from(p, components))
                .collect(),
            body: content.is_object().then(|| RequestBody::read(content)),
            #[cfg(feature = "testing")]
            responses: operation["responses"]
                .as_object()
                .into_iter()
                .flatten()
                .filter_map(|(status, response)| {
                    Some((status.parse().ok()?, response_schema(response, components)))
                })
                .collect(),
        }
    }

    pub(crate) fn takes_body(&self) -> bool {
        self.body.is_some()
    }

    pub(crate) fn match_path(&self, path: &str) -> Option<BTreeMap<String, String>> {
        fn parameter(segment: &str) -> Option<&str> {
            segment.strip_prefix('{')?.strip_suffix('}')
        }
        let pairs = || self.segments.iter().zip(path.split('/'));
        // Most calls are for paths of other operations, so the comparison comes before any allocation.
        let is_match = pairs()
            .all(|(segment, value)| segment == value || parameter(segment).is_some())
            && path.split('/').count() == self.segments.len();
        let bind = |(segment, value): (&String, &str)| {
            parameter(segment).map(|name| (name.to_owned(), value.to_owned()))
        };
        is_match.then(|| pairs().filter_map(bind).collect())
    }

    pub(crate) fn unknown_query<'a>(
        &'a self,
        query: &'a [(String, String)],
    ) -> impl Iterator<Item = FieldError> + 'a {
        query
            .iter()
            .filter(|(name, _)| {
                !self
                    .parameters
                    .iter()
                    .any(|p| p.location == "query" && p.name == *name)
            })
            .map(|(name, _)| FieldError::new(format!("query.{name}"), "is not a known parameter"))
    }
}

impl Parameter {
    fn read_from(parameter: &Value, components: &Value) -> Self {
        let parameter = resolve(parameter, components);
        Self {
            name: text(&parameter["name"]),
            location: text(&parameter["in"]),
            schema: ContractSchema::new(&parameter["schema"]),
        }
    }

    /// Parses the values in a request. `None` if there are none.
    pub(crate) fn read(
        &self,
        given: &[&str],
        components: &Value,
    ) -> Result<Option<Value>, Vec<FieldError>> {
        let at = format!("{}.{}", self.location, self.name);
        let value = match (self.schema.primary_type(), given) {
            (_, []) => return Ok(None),
            ("array", many) => Value::from(many.to_vec()),
            (json_type, [text]) => typed(json_type, text),
            _ => return Err(vec![FieldError::new(at, "is given more than once")]),
        };
        let violations = self.schema.check(components, &value, &at);
        if violations.is_empty() {
            Ok(Some(value))
        } else {
            Err(violations)
        }
    }
}

impl RequestBody {
    fn read(content: &Value) -> Self {
        let older = &content["x-older-contract"];
        Self {
            schema: ContractSchema::new(&content["schema"]),
            older: older["key"]
                .as_str()
                .map(|key| (key.to_owned(), ContractSchema::new(&older["schema"]))),
        }
    }

    pub(crate) fn schema_for(&self, body: &Value) -> &ContractSchema {
        match &self.older {
            Some((key, older)) if body.get(key).is_some() => older,
            _ => &self.schema,
        }
    }
}

fn typed(json_type: &str, text: &str) -> Value {
    let parsed = match json_type {
        "integer" => text.parse::<i64>().ok().map(Value::from),
        "boolean" => text.parse::<bool>().ok().map(Value::from),
        _ => None,
    };
    parsed.unwrap_or_else(|| Value::from(text))
}

#[cfg(feature = "testing")]
fn response_schema(response: &Value, components: &Value) -> ContractSchema {
    ContractSchema::new(&resolve(response, components)["content"]["application/json"]["schema"])
}

fn resolve<'a>(value: &'a Value, components: &'a Value) -> &'a Value {
    let pointer = value["$ref"]
        .as_str()
        .and_then(|r| r.strip_prefix("#/components"));
    pointer.and_then(|p| components.pointer(p)).unwrap_or(value)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
