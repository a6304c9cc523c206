//! Responsible for the operations that set and remove the organization's OAuth app of a connector type.
//!
//! No operation reads an app. The world records that an app exists, without its configuration.

use serde_json::{Map, Value, json};

use crate::sandbox::backend::Backend;
use crate::sandbox::catalog::ConnectorType;
use crate::sandbox::operation_request::OperationRequest;
use crate::sandbox::operation_result::{
    FieldError, OperationError, OperationOutput, OperationResult,
};
use crate::sandbox::organization_objects::OauthApp;

/// The fields of an app of a type whose catalog entry does not list them.
const USUAL_FIELDS: [&str; 2] = ["client_id", "client_secret"];

/// Creates or replaces the app of a type.
pub(crate) fn put(backend: &mut Backend, request: &OperationRequest<'_>) -> OperationResult {
    let kind = selected(backend, request)?;
    check_configuration(kind, request)?;
    let existing = backend.world.oauth_app(kind.definition_id).cloned();
    let app = OauthApp {
        id: existing
            .as_ref()
            .map_or_else(|| backend.ids.next_id(), |app| app.id),
        definition_id: kind.definition_id,
        created_at: existing.map_or(request.now, |app| app.created_at),
        updated_at: request.now,
        deleted_at: None,
    };
    if let Some(configuration) = request.given("configuration") {
        backend.credential_digests.insert(app.id, configuration);
    }
    let response = json!({
        "id": app.id,
        "scope_type": "organization",
        "scope_id": backend.settings.organization_id,
        "connector_type": "source",
        "connector_definition_id": app.definition_id,
        "created_at": app.created_at,
        "updated_at": app.updated_at,
    });
    backend.world.put_oauth_app(app);
    Ok(OperationOutput::ok(response))
}

/// Removes the app of a type. Succeeds if there is none.
pub(crate) fn delete(backend: &mut Backend, request: &OperationRequest<'_>) -> OperationResult {
    let name = request.text("connector_type").unwrap_or_default();
    let kind = backend.catalog.by_name(name);
    let kind = kind.ok_or_else(|| OperationError::not_found("Connector definition"))?;
    if let Some(app) = backend.world.oauth_app(kind.definition_id).cloned() {
        backend.world.put_oauth_app(OauthApp {
            deleted_at: Some(request.now),
            ..app
        });
    }
    Ok(OperationOutput::no_content())
}

/// The type that the body selects by exactly one of its name and its definition.
fn selected(
    backend: &Backend,
    request: &OperationRequest<'_>,
) -> Result<&'static ConnectorType, OperationError> {
    let catalog = backend.catalog;
    let kind = match (
        request.field("connector_type"),
        request.field("connector_definition_id"),
    ) {
        (Some(name), None) => catalog.by_name(name),
        (None, Some(id)) => id.parse().ok().and_then(|id| catalog.by_definition(id)),
        _ => {
            return Err(OperationError::invalid(
                "body",
                "exactly one of connector_type, connector_definition_id is required",
            ));
        }
    };
    require_oauth(kind)
}

/// Requires that a type exists and has an OAuth method.
pub(super) fn require_oauth(
    kind: Option<&'static ConnectorType>,
) -> Result<&'static ConnectorType, OperationError> {
    let kind = kind.ok_or_else(|| OperationError::not_found("Connector definition"))?;
    if kind.has_oauth() {
        Ok(kind)
    } else {
        Err(OperationError::bad_request(
            "This connector has no OAuth method",
        ))
    }
}

fn check_configuration(
    kind: &ConnectorType,
    request: &OperationRequest<'_>,
) -> Result<(), OperationError> {
    let empty = Map::new();
    let given = request
        .given("configuration")
        .and_then(Value::as_object)
        .unwrap_or(&empty);
    let documented = kind.oauth_app_fields();
    let required: Vec<&str> = match &documented {
        Some(fields) => fields.clone(),
        None => USUAL_FIELDS.to_vec(),
    };
    let missing = required
        .iter()
        .filter(|field| !given.contains_key(**field))
        .map(|field| (*field, "is required"));
    let invalid = given
        .iter()
        .filter(|(_, value)| value.as_str().is_none_or(|text| text.trim().is_empty()))
        .map(|(field, _)| (field.as_str(), "must be text that is not empty"));
    let unknown = given
        .keys()
        .filter(|field| {
            documented
                .as_ref()
                .is_some_and(|fields| !fields.contains(&field.as_str()))
        })
        .map(|field| (field.as_str(), "is not a known field"));
    let errors: Vec<FieldError> = missing
        .chain(invalid)
        .chain(unknown)
        .map(|(field, rule)| FieldError::new(format!("body.configuration.{field}"), rule))
        .collect();
    if errors.is_empty() {
        Ok(())
    } else {
        Err(OperationError::unprocessable(errors))
    }
}
