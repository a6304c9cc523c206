//! Responsible for one setting of an accepted change: its observed value, and its place in the ledger entry.

use super::drift_acceptance::{Refusal, WITHHELD};
use super::project_edit::NOT_EDITABLE;
use crate::model::{Applied, ObservedConnector, Setting, Settings, in_form_of};
use crate::plan::{FieldChange, FieldValue};
use serde_json::{Value, json};

/// The observed value; `None` if the setting was removed.
fn known(value: &FieldValue) -> Result<Option<&Value>, Refusal> {
    // A value from the API could be read as the reference of a secret.
    let has_reference = |value: &Value| Setting::from(value.clone()).holds_secret();
    match value {
        FieldValue::Absent => Ok(None),
        FieldValue::Value(value) if has_reference(value) => Err(WITHHELD),
        FieldValue::Value(value) => Ok(Some(value)),
        FieldValue::Unreadable | FieldValue::Reference(_) | FieldValue::Hidden => Err(WITHHELD),
    }
}

/// The observed value of a changed setting, in the form of the applied one; `None` if the setting was removed.
pub(super) fn accepted_value(
    field: &FieldChange,
    observed: &ObservedConnector,
) -> Result<Option<Value>, Refusal> {
    let Some(value) = known(&field.after)? else {
        return Ok(None);
    };
    if field.path == "entities" {
        let detail = observed.detail.as_ref();
        return Ok(detail.map(|detail| json!(detail.entities)));
    }
    Ok(Some(match &field.before {
        FieldValue::Value(applied) => in_form_of(applied, value.clone()),
        _ => value.clone(),
    }))
}

/// Sets an applied setting of a connector, and returns the keys that lead to it.
pub(super) fn set_applied(
    applied: &mut Applied,
    path: &str,
    value: Option<&Value>,
    observed: &ObservedConnector,
) -> Result<Vec<String>, Refusal> {
    if path == "entities" {
        let detail = observed.detail.as_ref().ok_or(NOT_EDITABLE)?;
        applied.entities = Some(detail.entities.clone());
        return Ok(vec![path.to_owned()]);
    }
    let block = "replication_config";
    let rest = path
        .strip_prefix(block)
        .and_then(|rest| rest.strip_prefix('.'))
        .ok_or(NOT_EDITABLE)?;
    let settings = applied.replication_config.as_ref().ok_or(NOT_EDITABLE)?;
    let mut settings = serde_json::to_value(settings).map_err(|_| NOT_EDITABLE)?;
    let mut keys = vec![block.to_owned()];
    set_in(&mut settings, rest, value, &mut keys).ok_or(NOT_EDITABLE)?;
    let settings: Settings = serde_json::from_value(settings).map_err(|_| NOT_EDITABLE)?;
    applied.replication_config = Some(settings);
    Ok(keys)
}

/// Sets the value at a dotted path. A name may contain dots, so the longest name that exists is taken.
fn set_in(
    settings: &mut Value,
    path: &str,
    value: Option<&Value>,
    keys: &mut Vec<String>,
) -> Option<()> {
    let fields = settings.as_object_mut()?;
    let ends = path.match_indices('.').map(|(at, _)| at);
    let mut ends: Vec<usize> = ends.chain([path.len()]).collect();
    ends.reverse();
    let end = ends
        .into_iter()
        .find(|end| fields.contains_key(&path[..*end]))?;
    let name = &path[..end];
    keys.push(name.to_owned());
    if end < path.len() {
        return set_in(fields.get_mut(name)?, &path[end + 1..], value, keys);
    }
    match value {
        None => fields.remove(name).map(drop),
        Some(value) => fields.insert(name.to_owned(), value.clone()).map(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::set_in;
    use serde_json::json;

    #[test]
    fn set_in_takes_the_longest_name_that_exists() {
        let mut settings = json!({"a.b": {"c": 1}, "a": {"b": {"c": 2}}});
        let mut keys = Vec::new();
        set_in(&mut settings, "a.b.c", Some(&json!(3)), &mut keys).unwrap();
        assert_eq!(keys, ["a.b", "c"]);
        assert_eq!(settings, json!({"a.b": {"c": 3}, "a": {"b": {"c": 2}}}));
        set_in(&mut settings, "a.b.c", None, &mut Vec::new()).unwrap();
        assert_eq!(settings["a.b"], json!({}));
        assert!(set_in(&mut settings, "x", None, &mut Vec::new()).is_none());
    }
}
