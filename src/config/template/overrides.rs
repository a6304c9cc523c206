//! Responsible for the changes that one row makes to its customer: a JSON merge patch (RFC 7396) in the column `overrides`.
//!
//! Connectors are merged by name.

use crate::config::origin::PathStep;
use crate::config::raw::FIELDS;
use serde_json::{Map, Value};

const CONNECTORS: &str = "connectors";

/// The patch of a cell: an object, or a text that is a JSON object.
pub(super) fn parse(cell: &Value) -> Result<Map<String, Value>, String> {
    let parsed = match cell {
        Value::String(text) => serde_json::from_str(text).ok(),
        other => Some(other.clone()),
    };
    match parsed {
        Some(Value::Object(patch)) => Ok(patch),
        _ => Err("must be a JSON object, such as {\"region\": \"eu\"}".to_owned()),
    }
}

/// Changes a customer. `origins` has the position in the template of each connector, or `None` for one that only the row
/// has. Returns the names that the patch removes and the customer does not have.
pub(super) fn apply(
    patch: &Map<String, Value>,
    customer: &mut Map<String, Value>,
    origins: &mut Vec<Option<usize>>,
) -> Vec<String> {
    let mut absent = Vec::new();
    for (name, change) in patch {
        match (name.as_str(), change) {
            (CONNECTORS, Value::Object(changes)) => {
                merge_connectors(changes, customer, origins, &mut absent);
            }
            (CONNECTORS, _) => {
                origins.clear();
                let count = change.as_array().map_or(0, Vec::len);
                origins.resize(count, None);
                merge_field(customer, name, change, &mut absent);
            }
            _ => merge_field(customer, name, change, &mut absent),
        }
    }
    absent
}

/// Whether a mapping has a value at a path, or in place of a part of the path.
pub(super) fn has_path(fields: &Map<String, Value>, steps: &[PathStep]) -> bool {
    let Some((PathStep::Field { name, .. }, rest)) = steps.split_first() else {
        return true;
    };
    match fields.get(name) {
        Some(Value::Object(inner)) => has_path(inner, rest),
        value => value.is_some(),
    }
}

fn merge_connectors(
    changes: &Map<String, Value>,
    customer: &mut Map<String, Value>,
    origins: &mut Vec<Option<usize>>,
    absent: &mut Vec<String>,
) {
    let list = customer
        .entry(CONNECTORS)
        .or_insert_with(|| Value::Array(Vec::new()));
    let Value::Array(list) = list else {
        return;
    };
    for (name, change) in changes {
        let position = list
            .iter()
            .position(|item| item.get("name").and_then(Value::as_str) == Some(name));
        match (position, change) {
            (Some(position), Value::Null) => {
                list.remove(position);
                if position < origins.len() {
                    origins.remove(position);
                }
            }
            (None, Value::Null) => absent.push(name.clone()),
            (Some(position), change) => merge(&mut list[position], change, absent),
            (None, change) => {
                let mut added =
                    Value::Object(Map::from_iter([("name".to_owned(), name.clone().into())]));
                merge(&mut added, change, absent);
                list.push(added);
                origins.push(None);
            }
        }
    }
}

fn merge(target: &mut Value, change: &Value, absent: &mut Vec<String>) {
    match (target, change) {
        (Value::Object(target), Value::Object(changes)) => {
            for (name, change) in changes {
                merge_field(target, name, change, absent);
            }
        }
        (target, change) => *target = change.clone(),
    }
}

/// Recursion is safe, because `serde_json` limits the depth of the change.
fn merge_field(
    target: &mut Map<String, Value>,
    name: &str,
    change: &Value,
    absent: &mut Vec<String>,
) {
    if change.is_null() {
        // A row may remove a field that only other rows have. Another name is mistyped.
        if target.remove(name).is_none() && !FIELDS.contains(name) {
            absent.push(name.to_owned());
        }
    } else {
        let field = target.entry(name).or_insert(Value::Null);
        if change.is_object() && !field.is_object() {
            *field = Value::Object(Map::new());
        }
        merge(field, change, absent);
    }
}
