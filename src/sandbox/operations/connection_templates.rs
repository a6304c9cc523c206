//! Responsible for the operations on connection templates: the destinations and schedules of new connectors.
//!
//! airlift does not use them. The operations exist so that other clients find them.

use serde_json::{Map, Value, json};

use super::connector_request::mask;
use super::definitions;
use crate::sandbox::backend::Backend;
use crate::sandbox::operation_request::{OperationRequest, check_name};
use crate::sandbox::operation_result::{OperationError, OperationOutput, OperationResult};
use crate::sandbox::organization_objects::{ConnectionTemplate, Destination};

/// The name of the destination of templates whose data Airbyte hosts.
const HOSTED_NAME: &str = "Airbyte";
/// The number of fields of a Quartz cron expression; the seventh, the year, is optional.
const CRON_FIELDS: std::ops::RangeInclusive<usize> = 6..=7;

/// The templates, oldest first.
pub(crate) fn list(backend: &Backend, request: &OperationRequest<'_>) -> OperationOutput {
    // The sandbox's templates have no tags, so a query with a tag has no results.
    let is_tagged = request
        .parameters
        .get("tags")
        .and_then(Value::as_array)
        .is_some_and(|tags| !tags.is_empty());
    let data: Vec<Value> = backend
        .world
        .live_connection_templates()
        .into_iter()
        .filter(|_| !is_tagged)
        .map(|template| show(backend, template))
        .collect();
    OperationOutput::ok(json!({"data": data}))
}

/// Creates a template.
pub(crate) fn create(backend: &mut Backend, request: &OperationRequest<'_>) -> OperationResult {
    let destination = new_destination(backend, request)?;
    let template = ConnectionTemplate {
        id: backend.ids.next_id(),
        destination_name: request
            .field("destination_name")
            .unwrap_or(HOSTED_NAME)
            .to_owned(),
        cron_expression: cron(request)?,
        destination,
        created_at: request.now,
        updated_at: request.now,
        deleted_at: None,
    };
    check_name("body.destination_name", &template.destination_name)?;
    Ok(put(backend, template))
}

/// A template.
pub(crate) fn get(backend: &Backend, request: &OperationRequest<'_>) -> OperationResult {
    find(backend, request).map(|template| OperationOutput::ok(show(backend, template)))
}

/// Updates a template. Absent fields keep their values.
pub(crate) fn update(backend: &mut Backend, request: &OperationRequest<'_>) -> OperationResult {
    let mut template = find(backend, request)?.clone();
    if let Some(name) = request.field("destination_name") {
        check_name("body.destination_name", name)?;
        name.clone_into(&mut template.destination_name);
    }
    if let Some(expression) = cron(request)? {
        template.cron_expression = Some(expression);
    }
    let config = masked_config(backend, request);
    let changes_destination = ["non_breaking_changes_preference", "sync_on_create"]
        .iter()
        .any(|field| request.given(field).is_some());
    match &mut template.destination {
        None if config.is_some() || changes_destination => {
            return Err(OperationError::bad_request(
                "The data of this template is hosted by Airbyte",
            ));
        }
        None => {}
        Some(destination) => {
            destination.config = config.unwrap_or_else(|| destination.config.clone());
            if let Some(preference) = request.field("non_breaking_changes_preference") {
                preference.clone_into(&mut destination.non_breaking_changes_preference);
            }
            if let Some(sync) = request.given("sync_on_create").and_then(Value::as_bool) {
                destination.sync_on_create = sync;
            }
        }
    }
    template.updated_at = request.now;
    Ok(put(backend, template))
}

/// Deletes a template.
pub(crate) fn delete(backend: &mut Backend, request: &OperationRequest<'_>) -> OperationResult {
    let template = find(backend, request)?.clone();
    let id = template.id;
    backend.world.put_connection_template(ConnectionTemplate {
        deleted_at: Some(request.now),
        ..template
    });
    Ok(OperationOutput::ok(
        json!({"id": id, "deleted_at": request.now}),
    ))
}

/// Whether a cron expression has the number of fields that Quartz expects.
pub(crate) fn describe_cron(request: &OperationRequest<'_>) -> OperationOutput {
    let is_valid = request.field("cron_expression").is_some_and(is_cron);
    let description = if is_valid {
        "A schedule that the sandbox does not describe"
    } else {
        "Not a Quartz cron expression"
    };
    OperationOutput::ok(json!({"description": description, "is_valid": is_valid}))
}

fn put(backend: &mut Backend, template: ConnectionTemplate) -> OperationOutput {
    let response = show(backend, &template);
    backend.world.put_connection_template(template);
    OperationOutput::ok(response)
}

fn find<'a>(
    backend: &'a Backend,
    request: &OperationRequest<'_>,
) -> Result<&'a ConnectionTemplate, OperationError> {
    let id = request.id("id")?;
    backend
        .world
        .live_connection_templates()
        .into_iter()
        .find(|template| template.id == id)
        .ok_or_else(|| OperationError::not_found("Connection template"))
}

/// The destination in the body. `None` if Airbyte hosts the data.
fn new_destination(
    backend: &Backend,
    request: &OperationRequest<'_>,
) -> Result<Option<Destination>, OperationError> {
    let Some(config) = masked_config(backend, request) else {
        return Ok(None);
    };
    let definition = request
        .field("destination_definition_id")
        .and_then(|id| id.parse().ok())
        .filter(|id| definitions::is_destination(*id));
    let sync = request.given("sync_on_create").and_then(Value::as_bool);
    Ok(Some(Destination {
        definition_id: definition.ok_or_else(|| OperationError::not_found("Definition"))?,
        config,
        non_breaking_changes_preference: request
            .field("non_breaking_changes_preference")
            .unwrap_or("ignore")
            .to_owned(),
        sync_on_create: sync.unwrap_or(true),
    }))
}

fn masked_config(backend: &Backend, request: &OperationRequest<'_>) -> Option<Map<String, Value>> {
    let given = request.given("destination_config")?.as_object()?;
    let mut config = given.clone();
    mask(&mut config, &backend.is_secret);
    Some(config)
}

fn cron(request: &OperationRequest<'_>) -> Result<Option<String>, OperationError> {
    match request.field("cron_expression") {
        Some(text) if !is_cron(text) => Err(OperationError::invalid(
            "body.cron_expression",
            "is not a Quartz cron expression",
        )),
        given => Ok(given.map(str::to_owned)),
    }
}

fn is_cron(text: &str) -> bool {
    CRON_FIELDS.contains(&text.split_whitespace().count())
}

fn show(backend: &Backend, template: &ConnectionTemplate) -> Value {
    let mut shown = json!({
        "id": template.id,
        "organization_id": backend.settings.organization_id,
        "destination_name": template.destination_name,
        "icon": null,
        "cron_expression": template.cron_expression,
        "data_hosting_type": "airbyte_hosted",
        "tags": [],
        "created_at": template.created_at,
        "updated_at": template.updated_at,
    });
    if let Some(destination) = &template.destination {
        shown["data_hosting_type"] = json!("user_hosted");
        shown["destination_definition_id"] = json!(destination.definition_id);
        shown["destination_config"] = json!(destination.config);
        shown["non_breaking_changes_preference"] =
            json!(destination.non_breaking_changes_preference);
        shown["sync_on_create"] = json!(destination.sync_on_create);
    }
    shown
}
