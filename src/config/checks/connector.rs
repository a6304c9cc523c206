//! Rules about a connector's type, method, template and entities.

use super::super::code::Code;
use super::super::source::Findings;
use super::super::visible::{named, title};
use super::{Subject, did_you_mean_or_all};
use crate::catalog;
use crate::model::TemplateId;
use std::collections::HashSet;

/// A type outside the catalog may exist remotely: `plan` asks.
pub(super) fn kind(subject: Subject<'_>, findings: &mut Findings) {
    let name = &subject.raw.kind;
    let place = subject.place.key("type");
    if name.is_empty() {
        findings.at(place, Code::InvalidValue, "`type` is empty", None);
    } else if subject.kind.is_none() && name.parse::<uuid::Uuid>().is_err() {
        let near = catalog::nearest(name);
        let help = near.map_or_else(
            || "`airlift types` lists what is known; `plan` looks it up live".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        let message = format!("type {} is not in the catalog", named(name));
        findings.at(place, Code::UnknownType, message, Some(help));
    }
}

pub(super) fn auth(subject: Subject<'_>, findings: &mut Findings) {
    let (Some(kind), Some(auth)) = (subject.kind, &subject.raw.auth) else {
        return;
    };
    let methods: Vec<&str> = kind
        .methods
        .iter()
        .map(|method| method.name.as_str())
        .collect();
    if !methods.contains(&auth.as_str()) {
        let message = format!("{} has no authentication method {}", kind.name, named(auth));
        let help = did_you_mean_or_all(auth, &methods);
        findings.at(subject.place.key("auth"), Code::UnknownAuth, message, help);
    }
}

pub(super) fn template(subject: Subject<'_>, findings: &mut Findings) {
    let given = subject.raw.template_id.as_ref();
    if given.is_some_and(|id| id.parse::<TemplateId>().is_err()) {
        let place = subject.place.key("template_id");
        findings.at(
            place,
            Code::InvalidFormat,
            "`template_id` takes a template's UUID, or null",
            None,
        );
    }
}

pub(super) fn entities(subject: Subject<'_>, findings: &mut Findings) {
    let mut seen = HashSet::new();
    let entities = subject.raw.entities.iter().flatten();
    for (index, entity) in entities.enumerate() {
        let place = || subject.place.key("entities").index(index).key("entity");
        if entity.entity.trim().is_empty() {
            findings.at(place(), Code::EmptyValue, "`entity` is empty", None);
        } else if !seen.insert(&entity.entity) {
            let message = format!("entity {} is listed twice", title(&entity.entity));
            findings.at(place(), Code::DuplicateEntity, message, None);
        }
    }
}
