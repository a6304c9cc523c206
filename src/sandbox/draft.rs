//! The body of a connector's create and check: everything that can be wrong with it, in one place for both.
//!
//! What comes out holds no credential, only what they would do. The documented rules that no schema can say
//! live here: one selector of the type, some configuration, credentials of one auth scheme.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::facts::ConnectorType;
use super::reply::{FieldError, Refusal};
use super::routes::{Api, Call, Secret, check_name};
use super::tokens::Caller;
use super::world::{Outcome, Workspace};

/// What stands in the place of a secret in a configuration that is shown again.
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

/// A body that may become a connector.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) workspace_id: Uuid,
    pub(crate) name: String,
    pub(crate) definition_id: Uuid,
    pub(crate) template_id: Uuid,
    pub(crate) replication_config: Map<String, Value>,
    pub(crate) entities: Option<Value>,
    pub(crate) outcome: Outcome,
}

/// Reads a create or check body.
pub(crate) fn read(api: &Api, call: &Call<'_>) -> Result<Draft, Refusal> {
    let workspace = owner(api, call)?;
    let (kind, template_id) = select(api, call)?;
    let name = match call.field("name") {
        Some(name) => name.to_owned(),
        None => format!("{} - {}", kind.slug, workspace.name),
    };
    if call.field("name").is_some() {
        check_name("body.name", &name)?;
    }
    let outcome = credentials(kind, call)?;
    environment(kind, call)?;
    let given = call.given("replication_config").and_then(Value::as_object);
    Ok(Draft {
        workspace_id: workspace.id,
        name,
        definition_id: kind.definition_id,
        template_id,
        replication_config: configuration(api, kind, template_id, given)?,
        entities: call.given("entities").cloned(),
        outcome,
    })
}

/// A configuration as it is kept: checked, secrets masked, defaults and the server's own settings added.
pub(crate) fn configuration(
    api: &Api,
    kind: &ConnectorType,
    template_id: Uuid,
    given: Option<&Map<String, Value>>,
) -> Result<Map<String, Value>, Refusal> {
    let given = given.cloned().unwrap_or_default();
    let wrong: Vec<FieldError> = kind
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
    if !wrong.is_empty() {
        return Err(Refusal::unprocessable(wrong));
    }
    let mut kept = kind.constants();
    kept.extend(
        api.world
            .template(template_id)
            .map(|t| t.partial_default_config.clone())
            .unwrap_or_default(),
    );
    kept.extend(given);
    mask(&mut kept, &api.secret);
    Ok(kept)
}

/// The workspace the body names. Unlike a mint, this creates none.
fn owner<'a>(api: &'a Api, call: &Call<'_>) -> Result<&'a Workspace, Refusal> {
    let name = call
        .field("external_user_id")
        .or(call.field("workspace_name"))
        .unwrap_or_default();
    let found = api.world.workspace_named(name);
    if let Caller::Scoped(id) = call.caller
        && found.is_none_or(|w| w.id != id)
    {
        return Err(Refusal::forbidden(
            "This scoped token belongs to another workspace",
        ));
    }
    found.ok_or_else(|| Refusal::not_found("Workspace"))
}

/// The connector type and the template that the body selects.
fn select<'a>(api: &'a Api, call: &Call<'_>) -> Result<(&'a ConnectorType, Uuid), Refusal> {
    let given: Vec<&str> = SELECTORS
        .into_iter()
        .filter(|s| call.given(s).is_some())
        .collect();
    let [selector] = given.as_slice() else {
        return Err(Refusal::invalid(
            "body",
            format!("exactly one of {} is required", SELECTORS.join(", ")),
        ));
    };
    let text = call.field(selector).unwrap_or_default();
    match *selector {
        "connector_type" => {
            let kind = api
                .facts
                .by_name(text)
                .ok_or_else(|| Refusal::not_found("Connector definition"))?;
            Ok((kind, only_template(api, kind)?))
        }
        "definition_id" => {
            let kind = text.parse().ok().and_then(|id| api.facts.by_definition(id));
            let kind = kind.ok_or_else(|| Refusal::not_found("Connector definition"))?;
            Ok((kind, only_template(api, kind)?))
        }
        _ => by_template(api, text),
    }
}

fn by_template<'a>(api: &'a Api, text: &str) -> Result<(&'a ConnectorType, Uuid), Refusal> {
    let missing = || Refusal::not_found("Source template");
    let id: Uuid = text.parse().map_err(|_| missing())?;
    let own = api
        .world
        .template(id)
        .and_then(|t| api.facts.by_definition(t.definition_id));
    own.or_else(|| api.facts.by_global_template(id))
        .map(|kind| (kind, id))
        .ok_or_else(missing)
}

/// The organization's template of a type, or the global one; several need a choice.
fn only_template(api: &Api, kind: &ConnectorType) -> Result<Uuid, Refusal> {
    let templates = api.world.live_templates();
    let mut own = templates
        .iter()
        .filter(|t| t.definition_id == kind.definition_id);
    match (own.next(), own.next()) {
        (None, _) => Ok(kind.global_template_id()),
        (Some(only), None) => Ok(only.id),
        _ => Err(Refusal::bad_request(
            "Several source templates exist for this connector: source_template_id is required",
        )),
    }
}

/// Checks the credentials and says what they would do.
fn credentials(kind: &ConnectorType, call: &Call<'_>) -> Result<Outcome, Refusal> {
    let Some(given) = call.given("credentials").and_then(Value::as_object) else {
        let others = ["replication_config", "server_side_oauth_secret_id"];
        return if others.iter().any(|field| call.given(field).is_some()) {
            Ok(Outcome::Works)
        } else {
            Err(Refusal::invalid(
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
        return Err(Refusal::bad_request(message));
    }
    let wrong: Vec<FieldError> = given
        .iter()
        .filter_map(|(key, value)| credential_error(key, value))
        .collect();
    if wrong.is_empty() {
        Ok(outcome(given))
    } else {
        Err(Refusal::unprocessable(wrong))
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

/// The convention that lets a test steer a check from inside a credential.
fn outcome(credentials: &Map<String, Value>) -> Outcome {
    let holds = |marker: &str| {
        credentials
            .values()
            .filter_map(Value::as_str)
            .any(|text| text.contains(marker))
    };
    match () {
        () if holds("invalid") => Outcome::Fails,
        () if holds("pending-check") => Outcome::Pending,
        () if holds("inconclusive-check") => Outcome::Inconclusive,
        () => Outcome::Works,
    }
}

fn environment(kind: &ConnectorType, call: &Call<'_>) -> Result<(), Refusal> {
    let given = call
        .given("environment")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    let wrong: Vec<FieldError> = given
        .filter_map(|(key, value)| environment_error(kind, key, value))
        .collect();
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(Refusal::unprocessable(wrong))
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

/// Nothing secret is kept, wherever in the configuration it was put.
fn mask(object: &mut Map<String, Value>, is_secret: &Secret) {
    for (key, value) in object.iter_mut() {
        let key = key.to_lowercase();
        let named_so = SECRET_WORDS.iter().any(|word| key.contains(word));
        match value {
            Value::String(text) if named_so => MASK.clone_into(text),
            _ => mask_value(value, is_secret),
        }
    }
}

fn mask_value(value: &mut Value, is_secret: &Secret) {
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
            &Secret(Box::new(|_| false)),
        );
        assert_eq!(
            config,
            json!({"start": "x", "auth": {"client_secret": MASK}, "list": [{"api_key": MASK}]})
        );
    }

    #[test]
    fn texts_that_the_embedder_knows_are_masked_under_any_key() {
        let mut config = json!({"start": "x", "list": ["y", {"deep": "x"}]});
        let secret = Secret(Box::new(|text| text == "x"));
        mask(config.as_object_mut().unwrap(), &secret);
        assert_eq!(
            config,
            json!({"start": MASK, "list": ["y", {"deep": MASK}]})
        );
    }

    #[test]
    fn markers_in_credentials_steer_the_outcome() {
        let outcome_of = |text: &str| outcome(json!({"token": text}).as_object().unwrap());
        assert_eq!(outcome_of("fine"), Outcome::Works);
        assert_eq!(outcome_of("is-invalid"), Outcome::Fails);
        assert_eq!(outcome_of("a pending-check"), Outcome::Pending);
        assert_eq!(outcome_of("inconclusive-check"), Outcome::Inconclusive);
    }
}
