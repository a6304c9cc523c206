//! Responsible for the body of a PUT of replication settings: the observed value with the declared
//! keys laid over it and without the keys that are no longer declared, which is right whether the
//! server merges or replaces.

use crate::model::{Setting, Settings};
use serde_json::{Map, Value};

pub(super) fn overlay(
    observed: Map<String, Value>,
    declared: &Settings,
    removed: &[Vec<String>],
) -> Map<String, Value> {
    let mut merged = observed;
    lay_over(&mut merged, declared);
    for path in removed {
        remove_key(&mut merged, path);
    }
    merged
}

fn lay_over(base: &mut Map<String, Value>, declared: &Settings) {
    for (name, setting) in declared {
        match (setting, base.get_mut(name)) {
            (Setting::Map(fields), Some(Value::Object(inner))) => lay_over(inner, fields),
            // A block that holds a reference is replaced, never updated, so nothing is left out.
            (setting, _) => {
                if let Some(value) = setting.to_plain() {
                    base.insert(name.clone(), value);
                }
            }
        }
    }
}

fn remove_key(base: &mut Map<String, Value>, path: &[String]) {
    match path {
        [] => {}
        [name] => {
            base.remove(name);
        }
        [name, rest @ ..] => {
            if let Some(Value::Object(inner)) = base.get_mut(name) {
                remove_key(inner, rest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::overlay;
    use crate::model::Setting;
    use serde_json::json;

    #[test]
    fn overlay_keeps_what_is_not_declared() {
        let observed = json!({"server": 1, "deep": {"kept": true, "gone": 1, "x": 1}, "list": [1]});
        let declared = json!({"deep": {"x": 2}, "list": [2, 3], "new": {}});
        let Setting::Map(declared) = Setting::from(declared) else {
            unreachable!()
        };
        let removed = [vec!["deep".to_owned(), "gone".to_owned()]];
        let merged = overlay(observed.as_object().unwrap().clone(), &declared, &removed);
        let expected =
            json!({"server": 1, "deep": {"kept": true, "x": 2}, "list": [2, 3], "new": {}});
        assert_eq!(serde_json::Value::Object(merged), expected);
    }
}
