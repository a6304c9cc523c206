//! Responsible for how the sandbox treats the replication settings that it is sent: it can store or return them in
//! another form, as services do. Does not validate them; `connector_request` does.

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value, json};

use super::SandboxError;

/// The setting that [`SettingsBehavior::AddDefaults`] adds.
const ADDED: &str = "added_by_server";

/// How the sandbox treats replication settings. Without any, it stores and returns what it was sent, with the
/// type's constants and with masked secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingsBehavior {
    /// Returns lists of scalars in the order of their text.
    SortLists,
    /// Returns texts in lower case, but timestamps.
    LowerCase,
    /// Returns numbers as text.
    NumbersAsText,
    /// Returns timestamps with `+00:00` instead of `Z`.
    UtcOffset,
    /// Returns every mapping with one more key.
    AddDefaults,
    /// Stores no new value of this key.
    Ignore(String),
    /// Returns secrets as they were sent.
    Verbatim,
    /// Answers writes in the stored form. The other behaviors change the responses to reads only.
    ReadsOnly,
}

const PLAIN: [(&str, SettingsBehavior); 7] = [
    ("sort-lists", SettingsBehavior::SortLists),
    ("lower-case", SettingsBehavior::LowerCase),
    ("numbers-as-text", SettingsBehavior::NumbersAsText),
    ("utc-offset", SettingsBehavior::UtcOffset),
    ("add-defaults", SettingsBehavior::AddDefaults),
    ("verbatim", SettingsBehavior::Verbatim),
    ("reads-only", SettingsBehavior::ReadsOnly),
];

impl SettingsBehavior {
    /// Replaces the settings to store that the sandbox ignores by those from before the write.
    pub(crate) fn store(&self, settings: &mut Map<String, Value>, before: &Map<String, Value>) {
        if let Self::Ignore(key) = self {
            match before.get(key) {
                Some(value) => settings.insert(key.clone(), value.clone()),
                None => settings.remove(key),
            };
        }
    }

    /// Changes the settings of a response.
    pub(crate) fn show(&self, settings: &mut Map<String, Value>) {
        if *self == Self::AddDefaults {
            settings.insert(ADDED.to_owned(), json!("default"));
        }
        settings
            .values_mut()
            .for_each(|value| self.show_value(value));
    }

    fn show_value(&self, value: &mut Value) {
        match value {
            Value::Object(fields) => self.show(fields),
            Value::Array(items) => {
                for item in items.iter_mut() {
                    self.show_value(item);
                }
                let has_scalars_only = items
                    .iter()
                    .all(|item| !item.is_object() && !item.is_array());
                if *self == Self::SortLists && has_scalars_only {
                    items.sort_by_key(Value::to_string);
                }
            }
            Value::String(text) => self.show_text(text),
            Value::Number(number) if *self == Self::NumbersAsText => {
                *value = json!(number.to_string());
            }
            _ => {}
        }
    }

    fn show_text(&self, text: &mut String) {
        let is_timestamp = text.parse::<jiff::Timestamp>().is_ok();
        match self {
            Self::LowerCase if !is_timestamp => *text = text.to_lowercase(),
            Self::UtcOffset if is_timestamp => {
                if let Some(start) = text.strip_suffix('Z') {
                    *text = format!("{start}+00:00");
                }
            }
            _ => {}
        }
    }
}

impl FromStr for SettingsBehavior {
    type Err = SandboxError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(key) = text.strip_prefix("ignore=").filter(|key| !key.is_empty()) {
            return Ok(Self::Ignore(key.to_owned()));
        }
        PLAIN
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, behavior)| behavior.clone())
            .ok_or_else(|| SandboxError::Behavior(text.to_owned()))
    }
}

impl fmt::Display for SettingsBehavior {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ignore(key) => write!(f, "ignore={key}"),
            plain => {
                let named = PLAIN.iter().find(|(_, behavior)| behavior == plain);
                f.write_str(named.map_or("", |(name, _)| name))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(behavior: &str, settings: Value) -> Value {
        let Value::Object(mut settings) = settings else {
            unreachable!("a mapping")
        };
        behavior
            .parse::<SettingsBehavior>()
            .unwrap()
            .show(&mut settings);
        Value::Object(settings)
    }

    #[test]
    fn settings_behavior_from_text_is_written_unchanged() {
        let names = PLAIN.iter().map(|(name, _)| *name);
        for text in names.chain(["ignore=start_date"]) {
            assert_eq!(text.parse::<SettingsBehavior>().unwrap().to_string(), text);
        }
        assert!("ignore=".parse::<SettingsBehavior>().is_err());
        assert!("upper-case".parse::<SettingsBehavior>().is_err());
    }

    #[test]
    fn show_changes_form_at_every_depth() {
        let settings = json!({"a": ["B", "A"], "m": {"n": 7, "t": "2026-01-01T00:00:00Z"}});
        for (behavior, expected) in [
            (
                "sort-lists",
                json!({"a": ["A", "B"], "m": {"n": 7, "t": "2026-01-01T00:00:00Z"}}),
            ),
            (
                "lower-case",
                json!({"a": ["b", "a"], "m": {"n": 7, "t": "2026-01-01T00:00:00Z"}}),
            ),
            (
                "numbers-as-text",
                json!({"a": ["B", "A"], "m": {"n": "7", "t": "2026-01-01T00:00:00Z"}}),
            ),
            (
                "utc-offset",
                json!({"a": ["B", "A"], "m": {"n": 7, "t": "2026-01-01T00:00:00+00:00"}}),
            ),
            (
                "add-defaults",
                json!({
                    "a": ["B", "A"],
                    "m": {"n": 7, "t": "2026-01-01T00:00:00Z", "added_by_server": "default"},
                    "added_by_server": "default",
                }),
            ),
            ("verbatim", settings.clone()),
        ] {
            assert_eq!(shown(behavior, settings.clone()), expected, "{behavior}");
        }
    }

    #[test]
    fn store_of_ignored_key_keeps_value_from_before() {
        let behavior: SettingsBehavior = "ignore=a".parse().unwrap();
        let map = |value: Value| value.as_object().unwrap().clone();
        let mut settings = map(json!({"a": 2, "b": 2}));
        behavior.store(&mut settings, &map(json!({"a": 1, "b": 1})));
        assert_eq!(settings, map(json!({"a": 1, "b": 2})));
        behavior.store(&mut settings, &Map::new());
        assert_eq!(settings, map(json!({"b": 2})));
    }
}
