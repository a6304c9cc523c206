//! Responsible for validating `credentials`: exactly the fields of one method, and secrets only as
//! references.

use super::foreign_credentials::{foreign_fields, has_credentials, is_method, ways};
use super::references::{RESERVED, reserved};
use super::{ConnectorContext, did_you_mean_or_all, references, values};
use crate::catalog::{self, AuthMethod, ConnectorType, Field};
use crate::config::code::Code;
use crate::config::excerpt::MASK;
use crate::config::findings::Findings;
use crate::config::mistakes;
use crate::config::origin::Origin;
use crate::config::raw::RawBlock;
use crate::config::redaction::{named, title};
use crate::config::schema_check::kind_of;
use crate::model::{Literal, Setting, Settings, has_reference_mark, unescaped};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Validates the block against the fields of a method.
pub(super) fn validate(
    block: RawBlock,
    method: Option<&'static AuthMethod>,
    context: ConnectorContext<'_>,
    findings: &mut Findings,
) -> Settings {
    let origin = context.origin.key("credentials");
    if let Some((method, kind)) = method.zip(context.kind) {
        foreign_fields(&block, method, kind, origin, findings);
        // A key such as `token:value` and a block of credentials have findings of their own.
        if !block.iter().any(|(key, value)| {
            mistakes::of_key(key).is_some()
                || is_method(key, method)
                || has_credentials(value, kind)
        }) {
            missing_fields(&block, method, (kind, context), findings);
        }
    }
    let fields = method.map(|method| &method.fields);
    settings(block, fields, origin, context, findings)
}

/// Validates the fields of an OAuth app. `fields` are those that the catalog lists.
pub(super) fn validate_app(
    block: RawBlock,
    fields: &'static BTreeMap<String, Field>,
    context: ConnectorContext<'_>,
    findings: &mut Findings,
) -> Settings {
    let known: Vec<&str> = fields.keys().map(String::as_str).collect();
    let given: Vec<&str> = block.keys().map(String::as_str).collect();
    let required = fields.iter().filter(|(_, field)| field.required);
    for (name, _) in required.filter(|(name, _)| super::is_missing(name, &given, &known)) {
        let message = format!("the OAuth app has no `{name}`");
        findings.at(context.origin, Code::MissingCredentials, message, None);
    }
    let origins = context.origin.fields();
    for name in given.iter().filter(|name| !fields.contains_key(**name)) {
        let message = format!("unknown field {} of an OAuth app", named(name));
        let help = did_you_mean_or_all(name, &known);
        findings.at(origins.key(name), Code::UnknownCredential, message, help);
    }
    settings(block, Some(fields), context.origin, context, findings)
}

/// Validates each value of a block. `fields` are those that the catalog lists.
fn settings(
    block: RawBlock,
    fields: Option<&'static BTreeMap<String, Field>>,
    origin: Origin<'_>,
    context: ConnectorContext<'_>,
    findings: &mut Findings,
) -> Settings {
    let origins = origin.fields();
    block
        .into_iter()
        .filter(|(name, _)| !context.is_of_other_block(name))
        .filter_map(|(name, value)| {
            let field = CredentialField {
                name: &name,
                field: fields.and_then(|fields| fields.get(&name)),
                origin: origins.key(&name),
                context,
            };
            let setting = field.setting(value, findings)?;
            Some((context.scope.texts.share(&name), setting))
        })
        .collect()
}

/// What makes a connector complete.
const COMPLETES: [&str; 3] = ["credentials", "oauth", "template_id"];

/// Reports absent credentials. A connector of a type outside the catalog may have none. A value of another form, and a
/// credential beside `credentials`, has a finding already.
pub(super) fn absent(context: ConnectorContext<'_>, findings: &mut Findings) -> Option<Settings> {
    let entries = context.origin.entries();
    let is_written = entries
        .iter()
        .any(|(name, value)| COMPLETES.contains(name) && !value.is_null());
    let is_written = is_written
        || entries.iter().any(|(name, _)| is_misplaced(name, context))
        || context.has_block_elsewhere("credentials");
    if context.kind.is_some() && !is_written {
        let message = "the connector has no `credentials`";
        let help = context.kind.map(ways);
        findings.at(context.origin, Code::MissingCredentials, message, help);
    }
    None
}

/// Whether a field of a connector belongs into `credentials`, or is a misspelling of it.
fn is_misplaced(name: &str, context: ConnectorContext<'_>) -> bool {
    let mut methods = context.kind.iter().flat_map(|kind| &kind.methods);
    let is_credential = methods.any(|method| method.fields.contains_key(name));
    let is_misspelt =
        !name.starts_with("credentials") && catalog::closest(name, ["credentials"]).is_some();
    let is_own = matches!(name, "name" | "type" | "auth" | "environment" | "entities");
    (is_credential && !is_own) || is_misspelt
}

fn missing_fields(
    block: &RawBlock,
    method: &AuthMethod,
    (kind, context): (&ConnectorType, ConnectorContext<'_>),
    findings: &mut Findings,
) {
    let origin = context.origin.key("credentials");
    let given: Vec<&str> = block.keys().map(String::as_str).collect();
    let known: Vec<&str> = method.fields.keys().map(String::as_str).collect();
    let names_method = context
        .origin
        .entries()
        .iter()
        .any(|(name, _)| *name == "auth");
    let is_chosen = names_method
        || kind.methods.len() == 1
        || given.iter().any(|name| method.fields.contains_key(*name));
    // Unknown fields have findings of their own, which name the credentials of each method.
    let is_unknown = |name: &&str| mistakes::of_other_block(kind, name).is_none();
    if !is_chosen && given.iter().any(is_unknown) {
        return;
    }
    if !is_chosen && given.is_empty() {
        let message = format!("`credentials` of {} is empty", kind.name);
        let help = Some(ways(kind));
        return findings.at(origin, Code::MissingCredentials, message, help);
    }
    for name in method
        .required()
        .filter(|name| super::is_missing(name, &given, &known))
    {
        let message = format!("missing credential `{name}` of method {}", method.name);
        let value = if catalog::is_secret(name, method.fields.get(name)) {
            "\"${env:NAME}\", with the name of a variable"
        } else {
            "its value"
        };
        let help = format!("write `{name}:` with {value}");
        findings.at(origin, Code::MissingCredentials, message, Some(help));
    }
}

/// A field of the block, or a value inside a field.
#[derive(Clone, Copy)]
struct CredentialField<'e> {
    name: &'e str,
    /// The method's description of the field.
    field: Option<&'static Field>,
    origin: Origin<'e>,
    context: ConnectorContext<'e>,
}

impl CredentialField<'_> {
    fn setting(self, value: Value, findings: &mut Findings) -> Option<Setting> {
        if reserved(self.name, self.origin, findings) {
            return None;
        }
        self.value(value, findings)
    }

    fn value(self, value: Value, findings: &mut Findings) -> Option<Setting> {
        let is_outside_catalog = self.context.kind.is_none();
        match value {
            // An unknown field has a finding already.
            Value::Object(_) | Value::Array(_) if self.field.is_none() && !is_outside_catalog => {
                None
            }
            Value::Null if self.field.is_none() && !is_outside_catalog => {
                Some(Setting::Literal(Literal::Null))
            }
            Value::Null => self.empty(findings),
            Value::String(text) if text.trim().is_empty() => self.empty(findings),
            Value::String(text) if has_reference_mark(&text) => {
                let scope = self.context.scope;
                references::reference(&text, None, self.origin, scope, findings)
                    .map(|reference| Setting::Secret(scope.texts.share_reference(reference)))
            }
            // Outside the catalog a block may nest. The same rules apply to its leaves.
            Value::Object(map) if is_outside_catalog && !map.contains_key("plain") => {
                Some(Setting::Map(self.nested(map, findings)))
            }
            Value::Array(items) if is_outside_catalog => {
                Some(Setting::List(self.list(items, findings).into()))
            }
            Value::Object(map) => self.explicit(map, findings),
            Value::Array(_) => self.wrong_type(&value, findings),
            literal => self.literal(literal, findings),
        }
    }

    fn nested(self, map: Map<String, Value>, findings: &mut Findings) -> Settings {
        let origins = self.origin.fields();
        map.into_iter()
            .filter_map(|(name, value)| {
                let field = CredentialField {
                    name: &name,
                    field: None,
                    origin: origins.key(&name),
                    context: self.context,
                };
                let setting = field.setting(value, findings)?;
                Some((self.context.scope.texts.share(&name), setting))
            })
            .collect()
    }

    fn list(self, items: Vec<Value>, findings: &mut Findings) -> Vec<Setting> {
        let origins = self.origin.items();
        items
            .into_iter()
            .zip(origins)
            .filter_map(|(item, origin)| {
                let field = CredentialField {
                    field: None,
                    origin,
                    ..self
                };
                field.value(item, findings)
            })
            .collect()
    }

    /// A literal without `plain`.
    fn literal(self, value: Value, findings: &mut Findings) -> Option<Setting> {
        if self.field.is_some() && !value.is_string() {
            return self.wrong_type(&value, findings);
        }
        if catalog::is_secret(self.name, self.field) {
            let message = format!(
                "credential {} is a literal: write a reference",
                named(self.name)
            );
            if value.as_str() == Some(MASK) {
                mistakes::report_mask(self.origin, findings);
                return None;
            }
            if let Some((site, column)) = self.origin.column() {
                let message = format!(
                    "credential {} is a literal of the column {}: write a reference",
                    named(self.name),
                    title(column)
                );
                let help = Some(mistakes::of_column(column));
                findings.at_site(site, Code::LiteralSecret, message, help);
                return None;
            }
            let help = value.as_str().and_then(mistakes::of_reference).unwrap_or(
                "write \"${env:NAME}\" or \"${file:path}\", or {plain: …} if the value is not secret",
            );
            let help = Some(help.to_owned());
            findings.at(self.origin, Code::LiteralSecret, message, help);
            return None;
        }
        Some(self.checked(value, findings))
    }

    /// `{plain: …}`: a literal that the file declares to be harmless.
    fn explicit(self, mut map: Map<String, Value>, findings: &mut Findings) -> Option<Setting> {
        let plain = if map.len() == 1 {
            map.remove("plain")
        } else {
            None
        };
        match plain {
            Some(Value::String(text)) if text.trim().is_empty() => self.empty(findings),
            Some(Value::Null) => self.empty(findings),
            Some(value @ Value::String(_)) => Some(self.checked(value, findings)),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => match self.field {
                Some(_) => self.wrong_type(&value, findings),
                None => Some(value.into()),
            },
            _ if map.contains_key(RESERVED) => {
                reserved(RESERVED, self.origin.key(RESERVED), findings);
                None
            }
            _ => self.wrong_type(&Value::Object(map), findings),
        }
    }

    fn checked(self, value: Value, findings: &mut Findings) -> Setting {
        let setting = match value {
            Value::String(text) => Setting::Literal(unescaped(text).into()),
            other => other.into(),
        };
        if let Some(field) = self.field {
            let label = format!("`{}`", self.name);
            values::check(&label, &setting, field, self.origin, findings);
        }
        setting
    }

    fn empty(self, findings: &mut Findings) -> Option<Setting> {
        let message = format!("credential {} is empty", named(self.name));
        let help = Some(self.help("write a reference, such as \"${env:NAME}\""));
        findings.at(self.origin, Code::EmptyValue, message, help);
        None
    }

    fn wrong_type(self, value: &Value, findings: &mut Findings) -> Option<Setting> {
        let kind = kind_of(value);
        let message = format!(
            "credential {} takes text or a reference, not {kind}",
            named(self.name)
        );
        let help = (!value.is_object() && !value.is_array()).then(|| self.help("quote it"));
        findings.at(self.origin, Code::WrongType, message, help);
        None
    }

    /// What to write in place of the value. A column of a table gives the name in a reference.
    fn help(self, usual: &str) -> String {
        let column = self.origin.column();
        column.map_or_else(
            || usual.to_owned(),
            |(_, column)| mistakes::of_column(column),
        )
    }
}
