//! Responsible for the view of the catalog of connector types.

use crate::catalog::{
    AuthMethod, ConnectorType, EntityAction, Field, FieldType, OAuthScope, Variable, is_secret,
    token_form,
};
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
            methods: Safe::new(format_args!("{}{}", methods.join(", "), marks(kind))),
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
        let entities = kind
            .entities
            .iter()
            .map(|(name, actions)| FieldRow::new(name, &names(actions)));
        let blocks = [
            SectionView::new("environment", environment.collect()),
            SectionView::new("replication_config", settings.collect()),
            SectionView::new("entities", entities.collect()),
        ];
        Self {
            name: Safe::new(&kind.name),
            version: Safe::new(format_args!(
                "definition {}, version {}{}",
                kind.definition_id,
                kind.definition_version,
                remarks(kind)
            )),
            sections: kind
                .methods
                .iter()
                .flat_map(|method| [credentials(&kind.name, method), scopes(method)])
                .chain(blocks)
                .filter(|block| !block.fields.is_empty())
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

fn credentials(kind: &str, method: &AuthMethod) -> SectionView {
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
                let form =
                    token_form(kind, name).map(|form| format!("; begins with {}", form.takes));
                let description = describe(field, Some(secrecy)) + &form.unwrap_or_default();
                FieldRow::new(name, &description)
            })
            .collect(),
    }
}

/// The permissions that an OAuth app asks for.
fn scopes(method: &AuthMethod) -> SectionView {
    let row = |scope: &OAuthScope| {
        let mode = scope.mode.replace('_', " and ");
        FieldRow::new(
            scope.scope.as_deref().unwrap_or("(app settings)"),
            &format!("{mode}: {}", scope.entities.join(", ")),
        )
    };
    SectionView {
        title: Safe::new(format_args!("OAuth scopes, auth: {}", method.name)),
        fields: method.scopes.iter().map(row).collect(),
    }
}

/// The same as [`remarks`], in a word or two for the list.
fn marks(kind: &ConnectorType) -> String {
    let availability = kind.availability.as_ref().map(|it| it.state.as_str());
    let state = availability.filter(|state| *state != "enabled");
    let direct = (kind.runtime_mode.as_deref() == Some("direct_only")).then_some("direct use only");
    let marks: Vec<&str> = state.into_iter().chain(direct).collect();
    if marks.is_empty() {
        String::new()
    } else {
        format!(" ({})", marks.join(", "))
    }
}

/// What a user has to know before choosing the type.
fn remarks(kind: &ConnectorType) -> String {
    let experimental = kind
        .availability
        .as_ref()
        .filter(|availability| availability.state != "enabled")
        .map(|availability| {
            let reason = availability.reason.as_deref().unwrap_or("no reason given");
            format!("; {}: {reason}", availability.state)
        });
    let direct_only = kind.runtime_mode.as_deref() == Some("direct_only");
    let direct_only = direct_only.then_some("; direct use only, without replication");
    experimental.unwrap_or_default() + direct_only.unwrap_or_default()
}

/// The names of actions, separated by commas.
fn names(actions: &[EntityAction]) -> String {
    let names: Vec<&str> = actions.iter().map(|action| action.name()).collect();
    names.join(", ")
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
