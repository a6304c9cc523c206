//! Responsible for declaring a connector's observed replication settings, without secrets, masks, and
//! text that has the form of a reference.

use super::facts::{ConnectorFacts, DeclaredBlock};
use super::names::GeneratedNames;
use crate::catalog::{Field, FieldType};
use crate::model::{Literal, SecretPaths, SecretRef, Setting, in_form_of};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Maximum nesting depth of one setting, and maximum length of its name.
const DEEPEST: usize = 16;
const LONGEST_KEY: usize = 100;
/// Why a text is left out that is a reference of airlift, which a reader of the export could take for one.
const LIKE_REFERENCE: &str = "it has the form of a reference";

/// How the export writes a value.
enum Disposition {
    /// As a literal.
    Literal(Setting),
    /// As a placeholder, because the value is or looks like a secret.
    Placeholder,
    /// Not at all, for a reason.
    Omit(&'static str),
}

pub(super) fn declare(facts: &ConnectorFacts<'_>, names: &mut GeneratedNames) -> DeclaredBlock {
    let mut block = DeclaredBlock::default();
    let Some(detail) = &facts.observed.detail else {
        return block;
    };
    let known = facts.kind.map(|kind| &kind.replication_config);
    // The catalog has no information about a type without fields.
    let known = known.filter(|known| !known.is_empty());
    // A setting that was sent as a reference stays a reference, whatever the API returns for it.
    let sent = applied(facts).filter(|(_, setting)| setting.holds_secret());
    block.settings = sent
        .map(|(key, setting)| (key.into(), setting.clone()))
        .collect();
    let secrets = facts.secret_paths();
    let mut unknown = Vec::new();
    for (key, value) in &detail.replication_config {
        if known.is_some_and(|known| !known.contains_key(key)) {
            unknown.push(short(key));
            continue;
        }
        if block.settings.contains_key(key.as_str()) {
            continue;
        }
        let value = &in_form_of(&form(facts, key), value.clone());
        let disposition = match disposition(key, value, &secrets) {
            // The files had this very text.
            Disposition::Omit(LIKE_REFERENCE) if is_applied(facts, key, value) => {
                Disposition::Literal(value.clone().into())
            }
            other => other,
        };
        block.add_observed(facts, key, disposition, names);
    }
    if !unknown.is_empty() {
        let unknown = unknown.join(", ");
        block.remarks.push(format!(
            "`replication_config` fields that the catalog does not know are left out: {unknown}."
        ));
    }
    omit_incomplete(block, known)
}

impl DeclaredBlock {
    /// Adds one observed setting, or a comment on it.
    fn add_observed(
        &mut self,
        facts: &ConnectorFacts<'_>,
        key: &str,
        disposition: Disposition,
        names: &mut GeneratedNames,
    ) {
        match disposition {
            // In a file, null means an absent field.
            Disposition::Literal(Setting::Literal(Literal::Null)) => {}
            Disposition::Literal(setting) => drop(self.settings.insert(key.into(), setting)),
            Disposition::Omit(reason) => self.remarks.push(format!(
                "`replication_config` field {} is left out: {reason}.",
                short(key)
            )),
            Disposition::Placeholder if is_foreign(facts, key) => {
                self.remarks.push(format!(
                    "`replication_config` field {} is left out: its value is a secret that airlift did not send.",
                    short(key)
                ));
            }
            Disposition::Placeholder => {
                self.placeholders += 1;
                let setting = facts.placeholder(key, names);
                self.settings.insert(key.into(), setting);
                self.remarks.push(format!(
                    "{} holds a secret: replace the placeholder by its reference.",
                    short(key)
                ));
            }
        }
    }
}

/// A value in the form that a setting has in the files: that of the last apply, or of the catalog. The API may answer a
/// number as text.
fn form(facts: &ConnectorFacts<'_>, key: &str) -> Value {
    let applied = applied(facts).find(|(name, _)| *name == key);
    let field = facts
        .kind
        .and_then(|kind| kind.replication_config.get(key))
        .map(|field| match field.kind {
            FieldType::Integer | FieldType::Number => json!(0),
            FieldType::Boolean => json!(false),
            FieldType::String => json!(""),
            _ => Value::Null,
        });
    applied
        .and_then(|(_, setting)| setting.to_plain())
        .or(field)
        .unwrap_or_default()
}

/// A field's name for a comment, shortened.
fn short(key: &str) -> String {
    const LONGEST: usize = 40;
    let mut short: String = key.chars().take(LONGEST).collect();
    if short.len() < key.len() {
        short.push('…');
    }
    short
}

/// Omits the whole block if it lacks a required field, because the block would be invalid.
fn omit_incomplete(
    mut block: DeclaredBlock,
    known: Option<&BTreeMap<String, Field>>,
) -> DeclaredBlock {
    let required = known
        .into_iter()
        .flatten()
        .filter(|(_, field)| field.required);
    let missing = required
        .map(|(name, _)| name.as_str())
        .find(|name| !block.settings.contains_key(*name));
    if let Some(missing) = missing
        && !block.settings.is_empty()
    {
        let names: Vec<String> = std::mem::take(&mut block.settings)
            .into_keys()
            .map(|name| name.to_string())
            .collect();
        block.placeholders = 0;
        block.remarks.push(format!(
            "`replication_config` is left out, because the required field {missing} is missing: {}.",
            names.join(", ")
        ));
    }
    block
}

fn applied<'a>(facts: &ConnectorFacts<'a>) -> impl Iterator<Item = (&'a str, &'a Setting)> {
    let recorded = facts.recorded.into_iter();
    recorded.flat_map(|recorded| recorded.applied.replication_config.iter().flatten())
}

/// Whether the last apply sent a setting as a literal of this value.
fn is_applied(facts: &ConnectorFacts<'_>, key: &str, value: &Value) -> bool {
    applied(facts).any(|(name, setting)| name == key && setting.to_plain().as_ref() == Some(value))
}

/// Whether airlift sent the connector's secrets without this setting. A placeholder would then be
/// taken for a secret that airlift has to send.
fn is_foreign(facts: &ConnectorFacts<'_>, key: &str) -> bool {
    let sent = facts
        .recorded
        .is_some_and(|recorded| recorded.sent.is_some());
    sent && !applied(facts).any(|(name, _)| name == key)
}

/// How the export writes a setting: as a placeholder if output must withhold its value.
fn disposition(key: &str, value: &Value, secrets: &SecretPaths) -> Disposition {
    let path = format!("replication_config.{key}");
    if is_valid_name(key) && !value.is_null() && secrets.withholds(&path, value) {
        Disposition::Placeholder
    } else {
        classify(key, value, 0)
    }
}

/// Whether a file can hold a field of this name.
fn is_valid_name(key: &str) -> bool {
    key.chars().count() <= LONGEST_KEY && key != "$secret" && key != "<<"
}

fn classify(key: &str, value: &Value, depth: usize) -> Disposition {
    if depth > DEEPEST {
        return Disposition::Omit("the value nests too deep");
    }
    if !is_valid_name(key) {
        return Disposition::Omit("the name is invalid in a file");
    }
    match value {
        Value::String(text) if text.parse::<SecretRef>().is_ok() => {
            Disposition::Omit(LIKE_REFERENCE)
        }
        Value::Array(items) => items
            .iter()
            .map(|item| literal(key, item, depth + 1))
            .collect::<Result<_, _>>()
            .map_or_else(
                |other| other,
                |items| Disposition::Literal(Setting::List(items)),
            ),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, field)| Ok((name.clone(), literal(name, field, depth + 1)?)))
            .collect::<Result<_, _>>()
            .map_or_else(
                |other| other,
                |fields| Disposition::Literal(Setting::Map(fields)),
            ),
        scalar => Disposition::Literal(scalar.clone().into()),
    }
}

/// The value as a literal. A value that is not a literal decides about the whole setting.
fn literal(key: &str, value: &Value, depth: usize) -> Result<Setting, Disposition> {
    match classify(key, value, depth) {
        Disposition::Literal(setting) => Ok(setting),
        other => Err(other),
    }
}
