//! Rules about `credentials`: the method's fields, all of them and no others, and no secret
//! written out.

use super::super::code::Code;
use super::super::shape::kind_of;
use super::super::source::{Findings, Place};
use super::super::visible::{NOT_NAMED, named};
use super::{Subject, did_you_mean_or_all, references, values};
use crate::catalog::{self, AuthMethod, ConnectorType, Field};
use serde_json::Value;

pub(super) fn check(subject: Subject<'_>, findings: &mut Findings) {
    let Some(credentials) = &subject.raw.credentials else {
        return absent(subject, findings);
    };
    let given: Vec<&str> = credentials.keys().map(String::as_str).collect();
    // A wrong `auth` is told by its own check; the fields are then held against the nearest.
    let method = subject.kind.and_then(|kind| {
        let choice = catalog::choose(kind, subject.raw.auth.as_deref(), &given);
        choice.or_else(|_| catalog::choose(kind, None, &given)).ok()
    });
    let place = subject.place.key("credentials");
    let places = place.fields();
    for (name, value) in credentials {
        let place = places.key(name);
        if references::reserved(name, place, findings) {
            continue;
        }
        let field = method.and_then(|choice| choice.method.fields.get(name));
        if let (Some(choice), Some(kind), None) = (method, subject.kind, field) {
            foreign(name, value.is_null(), kind, choice.method, place, findings);
        }
        entry(name, value, field, place, subject, findings);
    }
    if let Some(choice) = method {
        missing(choice.method, &given, place, findings);
    }
}

/// Without credentials nothing can be created, unless a template brings them.
fn absent(subject: Subject<'_>, findings: &mut Findings) {
    if subject.kind.is_some() && subject.raw.template_id.is_none() {
        let message = "the connector has no `credentials`";
        findings.at(subject.place, Code::MissingCredentials, message, None);
    }
}

fn missing(method: &AuthMethod, given: &[&str], place: Place<'_>, findings: &mut Findings) {
    let required = method.fields.iter().filter(|(_, field)| field.required);
    let known: Vec<&str> = method.fields.keys().map(String::as_str).collect();
    for (name, _) in required.filter(|(name, _)| super::is_missing(name, given, &known)) {
        let message = format!("missing credential `{name}` of method {}", method.name);
        findings.at(place, Code::MissingCredentials, message, None);
    }
}

/// A field that the method does not have.
fn foreign(
    name: &str,
    bare: bool,
    kind: &ConnectorType,
    method: &AuthMethod,
    place: Place<'_>,
    findings: &mut Findings,
) {
    let owner = kind
        .methods
        .iter()
        .find(|other| other.fields.contains_key(name));
    if let Some(owner) = owner {
        let message = format!(
            "`{name}` belongs to method {}, while the other fields are those of {}",
            owner.name, method.name
        );
        let help = Some("keep the fields of one method; `auth` names it".to_owned());
        return findings.at(place, Code::MixedAuth, message, help);
    }
    let mut known: Vec<&str> = method.fields.keys().map(String::as_str).collect();
    let others = kind.methods.iter().flat_map(|other| other.fields.keys());
    known.extend(others.map(String::as_str));
    let help = catalog::closest(name, known.iter().copied()).map_or_else(
        || did_you_mean_or_all("", &known[..method.fields.len()]),
        |near| Some(format!("did you mean `{near}`?")),
    );
    let label = if bare {
        NOT_NAMED.to_owned()
    } else {
        named(name)
    };
    let message = format!("unknown credential {label} for {}", kind.name);
    findings.at(place, Code::UnknownCredential, message, help);
}

fn entry(
    name: &str,
    value: &Value,
    field: Option<&Field>,
    place: Place<'_>,
    subject: Subject<'_>,
    findings: &mut Findings,
) {
    match value {
        // An unknown field without a value may be a secret pasted into braces: it is told as
        // unknown, and not named again.
        Value::Null if field.is_none() && subject.kind.is_some() => {}
        Value::Null => empty(name, place, findings),
        Value::String(text) if text.trim().is_empty() => empty(name, place, findings),
        Value::String(text) if references::meant(text) => {
            references::check(text, place, subject.scope, findings);
        }
        // Outside the catalog a block may nest; the same rules hold for its leaves.
        Value::Object(map) if subject.kind.is_none() && !map.contains_key("plain") => {
            let places = place.fields();
            for (name, value) in map {
                if !references::reserved(name, places.key(name), findings) {
                    entry(name, value, None, places.key(name), subject, findings);
                }
            }
        }
        Value::Array(items) if subject.kind.is_none() => {
            for (item, place) in items.iter().zip(place.items()) {
                entry(name, item, None, place, subject, findings);
            }
        }
        Value::Object(map) => explicit(name, map, field, place, findings),
        Value::String(_) | Value::Number(_) | Value::Bool(_) => {
            let text_expected = field.is_some() && !value.is_string();
            if text_expected {
                wrong_type(name, value, place, findings);
            } else if catalog::is_secret(name, field) {
                literal(name, place, findings);
            } else if let Some(field) = field {
                values::check(&format!("`{name}`"), value, field, place, findings);
            }
        }
        Value::Array(_) => wrong_type(name, value, place, findings),
    }
}

/// `{plain: …}`: a literal that somebody vouches for.
fn explicit(
    name: &str,
    map: &serde_json::Map<String, Value>,
    field: Option<&Field>,
    place: Place<'_>,
    findings: &mut Findings,
) {
    let plain = map.get("plain").filter(|_| map.len() == 1);
    match plain {
        Some(Value::String(text)) if text.trim().is_empty() => empty(name, place, findings),
        Some(Value::Null) => empty(name, place, findings),
        Some(value @ Value::String(_)) => {
            if let Some(field) = field {
                values::check(&format!("`{name}`"), value, field, place, findings);
            }
        }
        Some(value @ (Value::Number(_) | Value::Bool(_))) if field.is_some() => {
            wrong_type(name, value, place, findings);
        }
        Some(Value::Number(_) | Value::Bool(_)) => {}
        _ => {
            let key = map.keys().any(|key| key == "$secret");
            let place = if key { place.key("$secret") } else { place };
            if !key || !references::reserved("$secret", place, findings) {
                wrong_type(
                    name,
                    &Value::Object(serde_json::Map::new()),
                    place,
                    findings,
                );
            }
        }
    }
}

fn empty(name: &str, place: Place<'_>, findings: &mut Findings) {
    let message = format!("credential {} is empty", named(name));
    findings.at(place, Code::EmptyValue, message, None);
}

fn literal(name: &str, place: Place<'_>, findings: &mut Findings) {
    let message = format!(
        "credential {} is written out: a reference belongs here",
        named(name)
    );
    let help = "write \"${env:NAME}\" or \"${file:path}\", or {plain: …} if it is no secret";
    findings.at(place, Code::LiteralSecret, message, Some(help.to_owned()));
}

fn wrong_type(name: &str, value: &Value, place: Place<'_>, findings: &mut Findings) {
    let found = kind_of(value);
    let message = format!(
        "credential {} takes text or a reference, not {found}",
        named(name)
    );
    let help = (!value.is_object() && !value.is_array()).then(|| "quote it".to_owned());
    findings.at(place, Code::WrongType, message, help);
}
