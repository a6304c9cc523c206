//! Responsible for the embedded catalog of connector types, with their authentication methods and
//! fields.
//!
//! Does not read files or use the network: `observed` looks up types outside the catalog.

mod example;
mod lock;
mod methods;
mod similar;
mod token_form;

pub use example::Example;
pub use lock::{
    LockedSetting, LockedType, MAX_LOCK_BYTES, MAX_LOCKED_TYPES, TypesLock, locked_settings,
};
pub use methods::{NoSuchMethod, choose_method};
pub use similar::{closest, similar_types};
pub use token_form::token_form;

use crate::model::{DefinitionId, Entity, Mode};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// One connector type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConnectorType {
    /// The type's name in files, such as `github`.
    #[serde(rename = "connector_type")]
    pub name: String,
    /// The type's definition in the remote catalog.
    pub definition_id: DefinitionId,
    /// The version of the definition that this entry describes.
    pub definition_version: String,
    /// The authentication methods, in the catalog's order.
    #[serde(rename = "auth_methods")]
    pub methods: Vec<AuthMethod>,
    /// The fields of `environment`.
    #[serde(
        default,
        rename = "server_variables",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub variables: BTreeMap<String, Variable>,
    /// The fields of `replication_config`; empty if they are unknown.
    #[serde(
        default,
        deserialize_with = "null_is_empty",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub replication_config: BTreeMap<String, Field>,
    /// The actions of each entity; empty if they are unknown.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub entities: BTreeMap<String, Vec<EntityAction>>,
    /// The action that the vendor prefers for a check of the credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<CheckAction>,
    /// Whether the vendor offers the type without reservation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability: Option<Availability>,
    /// `direct_only` if the type has no replication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime_mode: Option<String>,
}

/// What an agent can do with an entity.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntityAction {
    /// Reads many.
    List,
    /// Reads one.
    Get,
    /// Finds some.
    Search,
    /// Reads a file.
    Download,
    /// Creates one.
    Create,
    /// Changes one.
    Update,
    /// Deletes one.
    Delete,
}

impl EntityAction {
    /// The name in the catalog.
    pub fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Get => "get",
            Self::Search => "search",
            Self::Download => "download",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }

    /// The mode that permits the action.
    pub fn mode(self) -> Mode {
        match self {
            Self::List | Self::Get | Self::Search | Self::Download => Mode::Read,
            Self::Create | Self::Update | Self::Delete => Mode::Write,
        }
    }
}

/// An action that reads something small.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct CheckAction {
    /// The entity.
    pub entity: String,
    /// The action.
    pub action: EntityAction,
    /// Parameters that the action does not work without.
    #[serde(default)]
    pub required_parameters: Vec<String>,
}

/// Whether the vendor offers a type without reservation.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Availability {
    /// `enabled` or `experimental`.
    pub state: String,
    /// Why, in the vendor's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A permission that the customer grants to an OAuth app.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct OAuthScope {
    /// The name at the provider. `None` if the provider's app settings grant it instead.
    pub scope: Option<String>,
    /// `read`, `write` or `read_write`.
    pub mode: String,
    /// The entities that need it.
    pub entities: Vec<String>,
}

/// One authentication method of a type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuthMethod {
    /// The method's name in `auth`.
    pub name: String,
    /// `oauth2`, `bearer`, `basic` or `api_key`.
    pub kind: String,
    /// The method's title for people, if any.
    pub title: Option<String>,
    /// The fields of `credentials`.
    pub fields: BTreeMap<String, Field>,
    /// The permissions that an OAuth app asks for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<OAuthScope>,
    /// The fields of an OAuth app of one's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub oauth_app: BTreeMap<String, Field>,
}

/// One field of a block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// The JSON type.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// Whether the block must have the field.
    #[serde(default)]
    pub required: bool,
    /// `date`, `date-time` or `email`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// A regular expression that the text must match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// The permitted values.
    #[serde(default, rename = "enum", skip_serializing_if = "Option::is_none")]
    pub options: Option<Vec<Value>>,
    /// The value of an absent field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// The type of a list's items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Items>,
    /// Whether the field is secret, if the catalog says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<bool>,
}

/// The JSON type of a field.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// True or false.
    Boolean,
    /// A list.
    Array,
    /// A mapping.
    Object,
}

/// The items of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Items {
    /// The JSON type.
    #[serde(rename = "type")]
    pub kind: FieldType,
}

/// One variable of a type's server address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Variable {
    /// The value of an absent variable: a usable value or a placeholder.
    pub default: String,
    /// The permitted values, compared without case.
    #[serde(default, rename = "enum", skip_serializing_if = "Option::is_none")]
    pub options: Option<Vec<String>>,
}

impl Variable {
    /// Whether the default is only a placeholder, so that the variable is required in practice.
    pub fn default_is_placeholder(&self) -> bool {
        ["{", "your-", "my-", "example.", "orgname-"]
            .iter()
            .any(|start| self.default.starts_with(start))
    }
}

/// Credential fields that identify an account without giving access.
const NOT_SECRET: [&str; 6] = [
    "email",
    "username",
    "client_id",
    "account_id",
    "account_sid",
    "lwa_app_id",
];

/// Whether a credential field is secret, so that a file must not contain its value. True for all
/// fields except account identifiers and fields that the catalog marks as not secret.
pub fn is_secret(name: &str, field: Option<&Field>) -> bool {
    field
        .and_then(|field| field.secret)
        .unwrap_or(!NOT_SECRET.contains(&name))
}

/// Methods whose refresh token works once.
const SINGLE_USE: [(&str, &str); 1] = [("gong", "oauth2")];

/// Whether the refresh token of a method works once, so that sending the same one again fails.
pub fn is_single_use(kind: &ConnectorType, method: &AuthMethod) -> bool {
    SINGLE_USE.contains(&(kind.name.as_str(), method.name.as_str()))
}

/// The OAuth method of a type, if it has one.
pub fn oauth_method(kind: &ConnectorType) -> Option<&AuthMethod> {
    kind.methods.iter().find(|method| method.kind == "oauth2")
}

/// The permissions that a consent asks for, as far as the catalog knows them. Without `entities`, those of all
/// entities.
pub fn consent_scopes(kind: &ConnectorType, entities: Option<&[Entity]>) -> Vec<String> {
    let scopes = oauth_method(kind)
        .into_iter()
        .flat_map(|method| &method.scopes);
    scopes
        .filter(|scope| {
            entities.is_none_or(|entities| entities.iter().any(|entity| scope.is_for(entity)))
        })
        .filter_map(|scope| scope.scope.clone())
        .collect()
}

impl OAuthScope {
    /// Whether an entity in its declared modes needs the scope.
    fn is_for(&self, entity: &Entity) -> bool {
        let has_mode = |mode: &Mode| match mode {
            Mode::Read => self.mode.contains("read"),
            Mode::Write => self.mode.contains("write"),
        };
        self.entities.contains(&entity.entity)
            && entity
                .modes
                .as_ref()
                .is_none_or(|modes| modes.iter().any(has_mode))
    }
}

/// All types, sorted by name.
pub fn all() -> &'static [ConnectorType] {
    &CATALOG
}

/// The type with a name or definition id.
pub fn find(name_or_id: &str) -> Option<&'static ConnectorType> {
    let by_name = |name: &str| {
        let index = CATALOG.binary_search_by(|known| known.name.as_str().cmp(name));
        index.ok().and_then(|index| CATALOG.get(index))
    };
    // The API compares names in the same way.
    if let Some(known) = by_name(name_or_id).or_else(|| by_name(&normalized(name_or_id))) {
        return Some(known);
    }
    let id: DefinitionId = name_or_id.parse().ok()?;
    CATALOG.iter().find(|known| known.definition_id == id)
}

/// A type's name as the catalog spells it, such as `zendesk-support` for `Zendesk Support`.
pub fn normalized(name: &str) -> String {
    name.to_lowercase().replace([' ', '_'], "-")
}

#[derive(Deserialize)]
struct CatalogFile {
    connectors: Vec<ConnectorType>,
}

static CATALOG: LazyLock<Vec<ConnectorType>> = LazyLock::new(|| {
    // A test parses the embedded text, so a release cannot contain an invalid catalog. With an empty
    // catalog all types would be looked up remotely.
    let mut known = serde_json::from_str(include_str!("connectors.json"))
        .map_or_else(|_| Vec::new(), |facts: CatalogFile| facts.connectors);
    known.sort_by(|a, b| a.name.cmp(&b.name));
    known
});

fn null_is_empty<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, Field>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::{all, find, is_secret};
    use std::collections::BTreeSet;

    #[test]
    fn catalog_is_complete_and_consistent() {
        let facts = serde_json::from_str::<super::CatalogFile>(include_str!("connectors.json"));
        assert_eq!(facts.err().map(|error| error.to_string()), None);
        assert_eq!(all().len(), 56);
        assert_eq!(all().iter().map(|t| t.methods.len()).sum::<usize>(), 73);
        let names: BTreeSet<_> = all().iter().map(|t| &t.name).collect();
        let ids: BTreeSet<_> = all().iter().map(|t| t.definition_id).collect();
        assert_eq!((names.len(), ids.len()), (56, 56));
        for kind in all() {
            assert!(!kind.methods.is_empty(), "{}", kind.name);
            let methods: BTreeSet<_> = kind.methods.iter().map(|m| &m.name).collect();
            assert_eq!(methods.len(), kind.methods.len(), "{}", kind.name);
            for method in &kind.methods {
                assert!(method.fields.values().any(|field| field.required));
            }
        }
    }

    #[test]
    fn find_by_name_or_definition_returns_type() {
        let github = find("github").unwrap();
        assert_eq!(find(&github.definition_id.to_string()), Some(github));
        assert_eq!(find("GitHub"), Some(github));
        assert_eq!(find("Zendesk Support"), find("zendesk-support"));
        assert_eq!(find("githob"), None);
    }

    #[test]
    fn is_secret_of_account_identifier_is_false() {
        assert!(is_secret("token", None) && is_secret("anything", None));
        assert!(!is_secret("client_id", None) && !is_secret("email", None));
    }

    #[test]
    fn default_is_placeholder_of_usable_default_is_false() {
        let placeholder = |kind: &str, variable: &str| {
            find(kind).unwrap().variables[variable].default_is_placeholder()
        };
        assert!(placeholder("zendesk-support", "subdomain") && placeholder("jira", "subdomain"));
        assert!(placeholder("snowflake", "account") && placeholder("shopify", "shop"));
        assert!(!placeholder("gitlab", "api_url") && !placeholder("mailchimp", "data_center"));
    }
}
