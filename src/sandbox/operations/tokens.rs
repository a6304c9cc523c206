//! Responsible for the operations that issue and describe tokens.
//!
//! A request for a scoped token with an unknown workspace name creates the workspace. The API has no other operation
//! that creates one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use uuid::Uuid;

use super::workspaces;
use crate::sandbox::backend::Backend;
use crate::sandbox::operation_request::OperationRequest;
use crate::sandbox::operation_result::{OperationError, OperationOutput, OperationResult};
use crate::sandbox::tokens::{Caller, WidgetGrant};

/// Issues an application token for client credentials.
pub(crate) fn application(
    backend: &mut Backend,
    request: &OperationRequest<'_>,
) -> OperationResult {
    let id = request.field("client_id").unwrap_or_default();
    let secret = request.field("client_secret").unwrap_or_default();
    let is_valid = match &backend.settings.client {
        Some((client_id, client_secret)) => client_id == id && client_secret == secret,
        None => !id.is_empty() && !secret.is_empty(),
    };
    if !is_valid {
        return Err(OperationError::unauthorized("Invalid client credentials"));
    }
    let ttl = backend.settings.app_token_ttl;
    Ok(OperationOutput::ok(json!({
        "access_token": backend.tokens.create(Caller::Application, ttl, request.now),
        "token_type": "bearer",
        "expires_in": ttl.as_secs(),
        "organization_id": backend.settings.organization_id,
    })))
}

/// Issues a token for a workspace, which this creates if its name is new.
pub(crate) fn scoped(backend: &mut Backend, request: &OperationRequest<'_>) -> OperationResult {
    let workspace = find_or_create_workspace(backend, request)?;
    let ttl = backend.settings.scoped_token_ttl;
    Ok(OperationOutput::ok(
        json!({"token": backend.tokens.create(Caller::Scoped(workspace), ttl, request.now)}),
    ))
}

/// Issues a token for a workspace and a browser origin, in the encoding that the vendor's clients expect.
pub(crate) fn widget(backend: &mut Backend, request: &OperationRequest<'_>) -> OperationResult {
    let origin = request.field("allowed_origin").unwrap_or_default();
    if !is_origin(origin) {
        return Err(OperationError::invalid(
            "body.allowed_origin",
            "must be an origin: scheme, host and port without a path",
        ));
    }
    let workspace = find_or_create_workspace(backend, request)?;
    let grant = WidgetGrant {
        workspace,
        origin: origin.to_owned(),
    };
    let ttl = backend.settings.scoped_token_ttl;
    let token = backend.tokens.create_widget(grant, ttl, request.now);
    let url = format!("{}/widget?workspaceId={workspace}", request.origin);
    let wrapped = json!({"token": token, "widgetUrl": url}).to_string();
    Ok(OperationOutput::ok(
        json!({"token": STANDARD.encode(wrapped)}),
    ))
}

/// The workspace of a scoped token.
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

/// The workspace of a scoped token, in the older contract: with the older name of the name field, too.
pub(crate) fn older_info(backend: &Backend, request: &OperationRequest<'_>) -> OperationResult {
    let mut output = info(backend, request)?;
    let name = output.body["workspace_name"].clone();
    output.body["external_user_id"] = name;
    Ok(output)
}

fn find_or_create_workspace(
    backend: &mut Backend,
    request: &OperationRequest<'_>,
) -> Result<Uuid, OperationError> {
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
    fn is_origin_with_path_or_user_is_false() {
        assert!(is_origin("https://app.example.com:8443") && is_origin("http://localhost:3000"));
        for text in [
            "app.example.com",
            "https://",
            "https://a.example/",
            "https://user@a.example",
            "*",
            "ftp://a",
        ] {
            assert!(!is_origin(text), "{text}");
        }
    }
}
