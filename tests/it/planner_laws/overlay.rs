//! Merges settings into those of a connector, independent of `apply`.

use airlift::model::Setting;
use serde_json::{Value, json};

pub(super) fn merge(base: &mut Value, setting: &Setting) {
    match (setting, &mut *base) {
        (Setting::Map(fields), Value::Object(inner)) => {
            for (name, field) in fields {
                merge(inner.entry(name).or_insert(Value::Null), field);
            }
        }
        (Setting::Secret(_), base) => *base = json!("*****"),
        (Setting::Map(fields), base) => {
            *base = json!({});
            for (name, field) in fields {
                merge(
                    base.as_object_mut()
                        .unwrap()
                        .entry(name)
                        .or_insert(Value::Null),
                    field,
                );
            }
        }
        (setting, base) => *base = setting.to_plain().unwrap_or_else(|| json!("*****")),
    }
}

pub(super) fn remove(base: &mut serde_json::Map<String, Value>, path: &[String]) {
    match path {
        [name] => {
            base.remove(name);
        }
        [name, rest @ ..] => remove(base[name].as_object_mut().unwrap(), rest),
        [] => {}
    }
}
