//! Rules about references to secrets, wherever they stand.

use super::super::code::Code;
use super::super::confine;
use super::super::source::{Findings, Place};
use super::super::visible::named;
use super::{Scope, did_you_mean};
use crate::model::SecretRef;
use serde_json::Value;
use std::path::Path;

/// The stores that can be read.
const STORES: [&str; 2] = ["env", "file"];

/// Whether a text is meant as a reference. One that holds `${` and is no whole reference would
/// be sent as it stands, which nobody means.
pub(super) fn meant(text: &str) -> bool {
    text.contains("${")
}

/// Checks a text that is meant as a reference.
pub(super) fn check(text: &str, place: Place<'_>, scope: &Scope<'_>, findings: &mut Findings) {
    let reference: SecretRef = match text.parse() {
        Ok(reference) => reference,
        Err(error) => {
            let error: crate::model::SecretRefError = error;
            let help =
                Some("write the whole value as one reference, such as \"${env:NAME}\"".to_owned());
            let message = format!("{}: {error}", place.label());
            return findings.at(place, Code::InvalidReference, message, help);
        }
    };
    match reference.store.as_str() {
        "env" => variable(&reference.path, place, findings),
        "file" => file(Path::new(&reference.path), place, scope, findings),
        store => {
            let label = place.label();
            let message = format!(
                "{label}: secret store {} is not known by this version",
                named(store)
            );
            let help = did_you_mean(store, STORES);
            let help = help.or_else(|| Some("known here: env, file".to_owned()));
            findings.at(place, Code::UnknownStore, message, help);
        }
    }
}

fn variable(name: &str, place: Place<'_>, findings: &mut Findings) {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !name.chars().all(plain) || name.starts_with(|c: char| c.is_ascii_digit()) {
        let label = place.label();
        let message =
            format!("{label}: an environment variable's name holds letters, digits and `_` only");
        findings.at(place, Code::InvalidReference, message, None);
    }
}

fn file(path: &Path, place: Place<'_>, scope: &Scope<'_>, findings: &mut Findings) {
    let Err(escape) = confine::secret(path, scope.project, scope.secret_roots) else {
        return;
    };
    let code = match escape {
        confine::Escape::NotAFile => Code::SecretFileUnusable,
        _ => Code::SecretFileOutside,
    };
    let label = place.label();
    let reason = escape.reason();
    let message = format!("{label}: this file reference cannot be used: {reason}");
    findings.at(place, code, message, None);
}

/// Checks every text inside a value, and refuses the key that stands for a reference elsewhere.
/// Depth is limited by the event pass.
pub(super) fn inside(value: &Value, place: Place<'_>, scope: &Scope<'_>, findings: &mut Findings) {
    match value {
        Value::String(text) if meant(text) => check(text, place, scope, findings),
        Value::Array(items) => {
            let places = place.items();
            for (item, place) in items.iter().zip(places) {
                inside(item, place, scope, findings);
            }
        }
        Value::Object(fields) => {
            let places = place.fields();
            for (name, field) in fields {
                reserved(name, places.key(name), findings);
                inside(field, places.key(name), scope, findings);
            }
        }
        _ => {}
    }
}

/// Refuses the key that stands for a reference in the ledger and in plans.
pub(super) fn reserved(name: &str, place: Place<'_>, findings: &mut Findings) -> bool {
    let reserved = name == "$secret";
    if reserved {
        findings.at(
            place,
            Code::ReservedKey,
            "the key `$secret` is reserved",
            None,
        );
    }
    reserved
}
