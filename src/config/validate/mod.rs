//! Responsible for the rules that need more than one field: each check gives the typed value, or
//! adds a finding.

mod connector;
mod credentials;
mod customer;
mod names;
mod policy;
mod project;
mod references;
mod settings;
mod stores;
mod values;

pub(super) use customer::customer;
pub(super) use names::{CUSTOMER, Names, reserved_customer};
pub(super) use policy::{Permissions, Policy};
pub(super) use project::{ProjectSettings, keys_elsewhere, organization, version};

use super::origin::Origin;
use crate::catalog::{self, ConnectorType};
use crate::model::RotationMode;
use std::path::{Path, PathBuf};

/// What holds for every connector of a file: which references it may use, and where those to
/// files may point.
#[derive(Debug)]
pub(super) struct Scope<'s> {
    pub(super) project: &'s Path,
    pub(super) secret_roots: &'s [PathBuf],
    pub(super) permissions: Permissions,
    /// How a new value of a secret is noticed, unless a connector says it.
    pub(super) rotation: RotationMode,
}

/// The connector that is checked.
#[derive(Clone, Copy)]
struct Subject<'s> {
    origin: Origin<'s>,
    /// Nothing for a type outside the catalog.
    kind: Option<&'static ConnectorType>,
    scope: &'s Scope<'s>,
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
