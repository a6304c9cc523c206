//! Responsible for recognizing observed settings that must not be sent back, because they are masks or
//! secrets.

use crate::model::{Setting, Settings, is_mask, names_secret};
use serde_json::{Map, Value};

/// Whether an observed block holds an undeclared value that must not be sent back: a mask, the
/// coordinate of a stored secret, or a value whose name suggests a secret.
pub(super) fn holds_masked(observed: &Map<String, Value>, declared: Option<&Settings>) -> bool {
    observed.iter().any(|(name, value)| {
        let declared = declared.and_then(|declared| declared.get(name));
        match (value, declared) {
            (Value::Object(inner), Some(Setting::Map(fields))) => holds_masked(inner, Some(fields)),
            (_, Some(_)) => false,
            (Value::Object(inner), None) => holds_masked(inner, None),
            (Value::Array(items), None) => items.iter().any(|item| is_masked(name, item)),
            (value, None) => is_masked(name, value),
        }
    })
}

fn is_masked(name: &str, value: &Value) -> bool {
    let Value::String(text) = value else {
        return false;
    };
    is_mask(text) || (names_secret(name) && !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::holds_masked;
    use crate::model::{Setting, Settings};
    use serde_json::{Map, Value, json};

    fn settings(value: Value) -> Settings {
        match Setting::from(value) {
            Setting::Map(fields) => fields,
            other => panic!("not a mapping: {other:?}"),
        }
    }

    fn map(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(fields) => fields,
            other => panic!("not a mapping: {other:?}"),
        }
    }

    #[test]
    fn holds_masked_undeclared_mask_is_true() {
        assert!(holds_masked(&map(json!({"x": "****"})), None));
        assert!(holds_masked(&map(json!({"m": {"api_token": "abc"}})), None));
        assert!(holds_masked(
            &map(json!({"x": "secret_coordinate::1"})),
            None
        ));
        assert!(!holds_masked(
            &map(json!({"token": "abc"})),
            Some(&settings(json!({"token": "abc"})))
        ));
        assert!(!holds_masked(
            &map(json!({"start_date": "2026-01-01", "n": 3})),
            None
        ));
    }
}
