//! Responsible for validating `environment` and `replication_config`: known fields, required fields,
//! and types.

use super::references::RESERVED;
use super::values::kind_of;
use super::{ConnectorContext, did_you_mean_or_all, references, values};
use crate::catalog::{ConnectorType, Field, LockedType, Variable};
use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::mistakes;
use crate::config::origin::Origin;
use crate::config::raw::{RawBlock, RawReplication};
use crate::config::redaction::named;
use crate::model::{Literal, Setting, Settings, names_secret};
use std::collections::BTreeMap;

/// Validates the variables of the type's server address.
pub(super) fn environment(
    block: Option<RawBlock>,
    context: ConnectorContext<'_>,
    findings: &mut Findings,
) -> Option<Settings> {
    let origin = context.origin.key("environment");
    let settings = block.map(|block| settings(block, origin, context, findings));
    if let Some(kind) = context.kind {
        if let Some(settings) = &settings {
            variables(settings, kind, origin, findings);
        }
        missing_variables(settings.as_ref(), kind, context, findings);
    }
    settings
}

fn variables(
    settings: &Settings,
    kind: &ConnectorType,
    origin: Origin<'_>,
    findings: &mut Findings,
) {
    let known: Vec<&str> = kind.variables.keys().map(String::as_str).collect();
    let origins = origin.fields();
    for (name, setting) in settings.iter().filter(|(name, _)| *name != RESERVED) {
        let origin = origins.key(name);
        if let Some(variable) = kind.variables.get(name) {
            variable_value(name, setting, variable, origin, findings);
            continue;
        }
        let message = format!("unknown variable {} for {}", named(name), kind.name);
        let help = mistakes::of_other_block(kind, name);
        let help = help.or_else(|| did_you_mean_or_all(name, &absent(&known, settings)));
        let help = help.or_else(|| Some(format!("{} has no other variables", kind.name)));
        findings.at(origin, Code::UnknownVariable, message, help);
    }
}

/// The known names that the block does not have, so that an unknown one may stand for one of them.
fn absent<'k>(known: &[&'k str], settings: &Settings) -> Vec<&'k str> {
    let names = known.iter().copied();
    names.filter(|name| !settings.contains_key(name)).collect()
}

fn missing_variables(
    settings: Option<&Settings>,
    kind: &ConnectorType,
    context: ConnectorContext<'_>,
    findings: &mut Findings,
) {
    // A variable beside `environment`, or in another block, has a finding of its own.
    let others = ["credentials", "replication_config"].map(|block| context.origin.key(block));
    let is_beside = |name: &String| {
        let mut blocks = others.iter().chain([&context.origin]);
        blocks.any(|block| block.entries().iter().any(|(field, _)| field == name))
    };
    let origin = context.origin.key("environment");
    // A value that is no mapping has a finding of its own.
    let entries = context.origin.entries();
    if settings.is_none()
        && entries
            .iter()
            .any(|(name, value)| *name == "environment" && !value.is_null())
    {
        return;
    }
    let known: Vec<&str> = kind.variables.keys().map(String::as_str).collect();
    let given: Vec<&str> = settings.into_iter().flat_map(Settings::keys).collect();
    let absent = |name: &String| super::is_missing(name, &given, &known);
    for (name, variable) in kind.variables.iter().filter(|(name, _)| absent(name)) {
        let is_absent = variable.default_is_placeholder() && !is_beside(name);
        if is_absent && !context.has_block_elsewhere("environment") {
            let message = format!(
                "variable `{name}` of {} is missing, and its default is only a placeholder",
                kind.name
            );
            let help = Some(format!("add `environment: {{{name}: …}}`"));
            findings.at(origin, Code::MissingVariable, message, help);
        }
    }
}

fn variable_value(
    name: &str,
    setting: &Setting,
    variable: &Variable,
    origin: Origin<'_>,
    findings: &mut Findings,
) {
    let text = match setting {
        Setting::Secret(_) => return,
        Setting::Literal(Literal::Text(text)) => text,
        other => {
            let message = format!("variable `{name}` takes text, not {}", kind_of(other));
            let help = values::is_number_or_boolean(other).then(|| "quote it".to_owned());
            return findings.at(origin, Code::WrongType, message, help);
        }
    };
    if text.trim().is_empty() {
        let message = format!("variable `{name}` is empty");
        return findings.at(origin, Code::EmptyValue, message, None);
    }
    if values::is_template(text) {
        return;
    }
    if is_address(name, text, variable) {
        let message = format!("variable `{name}` takes a part of the server's address");
        let help = if is_host(variable) {
            "write it without `https://`"
        } else {
            "write it without `https://` and without the rest, as in `acme` of https://acme.example.com"
        };
        return findings.at(origin, Code::InvalidFormat, message, Some(help.to_owned()));
    }
    let Some(options) = &variable.options else {
        return;
    };
    if !options
        .iter()
        .any(|option| option.eq_ignore_ascii_case(text))
    {
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let message = format!("variable `{name}` takes one of {}", options.join(", "));
        let help = super::did_you_mean(text, options.iter().copied());
        findings.at(origin, Code::InvalidValue, message, help);
    }
}

/// Whether a variable takes a host, which may have a path as in `example.com/gitlab`.
fn is_host(variable: &Variable) -> bool {
    variable.default.contains('.')
}

/// Whether a text is a whole address, and the variable a part of one.
fn is_address(name: &str, text: &str, variable: &Variable) -> bool {
    let is_url = text.contains("://") || (text.contains('/') && !is_host(variable));
    (is_url && !variable.default.contains("://")) || (name == "subdomain" && text.contains('.'))
}

/// Validates the replication settings.
pub(super) fn replication(
    block: Option<RawReplication>,
    context: ConnectorContext<'_>,
    findings: &mut Findings,
) -> Option<Settings> {
    let origin = context.origin.key("replication_config");
    // The catalog has no information about a type without fields.
    let kind = context
        .kind
        .filter(|kind| !kind.replication_config.is_empty());
    let block = match block {
        Some(RawReplication::Settings(block)) => block,
        Some(RawReplication::None) => return None,
        None => {
            if let Some(kind) = kind.filter(|kind| !are_misplaced(kind, context)) {
                no_settings(kind, origin, findings);
            }
            return None;
        }
    };
    let settings = settings(block, origin, context, findings);
    locked_settings(&settings, context, origin, findings);
    if let Some(kind) = kind {
        known_settings(&settings, kind, context.locked, origin, findings);
    }
    Some(settings)
}

/// Checks the settings that only the lock file knows.
fn locked_settings(
    settings: &Settings,
    context: ConnectorContext<'_>,
    origin: Origin<'_>,
    findings: &mut Findings,
) {
    let Some(locked) = context.locked else {
        return;
    };
    let in_catalog = |name: &str| {
        let mut kind = context.kind.into_iter();
        kind.any(|kind| kind.replication_config.contains_key(name))
    };
    let origins = origin.fields();
    for (name, setting) in settings.iter().filter(|(name, _)| !in_catalog(name)) {
        let Some(field) = locked.settings.get(name) else {
            continue;
        };
        let origin = origins.key(name);
        values::check(&named(name), setting, &field.field(), origin, findings);
        if let Setting::Literal(Literal::Text(text)) = setting
            && field.secret
            && !names_secret(name)
            && !text.is_empty()
        {
            let message = format!("{} is secret, and its value is a literal", named(name));
            let help = Some("write a reference such as \"${env:NAME}\"".to_owned());
            findings.at(origin, Code::SecretLookingLiteral, message, help);
        }
    }
}

/// Whether a finding about the place or the type of the settings says already why the connector has none.
fn are_misplaced(kind: &ConnectorType, context: ConnectorContext<'_>) -> bool {
    let fields = context.origin.entries();
    let is_elsewhere = context.has_block_elsewhere("replication_config");
    is_elsewhere
        || fields.into_iter().any(|(name, origin)| match name {
            "replication_config" => !origin.is_null(),
            "name" | "type" | "auth" | "environment" | "entities" => false,
            _ => kind.replication_config.contains_key(name),
        })
}

/// Warns of a connector that replicates nothing. The message is the same for all connectors of the type, so that their
/// warnings are one group.
fn no_settings(kind: &ConnectorType, origin: Origin<'_>, findings: &mut Findings) {
    let names: Vec<&str> = required(&kind.replication_config).collect();
    if !names.is_empty() {
        let message = format!(
            "a connector of type {} without `replication_config` ({}) replicates nothing",
            kind.name,
            names.join(", ")
        );
        let help = "add the settings, or `replication_config: none` if that is intended";
        findings.at(
            origin,
            Code::MissingReplicationConfig,
            message,
            Some(help.to_owned()),
        );
    }
}

fn known_settings(
    settings: &Settings,
    kind: &ConnectorType,
    locked: Option<&LockedType>,
    origin: Origin<'_>,
    findings: &mut Findings,
) {
    let known: Vec<&str> = kind.replication_config.keys().map(String::as_str).collect();
    let origins = origin.fields();
    for (name, setting) in settings.iter().filter(|(name, _)| *name != RESERVED) {
        let origin = origins.key(name);
        if let Some(field) = kind.replication_config.get(name) {
            values::check(&format!("`{name}`"), setting, field, origin, findings);
            continue;
        }
        if locked.is_some_and(|locked| locked.settings.contains_key(name)) {
            continue;
        }
        let message = format!("unknown setting {} for {}", named(name), kind.name);
        let help = did_you_mean_or_all(name, &absent(&known, settings));
        findings.at(origin, Code::UnknownSetting, message, help);
    }
    let given: Vec<&str> = settings.keys().collect();
    for name in required(&kind.replication_config) {
        if super::is_missing(name, &given, &known) {
            let message = format!("missing setting `{name}` for {}", kind.name);
            findings.at(origin, Code::MissingSetting, message, None);
        }
    }
}

fn required(fields: &BTreeMap<String, Field>) -> impl Iterator<Item = &str> {
    fields
        .iter()
        .filter(|(_, field)| field.required)
        .map(|(name, _)| name.as_str())
}

/// Checks both blocks, for any type: references must be whole, and literals must not resemble
/// secrets.
fn settings(
    block: RawBlock,
    origin: Origin<'_>,
    context: ConnectorContext<'_>,
    findings: &mut Findings,
) -> Settings {
    let origins = origin.fields();
    block
        .into_iter()
        .map(|(name, value)| {
            let origin = origins.key(&name);
            let is_reserved = references::reserved(&name, origin, findings);
            let setting = references::setting(value, origin, context.scope, findings);
            if !is_reserved {
                check_literals(&name, &setting, origin, findings);
            }
            (context.scope.texts.share(&name), setting)
        })
        .collect()
}

/// Warns of literals that look like secrets. Recursion is safe, because the parser limits depth.
fn check_literals(name: &str, setting: &Setting, origin: Origin<'_>, findings: &mut Findings) {
    match setting {
        Setting::Map(fields) => {
            let origins = origin.fields();
            for (name, field) in fields {
                check_literals(name, field, origins.key(name), findings);
            }
        }
        Setting::List(items) => {
            for (item, origin) in items.iter().zip(origin.items()) {
                check_literals(name, item, origin, findings);
            }
        }
        Setting::Literal(Literal::Text(text))
            if names_secret(name) && !text.is_empty() && !values::is_template(text) =>
        {
            let message = format!("{} looks like a secret and is a literal", named(name));
            let help =
                Some("write a reference such as \"${env:NAME}\" if the value is secret".to_owned());
            findings.at(origin, Code::SecretLookingLiteral, message, help);
        }
        Setting::Literal(_) | Setting::Secret(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{is_address, is_host};
    use crate::catalog;

    #[test]
    fn is_address_of_url_or_path_in_place_of_a_label_is_true() {
        let is_whole = |kind: &str, name: &str, text: &str| {
            let variable = &catalog::find(kind).unwrap().variables[name];
            is_address(name, text, variable)
        };
        for (kind, name, text, expected) in [
            ("gitlab", "api_url", "https://git.example.com", true),
            ("gitlab", "api_url", "example.com/gitlab", false),
            ("gitlab", "api_url", "git.example.com", false),
            ("sentry", "hostname", "https://sentry.example.com/", true),
            ("chargebee", "site", "acme/x", true),
            ("chargebee", "site", "acme", false),
            ("jira", "subdomain", "acme.atlassian.net", true),
            (
                "salesforce",
                "instance_url",
                "https://acme.my.salesforce.com",
                false,
            ),
        ] {
            assert_eq!(is_whole(kind, name, text), expected, "{kind} {text}");
        }
        assert!(is_host(
            &catalog::find("gitlab").unwrap().variables["api_url"]
        ));
    }
}
