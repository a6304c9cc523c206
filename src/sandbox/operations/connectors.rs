//! Responsible for the operations that create, list, read, update and delete connectors.
//!
//! Connectors of one workspace may have the same name. Responses contain neither credentials nor environment. An
//! update replaces the whole replication configuration. A deletion takes time.

use serde_json::{Value, json};

use super::connector_request;
use super::templates;
use crate::sandbox::backend::Backend;
use crate::sandbox::operation_request::{OperationRequest, check_name};
use crate::sandbox::operation_result::{OperationError, OperationOutput, OperationResult};
use crate::sandbox::settings_behavior::SettingsBehavior;
use crate::sandbox::world::{Connector, Deletion, Workspace};

/// The most rows of a page of the organization's connectors.
const ORGANIZATION_PAGE: usize = 200;

/// Creates a connector in a workspace that exists.
pub(crate) fn create(backend: &mut Backend, request: &OperationRequest<'_>) -> OperationResult {
    let body = connector_request::read(backend, request)?;
    let connector = Connector {
        id: backend.ids.next_id(),
        workspace_id: body.workspace_id,
        name: body.name,
        definition_id: body.definition_id,
        template_id: body.template_id,
        replication_config: body.replication_config,
        entities: body.entities,
        outcome: body.outcome,
        created_at: request.now,
        updated_at: request.now,
        deletion: None,
    };
    if let Some(credentials) = request.given("credentials") {
        backend.credential_digests.insert(connector.id, credentials);
    }
    let response = written(backend, &connector);
    backend.world.put_connector(connector);
    Ok(OperationOutput::ok(response))
}

/// The connectors of one workspace, oldest first.
pub(crate) fn list(backend: &Backend, request: &OperationRequest<'_>) -> OperationResult {
    let workspace = named_workspace(backend, request)?;
    let definition = request.text("definition_id");
    let data: Vec<Value> = backend
        .world
        .connectors_of(workspace.id, request.now)
        .filter(|c| {
            definition.is_none_or(|id| c.definition_id.to_string().eq_ignore_ascii_case(id))
        })
        .map(|c| summary(backend, c))
        .collect();
    let mut response = json!({"data": null});
    response["data"] = data.into();
    Ok(OperationOutput::ok(response))
}

/// A page of the connectors of all workspaces, oldest first.
pub(crate) fn list_of_organization(
    backend: &Backend,
    request: &OperationRequest<'_>,
) -> OperationResult {
    if request.id("organization_id")? != backend.settings.organization_id {
        return Err(OperationError::not_found("Organization"));
    }
    let number = |name: &str| {
        let number = request.parameters.get(name).and_then(Value::as_u64);
        number.and_then(|number| usize::try_from(number).ok())
    };
    let mut connectors: Vec<&Connector> = backend
        .world
        .workspaces_after(None)
        .flat_map(|workspace| backend.world.connectors_of(workspace.id, request.now))
        .collect();
    connectors.sort_by_key(|connector| (connector.created_at, connector.id));
    let limit = number("limit").unwrap_or(ORGANIZATION_PAGE);
    let data: Vec<Value> = connectors
        .iter()
        .skip(number("offset").unwrap_or(0))
        .take(limit.min(ORGANIZATION_PAGE))
        .map(|connector| {
            json!({
                "id": connector.id,
                "workspace_id": connector.workspace_id,
                "connector_name": connector.name,
                "context_store_status": null,
                "context_store_entity_count": 0,
            })
        })
        .collect();
    Ok(OperationOutput::ok(
        json!({"data": data, "total": connectors.len()}),
    ))
}

/// The details of a connector.
pub(crate) fn get(backend: &Backend, request: &OperationRequest<'_>) -> OperationResult {
    find(backend, request).map(|c| OperationOutput::ok(detail(backend, c)))
}

/// Updates name, replication configuration and entities. Absent fields keep their values.
pub(crate) fn update(backend: &mut Backend, request: &OperationRequest<'_>) -> OperationResult {
    request.refuse_nulls(&["name", "replication_config", "entities"])?;
    let mut connector = find(backend, request)?.clone();
    if connector.deletion.is_some() {
        return Err(OperationError::not_found("Connector"));
    }
    if let Some(name) = request.field("name") {
        check_name("body.name", name)?;
        name.clone_into(&mut connector.name);
    }
    if let Some(given) = request.given("replication_config") {
        let kind = backend.catalog.by_definition(connector.definition_id);
        let kind = kind.ok_or_else(|| OperationError::not_found("Connector definition"))?;
        let settings = connector_request::Settings {
            given: given.as_object(),
            before: &connector.replication_config,
        };
        connector.replication_config =
            connector_request::configuration(backend, kind, connector.template_id, settings)?;
    }
    if let Some(entities) = request.given("entities") {
        connector.entities = Some(entities.clone());
    }
    connector.updated_at = request.now;
    let response = written(backend, &connector);
    backend.world.put_connector(connector);
    Ok(OperationOutput::ok(response))
}

/// Starts a deletion, or returns the job of the deletion in progress.
pub(crate) fn delete(backend: &mut Backend, request: &OperationRequest<'_>) -> OperationResult {
    let mut connector = find(backend, request)?.clone();
    let deletion = match &connector.deletion {
        Some(in_progress) => in_progress.clone(),
        None => Deletion {
            job_id: backend.ids.next_id(),
            gone_at: request.now.after(backend.settings.delete_delay),
        },
    };
    let job_id = deletion.job_id;
    if connector.deletion.is_none() {
        connector.deletion = Some(deletion);
        backend.world.put_connector(connector);
    }
    Ok(OperationOutput::accepted(json!({"job_id": job_id})))
}

/// The connector in the path, unless its deletion has completed.
pub(crate) fn find<'a>(
    backend: &'a Backend,
    request: &OperationRequest<'_>,
) -> Result<&'a Connector, OperationError> {
    backend
        .world
        .connector(request.id("id")?, request.now)
        .ok_or_else(|| OperationError::not_found("Connector"))
}

/// The workspace of a listing. The query must have exactly one of the id and the names.
fn named_workspace<'a>(
    backend: &'a Backend,
    request: &OperationRequest<'_>,
) -> Result<&'a Workspace, OperationError> {
    let names: Vec<&str> = ["workspace_name", "external_user_id", "customer_name"]
        .into_iter()
        .filter_map(|n| request.text(n))
        .collect();
    let workspace = match (request.text("workspace_id"), names.as_slice()) {
        (Some(id), []) => id.parse().ok().and_then(|id| backend.world.workspace(id)),
        (None, [name]) => backend.world.workspace_named(name),
        _ => {
            return Err(OperationError::invalid(
                "query",
                "exactly one of workspace_id, workspace_name is required",
            ));
        }
    };
    workspace.ok_or_else(|| OperationError::not_found("Workspace"))
}

fn summary(backend: &Backend, connector: &Connector) -> Value {
    let mut shown = json!({
        "id": connector.id,
        "name": connector.name,
        "summarized_source_template": null,
        "created_at": connector.created_at,
        "updated_at": connector.updated_at,
    });
    // Assigned after `json!`, because the macro copies its arguments and this value is the largest.
    shown["summarized_source_template"] =
        templates::summary(backend, connector.template_id, connector.definition_id);
    shown
}

/// The response to a write.
fn written(backend: &Backend, connector: &Connector) -> Value {
    let behaviors = &backend.settings.behaviors;
    let mut shown = detail(backend, connector);
    if behaviors.contains(&SettingsBehavior::ReadsOnly) {
        shown["replication_config"] = connector.replication_config.clone().into();
    }
    shown
}

fn detail(backend: &Backend, connector: &Connector) -> Value {
    let mut settings = connector.replication_config.clone();
    for behavior in &backend.settings.behaviors {
        behavior.show(&mut settings);
    }
    let mut shown = json!({
        "id": connector.id,
        "name": connector.name,
        "source_template": null,
        "replication_config": settings,
        "entities": connector.entities,
        "created_at": connector.created_at,
        "updated_at": connector.updated_at,
    });
    shown["source_template"] =
        templates::detail(backend, connector.template_id, connector.definition_id);
    shown
}
