//! Rules about references to secrets, wherever they stand.

use super::super::code::Code;
use super::super::confine;
use super::super::source::{Findings, Place};
use super::super::visible::named;
use super::policy::Refused;
use super::{Scope, did_you_mean};
use crate::model::SecretRef;
use crate::model::{STORES, StoreKind};
use crate::secrets::syntax_error;
use serde_json::Value;
use std::path::Path;

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
    if let StoreKind::Unknown(store) = &reference.store {
        return unknown(store, place, findings);
    }
    if let Some(message) = syntax_error(&reference) {
        findings.at(
            place,
            Code::InvalidReference,
            format!("{}: {message}", place.label()),
            None,
        );
    } else if reference.store == StoreKind::File {
        file(Path::new(&reference.path), place, scope, findings);
    }
    match scope.permissions.refuse(&reference) {
        None => {}
        Some(Refused::Store) => {
            let store = &reference.store;
            let label = place.label();
            let message = format!("{label}: the project does not list store `{store}`");
            let own = if matches!(store, StoreKind::Provider(_)) {
                ", and name it in your own configuration"
            } else {
                ""
            };
            let help = Some(format!(
                "add `{store}` to `stores` in the project file{own}"
            ));
            findings.at(place, Code::StoreNotAllowed, message, help);
        }
        Some(Refused::Policy) => {
            let label = place.label();
            let message = format!(
                "{label}: the project's `secret_policy` allows this file no such reference"
            );
            findings.at(place, Code::ReferenceNotAllowed, message, None);
        }
    }
}

fn unknown(store: &str, place: Place<'_>, findings: &mut Findings) {
    let label = place.label();
    let message = format!(
        "{label}: secret store {} is not known by this version",
        named(store)
    );
    let help = did_you_mean(store, STORES);
    let help = help.or_else(|| Some(known()));
    findings.at(place, Code::UnknownStore, message, help);
}

/// What a store can be called.
pub(super) fn known() -> String {
    let ours = STORES.join(", ");
    format!("known here: {ours}, and names with a hyphen for stores of your own configuration")
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
