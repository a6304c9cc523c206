//! Responsible for validating the body that creates or checks a connector, by the documented rules that no schema
//! expresses: one selector of the type, some configuration, credentials of one auth method.
//!
//! The result contains no credentials, only the outcome of a check with them.

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::sandbox::backend::{Backend, SecretPredicate};
use crate::sandbox::catalog::ConnectorType;
use crate::sandbox::operation_request::{OperationRequest, check_name};
use crate::sandbox::operation_result::{FieldError, OperationError};
use crate::sandbox::settings_behavior::SettingsBehavior;
use crate::sandbox::tokens::Caller;
use crate::sandbox::world::{CheckOutcome, Workspace};

/// Replaces a secret in a configuration.
const MASK: &str = "**********";
/// Parts of keys that suggest a secret value.
const SECRET_WORDS: [&str; 6] = [
    "secret",
    "password",
    "token",
    "api_key",
    "private_key",
    "credential",
];
const SELECTORS: [&str; 3] = ["definition_id", "connector_type", "source_template_id"];

/// A valid body that creates or checks a connector.
#[derive(Debug)]
pub(crate) struct ConnectorRequest {
    pub(crate) workspace_id: Uuid,
    pub(crate) name: String,
    pub(crate) definition_id: Uuid,
    pub(crate) template_id: Uuid,
    pub(crate) replication_config: Map<String, Value>,
    pub(crate) entities: Option<Value>,
    pub(crate) outcome: CheckOutcome,
}

/// Validates the body of a creation or a check.
pub(crate) fn read(
    backend: &Backend,
    request: &OperationRequest<'_>,
) -> Result<ConnectorRequest, OperationError> {
    let workspace = owner(backend, request)?;
    let (kind, template_id) = select(backend, request)?;
    let name = match request.field("name") {
        Some(name) => name.to_owned(),
        None => format!("{} - {}", kind.slug, workspace.name),
    };
    if request.field("name").is_some() {
        check_name("body.name", &name)?;
    }
    let outcome = credentials(kind, request)?;
    environment(kind, request)?;
    let given = request
        .given("replication_config")
        .and_then(Value::as_object);
    Ok(ConnectorRequest {
        workspace_id: workspace.id,
        name,
        definition_id: kind.definition_id,
        template_id,
        replication_config: configuration(
            backend,
            kind,
            template_id,
            Settings {
                given,
                before: &Map::new(),
            },
        )?,
        entities: request.given("entities").cloned(),
        outcome,
    })
}

/// The replication settings of a write.
#[derive(Clone, Copy)]
pub(crate) struct Settings<'a> {
    pub(crate) given: Option<&'a Map<String, Value>>,
    /// The stored settings from before the write.
    pub(crate) before: &'a Map<String, Value>,
}

/// Validates a configuration, adds defaults and the server's settings, and masks secrets.
pub(crate) fn configuration(
    backend: &Backend,
    kind: &ConnectorType,
    template_id: Uuid,
    settings: Settings<'_>,
) -> Result<Map<String, Value>, OperationError> {
    let given = settings.given.cloned().unwrap_or_default();
    let errors: Vec<FieldError> = kind
        .replication_config
        .iter()
        .filter(|(name, field)| {
            given
                .get(*name)
                .is_some_and(|value| !has_type(value, &field.json_type))
        })
        .map(|(name, field)| {
            FieldError::new(
                format!("body.replication_config.{name}"),
                format!("must be of type {}", field.json_type),
            )
        })
        .collect();
    if !errors.is_empty() {
        return Err(OperationError::unprocessable(errors));
    }
    let mut config = kind.constants();
    config.extend(
        backend
            .world
            .template(template_id)
            .map(|t| t.partial_default_config.clone())
            .unwrap_or_default(),
    );
    config.extend(given);
    let behaviors = &backend.settings.behaviors;
    for behavior in behaviors {
        behavior.store(&mut config, settings.before);
    }
    if !behaviors.contains(&SettingsBehavior::Verbatim) {
        mask(&mut config, &backend.is_secret);
    }
    Ok(config)
}

/// The workspace that the body names. Unlike the token endpoint, this does not create a workspace.
fn owner<'a>(
    backend: &'a Backend,
    request: &OperationRequest<'_>,
) -> Result<&'a Workspace, OperationError> {
    let name = request
        .field("external_user_id")
        .or(request.field("workspace_name"))
        .unwrap_or_default();
    let workspace = backend.world.workspace_named(name);
    if let Caller::Scoped(id) = request.caller
        && workspace.is_none_or(|w| w.id != id)
    {
        return Err(OperationError::forbidden(
            "This scoped token belongs to another workspace",
        ));
    }
    workspace.ok_or_else(|| OperationError::not_found("Workspace"))
}

/// The connector type and the template that the body selects.
fn select<'a>(
    backend: &'a Backend,
    request: &OperationRequest<'_>,
) -> Result<(&'a ConnectorType, Uuid), OperationError> {
    let given: Vec<&str> = SELECTORS
        .into_iter()
        .filter(|s| request.given(s).is_some())
        .collect();
    let [selector] = given.as_slice() else {
        return Err(OperationError::invalid(
            "body",
            format!("exactly one of {} is required", SELECTORS.join(", ")),
        ));
    };
    let text = request.field(selector).unwrap_or_default();
    match *selector {
        "connector_type" => {
            let kind = backend
                .catalog
                .by_name(text)
                .ok_or_else(|| OperationError::not_found("Connector definition"))?;
            Ok((kind, only_template(backend, kind)?))
        }
        "definition_id" => {
            let kind = text
                .parse()
                .ok()
                .and_then(|id| backend.catalog.by_definition(id));
            let kind = kind.ok_or_else(|| OperationError::not_found("Connector definition"))?;
            Ok((kind, only_template(backend, kind)?))
        }
        _ => by_template(backend, text),
    }
}

fn by_template<'a>(
    backend: &'a Backend,
    text: &str,
) -> Result<(&'a ConnectorType, Uuid), OperationError> {
    let missing = || OperationError::not_found("Source template");
    let id: Uuid = text.parse().map_err(|_| missing())?;
    let own = backend
        .world
        .template(id)
        .and_then(|t| backend.catalog.by_definition(t.definition_id));
    own.or_else(|| backend.catalog.by_global_template(id))
        .map(|kind| (kind, id))
        .ok_or_else(missing)
}

/// The organization's only template of a type, or the global template if there is none.
fn only_template(backend: &Backend, kind: &ConnectorType) -> Result<Uuid, OperationError> {
    let templates = backend.world.live_templates();
    let mut own = templates
        .iter()
        .filter(|t| t.definition_id == kind.definition_id);
    match (own.next(), own.next()) {
        (None, _) => Ok(kind.global_template_id()),
        (Some(only), None) => Ok(only.id),
        _ => Err(OperationError::bad_request(
            "Several source templates exist for this connector: source_template_id is required",
        )),
    }
}

/// Validates the credentials and returns the outcome of a check with them.
fn credentials(
    kind: &ConnectorType,
    request: &OperationRequest<'_>,
) -> Result<CheckOutcome, OperationError> {
    let Some(given) = request.given("credentials").and_then(Value::as_object) else {
        let others = ["replication_config", "server_side_oauth_secret_id"];
        return if others.iter().any(|field| request.given(field).is_some()) {
            Ok(CheckOutcome::Works)
        } else {
            Err(OperationError::invalid(
                "body",
                "one of replication_config, credentials, server_side_oauth_secret_id is required",
            ))
        };
    };
    if !kind.accepts_credentials(given) {
        let mut keys: Vec<&str> = given.keys().map(String::as_str).collect();
        keys.sort_unstable();
        let message = format!(
            "Credentials do not match any auth scheme. Provided keys: {}",
            Value::from(keys)
        );
        return Err(OperationError::bad_request(message));
    }
    let errors: Vec<FieldError> = given
        .iter()
        .filter_map(|(key, value)| credential_error(key, value))
        .collect();
    if errors.is_empty() {
        Ok(outcome(given))
    } else {
        Err(OperationError::unprocessable(errors))
    }
}

fn credential_error(key: &str, value: &Value) -> Option<FieldError> {
    let rule = match value {
        Value::String(text) if text.trim().is_empty() => "must not be empty",
        Value::String(_) => return None,
        _ => "must be of type string",
    };
    Some(FieldError::new(format!("body.credentials.{key}"), rule))
}

/// The outcome of a check. Markers in the credentials select it.
fn outcome(credentials: &Map<String, Value>) -> CheckOutcome {
    let has = |marker: &str| {
        credentials
            .values()
            .filter_map(Value::as_str)
            .any(|text| text.contains(marker))
    };
    match () {
        () if has("invalid") => CheckOutcome::Fails,
        () if has("pending-check") => CheckOutcome::Pending,
        () if has("inconclusive-check") => CheckOutcome::Inconclusive,
        () => CheckOutcome::Works,
    }
}

pub(crate) fn environment(
    kind: &ConnectorType,
    request: &OperationRequest<'_>,
) -> Result<(), OperationError> {
    let given = request
        .given("environment")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    let errors: Vec<FieldError> = given
        .filter_map(|(key, value)| environment_error(kind, key, value))
        .collect();
    if errors.is_empty() {
        Ok(())
    } else {
        Err(OperationError::unprocessable(errors))
    }
}

fn environment_error(kind: &ConnectorType, key: &str, value: &Value) -> Option<FieldError> {
    let rule = match (kind.server_variables.get(key), value) {
        (None, _) => "is not a known field".to_owned(),
        (Some(variable), Value::String(text)) => {
            let allowed = &variable.allowed;
            if allowed.is_empty() || allowed.iter().any(|a| a.eq_ignore_ascii_case(text)) {
                return None;
            }
            format!("must be one of {}", Value::from(allowed.clone()))
        }
        _ => "must be of type string".to_owned(),
    };
    Some(FieldError::new(format!("body.environment.{key}"), rule))
}

fn has_type(value: &Value, json_type: &str) -> bool {
    match json_type {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        // Older definitions had text instead of lists. The vendor's SDK 0.1.98 still writes five lists as text.
        "array" => value.is_array() || value.is_string(),
        "object" => value.is_object(),
        _ => true,
    }
}

/// Masks secrets at any depth of a configuration.
pub(crate) fn mask(object: &mut Map<String, Value>, is_secret: &SecretPredicate) {
    for (key, value) in object.iter_mut() {
        let key = key.to_lowercase();
        let suggests_secret = SECRET_WORDS.iter().any(|word| key.contains(word));
        match value {
            Value::String(text) if suggests_secret => MASK.clone_into(text),
            _ => mask_value(value, is_secret),
        }
    }
}

fn mask_value(value: &mut Value, is_secret: &SecretPredicate) {
    match value {
        Value::Object(inner) => mask(inner, is_secret),
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| mask_value(item, is_secret)),
        Value::String(text) if (is_secret.0)(text) => MASK.clone_into(text),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn mask_secret_key_at_any_depth_replaces_text() {
        let mut config =
            json!({"start": "x", "auth": {"client_secret": "s"}, "list": [{"api_key": "k"}]});
        mask(
            config.as_object_mut().unwrap(),
            &SecretPredicate(Box::new(|_| false)),
        );
        assert_eq!(
            config,
            json!({"start": "x", "auth": {"client_secret": MASK}, "list": [{"api_key": MASK}]})
        );
    }

    #[test]
    fn mask_text_that_predicate_accepts_replaces_it_under_any_key() {
        let mut config = json!({"start": "x", "list": ["y", {"deep": "x"}]});
        let secret = SecretPredicate(Box::new(|text| text == "x"));
        mask(config.as_object_mut().unwrap(), &secret);
        assert_eq!(
            config,
            json!({"start": MASK, "list": ["y", {"deep": MASK}]})
        );
    }

    #[test]
    fn outcome_with_marker_in_credential_follows_marker() {
        let outcome_of = |text: &str| outcome(json!({"token": text}).as_object().unwrap());
        assert_eq!(outcome_of("fine"), CheckOutcome::Works);
        assert_eq!(outcome_of("is-invalid"), CheckOutcome::Fails);
        assert_eq!(outcome_of("a pending-check"), CheckOutcome::Pending);
        assert_eq!(outcome_of("inconclusive-check"), CheckOutcome::Inconclusive);
    }
}
