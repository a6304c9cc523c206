//! Responsible for the connector types of the sandbox, parsed from the catalog's data file.
//!
//! The sandbox has its own parser, so that client and server cannot share a mistake.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::SandboxError;

const DATA: &str = include_str!("../catalog/connectors.json");

/// The connector types.
#[derive(Debug, Deserialize)]
pub(crate) struct Catalog {
    pub(crate) connectors: Vec<ConnectorType>,
}

/// A connector type.
#[derive(Debug, Deserialize)]
pub(crate) struct ConnectorType {
    #[serde(rename = "connector_type")]
    pub(crate) slug: String,
    pub(crate) definition_id: Uuid,
    pub(crate) auth_methods: Vec<AuthMethod>,
    #[serde(default)]
    pub(crate) server_variables: BTreeMap<String, ServerVariable>,
    #[serde(default)]
    pub(crate) replication_config: BTreeMap<String, Field>,
    /// Cached, because every response with a connector contains them.
    #[serde(skip)]
    template_id: OnceLock<Uuid>,
    #[serde(skip)]
    specification: OnceLock<Value>,
}

/// A way to authenticate.
#[derive(Debug, Deserialize)]
pub(crate) struct AuthMethod {
    pub(crate) kind: String,
    pub(crate) title: Option<String>,
    pub(crate) fields: BTreeMap<String, Field>,
    /// The fields of an OAuth app, if the catalog knows them.
    pub(crate) oauth_app: Option<BTreeMap<String, Field>>,
}

/// A field of credentials or of a replication configuration.
#[derive(Debug, Deserialize)]
pub(crate) struct Field {
    #[serde(rename = "type")]
    pub(crate) json_type: String,
    #[serde(default)]
    pub(crate) required: bool,
}

/// A variable in the URL of the connector's provider.
#[derive(Debug, Deserialize)]
pub(crate) struct ServerVariable {
    #[serde(default, rename = "enum")]
    pub(crate) allowed: Vec<String>,
}

impl Catalog {
    pub(crate) fn load() -> Result<Self, SandboxError> {
        serde_json::from_str(DATA).map_err(|e| SandboxError::Catalog(e.to_string()))
    }

    /// The embedded catalog, parsed once.
    pub(crate) fn shared() -> Result<&'static Self, SandboxError> {
        static CATALOG: OnceLock<Catalog> = OnceLock::new();
        if let Some(read) = CATALOG.get() {
            return Ok(read);
        }
        let read = Self::load()?;
        Ok(CATALOG.get_or_init(|| read))
    }

    pub(crate) fn by_definition(&self, id: Uuid) -> Option<&ConnectorType> {
        self.connectors.iter().find(|c| c.definition_id == id)
    }

    /// The type with this slug or display name, ignoring case.
    pub(crate) fn by_name(&self, name: &str) -> Option<&ConnectorType> {
        self.connectors.iter().find(|c| {
            c.slug.eq_ignore_ascii_case(name) || c.display_name().eq_ignore_ascii_case(name)
        })
    }

    pub(crate) fn by_global_template(&self, id: Uuid) -> Option<&ConnectorType> {
        self.connectors
            .iter()
            .find(|c| c.global_template_id() == id)
    }
}

impl ConnectorType {
    /// The slug's words, capitalized: `zendesk-support` is `Zendesk Support`.
    pub(crate) fn display_name(&self) -> String {
        let words = self.slug.split('-').map(|word| {
            let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
            format!("{}{rest}", first.to_uppercase())
        });
        words.collect::<Vec<_>>().join(" ")
    }

    /// The id of the type's global template. It is the same in every sandbox.
    pub(crate) fn global_template_id(&self) -> Uuid {
        let id = || stable_id("global-template", &self.definition_id.to_string());
        *self.template_id.get_or_init(id)
    }

    pub(crate) fn has_oauth(&self) -> bool {
        self.auth_methods.iter().any(|m| m.kind == "oauth2")
    }

    /// The fields of an OAuth app, if the catalog knows them.
    pub(crate) fn oauth_app_fields(&self) -> Option<Vec<&str>> {
        let mut apps = self
            .auth_methods
            .iter()
            .filter_map(|m| m.oauth_app.as_ref());
        Some(apps.next()?.keys().map(String::as_str).collect())
    }

    /// Whether the keys match one auth method.
    pub(crate) fn accepts_credentials(&self, given: &Map<String, Value>) -> bool {
        self.auth_methods.iter().any(|method| {
            given.keys().all(|key| method.fields.contains_key(key))
                && method
                    .fields
                    .iter()
                    .all(|(name, field)| !field.required || given.contains_key(name))
        })
    }

    /// Settings that the server adds, as the real API does. They test that the client compares declared keys only.
    pub(crate) fn constants(&self) -> Map<String, Value> {
        let constants = match self.slug.as_str() {
            "github" => json!({"api_url": "https://api.github.com", "max_waiting_time": 10}),
            "hubspot" => json!({"enable_experimental_streams": false}),
            "stripe" => json!({"start_date": "2017-01-25T00:00:00Z", "slice_range": 365}),
            "intercom" => json!({"activity_logs_time_step": 30}),
            _ => json!({}),
        };
        constants.as_object().cloned().unwrap_or_default()
    }

    /// The JSON Schema of the type's settings, as definitions and templates show it.
    pub(crate) fn specification(&self) -> &Value {
        self.specification
            .get_or_init(|| self.build_specification())
    }

    fn build_specification(&self) -> Value {
        let mut properties: Map<String, Value> = self
            .replication_config
            .iter()
            .map(|(name, field)| (name.clone(), json!({"type": field.json_type})))
            .collect();
        let methods: Vec<Value> = self
            .auth_methods
            .iter()
            .map(AuthMethod::specification)
            .collect();
        properties.insert(
            "credentials".into(),
            json!({"type": "object", "oneOf": methods}),
        );
        let required: Vec<&String> = self
            .replication_config
            .iter()
            .filter(|(_, f)| f.required)
            .map(|(n, _)| n)
            .collect();
        json!({
            "documentationUrl": null,
            "connectionSpecification": {
                "$schema": "http://json-schema.org/draft-07/schema#",
                "title": format!("{} settings", self.display_name()),
                "type": "object",
                "required": required,
                "properties": properties,
            }
        })
    }
}

impl AuthMethod {
    fn specification(&self) -> Value {
        let properties: Map<String, Value> = self
            .fields
            .iter()
            .map(|(name, field)| {
                (
                    name.clone(),
                    json!({"type": field.json_type, "airbyte_secret": true}),
                )
            })
            .collect();
        let required: Vec<&String> = self
            .fields
            .iter()
            .filter(|(_, f)| f.required)
            .map(|(n, _)| n)
            .collect();
        json!({"title": self.title, "type": "object", "required": required, "properties": properties})
    }
}

/// An id that depends on kind and name only.
pub(crate) fn stable_id(kind: &str, name: &str) -> Uuid {
    let digest = Sha256::digest(format!("airlift sandbox {kind} {name}"));
    let mut bytes = [0; 16];
    bytes
        .iter_mut()
        .zip(digest)
        .for_each(|(to, from)| *to = from);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn type_by_slug_or_display_name_ignores_case() {
        let catalog = Catalog::load().unwrap();
        assert_eq!(catalog.connectors.len(), 56);
        for name in ["zendesk-support", "Zendesk Support", "ZENDESK-SUPPORT"] {
            assert_eq!(
                catalog.by_name(name).map(|c| c.slug.as_str()),
                Some("zendesk-support")
            );
        }
        assert!(catalog.by_name("zendesk_support").is_none());
    }

    #[test]
    fn accepts_credentials_of_exactly_one_method() {
        let catalog = Catalog::load().unwrap();
        let zendesk = catalog.by_name("zendesk-support").unwrap();
        assert!(
            zendesk.accepts_credentials(&credentials(&json!({"email": "a", "api_token": "b"})))
        );
        assert!(!zendesk.accepts_credentials(&credentials(&json!({"email": "a"}))));
        assert!(!zendesk.accepts_credentials(&credentials(
            &json!({"email": "a", "api_token": "b", "access_token": "c"})
        )));
    }

    #[test]
    fn global_template_ids_are_distinct_and_stable() {
        let catalog = Catalog::load().unwrap();
        let ids: std::collections::BTreeSet<Uuid> = catalog
            .connectors
            .iter()
            .map(ConnectorType::global_template_id)
            .collect();
        assert_eq!(ids.len(), 56);
        assert_eq!(stable_id("a", "b"), stable_id("a", "b"));
    }
}
