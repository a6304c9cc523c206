//! Responsible for what editors show beyond the rules of the schema: messages in place of patterns,
//! snippets, and the form of ids.

use super::schema::{REFERENCE, TEMPLATE, VARIABLE};
use serde_json::{Value, json};

const UUID: &str = "^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$";

/// The places of ids, as pointers into the schema.
const IDS: [&str; 2] = [
    "/properties/organization_id",
    "/$defs/Connector/properties/template_id",
];

/// Completes the schema of project files.
pub(super) fn complete(schema: &mut Value) {
    for id in IDS {
        if let Some(field) = schema.pointer_mut(id) {
            field["pattern"] = UUID.into();
        }
    }
    for (place, label, body) in snippets() {
        if let Some(definition) = schema.pointer_mut(place) {
            definition["defaultSnippets"] = json!([{ "label": label, "body": body }]);
        }
    }
    add_pattern_messages(schema);
}

/// What an editor inserts for a whole file, customer or connector.
fn snippets() -> [(&'static str, &'static str, Value); 3] {
    let connector = |at: usize| {
        json!({
            "name": format!("${{{}:GitHub}}", at),
            "type": format!("${{{}:github}}", at + 1),
            "credentials": { "token": format!("\\${{env:${{{}:ACME_GITHUB_TOKEN}}}}", at + 2) },
        })
    };
    let customer = json!({ "name": "${1:acme}", "connectors": [connector(2)] });
    [
        (
            "",
            "project",
            json!({ "version": 1, "customers": [customer] }),
        ),
        ("/$defs/Customer", "customer", customer),
        ("/$defs/Connector", "connector", connector(1)),
    ]
}

/// Explains each pattern, which editors would show as it is.
fn add_pattern_messages(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            let pattern = fields.get("pattern").and_then(Value::as_str);
            if let Some(message) = pattern.map(pattern_message) {
                fields.insert("patternErrorMessage".to_owned(), message.into());
            }
            fields.values_mut().for_each(add_pattern_messages);
        }
        Value::Array(items) => items.iter_mut().for_each(add_pattern_messages),
        _ => {}
    }
}

fn pattern_message(pattern: &str) -> String {
    match pattern {
        UUID => "Write a UUID, such as 0b5c6f0e-6a51-4f2f-9d0e-0a8a5f4b7c11.".to_owned(),
        REFERENCE => "Write a reference, such as ${env:NAME} or ${file:secrets/token}.".to_owned(),
        TEMPLATE => "Write $${ for a literal ${.".to_owned(),
        VARIABLE => "Write a variable, such as ${var.region}.".to_owned(),
        "^none$" => "Write settings, or none.".to_owned(),
        pattern => format!("The service expects the form {pattern}."),
    }
}

#[cfg(test)]
mod tests {
    use crate::config::config_schema;
    use serde_json::Value;

    fn visit(schema: &Value, seen: &mut impl FnMut(&Value)) {
        seen(schema);
        match schema {
            Value::Object(fields) => fields.values().for_each(|field| visit(field, seen)),
            Value::Array(items) => items.iter().for_each(|item| visit(item, seen)),
            _ => {}
        }
    }

    #[test]
    fn every_pattern_has_a_message() {
        let mut patterns = 0;
        visit(&config_schema(), &mut |part| {
            if part.get("pattern").is_some_and(Value::is_string) {
                patterns += 1;
                assert!(part["patternErrorMessage"].is_string(), "{part}");
            }
        });
        assert!(patterns > 50, "{patterns}");
    }

    #[test]
    fn no_list_of_types_begins_with_null() {
        visit(&config_schema(), &mut |part| {
            let first = |word: &str| part.get(word).and_then(|list| list.get(0)).cloned();
            assert_ne!(first("type"), Some(Value::from("null")), "{part}");
            assert_ne!(first("enum"), Some(Value::Null), "{part}");
            let any = first("anyOf").unwrap_or_default();
            assert_ne!(any["type"], "null", "{part}");
        });
    }
}
