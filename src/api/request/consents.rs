//! Responsible for building the requests that start a consent, that read and copy source templates, and that set and
//! remove OAuth apps. The vendor hides some of these operations in its newest documentation, so their paths are here
//! only.

use super::{CONNECTORS, Request};
use crate::api::error::{ApiError, ApiErrorKind};
use crate::api::resilience::Idempotency;
use crate::api::{ConsentRequest, body};
use crate::model::{Address, DefinitionId, SecretLookup, Setting, Settings, TemplateId};
use reqwest::Method;
use serde::Serialize;
use serde_json::{Map, Value};

const OAUTH_APPS: &str = "/api/v1/oauth/credentials";
const TEMPLATES: &str = "/api/v1/integrations/templates/sources";

/// Which source templates a list has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::api) enum TemplateOwner {
    Organization,
    Vendor,
}

/// `create_integrations_connectors_oauth_initiate`; creates the workspace if the name is new.
pub(in crate::api) fn initiate_consent(
    consent: &ConsentRequest<'_>,
) -> Result<Request<'static>, ApiError> {
    #[derive(Serialize)]
    struct Body<'a> {
        workspace_name: &'a str,
        redirect_url: &'a str,
        connector_type: &'a str,
        name: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        source_template_id: Option<TemplateId>,
        #[serde(skip_serializing_if = "Option::is_none")]
        replication_config: Option<Map<String, Value>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        environment: Option<Map<String, Value>>,
    }
    let path = format!("{CONNECTORS}/oauth/initiate");
    let operation = "create_integrations_connectors_oauth_initiate";
    let request = Request::new(operation, Method::POST, path)
        .about(&Address::connector(consent.customer, consent.name));
    let request = request.with_json(&Body {
        workspace_name: consent.customer,
        redirect_url: consent.redirect_url,
        connector_type: consent.type_name,
        name: consent.name,
        source_template_id: consent.template_id,
        replication_config: consent.replication_config.map(literals).transpose()?,
        environment: consent.environment.map(literals).transpose()?,
    })?;
    Ok(Request {
        slow: true,
        ..request
    })
}

/// `list_integrations_templates_sources`
pub(in crate::api) fn list_templates(owner: TemplateOwner) -> Request<'static> {
    let mut request = Request::get("list_integrations_templates_sources", TEMPLATES);
    if owner == TemplateOwner::Vendor {
        request.query.push(("use_global", "true".to_owned()));
    }
    request
}

/// `create_integrations_templates_sources`: copies a template into the organization.
pub(in crate::api) fn clone_template(original: TemplateId) -> Result<Request<'static>, ApiError> {
    #[derive(Serialize)]
    struct Body {
        original_source_template_id: TemplateId,
    }
    let operation = "create_integrations_templates_sources";
    let request = Request::new(operation, Method::POST, TEMPLATES.to_owned()).about(&original);
    let request = request.with_json(&Body {
        original_source_template_id: original,
    })?;
    Ok(Request {
        idempotency: Idempotency::NotIdempotent,
        ..request
    })
}

/// `update_oauth_credentials`: sets the organization's OAuth app of a type.
pub(in crate::api) fn put_oauth_app<'a>(
    definition: DefinitionId,
    fields: &'a Settings,
    secrets: &'a dyn SecretLookup,
) -> Result<Request<'a>, ApiError> {
    let operation = "update_oauth_credentials";
    let request = Request::new(operation, Method::PUT, OAUTH_APPS.to_owned()).about(&definition);
    let body = body::oauth_app_request(definition, fields, secrets)?;
    Ok(request.with_secrets(body))
}

/// `delete_oauth_credentials_connector_type_connector_type`; succeeds if there is no app.
pub(in crate::api) fn delete_oauth_app(kind: &str) -> Request<'static> {
    let operation = "delete_oauth_credentials_connector_type_connector_type";
    let path = format!("{OAUTH_APPS}/connector_type/{kind}");
    Request::new(operation, Method::DELETE, path).about(&kind)
}

/// Settings as JSON. Fails if one is a secret.
fn literals(settings: &Settings) -> Result<Map<String, Value>, ApiError> {
    settings
        .iter()
        .map(|(name, setting)| Ok((name.to_string(), literal(setting)?)))
        .collect()
}

fn literal(setting: &Setting) -> Result<Value, ApiError> {
    match setting {
        Setting::Literal(value) => serde_json::to_value(value)
            .map_err(|_| ApiErrorKind::Setup("the request body cannot be written").into()),
        Setting::Secret(reference) => {
            Err(ApiErrorKind::Unresolved(Box::new((**reference).clone())).into())
        }
        Setting::List(items) => items.iter().map(literal).collect(),
        Setting::Map(fields) => literals(fields).map(Value::Object),
    }
}
