//! Responsible for consents: the operation that starts one, and the customer's decision on the consent page.
//!
//! Starting a consent creates the workspace if its name is new, so it is a write. Agreeing creates the connector.

use std::time::Duration;

use axum::http::Uri;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::connector_request::{Settings, configuration, environment};
use super::oauth_apps::require_oauth;
use super::workspaces;
use crate::sandbox::backend::Backend;
use crate::sandbox::catalog::ConnectorType;
use crate::sandbox::consent_store::Consent;
use crate::sandbox::operation_request::{OperationRequest, check_name};
use crate::sandbox::operation_result::{OperationError, OperationOutput, OperationResult};
use crate::sandbox::organization_objects::Template;
use crate::sandbox::origin_check::LOOPBACK_NAMES;
use crate::sandbox::timestamp::Timestamp;
use crate::sandbox::tokens::Caller;
use crate::sandbox::world::{CheckOutcome, Connector};

/// How long a consent URL is valid. The documents do not say; other vendors' shortest is 30 minutes.
const VALID_FOR: Duration = Duration::from_mins(30);

/// The customer's decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    Allow,
    Deny,
}

/// Starts a consent and returns its URL.
pub(crate) fn initiate(backend: &mut Backend, request: &OperationRequest<'_>) -> OperationResult {
    let redirect_url = redirect_url(request)?;
    let kind = selected(backend, request)?;
    let template = own_template(backend, kind, request)?;
    let (template_id, template_name) = (template.id, template.name.clone());
    environment(kind, request)?;
    let given = request
        .given("replication_config")
        .and_then(Value::as_object);
    let before = Map::new();
    let settings = Settings {
        given,
        before: &before,
    };
    let replication_config = configuration(backend, kind, template_id, settings)?;
    let name = request.field("name").unwrap_or(&template_name).to_owned();
    check_name("body.name", &name)?;
    let workspace_id = workspace(backend, request)?;
    let id = Uuid::new_v4();
    let consent = Consent {
        workspace_id,
        name,
        definition_id: kind.definition_id,
        template_id,
        replication_config,
        redirect_url,
        expires: request.now.after(VALID_FOR),
    };
    backend.consents.insert(id, consent, request.now);
    let url = format!("{}/consent/{id}", request.origin);
    Ok(OperationOutput::ok(json!({"consent_url": url})))
}

/// The consent with an id, for its page: connector name and workspace name.
pub(crate) fn find(backend: &Backend, id: Uuid, now: Timestamp) -> Option<(String, String)> {
    let consent = backend.consents.get(id, now)?;
    let workspace = backend.world.workspace(consent.workspace_id);
    let kind = backend.catalog.by_definition(consent.definition_id);
    Some((
        kind.map(ConnectorType::display_name).unwrap_or_default(),
        workspace.map(|w| w.name.clone()).unwrap_or_default(),
    ))
}

/// Executes a decision and returns the URL to which the browser goes next. `None` for an unknown consent.
pub(crate) fn decide(
    backend: &mut Backend,
    id: Uuid,
    decision: Decision,
    now: Timestamp,
) -> Option<String> {
    let consent = backend.consents.remove(id, now)?;
    if decision == Decision::Deny {
        return Some(failed(&consent, "access_denied", "The customer refused"));
    }
    if backend.world.workspace(consent.workspace_id).is_none() {
        let reason = "The workspace does not exist";
        return Some(failed(&consent, "creation_failed", reason));
    }
    let connector = Connector {
        id: backend.ids.next_id(),
        workspace_id: consent.workspace_id,
        name: consent.name.clone(),
        definition_id: consent.definition_id,
        template_id: consent.template_id,
        replication_config: consent.replication_config.clone(),
        entities: None,
        outcome: CheckOutcome::Works,
        created_at: now,
        updated_at: now,
        deletion: None,
    };
    let target = with_query(&consent, &[("connector_id", &connector.id.to_string())]);
    backend.world.put_connector(connector);
    Some(target)
}

fn failed(consent: &Consent, error: &str, description: &str) -> String {
    with_query(
        consent,
        &[("error", error), ("error_description", description)],
    )
}

/// The redirect URL with more parameters. Its own parameters stay.
fn with_query(consent: &Consent, pairs: &[(&str, &str)]) -> String {
    let mut url = consent.redirect_url.clone();
    for (name, value) in pairs {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(name);
        url.push('=');
        url.extend(utf8_percent_encode(value, NON_ALPHANUMERIC));
    }
    url
}

fn redirect_url(request: &OperationRequest<'_>) -> Result<String, OperationError> {
    let text = request.field("redirect_url").unwrap_or_default();
    let refuse = |rule| Err(OperationError::invalid("body.redirect_url", rule));
    let Ok(uri) = text.parse::<Uri>() else {
        return refuse("is not a URL");
    };
    let host = uri.host().unwrap_or_default();
    match uri.scheme_str() {
        Some("https") if !host.is_empty() => {}
        Some("http") if LOOPBACK_NAMES.contains(&host) => {}
        _ => return refuse("must be an https URL, or an http URL of a loopback host"),
    }
    let is_taken = |pair: &str| {
        let name = pair.split('=').next().unwrap_or_default();
        ["connector_id", "error", "error_description"].contains(&name)
    };
    if text.contains('#') || uri.query().is_some_and(|q| q.split('&').any(is_taken)) {
        return refuse("must have neither a fragment nor the parameters of the response");
    }
    Ok(text.to_owned())
}

/// The type in the body, by its display name. Slugs are not accepted, as the documents say.
fn selected(
    backend: &Backend,
    request: &OperationRequest<'_>,
) -> Result<&'static ConnectorType, OperationError> {
    let by_name = request.field("connector_type").map(|name| {
        let mut types = backend.catalog.connectors.iter();
        types.find(|kind| kind.display_name().eq_ignore_ascii_case(name))
    });
    let by_id = request.field("definition_id").map(|id| {
        let id = id.parse().ok();
        id.and_then(|id| backend.catalog.by_definition(id))
    });
    let ((Some(kind), None) | (None, Some(kind))) = (by_name, by_id) else {
        return Err(OperationError::invalid(
            "body",
            "exactly one of connector_type, definition_id is required",
        ));
    };
    require_oauth(kind)
}

/// The organization's template of a type. A consent does not use the global template.
fn own_template<'a>(
    backend: &'a Backend,
    kind: &ConnectorType,
    request: &OperationRequest<'_>,
) -> Result<&'a Template, OperationError> {
    let own: Vec<&Template> = backend
        .world
        .live_templates()
        .into_iter()
        .filter(|template| template.definition_id == kind.definition_id)
        .collect();
    match (request.field("source_template_id"), own.as_slice()) {
        (Some(id), _) => own
            .into_iter()
            .find(|template| template.id.to_string().eq_ignore_ascii_case(id))
            .ok_or_else(|| OperationError::not_found("Source template")),
        (None, [only]) => Ok(only),
        (None, []) => Err(OperationError::bad_request(
            "The organization has no source template for this connector",
        )),
        (None, _) => Err(OperationError::bad_request(
            "Several source templates exist for this connector: source_template_id is required",
        )),
    }
}

fn workspace(
    backend: &mut Backend,
    request: &OperationRequest<'_>,
) -> Result<Uuid, OperationError> {
    let name = request.field("workspace_name").unwrap_or_default();
    if let Caller::Scoped(id) = request.caller {
        let workspace = backend.world.workspace_named(name);
        return workspace
            .filter(|workspace| workspace.id == id)
            .map(|workspace| workspace.id)
            .ok_or_else(|| {
                OperationError::forbidden("This scoped token belongs to another workspace")
            });
    }
    workspaces::find_or_create(backend, ("body.workspace_name", name), None, request.now)
}
