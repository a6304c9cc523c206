//! Responsible for the types of the API that a project pins in a lock file, because the catalog lacks them or some of
//! their settings.
//!
//! The lock comes from a server and may have been edited. So it is bounded and only adds to the catalog: the catalog
//! decides what a name means and which fields are secret.

use super::{Field, FieldType, Items, find};
use crate::model::{DefinitionId, is_invisible};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const VERSION: u32 = 1;
/// The most bytes of a lock.
pub const MAX_LOCK_BYTES: u64 = 8 << 20;
/// The most types of a lock.
pub const MAX_LOCKED_TYPES: usize = 10_000;
/// The most settings of a type, and the most values of a setting.
const MAX_SETTINGS: usize = 500;
/// The most bytes of a name.
const MAX_NAME: usize = 255;

/// The types of the API at the time of a refresh.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypesLock {
    format_version: u32,
    types: Vec<LockedType>,
}

/// A type of the API.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedType {
    /// The type's display name, such as `Zendesk Support`.
    pub name: String,
    /// The type's definition.
    pub definition_id: DefinitionId,
    /// The settings that the API lists, for types that the project declares.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, LockedSetting>,
}

/// A setting of a type.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedSetting {
    /// The JSON type.
    #[serde(rename = "type")]
    kind: FieldType,
    /// The JSON type of a list's items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    items: Option<FieldType>,
    /// The permitted values.
    #[serde(default, rename = "enum", skip_serializing_if = "Option::is_none")]
    options: Option<Vec<Value>>,
    /// Whether the setting is secret.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub secret: bool,
}

impl Default for TypesLock {
    fn default() -> Self {
        Self {
            format_version: VERSION,
            types: Vec::new(),
        }
    }
}

impl TypesLock {
    /// A lock of types. Leaves out types that no lock may have, and returns their number.
    pub fn new(types: Vec<LockedType>) -> (Self, usize) {
        let count = types.len();
        let mut seen = BTreeSet::new();
        let mut types: Vec<LockedType> = types
            .into_iter()
            .filter(|kind| kind.is_valid() && seen.insert(kind.definition_id))
            .collect();
        types.sort_by(|left, right| {
            (&left.name, left.definition_id).cmp(&(&right.name, right.definition_id))
        });
        let left_out = count - types.len();
        let lock = Self {
            types,
            ..Self::default()
        };
        (lock, left_out)
    }

    /// Reads a lock file. Fails with the reason if it cannot be one.
    pub fn from_json(bytes: &[u8]) -> Result<Self, &'static str> {
        let lock: Self =
            serde_json::from_slice(bytes).map_err(|_| "it is no lock file of types")?;
        if lock.format_version != VERSION {
            return Err("another version of airlift wrote it");
        }
        let (valid, left_out) = Self::new(lock.types);
        if left_out > 0 || valid.types.len() > MAX_LOCKED_TYPES {
            return Err("it has types that a refresh does not write");
        }
        Ok(valid)
    }

    /// The content of the lock file.
    pub fn to_json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// The types, by name.
    pub fn types(&self) -> &[LockedType] {
        &self.types
    }

    /// The only type with a name, or the one with a definition id.
    pub fn find(&self, name_or_id: &str) -> Option<&LockedType> {
        if let Ok(id) = name_or_id.parse() {
            return self.by_definition(id);
        }
        let types = self.types.iter();
        let mut named = types.filter(|kind| folded(&kind.name).eq(folded(name_or_id)));
        let first = named.next()?;
        named.next().is_none().then_some(first)
    }

    /// The type of a definition.
    pub fn by_definition(&self, definition: DefinitionId) -> Option<&LockedType> {
        let mut types = self.types.iter();
        types.find(|kind| kind.definition_id == definition)
    }
}

impl LockedType {
    /// Whether a lock may have the type. The names of the catalog keep their definitions.
    fn is_valid(&self) -> bool {
        is_name(&self.name)
            && find(&self.name).is_none_or(|known| known.definition_id == self.definition_id)
            && self.settings.len() <= MAX_SETTINGS
            && self.settings.keys().all(|name| is_name(name))
            && self.settings.values().all(LockedSetting::is_valid)
    }
}

impl LockedSetting {
    fn is_valid(&self) -> bool {
        let mut options = self.options.iter().flatten();
        self.options
            .as_ref()
            .is_none_or(|options| options.len() <= MAX_SETTINGS)
            && options.all(|option| match option {
                Value::String(text) => is_name(text),
                Value::Number(_) | Value::Bool(_) => true,
                _ => false,
            })
    }

    /// The setting as a field of the catalog.
    pub fn field(&self) -> Field {
        Field {
            kind: self.kind,
            required: false,
            format: None,
            pattern: None,
            options: self.options.clone(),
            default: None,
            items: self.items.map(|kind| Items { kind }),
            secret: self.secret.then_some(true),
        }
    }
}

/// The settings of a type's specification, as far as a lock can have them.
pub fn locked_settings(specification: &Value) -> BTreeMap<String, LockedSetting> {
    let properties = specification
        .pointer("/connectionSpecification/properties")
        .and_then(Value::as_object);
    let settings = properties.into_iter().flatten();
    settings
        .filter_map(|(name, schema)| Some((name.clone(), setting(schema)?)))
        .filter(|(name, setting)| is_name(name) && setting.is_valid())
        .take(MAX_SETTINGS)
        .collect()
}

fn setting(schema: &Value) -> Option<LockedSetting> {
    let options = schema.get("enum").and_then(Value::as_array);
    Some(LockedSetting {
        kind: kind(schema)?,
        items: schema.get("items").and_then(kind),
        options: options.cloned(),
        secret: schema.get("airbyte_secret") == Some(&Value::Bool(true)),
    })
}

/// The type of a schema that has one, apart from null.
fn kind(schema: &Value) -> Option<FieldType> {
    let kind = schema.get("type")?;
    let names = kind
        .as_array()
        .map_or(std::slice::from_ref(kind), Vec::as_slice);
    let mut names = names.iter().filter(|name| *name != "null");
    let only = names.next().filter(|_| names.next().is_none())?;
    FieldType::deserialize(only).ok()
}

/// Whether a text can stand in a file and in messages as it is.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_NAME && !text.chars().any(is_invisible)
}

/// The letters of a name without case, spaces, hyphens and underscores.
fn folded(name: &str) -> impl Iterator<Item = char> {
    name.chars()
        .filter(|c| !matches!(c, ' ' | '-' | '_'))
        .flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::{LockedType, TypesLock, locked_settings};
    use crate::catalog::find;
    use crate::model::DefinitionId;
    use serde_json::json;
    use std::collections::BTreeMap;
    use uuid::Uuid;

    fn named(name: &str, id: u128) -> LockedType {
        LockedType {
            name: name.to_owned(),
            definition_id: DefinitionId(Uuid::from_u128(id)),
            settings: BTreeMap::new(),
        }
    }

    #[test]
    fn lock_finds_unique_names_in_any_spelling() {
        let types = vec![named("My Source", 1), named("Same", 2), named("same", 3)];
        let (lock, left_out) = TypesLock::new(types);
        assert_eq!(left_out, 0);
        let id_of = |name: &str| lock.find(name).map(|kind| kind.definition_id.0.as_u128());
        assert_eq!(id_of("my-source"), Some(1));
        assert_eq!((id_of("same"), id_of("other")), (None, None));
        assert_eq!(id_of(&Uuid::from_u128(3).to_string()), Some(3));
        let read = TypesLock::from_json(lock.to_json().unwrap().as_bytes());
        assert_eq!(read, Ok(lock));
    }

    #[test]
    fn lock_with_another_definition_of_a_catalog_type_is_refused() {
        let github = find("github").unwrap().definition_id;
        let own = LockedType {
            definition_id: github,
            ..named("GitHub", 0)
        };
        let (lock, left_out) = TypesLock::new(vec![own, named("git_hub", 1), named("GitHub", 2)]);
        assert_eq!(left_out, 1);
        assert_eq!(lock.types().len(), 2);
        let other = json!({"format_version": 1, "types": [
            {"name": "GitHub", "definition_id": Uuid::from_u128(2)},
        ]});
        assert!(TypesLock::from_json(other.to_string().as_bytes()).is_err());
        for text in ["", "[]", r#"{"format_version": 2, "types": []}"#] {
            assert!(TypesLock::from_json(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn locked_settings_have_types_options_and_secrecy() {
        let specification = json!({"connectionSpecification": {"properties": {
            "start": {"type": ["null", "string"], "pattern": "(a+)+$"},
            "mode": {"type": "string", "enum": ["a", 1]},
            "key": {"type": "string", "airbyte_secret": true},
            "list": {"type": "array", "items": {"type": "string"}},
            "any": {"oneOf": []},
            "two": {"type": ["string", "number"]},
            "\u{202e}": {"type": "string"},
            "odd": {"type": "string", "enum": [{}]},
        }}});
        let settings = locked_settings(&specification);
        let names: Vec<&str> = settings.keys().map(String::as_str).collect();
        assert_eq!(names, ["key", "list", "mode", "start"]);
        assert!(settings["key"].secret && !settings["mode"].secret);
        assert!(settings["start"].field().pattern.is_none());
        assert!(locked_settings(&json!([])).is_empty());
    }
}
