//! Responsible for the values in a connector's blocks (`credentials`, `environment`,
//! `replication_config`): YAML values in which references replace secrets.

use super::{Literal, SecretRef, Settings};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The key that marks a reference in JSON (ledger, saved plan). The configuration refuses this
/// field name, so no declared value can be confused with a reference.
const SECRET_KEY: &str = "$secret";

/// A value in a block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Value", into = "Value")]
pub enum Setting {
    /// A literal null, boolean, number or text.
    Literal(Literal),
    /// A reference. It is resolved when the block is sent.
    Secret(Arc<SecretRef>),
    /// A list.
    List(Box<[Setting]>),
    /// A mapping.
    Map(Settings),
}

impl Setting {
    /// A reference.
    pub fn secret(reference: SecretRef) -> Self {
        Self::Secret(Arc::new(reference))
    }

    /// Collects the literal texts in the value.
    pub fn texts<'a>(&'a self, texts: &mut Vec<&'a str>) {
        match self {
            Self::Literal(value) => texts.extend(value.as_str()),
            Self::Secret(_) => {}
            Self::List(items) => items.iter().for_each(|item| item.texts(texts)),
            Self::Map(fields) => fields.values().for_each(|field| field.texts(texts)),
        }
    }

    /// Calls `visit` with the dotted path of every leaf (scalar or reference) below `path`.
    /// Empty lists and mappings are leaves.
    pub fn leaves<'a>(&'a self, path: &str, visit: &mut impl FnMut(String, &'a Setting)) {
        match self {
            Self::List(items) if !items.is_empty() => {
                for (index, item) in items.iter().enumerate() {
                    item.leaves(&format!("{path}[{index}]"), visit);
                }
            }
            Self::Map(fields) if !fields.is_empty() => {
                for (name, field) in fields {
                    field.leaves(&format!("{path}.{name}"), visit);
                }
            }
            leaf => visit(path.to_owned(), leaf),
        }
    }

    /// Whether the value contains a reference.
    pub fn holds_secret(&self) -> bool {
        match self {
            Self::Literal(_) => false,
            Self::Secret(_) => true,
            Self::List(items) => items.iter().any(Self::holds_secret),
            Self::Map(fields) => fields.values().any(Self::holds_secret),
        }
    }

    /// The value as JSON, or `None` if it contains a reference.
    pub fn to_plain(&self) -> Option<Value> {
        match self {
            Self::Literal(value) => Some(value.to_value()),
            Self::Secret(_) => None,
            Self::List(items) => items
                .iter()
                .map(Self::to_plain)
                .collect::<Option<_>>()
                .map(Value::Array),
            Self::Map(fields) => fields
                .iter()
                .map(|(name, field)| Some((name.to_owned(), field.to_plain()?)))
                .collect::<Option<Map<_, _>>>()
                .map(Value::Object),
        }
    }
}

impl From<Value> for Setting {
    fn from(value: Value) -> Self {
        match value {
            Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Value::Object(fields) => {
                let reference = (fields.len() == 1)
                    .then(|| fields.get(SECRET_KEY)?.as_str()?.parse().ok())
                    .flatten();
                match reference {
                    Some(reference) => Self::secret(reference),
                    None => Self::Map(
                        fields
                            .into_iter()
                            .map(|(name, field)| (name, field.into()))
                            .collect(),
                    ),
                }
            }
            Value::Null => Self::Literal(Literal::Null),
            Value::Bool(value) => Self::Literal(Literal::Boolean(value)),
            Value::Number(number) => Self::Literal(Literal::Number(number)),
            Value::String(text) => Self::Literal(text.into()),
        }
    }
}

impl From<Setting> for Value {
    fn from(setting: Setting) -> Self {
        match setting {
            Setting::Literal(value) => value.to_value(),
            Setting::Secret(reference) => json!({ SECRET_KEY: reference.to_string() }),
            Setting::List(items) => items.into_iter().map(Value::from).collect(),
            Setting::Map(fields) => Value::Object(
                fields
                    .into_iter()
                    .map(|(name, field)| (name.to_string(), field.into()))
                    .collect(),
            ),
        }
    }
}

/// The references in blocks of settings.
pub fn references<'a>(blocks: impl IntoIterator<Item = &'a Settings>) -> BTreeSet<&'a SecretRef> {
    let mut references = BTreeSet::new();
    for setting in blocks.into_iter().flat_map(Settings::values) {
        setting.leaves("", &mut |_, leaf| {
            if let Setting::Secret(reference) = leaf {
                references.insert(&**reference);
            }
        });
    }
    references
}

#[cfg(test)]
mod tests {
    use super::{SecretRef, Setting, references};
    use serde_json::json;
    use std::collections::BTreeSet;

    #[test]
    fn setting_takes_little_memory() {
        assert!(size_of::<Setting>() <= 24, "{}", size_of::<Setting>());
    }

    #[test]
    fn setting_with_reference_round_trips_as_json() {
        let value = json!({"a": [1, {"$secret": "${env:X}"}], "b": {"c": null}});
        let setting = Setting::from(value.clone());
        assert!(setting.holds_secret() && setting.to_plain().is_none());
        assert_eq!(serde_json::to_value(&setting).unwrap(), value);
    }

    #[test]
    fn setting_leaves_have_dotted_paths() {
        let setting = Setting::from(json!({"a": [1, {"b": true}], "c": []}));
        let mut paths = Vec::new();
        setting.leaves("x", &mut |path, _| paths.push(path));
        assert_eq!(paths, ["x.a[0]", "x.a[1].b", "x.c"]);
    }

    #[test]
    fn references_used_twice_are_collected_once() {
        let setting =
            Setting::from(json!({"a": {"$secret": "${env:A}"}, "b": [{"$secret": "${env:A}"}]}));
        let Setting::Map(settings) = setting else {
            unreachable!()
        };
        let expected: SecretRef = "${env:A}".parse().unwrap();
        assert_eq!(references([&settings]), BTreeSet::from([&expected]));
    }
}
