//! Merges settings into those of a connector, independent of `apply`.

use airlift::model::{Answer, LastWrite, Setting, SettingAnswer, Settings, pair_settings};
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

/// Changes the form of a value as an API may: text in upper case, numbers as text, lists in another
/// order.
pub(super) fn reformat(value: &mut Value) {
    match value {
        Value::String(text) => *text = text.to_uppercase(),
        Value::Number(number) => *value = json!(number.to_string()),
        Value::Array(items) => {
            items.iter_mut().for_each(reformat);
            items.reverse();
        }
        Value::Object(fields) => fields.values_mut().for_each(reformat),
        _ => {}
    }
}

/// The record of a write whose settings the API stores in another form.
pub(super) fn last_write(
    declared: Option<&Settings>,
    stored: &serde_json::Map<String, Value>,
) -> Option<Box<LastWrite>> {
    let mut write = LastWrite::default();
    let mut record = |path: String, setting: &Setting, stored: Option<&Value>| {
        let stored = stored.cloned().unwrap_or_default();
        if setting.to_plain().is_some_and(|sent| sent != stored) {
            let answer = Answer::Stored(stored);
            write
                .answers
                .insert(path, SettingAnswer { answer, sends: 1 });
        }
    };
    if let Some(declared) = declared {
        pair_settings("replication_config", declared, stored, &mut record);
    }
    write.if_needed().map(Box::new)
}
