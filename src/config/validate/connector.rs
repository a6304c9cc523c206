//! Responsible for validating a connector: its type, authentication method and template.
//!
//! Does not validate blocks of settings and entities: `credentials`, `settings` and `entities` do.

use super::{
    ConnectorContext, Scope, consent, credentials, did_you_mean_or_all, entities, settings,
};
use crate::catalog::{self, AuthMethod, ConnectorType, NoSuchMethod};
use crate::config::code::Code;
use crate::config::excerpt::MASK;
use crate::config::findings::Findings;
use crate::config::mistakes;
use crate::config::origin::Origin;
use crate::config::raw::{RawConnector, RawRotation};
use crate::config::redaction::named;
use crate::model::{DesiredConnector, Kind, RotationMode, Settings, TemplateId, is_coordinate};
use std::collections::BTreeSet;

/// Validates a connector. Returns `None` if its type is empty.
pub(super) fn connector(
    raw: RawConnector,
    origin: Origin<'_>,
    scope: &Scope<'_>,
    findings: &mut Findings,
) -> Option<DesiredConnector> {
    let context = ConnectorContext::new(&raw.kind, origin, scope);
    let kind = kind(&raw.kind, context, findings);
    let given: Vec<&str> = raw
        .credentials
        .iter()
        .flat_map(|block| block.keys().map(String::as_str))
        .collect();
    let method = method(raw.auth.as_deref(), &given, context, findings);
    let readable = readable(context.kind, &given);
    let auth = method
        .filter(|_| !given.is_empty())
        .map(|method| method.name.as_str())
        .or(raw.auth.as_deref())
        .map(|auth| scope.texts.share(auth));
    let consent = raw
        .oauth
        .map(|raw| consent::consent(raw, context, findings));
    let is_complete = raw.template_id.is_some() || consent.is_some();
    let connector = DesiredConnector {
        previous_name: raw.previous_name,
        auth,
        template_id: template(raw.template_id.as_deref(), kind.as_ref(), context, findings),
        entities: raw
            .entities
            .map(|raw| entities::entities(raw, context, findings)),
        consent,
        credentials: match raw.credentials {
            Some(block) => Some(credentials::validate(block, method, context, findings)),
            None if is_complete => None,
            None => credentials::absent(context, findings),
        },
        readable,
        credentials_version: raw.credentials_version,
        rotation: rotation(raw.rotation)
            .or_else(|| single_use(context.kind, method))
            .unwrap_or(scope.rotation),
        environment: settings::environment(raw.environment, context, findings),
        replication_config: settings::replication(raw.replication_config, context, findings),
        kind: kind?,
    };
    refuse_coordinates(&connector, origin, findings);
    consent::refuse_secrets(&connector, origin, findings);
    Some(connector)
}

/// Refuses literals in place of which the API would read a secret of its own storage.
fn refuse_coordinates(connector: &DesiredConnector, origin: Origin<'_>, findings: &mut Findings) {
    let blocks = [
        ("credentials", &connector.credentials),
        ("environment", &connector.environment),
        ("replication_config", &connector.replication_config),
    ];
    for (name, block) in blocks {
        let mut texts = Vec::new();
        let settings = block.iter().flat_map(Settings::values);
        settings.for_each(|setting| setting.texts(&mut texts));
        if texts.into_iter().any(is_coordinate) {
            let message = format!("`{name}` has a coordinate of a secret as a literal");
            let help = Some("write a reference \"${airbyte:PATH}\"".to_owned());
            findings.at(origin.key(name), Code::LiteralCoordinate, message, help);
        }
    }
}

pub(super) fn rotation(raw: Option<RawRotation>) -> Option<RotationMode> {
    raw.map(|raw| match raw {
        RawRotation::Manual => RotationMode::Manual,
        RawRotation::Compare => RotationMode::Compare,
    })
}

/// The rotation of credentials that work once: a second send of the same refresh token would fail, so
/// that only a person starts it.
fn single_use(kind: Option<&ConnectorType>, method: Option<&AuthMethod>) -> Option<RotationMode> {
    let is_single_use = catalog::is_single_use(kind?, method?);
    is_single_use.then_some(RotationMode::Manual)
}

/// Validates the type. A type outside the catalog is a warning, because `plan` looks it up remotely.
fn kind(text: &str, context: ConnectorContext<'_>, findings: &mut Findings) -> Option<Kind> {
    let origin = context.origin.key("type");
    if text.is_empty() {
        findings.at(origin, Code::InvalidValue, "`type` is empty", None);
        return None;
    }
    if text == MASK {
        mistakes::report_mask(origin, findings);
        return None;
    }
    if let Some(known) = context.kind {
        return Some(Kind {
            name: context.scope.texts.share(&known.name),
            definition_id: Some(known.definition_id),
        });
    }
    if let Some(locked) = context.locked {
        return Some(Kind {
            name: context.scope.texts.share(text),
            definition_id: Some(locked.definition_id),
        });
    }
    let definition_id = text
        .parse()
        .map_err(|_| {
            let help = catalog::similar_types(text).map_or_else(
                || {
                    "`airlift types` lists the types in the catalog; `plan` looks up others remotely"
                        .to_owned()
                },
                |near| format!("did you mean {near}?"),
            );
            let message = format!("type {} is not in the catalog", named(text));
            findings.at(origin, Code::UnknownType, message, Some(help));
        })
        .ok();
    Some(Kind {
        name: context.scope.texts.share(text),
        definition_id,
    })
}

/// The method that `auth` names, else the method whose fields match best.
fn method(
    auth: Option<&str>,
    given: &[&str],
    context: ConnectorContext<'_>,
    findings: &mut Findings,
) -> Option<&'static AuthMethod> {
    let kind = context.kind?;
    match (catalog::choose_method(kind, auth, given), auth) {
        (Ok(choice), _) => Some(choice.method),
        (Err(NoSuchMethod), None) => None,
        (Err(NoSuchMethod), Some(auth)) => {
            let methods: Vec<&str> = kind
                .methods
                .iter()
                .map(|method| method.name.as_str())
                .collect();
            let message = format!("{} has no authentication method {}", kind.name, named(auth));
            let help = did_you_mean_or_all(auth, &methods);
            let origin = context.origin.key("auth");
            findings.at(origin, Code::UnknownAuth, message, help);
            // The fields are checked against the closest method.
            Some(catalog::choose_method(kind, None, given).ok()?.method)
        }
    }
}

/// The given credential fields that are not secret in any method of the type. A field outside the
/// catalog counts as secret.
fn readable(kind: Option<&ConnectorType>, given: &[&str]) -> BTreeSet<String> {
    let is_secret = |kind: &ConnectorType, field: &str| {
        let described = kind
            .methods
            .iter()
            .find_map(|method| method.fields.get(field));
        catalog::is_secret(field, described)
    };
    given
        .iter()
        .filter(|field| kind.is_some_and(|kind| !is_secret(kind, field)))
        .map(|field| (*field).to_owned())
        .collect()
}

/// The template that the connector names, else the one that the project file chooses for its type.
fn template(
    text: Option<&str>,
    kind: Option<&Kind>,
    context: ConnectorContext<'_>,
    findings: &mut Findings,
) -> Option<TemplateId> {
    let Some(text) = text else {
        let templates = context.scope.source_templates;
        return templates.get(&kind?.definition_id?)?.rule.chosen();
    };
    text.parse()
        .map_err(|_| {
            let message = "`template_id` takes a template's UUID, or null";
            let origin = context.origin.key("template_id");
            findings.at(origin, Code::InvalidFormat, message, None);
        })
        .ok()
}
