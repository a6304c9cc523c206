//! Responsible for the handlers of the API's operations, and for the table that maps operation ids to handlers.
//!
//! A handler receives a request that is authenticated and checked against the contract. Handlers do not wait, read
//! a clock, or use sockets or files.

mod account;
mod checks;
mod connection_templates;
mod connector_request;
mod connectors;
mod consents;
mod definitions;
mod oauth_apps;
mod sessions;
mod templates;
mod tokens;
mod workspaces;

use super::backend::Backend;
use super::operation_request::OperationRequest;
use super::operation_result::{OperationError, OperationResult};
pub(crate) use consents::{Decision, decide, find as find_consent};
pub(crate) use sessions::BrowserSession;
pub(crate) use workspaces::restart_cursor;

use Handler::{Read, Write};

/// The function that executes an operation.
enum Handler {
    Read(fn(&Backend, &OperationRequest<'_>) -> OperationResult),
    Write(fn(&mut Backend, &OperationRequest<'_>) -> OperationResult),
}

/// The handler of each operation, in the order of the specification.
static HANDLERS: &[(&str, Handler)] = &[
    (
        "create_account_applications_token",
        Write(tokens::application),
    ),
    (
        "create_account_applications_scoped_token",
        Write(tokens::scoped),
    ),
    (
        "get_account_applications_scoped_token_info",
        Read(tokens::info),
    ),
    (
        "create_account_applications_widget_token",
        Write(tokens::widget),
    ),
    (
        "deprecated_create_embedded_scoped_token",
        Write(tokens::scoped),
    ),
    (
        "deprecated_get_embedded_scoped_token_info",
        Read(tokens::older_info),
    ),
    (
        "deprecated_create_embedded_widget_token",
        Write(tokens::widget),
    ),
    ("list_workspaces", Read(workspaces::list)),
    (
        "get_workspaces_stats",
        Read(|backend, _| Ok(workspaces::stats(backend))),
    ),
    ("get_workspaces_workspace_id", Read(workspaces::get)),
    ("update_workspaces_workspace_id", Write(workspaces::update)),
    ("delete_workspaces_workspace_id", Write(workspaces::delete)),
    ("list_integrations_connectors", Read(connectors::list)),
    ("create_integrations_connectors", Write(connectors::create)),
    ("create_integrations_connectors_check", Write(checks::check)),
    ("get_integrations_connectors_id", Read(connectors::get)),
    (
        "update_integrations_connectors_id",
        Write(connectors::update),
    ),
    (
        "delete_integrations_connectors_id",
        Write(connectors::delete),
    ),
    (
        "create_integrations_connectors_id_check",
        Write(checks::check_existing),
    ),
    (
        "create_integrations_connectors_id_execute",
        Read(checks::execute),
    ),
    (
        "get_integrations_connectors_id_inspect",
        Read(checks::inspect),
    ),
    (
        "create_integrations_connectors_oauth_initiate",
        Write(consents::initiate),
    ),
    (
        "list_integrations_definitions_sources",
        Read(|backend, request| Ok(definitions::sources(backend, request))),
    ),
    (
        "get_integrations_definitions_sources_id",
        Read(definitions::source),
    ),
    (
        "list_integrations_definitions_destinations",
        Read(|_, request| Ok(definitions::destinations(request))),
    ),
    (
        "get_integrations_definitions_destinations_id",
        Read(|_, request| definitions::destination(request)),
    ),
    (
        "list_integrations_templates_sources",
        Read(|backend, request| Ok(templates::list(backend, request))),
    ),
    (
        "create_integrations_templates_sources",
        Write(templates::create),
    ),
    (
        "list_integrations_templates_sources_global",
        Read(|backend, _| Ok(templates::list_global(backend))),
    ),
    (
        "get_integrations_templates_sources_id",
        Read(templates::get),
    ),
    (
        "update_integrations_templates_sources_id",
        Write(templates::update),
    ),
    (
        "delete_integrations_templates_sources_id",
        Write(templates::delete),
    ),
    (
        "list_integrations_templates_connections",
        Read(|backend, request| Ok(connection_templates::list(backend, request))),
    ),
    (
        "create_integrations_templates_connections",
        Write(connection_templates::create),
    ),
    (
        "get_integrations_templates_connections_id",
        Read(connection_templates::get),
    ),
    (
        "update_integrations_templates_connections_id",
        Write(connection_templates::update),
    ),
    (
        "delete_integrations_templates_connections_id",
        Write(connection_templates::delete),
    ),
    (
        "create_integrations_templates_connections_cron_describe",
        Read(|_, request| Ok(connection_templates::describe_cron(request))),
    ),
    ("update_oauth_credentials", Write(oauth_apps::put)),
    (
        "delete_oauth_credentials_connector_type_connector_type",
        Write(oauth_apps::delete),
    ),
    (
        "list_organizations_credentials",
        Read(connectors::list_of_organization),
    ),
    (
        "list_internal_account_organizations",
        Read(|backend, _| Ok(account::organizations(backend))),
    ),
    (
        "create_internal_mcp_oauth_sessions",
        Write(sessions::create),
    ),
    (
        "get_internal_mcp_oauth_sessions_session_id",
        Read(sessions::get),
    ),
    (
        "update_internal_mcp_oauth_sessions_session_id",
        Write(sessions::update),
    ),
];

/// Executes the operation of a request.
pub(crate) fn perform(backend: &mut Backend, request: &OperationRequest<'_>) -> OperationResult {
    match HANDLERS.iter().find(|(id, _)| *id == request.operation) {
        Some((_, Read(handler))) => handler(backend, request),
        Some((_, Write(handler))) => handler(backend, request),
        None => Err(OperationError::new(
            501,
            "the sandbox does not implement this operation",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::ApiContract;

    #[test]
    fn handlers_compared_with_specification_are_complete() {
        let handled: Vec<&str> = HANDLERS.iter().map(|(id, _)| *id).collect();
        assert_eq!(handled, ApiContract::load().unwrap().operation_ids());
    }
}
