//! Responsible for the operations on source templates: one global template for each connector type, and those of the
//! organization.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::sandbox::backend::Backend;
use crate::sandbox::catalog::ConnectorType;
use crate::sandbox::operation_request::{OperationRequest, check_name};
use crate::sandbox::operation_result::{OperationError, OperationOutput, OperationResult};
use crate::sandbox::organization_objects::Template;

/// The organization's templates, or the global ones if the query asks for them.
pub(crate) fn list(backend: &Backend, request: &OperationRequest<'_>) -> OperationOutput {
    let global = request
        .parameters
        .get("use_global")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    // The sandbox's templates have no tags, so a query with a tag has no results.
    let tagged = request
        .parameters
        .get("tags")
        .and_then(Value::as_array)
        .is_some_and(|tags| !tags.is_empty());
    match (tagged, global) {
        (true, _) => OperationOutput::ok(json!({"data": []})),
        (false, true) => list_global(backend),
        (false, false) => {
            let own = backend.world.live_templates();
            let data: Vec<Value> = own
                .into_iter()
                .map(|t| summary(backend, t.id, t.definition_id))
                .collect();
            OperationOutput::ok(json!({"data": data}))
        }
    }
}

/// The global templates.
pub(crate) fn list_global(backend: &Backend) -> OperationOutput {
    let kinds = backend.catalog.connectors.iter();
    let data: Vec<Value> = kinds
        .map(|k| summary(backend, k.global_template_id(), k.definition_id))
        .collect();
    OperationOutput::ok(json!({"data": data}))
}

/// Creates a template from a definition or as a copy of another template.
pub(crate) fn create(backend: &mut Backend, request: &OperationRequest<'_>) -> OperationResult {
    let template = match request.field("original_source_template_id") {
        Some(original) => copy(backend, request, original)?,
        None => new_template(backend, request)?,
    };
    check_name("body.name", &template.name)?;
    let response = detail_of(backend, &template);
    backend.world.put_template(template);
    Ok(OperationOutput::ok(response))
}

/// The details of a template.
pub(crate) fn get(backend: &Backend, request: &OperationRequest<'_>) -> OperationResult {
    let id = request.id("id")?;
    let own = backend.world.template(id).map(|t| t.definition_id);
    let definition = own.or_else(|| {
        backend
            .catalog
            .by_global_template(id)
            .map(|k| k.definition_id)
    });
    let definition = definition.ok_or_else(|| OperationError::not_found("Source template"))?;
    let mut body = detail(backend, id, definition);
    body["auth_tooltip"] = Value::Null;
    body["connector_name"] = summary(backend, id, definition)["connector_name"].clone();
    Ok(OperationOutput::ok(body))
}

/// Updates a template of the organization.
pub(crate) fn update(backend: &mut Backend, request: &OperationRequest<'_>) -> OperationResult {
    let mut template = own(backend, request)?.clone();
    if let Some(name) = request.field("name") {
        check_name("body.name", name)?;
        name.clone_into(&mut template.name);
    }
    if let Some(mode) = request.field("mode") {
        mode.clone_into(&mut template.mode);
    }
    if let Some(defaults) = request
        .given("partial_default_config")
        .and_then(Value::as_object)
    {
        template.partial_default_config.clone_from(defaults);
    }
    if let Some(customization) = request.given("customization") {
        template.customization = Some(customization.clone());
    }
    template.updated_at = request.now;
    let response = detail_of(backend, &template);
    backend.world.put_template(template);
    Ok(OperationOutput::ok(response))
}

/// Deletes a template of the organization. Its connectors remain.
pub(crate) fn delete(backend: &mut Backend, request: &OperationRequest<'_>) -> OperationResult {
    let mut template = own(backend, request)?.clone();
    template.deleted_at = Some(request.now);
    let id = template.id;
    backend.world.put_template(template);
    Ok(OperationOutput::ok(
        json!({"id": id, "deleted_at": request.now}),
    ))
}

/// A template as listings show it.
pub(crate) fn summary(backend: &Backend, id: Uuid, definition_id: Uuid) -> Value {
    let kind = backend.catalog.by_definition(definition_id);
    let own = backend.world.template(id);
    let name = own
        .map(|t| t.name.clone())
        .or_else(|| kind.map(ConnectorType::display_name));
    json!({
        "id": id,
        "name": name.unwrap_or_default(),
        "icon": null,
        "connector_name": kind.map(|k| k.slug.as_str()),
        "organization_id": own.map(|_| backend.settings.organization_id),
        "actor_definition_id": definition_id,
        "tags": [],
        "customization": own.and_then(|t| t.customization.clone()),
        "mode": own.map_or("MULTI", |t| t.mode.as_str()),
        "runtime_mode": "direct_and_context_store",
        "supports_context_store": true,
        "created_at": own.map(|t| t.created_at),
        "updated_at": own.map(|t| t.updated_at),
    })
}

/// A template as a connector's detail shows it.
pub(crate) fn detail(backend: &Backend, id: Uuid, definition_id: Uuid) -> Value {
    let mut summary = summary(backend, id, definition_id);
    let spec = backend
        .catalog
        .by_definition(definition_id)
        .map(ConnectorType::specification);
    let defaults = backend
        .world
        .template(id)
        .map(|t| t.partial_default_config.clone());
    let mut body = json!({
        "source_definition_id": definition_id,
        "user_config_spec": spec,
        "partial_default_config": defaults.unwrap_or_default(),
        "is_experimental": false,
    });
    for field in [
        "id",
        "name",
        "icon",
        "customization",
        "tags",
        "mode",
        "runtime_mode",
        "supports_context_store",
        "created_at",
        "updated_at",
    ] {
        body[field] = summary[field].take();
    }
    body
}

/// The detail of a template that is not in the world yet.
fn detail_of(backend: &Backend, template: &Template) -> Value {
    let mut body = detail(backend, template.id, template.definition_id);
    body["name"] = json!(template.name);
    body["mode"] = json!(template.mode);
    body["partial_default_config"] = json!(template.partial_default_config);
    body["customization"] = json!(template.customization);
    body["created_at"] = json!(template.created_at);
    body["updated_at"] = json!(template.updated_at);
    body
}

fn own<'a>(
    backend: &'a Backend,
    request: &OperationRequest<'_>,
) -> Result<&'a Template, OperationError> {
    let id = request.id("id")?;
    if backend.catalog.by_global_template(id).is_some() {
        return Err(OperationError::forbidden(
            "A global template belongs to no organization",
        ));
    }
    backend
        .world
        .template(id)
        .ok_or_else(|| OperationError::not_found("Source template"))
}

fn new_template(
    backend: &mut Backend,
    request: &OperationRequest<'_>,
) -> Result<Template, OperationError> {
    let definition = request
        .field("actor_definition_id")
        .and_then(|id| id.parse().ok());
    let kind = definition
        .and_then(|id| backend.catalog.by_definition(id))
        .ok_or_else(|| {
            OperationError::invalid("body.actor_definition_id", "is not a known definition")
        })?;
    let defaults = request
        .given("partial_default_config")
        .and_then(Value::as_object);
    let template = Template {
        id: Uuid::nil(),
        name: request
            .field("name")
            .map_or_else(|| kind.display_name(), str::to_owned),
        definition_id: kind.definition_id,
        mode: request.field("mode").unwrap_or("REPLICATION").to_owned(),
        partial_default_config: defaults.cloned().unwrap_or_default(),
        customization: request.given("customization").cloned(),
        created_at: request.now,
        updated_at: request.now,
        deleted_at: None,
    };
    Ok(Template {
        id: backend.ids.next_id(),
        ..template
    })
}

fn copy(
    backend: &mut Backend,
    request: &OperationRequest<'_>,
    original: &str,
) -> Result<Template, OperationError> {
    let id: Option<Uuid> = original.parse().ok();
    let own = id.and_then(|id| backend.world.template(id)).cloned();
    let global = id
        .and_then(|id| backend.catalog.by_global_template(id))
        .map(|kind| Template {
            id: kind.global_template_id(),
            name: kind.display_name(),
            definition_id: kind.definition_id,
            mode: "MULTI".into(),
            partial_default_config: Map::new(),
            customization: None,
            created_at: request.now,
            updated_at: request.now,
            deleted_at: None,
        });
    let mut template = own.or(global).ok_or_else(|| {
        OperationError::invalid(
            "body.original_source_template_id",
            "is not a known template",
        )
    })?;
    template.id = backend.ids.next_id();
    template.created_at = request.now;
    template.updated_at = request.now;
    if let Some(name) = request.field("name") {
        name.clone_into(&mut template.name);
    }
    if let Some(mode) = request.field("mode") {
        mode.clone_into(&mut template.mode);
    }
    Ok(template)
}
