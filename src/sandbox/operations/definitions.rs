//! Responsible for the operations that list and read source and destination definitions.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::sandbox::backend::Backend;
use crate::sandbox::catalog::{ConnectorType, stable_id};
use crate::sandbox::operation_request::OperationRequest;
use crate::sandbox::operation_result::{OperationError, OperationOutput, OperationResult};

const DESTINATIONS: [&str; 3] = ["S3", "Snowflake", "BigQuery"];

/// The source definitions whose names contain a text.
pub(crate) fn sources(backend: &Backend, request: &OperationRequest<'_>) -> OperationOutput {
    let part = request.text("name").unwrap_or_default().to_lowercase();
    let definitions: Vec<Value> = backend
        .catalog
        .connectors
        .iter()
        .filter(|c| c.display_name().to_lowercase().contains(&part))
        .map(definition)
        .collect();
    OperationOutput::ok(json!({"definitions": definitions}))
}

/// A source definition with the JSON Schema of its settings.
pub(crate) fn source(backend: &Backend, request: &OperationRequest<'_>) -> OperationResult {
    let kind = backend
        .catalog
        .by_definition(request.id("id")?)
        .ok_or_else(|| OperationError::not_found("Definition"))?;
    let mut full = definition(kind);
    full["spec"] = kind.specification().clone();
    let questions = json!({"direct": [], "search": []});
    Ok(OperationOutput::ok(
        json!({"id": kind.definition_id, "definition": full, "example_questions": questions}),
    ))
}

/// The destination definitions, or those with the given ids.
pub(crate) fn destinations(request: &OperationRequest<'_>) -> OperationOutput {
    let wanted = request
        .parameters
        .get("actorDefinitionIds")
        .and_then(Value::as_array);
    let is_wanted =
        |id: Uuid| wanted.is_none_or(|ids| ids.iter().any(|w| w.as_str() == Some(&id.to_string())));
    let items: Vec<Value> = DESTINATIONS
        .into_iter()
        .map(|name| (stable_id("destination", name), name))
        .filter(|(id, _)| is_wanted(*id))
        .map(|(id, name)| json!({"id": id, "name": name, "icon": ""}))
        .collect();
    OperationOutput::ok(json!({"destinations": items}))
}

pub(crate) fn is_destination(id: Uuid) -> bool {
    DESTINATIONS
        .into_iter()
        .any(|name| stable_id("destination", name) == id)
}

/// A destination definition.
pub(crate) fn destination(request: &OperationRequest<'_>) -> OperationResult {
    let id = request.id("id")?;
    let name = DESTINATIONS
        .into_iter()
        .find(|name| stable_id("destination", name) == id)
        .ok_or_else(|| OperationError::not_found("Definition"))?;
    let spec = json!({"connectionSpecification": {"type": "object", "properties": {}}});
    let definition = json!({"destinationDefinitionId": id, "name": name, "spec": spec});
    Ok(OperationOutput::ok(
        json!({"id": id, "definition": definition}),
    ))
}

fn definition(kind: &ConnectorType) -> Value {
    json!({
        "sourceDefinitionId": kind.definition_id,
        "destinationDefinitionId": null,
        "name": kind.display_name(),
        "dockerRepository": format!("airbyte/source-{}", kind.slug),
        "iconUrl": null,
        "custom": false,
        "supportLevel": "certified",
    })
}
