//! Responsible for the operations that list, read, update and delete workspaces.
//!
//! No operation creates a workspace directly. A request for a scoped token does (`find_or_create`).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::sandbox::backend::Backend;
use crate::sandbox::operation_request::{OperationRequest, check_name};
use crate::sandbox::operation_result::{OperationError, OperationOutput, OperationResult};
use crate::sandbox::timestamp::Timestamp;
use crate::sandbox::world::{DEFAULT_WORKSPACE, Deletion, ListPosition, Workspace};

const DEFAULT_PAGE: usize = 20;
/// The characters to encode in a query: all but the unreserved ones (RFC 3986).
const QUERY_VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Finds or creates the workspace with a name. `field` is the name's field and the name.
pub(crate) fn find_or_create(
    backend: &mut Backend,
    field: (&str, &str),
    region: Option<Uuid>,
    now: Timestamp,
) -> Result<Uuid, OperationError> {
    let (field, name) = field;
    check_name(field, name)?;
    if let Some(existing) = backend.world.workspace_named(name) {
        return Ok(existing.id);
    }
    let id = backend.ids.next_id();
    backend.world.put_workspace(Workspace {
        id,
        name: name.to_owned(),
        active: true,
        cache_enabled: None,
        region_id: region,
        created_at: now,
        updated_at: now,
        deleted_at: None,
    });
    Ok(id)
}

/// A page of the listing, and the URL of the next page.
pub(crate) fn list(backend: &Backend, request: &OperationRequest<'_>) -> OperationResult {
    let requested = request
        .parameters
        .get("limit")
        .and_then(Value::as_u64)
        .and_then(|n| usize::try_from(n).ok());
    let limit = requested
        .unwrap_or(DEFAULT_PAGE)
        .min(backend.settings.page_size_max.max(1));
    let position = request.text("cursor").map(read_cursor).transpose()?;
    let part = request.text("name_contains").map(str::to_lowercase);
    let mut page: Vec<&Workspace> = backend
        .world
        .workspaces_after(position)
        .filter(|w| {
            part.as_ref()
                .is_none_or(|part| w.name.to_lowercase().contains(part))
        })
        .filter(|w| {
            request
                .text("status")
                .is_none_or(|status| status == status_of(w))
        })
        .take(limit + 1)
        .collect();
    let has_more = page.len() > limit;
    page.truncate(limit);
    let next = page
        .last()
        .filter(|_| has_more)
        .map(|last| next_url(request, (last.created_at, last.id)));
    let data: Vec<Value> = page.into_iter().map(|w| show(backend, w)).collect();
    Ok(OperationOutput::ok(json!({"next": next, "data": data})))
}

/// The numbers of active and inactive workspaces.
pub(crate) fn stats(backend: &Backend) -> OperationOutput {
    let total = backend.world.workspaces_after(None).count();
    let active = backend
        .world
        .workspaces_after(None)
        .filter(|w| w.active)
        .count();
    OperationOutput::ok(
        json!({"active_count": active, "inactive_count": total - active, "total_count": total}),
    )
}

/// The details of a workspace.
pub(crate) fn get(backend: &Backend, request: &OperationRequest<'_>) -> OperationResult {
    find(backend, request).map(|w| OperationOutput::ok(show(backend, w)))
}

/// Updates name, status and cache setting of a workspace.
pub(crate) fn update(backend: &mut Backend, request: &OperationRequest<'_>) -> OperationResult {
    request.refuse_nulls(&["name", "status"])?;
    let mut workspace = find(backend, request)?.clone();
    if let Some(name) = request.field("name") {
        rename(backend, &mut workspace, name)?;
    }
    if let Some(status) = request.field("status") {
        workspace.active = status == "active";
    }
    if let Some(cache) = request.body.get("cache_enabled") {
        workspace.cache_enabled = cache.as_bool();
    }
    if !request.body.is_empty() {
        workspace.updated_at = request.now;
    }
    backend.world.put_workspace(workspace.clone());
    Ok(OperationOutput::ok(show(backend, &workspace)))
}

/// Deletes a workspace and its connectors.
pub(crate) fn delete(backend: &mut Backend, request: &OperationRequest<'_>) -> OperationResult {
    let mut workspace = find(backend, request)?.clone();
    if workspace.name == DEFAULT_WORKSPACE {
        return Err(OperationError::bad_request(
            "The default workspace cannot be deleted",
        ));
    }
    let connectors: Vec<_> = backend
        .world
        .connectors_of(workspace.id, request.now)
        .cloned()
        .collect();
    for mut connector in connectors {
        connector.deletion = Some(Deletion {
            job_id: backend.ids.next_id(),
            gone_at: request.now,
        });
        backend.world.put_connector(connector);
    }
    workspace.deleted_at = Some(request.now);
    let id = workspace.id;
    backend.world.put_workspace(workspace);
    Ok(OperationOutput::ok(
        json!({"id": id, "deleted_at": request.now}),
    ))
}

fn find<'a>(
    backend: &'a Backend,
    request: &OperationRequest<'_>,
) -> Result<&'a Workspace, OperationError> {
    backend
        .world
        .workspace(request.id("workspace_id")?)
        .ok_or_else(|| OperationError::not_found("Workspace"))
}

fn rename(backend: &Backend, workspace: &mut Workspace, name: &str) -> Result<(), OperationError> {
    if name == workspace.name {
        return Ok(());
    }
    check_name("body.name", name)?;
    if workspace.name == DEFAULT_WORKSPACE {
        return Err(OperationError::bad_request(
            "The default workspace cannot be renamed",
        ));
    }
    if backend.world.workspace_named(name).is_some() {
        return Err(OperationError::bad_request(
            "A workspace with this name already exists",
        ));
    }
    name.clone_into(&mut workspace.name);
    Ok(())
}

fn status_of(workspace: &Workspace) -> &'static str {
    if workspace.active {
        "active"
    } else {
        "inactive"
    }
}

fn show(backend: &Backend, workspace: &Workspace) -> Value {
    json!({
        "id": workspace.id,
        "name": workspace.name,
        "organization_id": backend.settings.organization_id,
        "status": status_of(workspace),
        "cache_enabled": workspace.cache_enabled,
        "tombstone": workspace.deleted_at.is_some(),
        "visibility": "shared",
        "color": null,
        "created_at": workspace.created_at,
        "updated_at": workspace.updated_at,
    })
}

/// The URL of the next page, with the filters and the page size of the request.
fn next_url(request: &OperationRequest<'_>, position: ListPosition) -> String {
    let mut query = vec![format!("cursor={}", write_cursor(position))];
    for name in ["limit", "name_contains", "status"] {
        match request.parameters.get(name) {
            Some(Value::String(text)) => {
                query.push(format!("{name}={}", utf8_percent_encode(text, QUERY_VALUE)));
            }
            Some(Value::Number(number)) => query.push(format!("{name}={number}")),
            _ => {}
        }
    }
    format!("{}/api/v1/workspaces?{}", request.origin, query.join("&"))
}

fn write_cursor((created_at, id): ListPosition) -> String {
    format!("{:016x}{}", created_at.micros(), id.simple())
}

/// A cursor before the first workspace. Each call returns a different one.
pub(crate) fn restart_cursor() -> String {
    write_cursor((Timestamp::from_micros(0), Uuid::new_v4()))
}

fn read_cursor(text: &str) -> Result<ListPosition, OperationError> {
    let invalid = || OperationError::invalid("query.cursor", "is not a cursor of this listing");
    let (time, id) = text.split_at_checked(16).ok_or_else(invalid)?;
    let micros = u64::from_str_radix(time, 16).map_err(|_| invalid())?;
    let id = Uuid::try_parse(id).map_err(|_| invalid())?;
    Ok((Timestamp::from_micros(micros.cast_signed()), id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursor_round_trips_and_rejects_invalid_text() {
        let position = (
            Timestamp::from_micros(1_700_000_000_000_000),
            Uuid::from_u128(77),
        );
        assert_eq!(read_cursor(&write_cursor(position)).unwrap(), position);
        for text in ["", "xyz", "é0000000000000000", "00000000000000000"] {
            assert_eq!(read_cursor(text).unwrap_err().status, 422, "{text}");
        }
    }

    #[test]
    fn query_value_with_reserved_characters_is_encoded() {
        let encoded = utf8_percent_encode("a b&c=é-._~", QUERY_VALUE).to_string();
        assert_eq!(encoded, "a%20b%26c%3D%C3%A9-._~");
    }
}
