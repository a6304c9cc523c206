//! Responsible for the view of the catalog of connector types.

use crate::catalog::{AuthMethod, ConnectorType, Field, FieldType, Variable, is_secret};
use crate::render::Safe;

/// A type with its authentication methods.
#[derive(Debug)]
pub(crate) struct TypeRow {
    pub(crate) name: Safe,
    pub(crate) methods: Safe,
}

/// One type with its fields.
#[derive(Debug)]
pub(crate) struct TypeView {
    pub(crate) name: Safe,
    pub(crate) version: Safe,
    pub(crate) sections: Vec<SectionView>,
}

/// A block of fields.
#[derive(Debug)]
pub(crate) struct SectionView {
    pub(crate) title: Safe,
    pub(crate) fields: Vec<FieldRow>,
}

/// One field.
#[derive(Debug)]
pub(crate) struct FieldRow {
    pub(crate) name: Safe,
    pub(crate) description: Safe,
}

impl TypeRow {
    pub(crate) fn new(kind: &ConnectorType) -> Self {
        let methods: Vec<&str> = kind
            .methods
            .iter()
            .map(|method| method.name.as_str())
            .collect();
        Self {
            name: Safe::new(&kind.name),
            methods: Safe::new(methods.join(", ")),
        }
    }
}

impl TypeView {
    pub(crate) fn new(kind: &ConnectorType) -> Self {
        let environment = kind
            .variables
            .iter()
            .map(|(name, variable)| FieldRow::new(name, &describe_variable(variable)));
        let settings = kind
            .replication_config
            .iter()
            .map(|(name, field)| FieldRow::new(name, &describe(field, None)));
        let blocks = [
            SectionView::new("environment", environment.collect()),
            SectionView::new("replication_config", settings.collect()),
        ];
        Self {
            name: Safe::new(&kind.name),
            version: Safe::new(format_args!(
                "definition {}, version {}",
                kind.definition_id, kind.definition_version
            )),
            sections: kind
                .methods
                .iter()
                .map(credentials)
                .chain(blocks.into_iter().filter(|block| !block.fields.is_empty()))
                .collect(),
        }
    }
}

impl SectionView {
    fn new(title: &'static str, fields: Vec<FieldRow>) -> Self {
        Self {
            title: title.into(),
            fields,
        }
    }
}

impl FieldRow {
    fn new(name: &str, description: &str) -> Self {
        Self {
            name: Safe::new(name),
            description: Safe::new(description),
        }
    }
}

fn credentials(method: &AuthMethod) -> SectionView {
    let title = method
        .title
        .as_ref()
        .map(|title| format!(": {title}"))
        .unwrap_or_default();
    SectionView {
        title: Safe::new(format_args!(
            "credentials, auth: {} ({}{title})",
            method.name, method.kind
        )),
        fields: method
            .fields
            .iter()
            .map(|(name, field)| {
                let secrecy = if is_secret(name, Some(field)) {
                    "secret"
                } else {
                    "not secret"
                };
                FieldRow::new(name, &describe(field, Some(secrecy)))
            })
            .collect(),
    }
}

fn describe_variable(variable: &Variable) -> String {
    let mut description = if variable.default_is_placeholder() {
        "text".to_owned()
    } else {
        format!("text, {} when left out", variable.default)
    };
    if let Some(options) = &variable.options {
        description = format!("{description}; one of {}", options.join(", "));
    }
    description
}

fn describe(field: &Field, secrecy: Option<&'static str>) -> String {
    let presence = if field.required {
        "required"
    } else {
        "optional"
    };
    let kind = match field.kind {
        FieldType::String => "text",
        FieldType::Integer => "whole number",
        FieldType::Number => "number",
        FieldType::Boolean => "true or false",
        FieldType::Array => "list",
        FieldType::Object => "mapping",
    };
    let words: Vec<&str> = std::iter::once(presence)
        .chain(secrecy)
        .chain([kind])
        .chain(field.format.as_deref())
        .collect();
    words.join(", ")
}
