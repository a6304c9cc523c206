//! Rules about `environment` and `replication_config`: known fields, complete, of their types.

use super::super::code::Code;
use super::super::raw::Block;
use super::super::shape::kind_of;
use super::super::source::{Findings, Place};
use super::super::visible::named;
use super::{Subject, did_you_mean_or_all, references, values};
use crate::catalog::Variable;
use crate::model::names_secret;
use serde_json::Value;

pub(super) fn environment(subject: Subject<'_>, findings: &mut Findings) {
    let place = subject.place.key("environment");
    let given = subject.raw.environment.as_ref();
    if let Some(block) = given {
        common(block, place, subject, findings);
    }
    let Some(kind) = subject.kind else {
        return;
    };
    let known: Vec<&str> = kind.variables.keys().map(String::as_str).collect();
    let places = place.fields();
    for (name, value) in given.into_iter().flatten() {
        match kind.variables.get(name) {
            Some(variable) => variable_value(name, value, variable, places.key(name), findings),
            None if name == "$secret" => {}
            None => {
                let message = format!("unknown variable {} for {}", named(name), kind.name);
                let help = did_you_mean_or_all(name, &known);
                let help = help.or_else(|| Some(format!("{} has no variables", kind.name)));
                findings.at(places.key(name), Code::UnknownVariable, message, help);
            }
        }
    }
    let absent = |name: &String| given.is_none_or(|block| !block.contains_key(name));
    for (name, variable) in kind.variables.iter().filter(|(name, _)| absent(name)) {
        if variable.default_is_placeholder() {
            let message =
                format!("variable `{name}` is left out, and its default is a placeholder");
            let help = Some(format!("add `environment: {{{name}: …}}`"));
            findings.at(place, Code::MissingVariable, message, help);
        }
    }
}

fn variable_value(
    name: &str,
    value: &Value,
    variable: &Variable,
    place: Place<'_>,
    findings: &mut Findings,
) {
    let Value::String(text) = value else {
        let message = format!("variable `{name}` takes text, not {}", kind_of(value));
        let help = (value.is_number() || value.is_boolean()).then(|| "quote it".to_owned());
        return findings.at(place, Code::WrongType, message, help);
    };
    if text.trim().is_empty() {
        return findings.at(
            place,
            Code::EmptyValue,
            format!("variable `{name}` is empty"),
            None,
        );
    }
    let Some(options) = variable
        .options
        .as_ref()
        .filter(|_| !references::meant(text))
    else {
        return;
    };
    if !options
        .iter()
        .any(|option| option.eq_ignore_ascii_case(text))
    {
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let message = format!("variable `{name}` takes one of {}", options.join(", "));
        let help = super::did_you_mean(text, options.iter().copied());
        findings.at(place, Code::InvalidValue, message, help);
    }
}

pub(super) fn replication(subject: Subject<'_>, findings: &mut Findings) {
    let place = subject.place.key("replication_config");
    let given = subject.raw.replication_config.as_ref();
    if let Some(block) = given {
        common(block, place, subject, findings);
    }
    // A type without fields in the catalog is one about which nothing is known.
    let Some(kind) = subject
        .kind
        .filter(|kind| !kind.replication_config.is_empty())
    else {
        return;
    };
    let known: Vec<&str> = kind.replication_config.keys().map(String::as_str).collect();
    let required = || {
        kind.replication_config
            .iter()
            .filter(|(_, field)| field.required)
    };
    let Some(block) = given else {
        let names: Vec<&str> = required().map(|(name, _)| name.as_str()).collect();
        if !names.is_empty() {
            let message = format!(
                "without `replication_config` ({}) nothing is replicated",
                names.join(", ")
            );
            findings.at(place, Code::MissingReplicationConfig, message, None);
        }
        return;
    };
    let places = place.fields();
    for (name, value) in block.iter().filter(|(name, _)| *name != "$secret") {
        let place = places.key(name);
        if let Some(field) = kind.replication_config.get(name) {
            values::check(&format!("`{name}`"), value, field, place, findings);
            continue;
        }
        let message = format!("unknown setting {} for {}", named(name), kind.name);
        let help = did_you_mean_or_all(name, &known);
        findings.at(place, Code::UnknownSetting, message, help);
    }
    let given: Vec<&str> = block.keys().map(String::as_str).collect();
    for (name, _) in required().filter(|(name, _)| super::is_missing(name, &given, &known)) {
        let message = format!("missing setting `{name}` for {}", kind.name);
        findings.at(place, Code::MissingSetting, message, None);
    }
}

/// What holds for both blocks and for any type: references are whole, and nothing that looks
/// like a secret is written out.
fn common(block: &Block, place: Place<'_>, subject: Subject<'_>, findings: &mut Findings) {
    let places = place.fields();
    for (name, value) in block {
        let place = places.key(name);
        let reserved = references::reserved(name, place, findings);
        references::inside(value, place, subject.scope, findings);
        if !reserved {
            written_out(name, value, place, findings);
        }
    }
}

/// Depth is limited by the event pass.
fn written_out(name: &str, value: &Value, place: Place<'_>, findings: &mut Findings) {
    match value {
        Value::Object(fields) => {
            let places = place.fields();
            for (name, field) in fields {
                written_out(name, field, places.key(name), findings);
            }
        }
        Value::Array(items) => {
            for (item, place) in items.iter().zip(place.items()) {
                written_out(name, item, place, findings);
            }
        }
        Value::String(text)
            if names_secret(name) && !text.is_empty() && !references::meant(text) =>
        {
            let message = format!("{} looks like a secret and is written out", named(name));
            let help = Some("write a reference such as \"${env:NAME}\" if it is one".to_owned());
            findings.at(place, Code::SecretLookingLiteral, message, help);
        }
        _ => {}
    }
}
