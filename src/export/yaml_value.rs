//! Responsible for writing customers that are JSON values as YAML in block style.

use super::yaml_writer::scalar;
use serde_json::Value;
use std::fmt::Write as _;

/// Customers as a file that airlift reads.
pub fn customers(customers: &[Value]) -> String {
    if customers.is_empty() {
        return "customers: []\n".to_owned();
    }
    let mut text = "customers:\n".to_owned();
    for customer in customers {
        item(&mut text, 2, customer);
    }
    text
}

/// Writes an item of a list. Recursion is safe, because the parser limits the depth of files.
fn item(text: &mut String, indent: usize, value: &Value) {
    let mut inside = String::new();
    block(&mut inside, indent + 2, value);
    let first = inside.trim_start();
    let _ = write!(text, "{:indent$}- {first}", "");
}

/// Writes a value on its own lines.
fn block(text: &mut String, indent: usize, value: &Value) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                let _ = write!(text, "{:indent$}{}:", "", scalar(name));
                field(text, indent, value);
            }
        }
        other => {
            let _ = writeln!(text, "{:indent$}{}", "", flow(other));
        }
    }
}

fn field(text: &mut String, indent: usize, value: &Value) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            text.push('\n');
            block(text, indent + 2, value);
        }
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            text.push('\n');
            for value in items {
                item(text, indent + 2, value);
            }
        }
        other => {
            let _ = writeln!(text, " {}", flow(other));
        }
    }
}

/// A value on one line.
fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(name, value)| format!("{}: {}", scalar(name), flow(value)))
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::customers;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[-:#\\[\\]{}&*!|>'\"%@`,?~ a0.\n\t]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("[^$]{0,8}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn customers_of_any_values_read_back_unchanged(values in proptest::collection::vec(any_value(), 0..3)) {
            let text = customers(&values);
            let read: Value = serde_yaml::from_str(&text).map_err(|error| {
                TestCaseError::fail(format!("{error}: {text}"))
            })?;
            prop_assert_eq!(&read, &json!({"customers": values}), "{}", text);
        }
    }
}
