//! Does it work: checking a configuration, and inspecting and using a connector.
//!
//! No provider is ever called. A marker inside a credential decides (see `draft`): `invalid` fails,
//! `pending-check` and `inconclusive-check` answer so, everything else works.

use serde_json::{Value, json};

use super::connectors;
use super::draft;
use super::reply::{Refusal, Reply};
use super::routes::{Api, Call, check_name, refuse_nulls};
use super::templates;
use super::world::{Connector, Outcome};

const FAILURE: &str = "The provider refused the credentials";

/// Checks a create body without creating anything.
pub(crate) fn check(api: &mut Api, call: &Call<'_>) -> Result<Reply, Refusal> {
    let draft = draft::read(api, call)?;
    Ok(report(api, call, draft.outcome))
}

/// Checks a change of a connector. Its credentials cannot be part of that, so they decide as they did before.
pub(crate) fn check_existing(api: &mut Api, call: &Call<'_>) -> Result<Reply, Refusal> {
    refuse_nulls(call, &["name", "replication_config", "entities"])?;
    let connector = connectors::find(api, call)?;
    if let Some(name) = call.field("name") {
        check_name("body.name", name)?;
    }
    if let Some(kind) = api.facts.by_definition(connector.definition_id) {
        let given = call.given("replication_config").and_then(Value::as_object);
        draft::configuration(api, kind, connector.template_id, given)?;
    }
    let outcome = connector.outcome;
    Ok(report(api, call, outcome))
}

/// What a connector is and where it belongs.
pub(crate) fn inspect(api: &Api, call: &Call<'_>) -> Result<Reply, Refusal> {
    let connector = connectors::find(api, call)?;
    let kind = api.facts.by_definition(connector.definition_id);
    let warnings = if connector.outcome == Outcome::Fails {
        vec![FAILURE]
    } else {
        Vec::new()
    };
    Ok(Reply::ok(json!({
        "connector_id": connector.id,
        "name": connector.name,
        "workspace_id": connector.workspace_id,
        "organization_id": api.settings.organization_id,
        "source_definition_id": connector.definition_id,
        "source_definition_name": kind.map(super::facts::ConnectorType::display_name),
        "source_config_template_id": connector.template_id,
        "docs_skill_id": kind.map_or("", |k| k.slug.as_str()),
        "context_store_readiness": {
            "connector_id": connector.id,
            "source_definition_id": connector.definition_id,
            "supported_context_store_entities": [],
            "configured_cache_entities": [],
        },
        "warnings": warnings,
    })))
}

/// Runs a reading action; its records are made up.
pub(crate) fn execute(api: &Api, call: &Call<'_>) -> Result<Reply, Refusal> {
    let id = call.text("id").and_then(|id| id.parse().ok());
    let connector = id
        .and_then(|id| api.world.connector(id, call.now))
        .ok_or_else(|| Refusal::not_found("Connector"))?;
    let works = connector.outcome != Outcome::Fails;
    let result = match call.field("action").unwrap_or_default() {
        _ if !works => json!({"error": FAILURE}),
        "list" | "search" | "api_search" => json!({"data": [record(call)]}),
        "get" => record(call),
        "describe" => json!({"entity": call.field("entity"), "fields": ["id", "name"]}),
        _ => {
            return Err(Refusal::bad_request(
                "The sandbox does only list, get, describe and search",
            ));
        }
    };
    Ok(Reply::ok(json!({
        "status": if works { "success" } else { "error" },
        "result": result,
        "connector_metadata": metadata(api, connector),
        "execution_metadata": {"connector_instance_id": connector.id, "execution_time_ms": 1},
    })))
}

fn record(call: &Call<'_>) -> Value {
    json!({"id": "1", "name": "made up by the sandbox", "entity": call.field("entity")})
}

fn metadata(api: &Api, connector: &Connector) -> Value {
    let template = templates::summary(api, connector.template_id, connector.definition_id);
    json!({"connector_name": template["connector_name"]})
}

fn report(api: &mut Api, call: &Call<'_>, outcome: Outcome) -> Reply {
    let failed = outcome == Outcome::Fails;
    let status = match outcome {
        Outcome::Works => "succeeded",
        Outcome::Fails => "failed",
        Outcome::Pending => "pending",
        Outcome::Inconclusive => "inconclusive",
    };
    let reason = json!({
        "timestamp": call.now.seconds(),
        "failure_origin": "source",
        "failure_type": "config_error",
        "external_message": FAILURE,
    });
    Reply::ok(json!({
        "id": api.ids.fresh(),
        "status": status,
        "error_message": failed.then_some(FAILURE),
        "failure_reason": failed.then_some(reason),
        "entity_check_results": null,
    }))
}
