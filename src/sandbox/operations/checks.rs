//! Responsible for the operations that check, inspect and execute a connector.
//!
//! Does not call a provider. Markers in the credentials decide the outcome (see `connector_request`).

use serde_json::{Value, json};

use super::connector_request;
use super::connectors;
use super::templates;
use crate::sandbox::backend::Backend;
use crate::sandbox::catalog::ConnectorType;
use crate::sandbox::operation_request::{OperationRequest, check_name};
use crate::sandbox::operation_result::{OperationError, OperationOutput, OperationResult};
use crate::sandbox::world::{CheckOutcome, Connector};

const FAILURE: &str = "The provider refused the credentials";

/// Checks the body of a creation without creating the connector.
pub(crate) fn check(backend: &mut Backend, request: &OperationRequest<'_>) -> OperationResult {
    let body = connector_request::read(backend, request)?;
    Ok(report(backend, request, body.outcome))
}

/// Checks an update of a connector. An update has no credentials, so the outcome stays the same.
pub(crate) fn check_existing(
    backend: &mut Backend,
    request: &OperationRequest<'_>,
) -> OperationResult {
    request.refuse_nulls(&["name", "replication_config", "entities"])?;
    let connector = connectors::find(backend, request)?;
    if let Some(name) = request.field("name") {
        check_name("body.name", name)?;
    }
    if let Some(kind) = backend.catalog.by_definition(connector.definition_id) {
        let settings = connector_request::Settings {
            given: request
                .given("replication_config")
                .and_then(Value::as_object),
            before: &connector.replication_config,
        };
        connector_request::configuration(backend, kind, connector.template_id, settings)?;
    }
    let outcome = connector.outcome;
    Ok(report(backend, request, outcome))
}

/// Returns the connector's type and workspace.
pub(crate) fn inspect(backend: &Backend, request: &OperationRequest<'_>) -> OperationResult {
    let connector = connectors::find(backend, request)?;
    let kind = backend.catalog.by_definition(connector.definition_id);
    let warnings = if connector.outcome == CheckOutcome::Fails {
        vec![FAILURE]
    } else {
        Vec::new()
    };
    Ok(OperationOutput::ok(json!({
        "connector_id": connector.id,
        "name": connector.name,
        "workspace_id": connector.workspace_id,
        "organization_id": backend.settings.organization_id,
        "source_definition_id": connector.definition_id,
        "source_definition_name": kind.map(ConnectorType::display_name),
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

/// Executes a read action and returns made-up records.
pub(crate) fn execute(backend: &Backend, request: &OperationRequest<'_>) -> OperationResult {
    let id = request.text("id").and_then(|id| id.parse().ok());
    let connector = id
        .and_then(|id| backend.world.connector(id, request.now))
        .ok_or_else(|| OperationError::not_found("Connector"))?;
    let works = connector.outcome != CheckOutcome::Fails;
    let result = match request.field("action").unwrap_or_default() {
        _ if !works => json!({"error": FAILURE}),
        "list" | "search" | "api_search" => json!({"data": [record(request)]}),
        "get" => record(request),
        "describe" => json!({"entity": request.field("entity"), "fields": ["id", "name"]}),
        _ => {
            return Err(OperationError::bad_request(
                "The sandbox does only list, get, describe and search",
            ));
        }
    };
    Ok(OperationOutput::ok(json!({
        "status": if works { "success" } else { "error" },
        "result": result,
        "connector_metadata": metadata(backend, connector),
        "execution_metadata": {"connector_instance_id": connector.id, "execution_time_ms": 1},
    })))
}

fn record(request: &OperationRequest<'_>) -> Value {
    json!({"id": "1", "name": "made up by the sandbox", "entity": request.field("entity")})
}

fn metadata(backend: &Backend, connector: &Connector) -> Value {
    let template = templates::summary(backend, connector.template_id, connector.definition_id);
    json!({"connector_name": template["connector_name"]})
}

fn report(
    backend: &mut Backend,
    request: &OperationRequest<'_>,
    outcome: CheckOutcome,
) -> OperationOutput {
    let failed = outcome == CheckOutcome::Fails;
    let status = match outcome {
        CheckOutcome::Works => "succeeded",
        CheckOutcome::Fails => "failed",
        CheckOutcome::Pending => "pending",
        CheckOutcome::Inconclusive => "inconclusive",
    };
    let reason = json!({
        "timestamp": request.now.seconds(),
        "failure_origin": "source",
        "failure_type": "config_error",
        "external_message": FAILURE,
    });
    OperationOutput::ok(json!({
        "id": backend.ids.next_id(),
        "status": status,
        "error_message": failed.then_some(FAILURE),
        "failure_reason": failed.then_some(reason),
        "entity_check_results": null,
    }))
}
