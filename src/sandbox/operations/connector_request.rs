//! Responsible for the body that creates or checks a connector.
//!
//! The result holds no credential, only the outcome of a check with it. The documented rules that no schema can
//! express are here: one selector of the type, some configuration, credentials of one auth scheme.

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::sandbox::backend::{Backend, SecretPredicate};
use crate::sandbox::catalog::ConnectorType;
use crate::sandbox::operation_request::{OperationRequest, check_name};
use crate::sandbox::operation_result::{FieldError, OperationError};
use crate::sandbox::tokens::Caller;
use crate::sandbox::world::{CheckOutcome, Workspace};

/// Replaces a secret in a configuration.
const MASK: &str = "**********";
/// Key parts that mark a configuration value as secret.
const SECRET_WORDS: [&str; 6] = [
    "secret",
    "password",
    "token",
    "api_key",
    "private_key",
    "credential",
];
const SELECTORS: [&str; 3] = ["definition_id", "connector_type", "source_template_id"];

/// A create or check body that is valid.
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

/// Reads a create or check body.
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
        replication_config: configuration(backend, kind, template_id, given)?,
        entities: request.given("entities").cloned(),
        outcome,
    })
}

/// A configuration as the world holds it: checked, secrets masked, defaults and the server's own settings added.
pub(crate) fn configuration(
    backend: &Backend,
    kind: &ConnectorType,
    template_id: Uuid,
    given: Option<&Map<String, Value>>,
) -> Result<Map<String, Value>, OperationError> {
    let given = given.cloned().unwrap_or_default();
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
    mask(&mut config, &backend.is_secret);
    Ok(config)
}

/// The workspace that the body names. Unlike a mint, this creates none.
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

/// The organization's template of a type, or the global one; several need a choice.
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

/// Checks the credentials' shape and returns the outcome that they ask for.
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

/// The outcome that a marker inside a credential asks for.
fn outcome(credentials: &Map<String, Value>) -> CheckOutcome {
    let holds = |marker: &str| {
        credentials
            .values()
            .filter_map(Value::as_str)
            .any(|text| text.contains(marker))
    };
    match () {
        () if holds("invalid") => CheckOutcome::Fails,
        () if holds("pending-check") => CheckOutcome::Pending,
        () if holds("inconclusive-check") => CheckOutcome::Inconclusive,
        () => CheckOutcome::Works,
    }
}

fn environment(kind: &ConnectorType, request: &OperationRequest<'_>) -> Result<(), OperationError> {
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
        // Older definitions took a list as text; the vendor's SDK 0.1.98 still writes five of them so.
        "array" => value.is_array() || value.is_string(),
        "object" => value.is_object(),
        _ => true,
    }
}

/// Masks secrets at any depth of a configuration.
fn mask(object: &mut Map<String, Value>, is_secret: &SecretPredicate) {
    for (key, value) in object.iter_mut() {
        let key = key.to_lowercase();
        let named_so = SECRET_WORDS.iter().any(|word| key.contains(word));
        match value {
            Value::String(text) if named_so => MASK.clone_into(text),
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
    fn secrets_in_a_configuration_are_masked_at_any_depth() {
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
    fn texts_that_the_embedder_knows_are_masked_under_any_key() {
        let mut config = json!({"start": "x", "list": ["y", {"deep": "x"}]});
        let secret = SecretPredicate(Box::new(|text| text == "x"));
        mask(config.as_object_mut().unwrap(), &secret);
        assert_eq!(
            config,
            json!({"start": MASK, "list": ["y", {"deep": MASK}]})
        );
    }

    #[test]
    fn markers_in_credentials_steer_the_outcome() {
        let outcome_of = |text: &str| outcome(json!({"token": text}).as_object().unwrap());
        assert_eq!(outcome_of("fine"), CheckOutcome::Works);
        assert_eq!(outcome_of("is-invalid"), CheckOutcome::Fails);
        assert_eq!(outcome_of("a pending-check"), CheckOutcome::Pending);
        assert_eq!(outcome_of("inconclusive-check"), CheckOutcome::Inconclusive);
    }
}
