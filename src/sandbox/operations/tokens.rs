//! Responsible for the operations about tokens.
//!
//! Minting a token for an unknown workspace name creates the workspace. The API has no other operation that
//! creates one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use uuid::Uuid;

use super::workspaces;
use crate::sandbox::backend::Backend;
use crate::sandbox::operation_request::OperationRequest;
use crate::sandbox::operation_result::{OperationError, OperationOutput, OperationResult};
use crate::sandbox::tokens::Caller;

/// Client credentials for an application token.
pub(crate) fn application(
    backend: &mut Backend,
    request: &OperationRequest<'_>,
) -> OperationResult {
    let id = request.field("client_id").unwrap_or_default();
    let secret = request.field("client_secret").unwrap_or_default();
    let known = match &backend.settings.client {
        Some((client_id, client_secret)) => client_id == id && client_secret == secret,
        None => !id.is_empty() && !secret.is_empty(),
    };
    if !known {
        return Err(OperationError::unauthorized("Invalid client credentials"));
    }
    let ttl = backend.settings.app_token_ttl;
    Ok(OperationOutput::ok(json!({
        "access_token": backend.tokens.issue(Caller::Application, ttl, request.now),
        "token_type": "bearer",
        "expires_in": ttl.as_secs(),
        "organization_id": backend.settings.organization_id,
    })))
}

/// A token for one workspace, which is created when its name is new.
pub(crate) fn scoped(backend: &mut Backend, request: &OperationRequest<'_>) -> OperationResult {
    let workspace = mint(backend, request)?;
    let ttl = backend.settings.scoped_token_ttl;
    Ok(OperationOutput::ok(
        json!({"token": backend.tokens.issue(Caller::Scoped(workspace), ttl, request.now)}),
    ))
}

/// A token for one workspace and one browser origin, wrapped the way the vendor's clients unwrap it.
pub(crate) fn widget(backend: &mut Backend, request: &OperationRequest<'_>) -> OperationResult {
    if !is_origin(request.field("allowed_origin").unwrap_or_default()) {
        return Err(OperationError::invalid(
            "body.allowed_origin",
            "must be an origin: scheme, host and port without a path",
        ));
    }
    let workspace = mint(backend, request)?;
    let token = backend.tokens.issue(
        Caller::Widget,
        backend.settings.scoped_token_ttl,
        request.now,
    );
    let url = format!("{}/widget?workspaceId={workspace}", request.origin);
    let wrapped = json!({"token": token, "widgetUrl": url}).to_string();
    Ok(OperationOutput::ok(
        json!({"token": STANDARD.encode(wrapped)}),
    ))
}

/// Which workspace a scoped token belongs to.
pub(crate) fn info(backend: &Backend, request: &OperationRequest<'_>) -> OperationResult {
    let Caller::Scoped(id) = request.caller else {
        return Err(OperationError::forbidden(
            "This operation takes a scoped token",
        ));
    };
    let workspace = backend
        .world
        .workspace(id)
        .ok_or_else(|| OperationError::not_found("Workspace"))?;
    Ok(OperationOutput::ok(json!({
        "organization_id": backend.settings.organization_id,
        "workspace_id": workspace.id,
        "workspace_name": workspace.name,
    })))
}

/// The same under the older path, with the older name beside the newer.
pub(crate) fn older_info(backend: &Backend, request: &OperationRequest<'_>) -> OperationResult {
    let mut operation_result = info(backend, request)?;
    let name = operation_result.body["workspace_name"].clone();
    operation_result.body["external_user_id"] = name;
    Ok(operation_result)
}

fn mint(backend: &mut Backend, request: &OperationRequest<'_>) -> Result<Uuid, OperationError> {
    let (field, name) = match request.field("external_user_id") {
        Some(name) => ("body.external_user_id", name),
        None => (
            "body.workspace_name",
            request.field("workspace_name").unwrap_or_default(),
        ),
    };
    let region = request.field("region_id").and_then(|r| r.parse().ok());
    workspaces::find_or_create(backend, (field, name), region, request.now)
}

fn is_origin(text: &str) -> bool {
    let Some((scheme, authority)) = text.split_once("://") else {
        return false;
    };
    matches!(scheme, "http" | "https")
        && !authority.is_empty()
        && authority
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || ".-:[]".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_no_path_and_no_user() {
        assert!(is_origin("https://app.example.com:8443") && is_origin("http://localhost:3000"));
        for wrong in [
            "app.example.com",
            "https://",
            "https://a.example/",
            "https://user@a.example",
            "*",
            "ftp://a",
        ] {
            assert!(!is_origin(wrong), "{wrong}");
        }
    }
}
