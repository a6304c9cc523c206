//! Responsible for parsing references to secrets and checking that the file may use them.

use super::Scope;
use super::policy::DenyReason;
use super::stores::unknown_store;
use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::mistakes;
use crate::config::origin::Origin;
use crate::config::redaction::title;
use crate::model::{
    Literal, SecretRef, Setting, Settings, StoreKind, has_reference_mark, unescaped,
};
use crate::secrets::{AccessError, syntax_error};
use serde_json::{Map, Value};
use std::path::PathBuf;

/// The key that represents a reference in the ledger and in plans.
pub(super) const RESERVED: &str = "$secret";

/// How to write a reference.
const WHOLE: &str = "write the whole value as one reference, such as \"${env:NAME}\"";
/// How to write a text that is no reference.
const LITERAL: &str = "write `$${` for a literal `${`";

/// Parses a text that is intended as a reference. `literal` is how to write a text that is none, where one may stand.
pub(super) fn reference(
    text: &str,
    literal: Option<&str>,
    origin: Origin<'_>,
    scope: &Scope<'_>,
    findings: &mut Findings,
) -> Option<SecretRef> {
    let reference: SecretRef = match text.parse() {
        Ok(reference) => reference,
        Err(error) => {
            let error: crate::model::SecretRefError = error;
            let help = mistakes::of_reference(text).unwrap_or(WHOLE);
            let help = Some(match literal {
                Some(literal) => format!("{help}; or {literal}"),
                None => help.to_owned(),
            });
            let message = format!("{}: {error}", origin.label());
            findings.at(origin, Code::InvalidReference, message, help);
            return None;
        }
    };
    if let StoreKind::Unknown(store) = &reference.store {
        let label = format!("{}: ", origin.label());
        unknown_store(&label, store, literal, origin, findings);
        return None;
    }
    if let Some(message) = syntax_error(&reference) {
        let message = format!("{}: {message}", origin.label());
        let help = mistakes::of_reference(text).map(str::to_owned);
        findings.at(origin, Code::InvalidReference, message, help);
    } else if reference.store == StoreKind::Unbound {
        let message = format!("{}: no secret is bound to the placeholder", origin.label());
        let help = "write a reference to the secret in its place, such as \"${env:NAME}\"";
        findings.at(origin, Code::UnboundSecret, message, Some(help.to_owned()));
        return Some(reference);
    } else {
        match scope.check_access(&reference) {
            Ok(None) => {}
            Ok(Some(target)) => check_target(&reference, target, origin, scope, findings),
            Err(error) => report_access_error(error, &reference, origin, findings),
        }
    }
    check_permission(&reference, origin, scope, findings);
    Some(reference)
}

fn check_permission(
    reference: &SecretRef,
    origin: Origin<'_>,
    scope: &Scope<'_>,
    findings: &mut Findings,
) {
    match scope.permissions.deny_reason(reference) {
        None => {}
        Some(DenyReason::Store) => {
            let store = &reference.store;
            let label = origin.label();
            let message = format!("{label}: the project does not list store `{store}`");
            let own = if matches!(store, StoreKind::Provider(_)) {
                ", and configure the store in your own configuration"
            } else {
                ""
            };
            let stores = scope.permissions.stores_with(store.name());
            let help = format!(
                "write `{stores}` in the project file, with each other store that its references use{own}"
            );
            findings.at(origin, Code::StoreNotAllowed, message, Some(help));
        }
        Some(DenyReason::Policy) => {
            let label = origin.label();
            let message = format!(
                "{label}: the project's `secret_policy` does not allow this file to use this reference"
            );
            findings.at(origin, Code::ReferenceNotAllowed, message, None);
        }
    }
}

/// Reports a reference to a variable or a file that belongs to the run.
fn report_access_error(
    error: AccessError,
    reference: &SecretRef,
    origin: Origin<'_>,
    findings: &mut Findings,
) {
    let code = match error {
        AccessError::ProtectedVariable(_) | AccessError::RunnerVariable(_) => {
            Code::ProtectedVariable
        }
        AccessError::VariableNotAllowed => Code::VariableNotAllowed,
        AccessError::ParentStep
        | AccessError::OutsideRoots
        | AccessError::LinkOutside
        | AccessError::LinkChanged
        | AccessError::DanglingLink => Code::SecretFileOutside,
        AccessError::NotAFile | AccessError::Unreadable(_) | AccessError::ReadFailed(_) => {
            Code::SecretFileUnusable
        }
        AccessError::HiddenDirectory
        | AccessError::PlatformToken
        | AccessError::OwnCredential(_)
        | AccessError::ProtectedFile(_) => Code::ProtectedFile,
    };
    // A file's own variable is named by the field.
    let name = reference.field.as_deref().unwrap_or(&reference.path);
    let message = match code {
        Code::ProtectedVariable | Code::VariableNotAllowed => {
            format!("{}: {}: {error}", origin.label(), title(name))
        }
        _ => format!("{}: {error}", origin.label()),
    };
    findings.at(origin, code, message, error.hint().map(str::to_owned));
}

/// Checks the path that a file reference reads through links. The policy holds for that path, too, because a link in
/// one customer's directory can lead to the secret of another customer.
fn check_target(
    reference: &SecretRef,
    target: PathBuf,
    origin: Origin<'_>,
    scope: &Scope<'_>,
    findings: &mut Findings,
) {
    let linked = SecretRef {
        path: target.to_string_lossy().into_owned(),
        ..reference.clone()
    };
    let refuses = |reference| scope.permissions.deny_reason(reference).is_some();
    if refuses(&linked) && !refuses(reference) {
        let message = format!(
            "{}: a link leads to {}, which the project's `secret_policy` does not allow this file to use",
            origin.label(),
            title(&linked.path)
        );
        findings.at(origin, Code::ReferenceNotAllowed, message, None);
    }
    let mut links = scope.links.borrow_mut();
    links.insert(reference.path.clone().into(), target);
}

/// Converts a value to a setting and parses the references in it. Recursion is safe, because the
/// parser limits depth.
pub(super) fn setting(
    value: Value,
    origin: Origin<'_>,
    scope: &Scope<'_>,
    findings: &mut Findings,
) -> Setting {
    match value {
        Value::String(text) if has_reference_mark(&text) => {
            reference(&text, Some(LITERAL), origin, scope, findings).map_or_else(
                || Setting::Literal(text.into()),
                |reference| Setting::Secret(scope.texts.share_reference(reference)),
            )
        }
        Value::String(text) => {
            let text = scope.texts.share_value(&unescaped(text));
            Setting::Literal(Literal::Text(text))
        }
        Value::Array(items) => {
            let items = items.into_iter().zip(origin.items());
            let items = items.map(|(item, origin)| setting(item, origin, scope, findings));
            Setting::List(items.collect())
        }
        Value::Object(fields) => match plain_template(&fields) {
            Some(text) => Setting::Literal(unescaped(text.to_owned()).into()),
            None => Setting::Map(mapping(fields, origin, scope, findings)),
        },
        scalar => scalar.into(),
    }
}

fn mapping(
    fields: Map<String, Value>,
    origin: Origin<'_>,
    scope: &Scope<'_>,
    findings: &mut Findings,
) -> Settings {
    let origins = origin.fields();
    fields
        .into_iter()
        .map(|(name, field)| {
            let origin = origins.key(&name);
            reserved(&name, origin, findings);
            let setting = setting(field, origin, scope, findings);
            (scope.texts.share(&name), setting)
        })
        .collect()
}

/// The text of `{plain: TEXT}`, if it contains `${` and is no reference. Any other mapping with the field `plain` is a
/// setting of the service.
fn plain_template(fields: &Map<String, Value>) -> Option<&str> {
    let text = fields
        .get("plain")
        .filter(|_| fields.len() == 1)?
        .as_str()?;
    let is_template = has_reference_mark(text) && text.parse::<SecretRef>().is_err();
    is_template.then_some(text)
}

/// Refuses the reserved key and returns whether the key was reserved.
pub(super) fn reserved(name: &str, origin: Origin<'_>, findings: &mut Findings) -> bool {
    let is_reserved = name == RESERVED;
    if is_reserved {
        let message = "the key `$secret` is reserved";
        findings.at(origin, Code::ReservedKey, message, None);
    }
    is_reserved
}
