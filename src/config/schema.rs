//! Responsible for the JSON Schema for editors: the grammar, and the fields of each type in the
//! catalog.
//!
//! Does not check files: `schema_check` uses the grammar only, because `validate` writes better
//! messages about a type's fields than a schema can.

use super::raw::RawFile;
use super::schema_editor;
use crate::catalog::{self, AuthMethod, ConnectorType, Field, Variable};
use crate::model::remove_number_formats;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

const ID: &str = "urn:airlift:schema:config:1";

/// The schema of project files and included files.
pub fn config_schema() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<RawFile>();
    remove_number_formats(&mut schema);
    let mut schema = schema.to_value();
    if let Some(root) = schema.as_object_mut() {
        root.insert("$id".into(), ID.into());
    }
    let connector = schema
        .pointer_mut("/$defs/Connector")
        .and_then(Value::as_object_mut);
    if let Some(connector) = connector {
        let types: Vec<Value> = catalog::all().iter().map(type_schema).collect();
        connector.insert("allOf".into(), types.into());
        let names: Vec<&str> = catalog::all()
            .iter()
            .map(|kind| kind.name.as_str())
            .collect();
        if let Some(kind) = connector
            .get_mut("properties")
            .and_then(|fields| fields.get_mut("type"))
        {
            // Any text is valid; editors offer the names.
            kind["anyOf"] = json!([{ "enum": names }, { "type": "string" }]);
        }
    }
    schema_editor::complete(&mut schema);
    schema
}

fn type_schema(kind: &ConnectorType) -> Value {
    let mut fields = Map::new();
    let methods: Vec<Value> = kind.methods.iter().map(method_schema).collect();
    let names: Vec<&str> = kind
        .methods
        .iter()
        .map(|method| method.name.as_str())
        .collect();
    fields.insert("auth".into(), json!({ "enum": or_null(&names) }));
    fields.insert(
        "credentials".into(),
        nullable(&match methods.as_slice() {
            [only] => only.clone(),
            _ => json!({ "anyOf": methods }),
        }),
    );
    let variables = kind
        .variables
        .iter()
        .map(|(name, variable)| (name.clone(), variable_schema(variable)));
    fields.insert("environment".into(), closed(&variables.collect(), &[]));
    if !kind.replication_config.is_empty() {
        let settings = kind.replication_config.iter();
        let required: Vec<&str> = settings
            .clone()
            .filter(|(_, field)| field.required)
            .map(|(name, _)| name.as_str())
            .collect();
        let settings = settings.map(|(name, field)| (name.clone(), field_schema(field)));
        let settings = closed(&settings.collect(), &required);
        fields.insert(
            "replication_config".into(),
            json!({ "anyOf": [settings, { "const": "none" }] }),
        );
    }
    json!({
        "if": { "properties": { "type": { "enum": [kind.name, kind.definition_id] } }, "required": ["type"] },
        "then": { "properties": fields },
    })
}

fn method_schema(method: &AuthMethod) -> Value {
    let fields = method.fields.iter();
    let required: Vec<&str> = fields
        .clone()
        .filter(|(_, field)| field.required)
        .map(|(name, _)| name.as_str())
        .collect();
    let fields = fields.map(|(name, field)| (name.clone(), credential_schema(name, field)));
    json!({
        "title": method.title.as_ref().unwrap_or(&method.name),
        "type": "object",
        "properties": fields.collect::<Map<_, _>>(),
        "required": required,
        "additionalProperties": false,
    })
}

fn credential_schema(name: &str, field: &Field) -> Value {
    let reference = json!({ "type": "string", "pattern": REFERENCE });
    let plain = json!({
        "type": "object",
        "properties": { "plain": { "type": "string", "minLength": 1 } },
        "required": ["plain"],
        "additionalProperties": false,
    });
    if catalog::is_secret(name, Some(field)) {
        return json!({ "description": "secret: a reference such as ${env:NAME}", "anyOf": [reference, plain] });
    }
    json!({ "anyOf": [reference, plain, field_schema(field)] })
}

pub(super) const REFERENCE: &str =
    r"^\$\{([a-z][a-z0-9-]*:([^{}]|\$\{var\.[A-Za-z0-9_-]+\})+|var\.[A-Za-z0-9_-]+)\}$";
/// A text with a variable.
pub(super) const VARIABLE: &str = r"\$\{var\.";
/// A text that the service expands, in which `$${` is a literal `${`.
pub(super) const TEMPLATE: &str = r"\$\$\{";

fn field_schema(field: &Field) -> Value {
    let mut schema = serde_json::to_value(field).unwrap_or_default();
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("required");
        schema.remove("secret");
    }
    let constrained = field.kind == catalog::FieldType::String
        && (field.format.is_some() || field.pattern.is_some());
    if constrained {
        return json!({ "anyOf": [
            { "type": "string", "pattern": REFERENCE },
            { "type": "string", "pattern": TEMPLATE },
            { "type": "string", "pattern": VARIABLE },
            schema,
        ] });
    }
    schema
}

fn variable_schema(variable: &Variable) -> Value {
    let mut schema = json!({ "type": "string", "minLength": 1, "default": variable.default });
    if let Some(options) = &variable.options {
        // A schema cannot express that case does not matter, so it lists three spellings.
        let mut spellings: Vec<String> = options
            .iter()
            .flat_map(|o| [o.clone(), o.to_lowercase(), o.to_uppercase()])
            .collect();
        spellings.sort();
        spellings.dedup();
        schema["anyOf"] = json!([
            { "enum": spellings },
            { "pattern": REFERENCE },
            { "pattern": TEMPLATE },
            { "pattern": VARIABLE },
        ]);
    }
    schema
}

fn closed(properties: &Map<String, Value>, required: &[&str]) -> Value {
    json!({
        "type": ["object", "null"],
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn nullable(schema: &Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

fn or_null(names: &[&str]) -> Vec<Value> {
    names
        .iter()
        .map(|name| json!(name))
        .chain([Value::Null])
        .collect()
}
