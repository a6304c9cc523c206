//! Responsible for comparing values of settings with each other: equality, equality in meaning, and
//! the pairs of a declared block and a remote one.

use super::{Entity, Mode, Setting, Settings};
use serde_json::{Map, Value};

/// Calls `visit` with the dotted path of each declared setting, the setting, and the remote value.
/// Descends into a mapping unless the remote value is something else.
pub fn pair_settings(
    path: &str,
    declared: &Settings,
    remote: &Map<String, Value>,
    visit: &mut impl FnMut(String, &Setting, Option<&Value>),
) {
    for (name, setting) in declared {
        let path = format!("{path}.{name}");
        match (setting, remote.get(name)) {
            (Setting::Map(fields), Some(Value::Object(live))) => {
                pair_settings(&path, fields, live, visit);
            }
            (Setting::Map(fields), None) if !fields.is_empty() => {
                pair_settings(&path, fields, &Map::new(), visit);
            }
            (setting, live) => visit(path, setting, live),
        }
    }
}

/// Calls `visit` with each declared setting that has no reference, as [`pair_settings`] does: its
/// dotted path, its value, and the remote value.
pub fn pair_plain_settings(
    declared: &Settings,
    remote: &Map<String, Value>,
    visit: &mut impl FnMut(String, Value, Option<&Value>),
) {
    pair_settings(
        "replication_config",
        declared,
        remote,
        &mut |path, setting, live| {
            if let Some(value) = setting.to_plain() {
                visit(path, value, live);
            }
        },
    );
}

/// Settings, unless there are none: an empty block and an absent one are the same.
pub fn filled(settings: Option<&Settings>) -> Option<&Settings> {
    settings.filter(|settings| !settings.is_empty())
}

/// JSON equality: `1` and `1.0` are the same number.
pub fn same_value(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            left == right || (left.as_f64() == right.as_f64() && (left.is_f64() || right.is_f64()))
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| same_value(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, value)| {
                    right
                        .get(name)
                        .is_some_and(|other| same_value(value, other))
                })
        }
        _ => left == right,
    }
}

/// Whether a remote value may be another form of the value that was sent: text in another case, a
/// number as text, another notation of a time, a list in another order, a mapping with more keys.
/// A guess, which must not decide that nothing changed.
pub fn is_other_form(sent: &Value, remote: &Value) -> bool {
    match (sent, remote) {
        (Value::Array(sent), Value::Array(remote)) => {
            let mut left: Vec<&Value> = remote.iter().collect();
            sent.len() == remote.len()
                && sent.iter().all(|sent| {
                    let same = left.iter().position(|remote| is_other_form(sent, remote));
                    same.map(|index| left.swap_remove(index)).is_some()
                })
        }
        (Value::Object(sent), Value::Object(remote)) => sent.iter().all(|(name, sent)| {
            remote
                .get(name)
                .is_some_and(|remote| is_other_form(sent, remote))
        }),
        _ => same_value(sent, remote) || same_text(sent, remote),
    }
}

/// Whether a remote value has the same meaning as the value that was sent: a number as text, another
/// notation of a time, a list in another order. Text in another case may have another meaning.
pub fn has_same_meaning(sent: &Value, remote: &Value) -> bool {
    match (sent, remote) {
        (Value::Array(sent), Value::Array(remote)) => {
            let mut left: Vec<&Value> = remote.iter().collect();
            sent.len() == remote.len()
                && sent.iter().all(|sent| {
                    let same = left
                        .iter()
                        .position(|remote| has_same_meaning(sent, remote));
                    same.map(|index| left.swap_remove(index)).is_some()
                })
        }
        (Value::Object(sent), Value::Object(remote)) => {
            sent.len() == remote.len()
                && sent.iter().all(|(name, sent)| {
                    remote
                        .get(name)
                        .is_some_and(|remote| has_same_meaning(sent, remote))
                })
        }
        _ => same_value(sent, remote) || same_scalar(sent, remote),
    }
}

/// A value in the form of another one: a number or a boolean that the API answers as text becomes one again, and the
/// other way round.
pub fn in_form_of(form: &Value, value: Value) -> Value {
    match (form, value) {
        (Value::Number(_) | Value::Bool(_), Value::String(text)) => {
            match serde_json::from_str(&text) {
                Ok(value @ Value::Number(_)) if form.is_number() => value,
                Ok(value @ Value::Bool(_)) if form.is_boolean() => value,
                _ => Value::String(text),
            }
        }
        (Value::String(_), value @ (Value::Number(_) | Value::Bool(_))) => {
            Value::String(value.to_string())
        }
        (Value::Array(forms), Value::Array(items)) => {
            let form = |at: usize| forms.get(at).or(forms.last()).unwrap_or(&Value::Null);
            let items = items.into_iter().enumerate();
            items.map(|(at, item)| in_form_of(form(at), item)).collect()
        }
        (Value::Object(forms), Value::Object(fields)) => {
            let fields = fields.into_iter().map(|(name, field)| {
                let form = forms.get(&name).unwrap_or(&Value::Null);
                let field = in_form_of(form, field);
                (name, field)
            });
            Value::Object(fields.collect())
        }
        (_, value) => value,
    }
}

/// Whether both lists have the same entities. Modes that are not declared are not compared, because
/// the API chooses them.
pub fn same_entities(declared: &[Entity], observed: &[Entity]) -> bool {
    declared.len() == observed.len()
        && declared.iter().all(|wanted| {
            observed.iter().any(|live| {
                live.entity == wanted.entity
                    && (wanted.modes.is_none() || sorted(wanted) == sorted(live))
            })
        })
}

fn sorted(entity: &Entity) -> Vec<Mode> {
    let mut modes = entity.modes.clone().unwrap_or_default();
    modes.sort_unstable();
    modes.dedup();
    modes
}

/// Entities as one value, in order.
pub fn entities_value(entities: &[Entity]) -> Value {
    let mut entities = entities.to_vec();
    entities.sort();
    serde_json::to_value(&entities).unwrap_or_default()
}

fn same_text(left: &Value, right: &Value) -> bool {
    let (Some(lower), Some(other)) = (scalar_text(left), scalar_text(right)) else {
        return false;
    };
    lower.to_lowercase() == other.to_lowercase() || same_scalar(left, right)
}

/// Whether two scalars are written alike, or are the same time.
fn same_scalar(left: &Value, right: &Value) -> bool {
    let (Some(left), Some(right)) = (scalar_text(left), scalar_text(right)) else {
        return false;
    };
    let time = |text: &str| text.parse::<jiff::Timestamp>().ok();
    left == right || time(&left).is_some_and(|left| Some(left) == time(&right))
}

fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{has_same_meaning, in_form_of, is_other_form};
    use serde_json::json;

    #[test]
    fn in_form_of_numbers_and_booleans_as_text_is_their_value() {
        for (form, value, expected) in [
            (json!(5), json!("7"), json!(7)),
            (json!(5), json!("many"), json!("many")),
            (json!(5), json!("true"), json!("true")),
            (json!(true), json!("false"), json!(false)),
            (json!("5"), json!(7), json!("7")),
            (json!("a"), json!("b"), json!("b")),
            (json!([1]), json!(["1", "2"]), json!([1, 2])),
            (
                json!({"a": 1}),
                json!({"a": "2", "b": "3"}),
                json!({"a": 2, "b": "3"}),
            ),
        ] {
            assert_eq!(in_form_of(&form, value.clone()), expected, "{form} {value}");
        }
    }

    #[test]
    fn is_other_form_of_value_with_same_meaning_is_true() {
        for (sent, remote) in [
            (json!("Acme/Api"), json!("acme/api")),
            (json!(7), json!("7")),
            (json!(true), json!("true")),
            (
                json!("2026-01-01T00:00:00Z"),
                json!("2026-01-01T00:00:00+00:00"),
            ),
            (json!(["B", "a"]), json!(["A", "b"])),
            (json!({"a": 1}), json!({"a": "1", "b": 2})),
        ] {
            assert!(is_other_form(&sent, &remote), "{sent} {remote}");
        }
    }

    #[test]
    fn has_same_meaning_of_text_in_another_case_is_false() {
        for (sent, remote) in [
            (json!(7), json!("7")),
            (json!("true"), json!(true)),
            (
                json!("2026-01-01T00:00:00Z"),
                json!("2026-01-01T00:00:00+00:00"),
            ),
            (json!(["b", 1]), json!(["1", "b"])),
            (json!({"a": 1}), json!({"a": "1"})),
        ] {
            assert!(has_same_meaning(&sent, &remote), "{sent} {remote}");
        }
        for (sent, remote) in [
            (json!("Acme/Api"), json!("acme/api")),
            (json!(7), json!("8")),
            (json!({"a": 1}), json!({"a": 1, "b": 2})),
            (json!(["a", "a"]), json!(["a", "b"])),
        ] {
            assert!(!has_same_meaning(&sent, &remote), "{sent} {remote}");
        }
    }

    #[test]
    fn is_other_form_of_other_value_is_false() {
        for (sent, remote) in [
            (json!("a"), json!("b")),
            (json!(7), json!(8)),
            (json!(["a", "a"]), json!(["a", "b"])),
            (json!({"a": 1, "b": 2}), json!({"a": 1})),
            (json!("2026-01-01T00:00:00Z"), json!("2026-01-02T00:00:00Z")),
            (json!(null), json!("null")),
            (json!(0), json!(false)),
        ] {
            assert!(!is_other_form(&sent, &remote), "{sent} {remote}");
        }
    }
}
