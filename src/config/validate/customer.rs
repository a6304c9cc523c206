//! Responsible for validating a customer and its own fields.

use super::names::{CONNECTOR, Declaration, DeclaredNames};
use super::{Scope, connector, did_you_mean};
use crate::config::code::Code;
use crate::config::document::DeclaredCustomer;
use crate::config::findings::{Findings, StagedFindings};
use crate::config::origin::Origin;
use crate::config::raw::{RawCache, RawCacheKeyword, RawStatus};
use crate::model::{Cache, DesiredCustomer, Protection, Region, Status};

/// Validates a customer with its connectors.
pub(in crate::config) fn customer(
    declared: DeclaredCustomer<'_>,
    scope: &Scope<'_>,
    findings: &mut StagedFindings,
) -> DesiredCustomer {
    let DeclaredCustomer {
        raw,
        origin,
        connectors,
    } = declared;
    let mut names = DeclaredNames::new(&CONNECTOR);
    for (raw, origin) in &connectors {
        let previous = raw.previous_name.as_deref();
        let findings = &mut findings.connector_names;
        let declaration = Declaration::new(&raw.name, previous, *origin, findings);
        names.declare(declaration, || origin.key("name").into(), findings);
    }
    names.finish(&mut findings.connector_names);
    let values = &mut findings.values;
    DesiredCustomer {
        region: raw
            .region
            .and_then(|text| region(&text, origin.key("region"), values)),
        previous_name: raw.previous_name,
        status: match raw.status {
            Some(RawStatus::Inactive) => Status::Inactive,
            Some(RawStatus::Active) | None => Status::Active,
        },
        cache: raw.cache.map(cache),
        protect: raw.protect.map_or(Protection::None, |raw| raw.0),
        labels: raw.labels.unwrap_or_default(),
        connectors: connectors
            .into_iter()
            .filter_map(|(raw, origin)| {
                let name = scope.texts.share(&raw.name);
                let connector = connector::connector(raw, origin, scope, values)?;
                Some((name, connector.into()))
            })
            .collect(),
    }
}

fn region(text: &str, origin: Origin<'_>, findings: &mut Findings) -> Option<Region> {
    match text {
        "us" => return Some(Region::US),
        "eu" => return Some(Region::EU),
        _ => {}
    }
    text.parse()
        .map(Region)
        .map_err(|_| {
            let message = "`region` takes `us`, `eu` or a region's UUID";
            let help = did_you_mean(text, ["us", "eu"]);
            findings.at(origin, Code::InvalidValue, message, help);
        })
        .ok()
}

fn cache(raw: RawCache) -> Cache {
    match raw {
        RawCache::Switch(true) => Cache::On,
        RawCache::Switch(false) => Cache::Off,
        RawCache::Keyword(RawCacheKeyword::Inherit) => Cache::Inherit,
    }
}
