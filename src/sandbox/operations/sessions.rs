//! Responsible for the sessions in which the vendor's own client takes credentials in a browser. The documents have no
//! page for them, so the customer of the sandbox consents at once.

use serde_json::json;
use uuid::Uuid;

use crate::sandbox::backend::Backend;
use crate::sandbox::operation_request::OperationRequest;
use crate::sandbox::operation_result::{OperationError, OperationOutput, OperationResult};

/// The most sessions that are kept.
const CAPACITY: usize = 10_000;

/// A session, in memory only.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BrowserSession {
    template_id: Uuid,
    /// The connector that was created with its credentials.
    source_id: Option<Uuid>,
}

pub(crate) fn create(backend: &mut Backend, request: &OperationRequest<'_>) -> OperationResult {
    let id = |name: &str| request.field(name).and_then(|id| id.parse().ok());
    id("workspace_id")
        .and_then(|id| backend.world.workspace(id))
        .ok_or_else(|| OperationError::not_found("Workspace"))?;
    let template_id = id("source_template_id")
        .filter(|id| {
            let own = backend.world.template(*id);
            own.is_some() || backend.catalog.by_global_template(*id).is_some()
        })
        .ok_or_else(|| OperationError::not_found("Source template"))?;
    let session = BrowserSession {
        template_id,
        source_id: None,
    };
    if backend.sessions.len() >= CAPACITY {
        backend.sessions.clear();
    }
    let id = backend.ids.next_id();
    backend.sessions.insert(id, session);
    Ok(OperationOutput::ok(json!({"session_id": id})))
}

pub(crate) fn get(backend: &Backend, request: &OperationRequest<'_>) -> OperationResult {
    let (_, session) = find(backend, request)?;
    Ok(OperationOutput::ok(json!({
        "status": "completed",
        "source_id": session.source_id,
        "source_template_id": session.template_id,
        "auth_payload": {},
    })))
}

pub(crate) fn update(backend: &mut Backend, request: &OperationRequest<'_>) -> OperationResult {
    let (id, session) = find(backend, request)?;
    let source = request.field("source_id").and_then(|id| id.parse().ok());
    let connector = source
        .and_then(|id| backend.world.connector(id, request.now))
        .ok_or_else(|| OperationError::not_found("Connector"))?;
    let session = BrowserSession {
        source_id: Some(connector.id),
        ..session
    };
    backend.sessions.insert(id, session);
    Ok(OperationOutput::ok(json!({})))
}

fn find(
    backend: &Backend,
    request: &OperationRequest<'_>,
) -> Result<(Uuid, BrowserSession), OperationError> {
    let id = request.text("session_id").and_then(|id| id.parse().ok());
    id.and_then(|id| Some((id, *backend.sessions.get(&id)?)))
        .ok_or_else(|| OperationError::not_found("Session"))
}
