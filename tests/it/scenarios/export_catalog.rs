//! Tests of the export of every connector type.

use super::export::{assert_adopts_everything, export};
use crate::support::{TestEnv, options};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// A project with a connector of every type of the catalog.
fn every_type(env: &mut TestEnv) -> String {
    let mut text = "version: 1\ncustomers:\n  - name: everything\n    connectors:\n".to_owned();
    for (number, kind) in airlift::catalog::all().iter().enumerate() {
        write!(
            text,
            "      - name: The {}\n        type: {}\n",
            kind.name, kind.name
        )
        .unwrap();
        let method = &kind.methods[number % kind.methods.len()];
        writeln!(text, "        auth: {}\n        credentials:", method.name).unwrap();
        for (field, _) in method.fields.iter().filter(|(_, field)| field.required) {
            let variable = format!("V{number}_{}", field.to_uppercase().replace('-', "_"));
            env.set(&variable, &format!("ops-{number}@acme.example"));
            writeln!(text, "          {field}: \"${{env:{variable}}}\"").unwrap();
        }
        block(&mut text, "environment", &variables(kind));
        block(&mut text, "replication_config", &settings(kind));
    }
    text
}

fn block(text: &mut String, name: &str, fields: &[(String, Value)]) {
    if !fields.is_empty() {
        writeln!(text, "        {name}:").unwrap();
        for (field, value) in fields {
            writeln!(text, "          {field}: {value}").unwrap();
        }
    }
}

fn variables(kind: &airlift::catalog::ConnectorType) -> Vec<(String, Value)> {
    let needed = kind.variables.iter();
    let needed = needed.filter(|(_, variable)| variable.default_is_placeholder());
    needed
        .map(|(name, variable)| {
            let option = variable.options.iter().flatten().next();
            (name.clone(), json!(option.map_or("acme", String::as_str)))
        })
        .collect()
}

fn settings(kind: &airlift::catalog::ConnectorType) -> Vec<(String, Value)> {
    use airlift::catalog::FieldType;
    let fields = kind.replication_config.iter();
    let needed = fields.filter(|(_, field)| field.required);
    let value = |field: &airlift::catalog::Field| {
        let option = field.options.iter().flatten().next().cloned();
        option.or_else(|| field.default.clone()).unwrap_or_else(|| {
            match (field.kind, field.format.as_deref()) {
                (FieldType::String, Some("date")) => json!("2026-01-01"),
                (FieldType::String, Some("email")) => json!("ops@acme.example"),
                (FieldType::String, _) => json!("2026-01-01T00:00:00Z"),
                (FieldType::Array, _) => match field.items.as_ref().map(|items| items.kind) {
                    Some(FieldType::Object) => json!([{"name": "issues"}]),
                    Some(FieldType::Integer | FieldType::Number) => json!([7]),
                    _ => json!(["acme/api"]),
                },
                (FieldType::Object, _) => json!({}),
                (FieldType::Boolean, _) => json!(true),
                (FieldType::Integer | FieldType::Number, _) => json!(7),
            }
        })
    };
    needed
        .map(|(name, field)| (name.clone(), value(field)))
        .collect()
}

#[test]
fn export_of_every_type_is_equal_to_the_project() {
    let mut env = TestEnv::with("version: 1\n", options());
    let project = every_type(&mut env);
    env.write("airlift.yaml", &project);
    env.converge(&[]);
    let bare = export(&env, &["--ledger", "none"]);
    assert_eq!(bare.stdout.matches("        type: ").count(), 56);
    assert_adopts_everything(&env, &bare.stdout);
    let output = export(&env, &[]);
    env.write("airlift.yaml", &output.stdout);
    env.run(&["validate"]).exits(0);
    env.assert_converged(&[]);
}
