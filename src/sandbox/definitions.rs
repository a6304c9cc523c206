//! Definitions: the catalog as the API shows it. Read-only.

use serde_json::{Value, json};
use uuid::Uuid;

use super::facts::{ConnectorType, stable_id};
use super::reply::{Refusal, Reply};
use super::routes::{Api, Call};

const DESTINATIONS: [&str; 3] = ["S3", "Snowflake", "BigQuery"];

/// All source definitions, or those with a part in their name.
pub(crate) fn sources(api: &Api, call: &Call<'_>) -> Reply {
    let part = call.text("name").unwrap_or_default().to_lowercase();
    let found = api
        .facts
        .connectors
        .iter()
        .filter(|c| c.display_name().to_lowercase().contains(&part));
    let definitions: Vec<Value> = found.map(definition).collect();
    Reply::ok(json!({"definitions": definitions}))
}

/// One source definition with the specification of its settings.
pub(crate) fn source(api: &Api, call: &Call<'_>) -> Result<Reply, Refusal> {
    let kind = api
        .facts
        .by_definition(call.id("id")?)
        .ok_or_else(|| Refusal::not_found("Definition"))?;
    let mut full = definition(kind);
    full["spec"] = kind.specification().clone();
    let questions = json!({"direct": [], "search": []});
    Ok(Reply::ok(
        json!({"id": kind.definition_id, "definition": full, "example_questions": questions}),
    ))
}

/// The destinations there are, or those among the given ids.
pub(crate) fn destinations(call: &Call<'_>) -> Reply {
    let wanted = call
        .parameters
        .get("actorDefinitionIds")
        .and_then(Value::as_array);
    let is_wanted =
        |id: Uuid| wanted.is_none_or(|ids| ids.iter().any(|w| w.as_str() == Some(&id.to_string())));
    let found = DESTINATIONS
        .into_iter()
        .map(|name| (stable_id("destination", name), name))
        .filter(|(id, _)| is_wanted(*id));
    let items: Vec<Value> = found
        .map(|(id, name)| json!({"id": id, "name": name, "icon": ""}))
        .collect();
    Reply::ok(json!({"destinations": items}))
}

/// One destination definition.
pub(crate) fn destination(call: &Call<'_>) -> Result<Reply, Refusal> {
    let id = call.id("id")?;
    let found = DESTINATIONS
        .into_iter()
        .find(|name| stable_id("destination", name) == id);
    let name = found.ok_or_else(|| Refusal::not_found("Definition"))?;
    let spec = json!({"connectionSpecification": {"type": "object", "properties": {}}});
    let definition = json!({"destinationDefinitionId": id, "name": name, "spec": spec});
    Ok(Reply::ok(json!({"id": id, "definition": definition})))
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
