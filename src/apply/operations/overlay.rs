//! Responsible for the body that updates replication settings: the observed value, with the
//! declared keys laid over it and without the keys that are no longer declared. The result is the
//! same whether the server merges or replaces.

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
            // A connector whose settings contain a reference is replaced instead, so `to_plain`
            // leaves nothing out here.
            (setting, _) => {
                if let Some(value) = setting.to_plain() {
                    base.insert(name.to_owned(), value);
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
    fn overlay_of_undeclared_keys_keeps_them_unless_removed() {
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
