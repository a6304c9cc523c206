//! Responsible for the changes that one row makes to its customer: a JSON merge patch (RFC 7396) in the column `overrides`.
//!
//! Connectors are merged by name.

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
/// has.
pub(super) fn apply(
    patch: &Map<String, Value>,
    customer: &mut Map<String, Value>,
    origins: &mut Vec<Option<usize>>,
) {
    for (name, change) in patch {
        match (name.as_str(), change) {
            (CONNECTORS, Value::Object(changes)) => merge_connectors(changes, customer, origins),
            (CONNECTORS, _) => {
                origins.clear();
                let count = change.as_array().map_or(0, Vec::len);
                origins.resize(count, None);
                merge_field(customer, name, change);
            }
            _ => merge_field(customer, name, change),
        }
    }
}

fn merge_connectors(
    changes: &Map<String, Value>,
    customer: &mut Map<String, Value>,
    origins: &mut Vec<Option<usize>>,
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
            (None, Value::Null) => {}
            (Some(position), change) => merge(&mut list[position], change),
            (None, change) => {
                let mut added =
                    Value::Object(Map::from_iter([("name".to_owned(), name.clone().into())]));
                merge(&mut added, change);
                list.push(added);
                origins.push(None);
            }
        }
    }
}

fn merge(target: &mut Value, change: &Value) {
    match (target, change) {
        (Value::Object(target), Value::Object(changes)) => {
            for (name, change) in changes {
                merge_field(target, name, change);
            }
        }
        (target, change) => *target = change.clone(),
    }
}

/// Recursion is safe, because `serde_json` limits the depth of the change.
fn merge_field(target: &mut Map<String, Value>, name: &str, change: &Value) {
    if change.is_null() {
        target.remove(name);
    } else {
        let field = target.entry(name).or_insert(Value::Null);
        if change.is_object() && !field.is_object() {
            *field = Value::Object(Map::new());
        }
        merge(field, change);
    }
}
