//! The connector types this version knows, with their authentication methods and fields.
//!
//! Owns the embedded facts and the questions asked of them. Refuses to know any file, any
//! configuration or the network: a type that is not here is looked up live by somebody else.

mod methods;

pub use methods::{Choice, NoSuchMethod, choose};

use crate::model::DefinitionId;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// One connector type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConnectorType {
    /// What files call it: `github`.
    #[serde(rename = "connector_type")]
    pub name: String,
    /// Its definition in the remote catalog.
    pub definition_id: DefinitionId,
    /// The version of the definition these facts were read from.
    pub definition_version: String,
    /// The ways to authenticate, in the catalog's order.
    #[serde(rename = "auth_methods")]
    pub methods: Vec<AuthMethod>,
    /// What `environment` may hold.
    #[serde(
        default,
        rename = "server_variables",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub variables: BTreeMap<String, Variable>,
    /// What `replication_config` may hold; empty where nothing is known about it.
    #[serde(
        default,
        deserialize_with = "null_is_empty",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub replication_config: BTreeMap<String, Field>,
}

/// One way to authenticate with a type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuthMethod {
    /// What `auth` calls it.
    pub name: String,
    /// `oauth2`, `bearer`, `basic` or `api_key`.
    pub kind: String,
    /// Its name for people, where it has one.
    pub title: Option<String>,
    /// What `credentials` holds.
    pub fields: BTreeMap<String, Field>,
}

/// One field of a block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// The JSON type.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// Whether the block is incomplete without it.
    #[serde(default)]
    pub required: bool,
    /// `date`, `date-time` or `email`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// A regular expression that the text matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// The values that are possible.
    #[serde(default, rename = "enum", skip_serializing_if = "Option::is_none")]
    pub options: Option<Vec<Value>>,
    /// What holds when the field is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// What a list holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Items>,
    /// What the catalog says about secrecy, where it says anything.
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

/// What the entries of a list are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Items {
    /// Their JSON type.
    #[serde(rename = "type")]
    pub kind: FieldType,
}

/// One variable of a type's server address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Variable {
    /// What holds when the variable is absent: a usable value or a placeholder.
    pub default: String,
    /// The values that are possible, compared without case.
    #[serde(default, rename = "enum", skip_serializing_if = "Option::is_none")]
    pub options: Option<Vec<String>>,
}

impl Variable {
    /// Whether the default only shows where a value of one's own goes, so that leaving the
    /// variable out reaches nobody's server.
    pub fn default_is_placeholder(&self) -> bool {
        ["{", "your-", "my-", "example.", "orgname-"]
            .iter()
            .any(|start| self.default.starts_with(start))
    }
}

/// Credential fields that name an account without opening it.
const NOT_SECRET: [&str; 6] = [
    "email",
    "username",
    "client_id",
    "account_id",
    "account_sid",
    "lwa_app_id",
];

/// Whether a credential field may not stand in a file: all of them, but for the well-known names
/// of accounts and what the catalog calls harmless.
pub fn is_secret(name: &str, field: Option<&Field>) -> bool {
    field
        .and_then(|field| field.secret)
        .unwrap_or(!NOT_SECRET.contains(&name))
}

/// Every type, by name.
pub fn all() -> &'static [ConnectorType] {
    &CATALOG
}

/// The type of that name or definition id.
pub fn find(name_or_id: &str) -> Option<&'static ConnectorType> {
    let by_name = CATALOG.binary_search_by(|known| known.name.as_str().cmp(name_or_id));
    if let Ok(index) = by_name {
        return CATALOG.get(index);
    }
    let id: DefinitionId = name_or_id.parse().ok()?;
    CATALOG.iter().find(|known| known.definition_id == id)
}

/// The name of a type that somebody who wrote this may have meant.
pub fn nearest(name: &str) -> Option<&'static str> {
    closest(name, CATALOG.iter().map(|known| known.name.as_str()))
}

/// The candidate that a mistyped word most probably means, compared without case and with
/// dashes and underscores alike.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Similarity costs the product of the lengths; no field name is this long.
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
struct Facts {
    connectors: Vec<ConnectorType>,
}

static CATALOG: LazyLock<Vec<ConnectorType>> = LazyLock::new(|| {
    // The text is embedded and a test reads it, so an unreadable catalog cannot be released; an
    // empty one then only means that every type is looked up live.
    let mut known = serde_json::from_str(include_str!("connectors.json"))
        .map_or_else(|_| Vec::new(), |facts: Facts| facts.connectors);
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
    use super::{all, closest, find, is_secret, nearest};
    use std::collections::BTreeSet;

    #[test]
    fn the_catalog_is_whole() {
        let facts = serde_json::from_str::<super::Facts>(include_str!("connectors.json"));
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
    fn types_are_found_by_name_and_definition() {
        let github = find("github").unwrap();
        assert_eq!(find(&github.definition_id.to_string()), Some(github));
        assert_eq!(find("githob"), None);
        assert_eq!(nearest("GitHub"), Some("github"));
        assert_eq!(nearest("zendesk_suport"), Some("zendesk-support"));
        assert_eq!(nearest("zzz"), None);
        assert_eq!(closest("", ["a"]), None);
    }

    #[test]
    fn only_names_of_accounts_are_not_secret() {
        assert!(is_secret("token", None) && is_secret("anything", None));
        assert!(!is_secret("client_id", None) && !is_secret("email", None));
    }

    #[test]
    fn placeholders_are_told_from_defaults() {
        let placeholder = |kind: &str, variable: &str| {
            find(kind).unwrap().variables[variable].default_is_placeholder()
        };
        assert!(placeholder("zendesk-support", "subdomain") && placeholder("jira", "subdomain"));
        assert!(placeholder("snowflake", "account") && placeholder("shopify", "shop"));
        assert!(!placeholder("gitlab", "api_url") && !placeholder("mailchimp", "data_center"));
    }
}
