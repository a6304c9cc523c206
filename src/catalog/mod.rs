//! Responsible for the embedded catalog of connector types, with their authentication methods and
//! fields.
//!
//! Does not read files or use the network: `observed` looks up types outside the catalog.

mod methods;

pub use methods::{NoSuchMethod, choose_method};

use crate::model::DefinitionId;
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

/// All types, sorted by name.
pub fn all() -> &'static [ConnectorType] {
    &CATALOG
}

/// The type with a name or definition id.
pub fn find(name_or_id: &str) -> Option<&'static ConnectorType> {
    let by_name = CATALOG.binary_search_by(|known| known.name.as_str().cmp(name_or_id));
    if let Ok(index) = by_name {
        return CATALOG.get(index);
    }
    let id: DefinitionId = name_or_id.parse().ok()?;
    CATALOG.iter().find(|known| known.definition_id == id)
}

/// The name of the type closest to a mistyped one.
pub fn closest_type(name: &str) -> Option<&'static str> {
    closest(name, CATALOG.iter().map(|known| known.name.as_str()))
}

/// The candidate closest to a mistyped word. Ignores case, and treats dashes and underscores alike.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // The comparison costs the product of the lengths, and no field name is longer than this.
    const LONGEST: usize = 64;
    if word.is_empty() || word.len() > LONGEST {
        return None;
    }
    let plain = |text: &str| text.to_lowercase().replace(['-', ' '], "_");
    let candidates: Vec<&str> = candidates.into_iter().collect();
    let folded: Vec<String> = candidates.iter().map(|text| plain(text)).collect();
    let names: Vec<&str> = folded.iter().map(String::as_str).collect();
    let best = similar::get_close_matches(plain(word).as_str(), &names, 1, 0.6)
        .first()
        .copied()?;
    let index = names.iter().position(|name| *name == best)?;
    candidates.get(index).copied()
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
    use super::{all, closest, closest_type, find, is_secret};
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
        assert_eq!(find("githob"), None);
        assert_eq!(closest_type("GitHub"), Some("github"));
        assert_eq!(closest_type("zendesk_suport"), Some("zendesk-support"));
        assert_eq!(closest_type("zzz"), None);
        assert_eq!(closest("", ["a"]), None);
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
