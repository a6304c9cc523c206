//! Responsible for validating the entities of a connector against the catalog.

use super::{ConnectorContext, did_you_mean_or_all};
use crate::catalog::ConnectorType;
use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::origin::Origin;
use crate::config::raw::{RawEntity, RawMode};
use crate::config::redaction::title;
use crate::model::{Entity, Mode};
use std::collections::HashSet;

/// Validates the entities. Those that the catalog does not have are a warning, because the service may
/// have more.
pub(super) fn entities(
    raw: Vec<RawEntity>,
    context: ConnectorContext<'_>,
    findings: &mut Findings,
) -> Vec<Entity> {
    let origin = context.origin.key("entities");
    let mut seen = HashSet::new();
    for (index, entity) in raw.iter().enumerate() {
        let name = || origin.index(index).key("entity");
        if entity.entity.trim().is_empty() {
            findings.at(name(), Code::EmptyValue, "`entity` is empty", None);
        } else if !seen.insert(&entity.entity) {
            let message = format!("entity {} is listed twice", title(&entity.entity));
            findings.at(name(), Code::DuplicateEntity, message, None);
        } else if let Some(kind) = context.kind {
            check(entity, kind, origin.index(index), findings);
        }
    }
    let mut entities: Vec<Entity> = raw
        .into_iter()
        .map(|raw| Entity {
            entity: raw.entity,
            modes: raw.modes.map(|raw| modes(&raw)),
        })
        .collect();
    entities.sort();
    entities
}

/// Compares an entity with those of its type.
fn check(raw: &RawEntity, kind: &ConnectorType, origin: Origin<'_>, findings: &mut Findings) {
    if kind.entities.is_empty() {
        return;
    }
    let Some(actions) = kind.entities.get(&raw.entity) else {
        let names: Vec<&str> = kind.entities.keys().map(String::as_str).collect();
        let message = format!(
            "the catalog has no entity {} of {}",
            title(&raw.entity),
            kind.name
        );
        let help = did_you_mean_or_all(&raw.entity, &names);
        findings.at(origin.key("entity"), Code::UnknownEntity, message, help);
        return;
    };
    for mode in modes(raw.modes.as_deref().unwrap_or_default()) {
        if actions.iter().all(|action| action.mode() != mode) {
            let (mode, other) = match mode {
                Mode::Read => ("read", "write"),
                Mode::Write => ("write", "read"),
            };
            let message = format!(
                "entity {} of {} has no action that can {mode}",
                title(&raw.entity),
                kind.name
            );
            let help = format!("remove `{mode}`; its actions can only {other}");
            findings.at(origin.key("modes"), Code::UnusedMode, message, Some(help));
        }
    }
}

fn modes(raw: &[RawMode]) -> Vec<Mode> {
    let mut modes: Vec<Mode> = raw
        .iter()
        .map(|mode| match mode {
            RawMode::Read => Mode::Read,
            RawMode::Write => Mode::Write,
        })
        .collect();
    modes.sort();
    modes.dedup();
    modes
}
