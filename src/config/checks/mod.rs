//! The rules that need more than one field: one check, one function, all findings at once.

mod connector;
mod credentials;
mod customer;
mod names;
mod policy;
mod project;
mod references;
mod settings;
mod values;

use super::LoadOptions;
use super::load::Parsed;
use super::raw::RawConnector;
use super::source::{Findings, Place};
use crate::catalog::{self, ConnectorType};
use policy::{Permissions, Policy};
use std::path::{Path, PathBuf};

/// What a connector's checks look at.
#[derive(Clone, Copy)]
struct Subject<'s> {
    raw: &'s RawConnector,
    place: Place<'s>,
    /// Nothing for a type outside the catalog.
    kind: Option<&'static ConnectorType>,
    scope: &'s Scope<'s>,
}

/// What references of one file may be, and where those to files may point.
struct Scope<'s> {
    project: &'s Path,
    secret_roots: &'s [PathBuf],
    permissions: Permissions,
}

/// The checks of one connector, each for itself.
const CONNECTOR_CHECKS: &[fn(Subject<'_>, &mut Findings)] = &[
    connector::kind,
    connector::auth,
    connector::template,
    connector::entities,
    credentials::check,
    settings::environment,
    settings::replication,
];

/// Runs every check over everything that was read.
pub(super) fn run(files: &[Parsed], root: &Path, options: &LoadOptions, findings: &mut Findings) {
    project::check(files, findings);
    names::check(files, findings);
    let policy = Policy::read(files, root, findings);
    for file in files {
        let scope = Scope {
            project: root,
            secret_roots: &options.secret_roots,
            permissions: policy.of(&file.path),
        };
        let places = file.source.root().key("customers").items();
        for shaped in &file.shaped.customers {
            let Some(place) = places.get(shaped.index).copied() else {
                continue;
            };
            customer::check(&shaped.raw, place, findings);
            let all = place.key("connectors").items();
            let connectors = shaped.raw.connectors.iter().flatten();
            for (raw, index) in connectors.zip(&shaped.connectors) {
                let Some(place) = all.get(*index).copied() else {
                    continue;
                };
                let kind = catalog::find(&raw.kind);
                let subject = Subject {
                    raw,
                    place,
                    kind,
                    scope: &scope,
                };
                for check in CONNECTOR_CHECKS {
                    check(subject, findings);
                }
            }
        }
    }
}

/// Help that names a near word, if there is one.
fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let near = catalog::closest(word, candidates)?;
    Some(format!("did you mean `{near}`?"))
}

/// Help that names a near word, else all words.
fn did_you_mean_or_all(word: &str, candidates: &[&str]) -> Option<String> {
    let near = did_you_mean(word, candidates.iter().copied());
    near.or_else(|| {
        (!candidates.is_empty()).then(|| format!("known here: {}", candidates.join(", ")))
    })
}

/// Whether a required field is absent, and not there under a mistyped name: that is told already.
fn is_missing(name: &str, given: &[&str], known: &[&str]) -> bool {
    // Likeness is costly to tell; nobody mistypes more fields than this.
    const MANY: usize = 32;
    let mistyped = |given: &&str| {
        !known.contains(given) && catalog::closest(given, known.iter().copied()) == Some(name)
    };
    !given.contains(&name) && !given.iter().take(MANY).any(mistyped)
}
