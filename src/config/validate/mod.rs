//! Responsible for the rules beyond the schema: each check returns the typed value or adds a
//! finding.

mod checked_files;
mod connector;
mod consent;
mod credentials;
mod customer;
mod customer_policy;
mod entities;
mod file_pattern;
mod foreign_credentials;
mod look_alikes;
mod names;
mod oauth_apps;
mod policy;
mod project;
mod references;
mod settings;
mod source_templates;
mod stores;
mod types_lock;
mod values;

pub(super) use checked_files::CheckedFiles;
pub(super) use customer::customer;
pub(super) use customer_policy::{CustomerPolicy, PermittedCustomers};
pub(super) use names::{CUSTOMER, Declaration, DeclaredNames, reserved_customer};
pub(super) use oauth_apps::oauth_apps;
pub(super) use policy::{Permissions, SecretPolicy};
pub(super) use project::{
    ProjectSettings, empty_include, keys_elsewhere, no_customers, not_included, organization,
    settings_not_read, unused_unchecked_secrets, version,
};

use super::origin::Origin;
use crate::catalog::{self, ConnectorType, LockedType, TypesLock};
use crate::config::mistakes;
use crate::config::raw::FIELDS;
use crate::config::redaction::did_you_mean;
use crate::model::{DesiredTemplates, RotationMode, SharedTexts};
use crate::secrets::{SecretAccess, SecretLinks};
use std::cell::RefCell;
use std::path::Path;

/// The rules that hold for all connectors of a file: permitted references, and the directories for
/// file references.
#[derive(Debug)]
pub(super) struct Scope<'s> {
    pub(super) project: &'s Path,
    pub(super) secret_access: &'s SecretAccess,
    pub(super) permissions: Permissions,
    /// The rotation mode of connectors without their own `rotation`.
    pub(super) rotation: RotationMode,
    /// The types of the API that the project pins.
    pub(super) types: &'s TypesLock,
    /// The templates of connectors without their own `template_id`.
    pub(super) source_templates: &'s DesiredTemplates,
    /// Where the links of the file references lead. Checks add to it.
    pub(super) links: &'s RefCell<SecretLinks>,
    pub(super) checked_files: CheckedFiles,
    /// Names and types, which the connectors of a file share.
    pub(super) texts: SharedTexts,
}

/// The connector under validation.
#[derive(Clone, Copy)]
struct ConnectorContext<'s> {
    origin: Origin<'s>,
    /// `None` for a type outside the catalog.
    kind: Option<&'static ConnectorType>,
    /// The type in the lock file, which also has types outside the catalog.
    locked: Option<&'s LockedType>,
    scope: &'s Scope<'s>,
}

impl<'s> ConnectorContext<'s> {
    /// A connector of a declared type. The lock file can name a type of the catalog in other words.
    fn new(declared_type: &str, origin: Origin<'s>, scope: &'s Scope<'s>) -> Self {
        let (known, locked) = if let Some(known) = catalog::find(declared_type) {
            let locked = scope.types.by_definition(known.definition_id);
            (Some(known), locked)
        } else {
            let locked = scope.types.find(declared_type);
            let id = locked.map(|locked| locked.definition_id.to_string());
            (id.and_then(|id| catalog::find(&id)), locked)
        };
        Self {
            origin,
            kind: known,
            locked,
            scope,
        }
    }

    /// Whether a field in `credentials` is one of another block, which has a finding of its own.
    fn is_of_other_block(self, name: &str) -> bool {
        self.kind.is_some_and(|kind| {
            let mut methods = kind.methods.iter();
            !methods.any(|method| method.fields.contains_key(name))
                && mistakes::of_other_block(kind, name).is_some()
        })
    }

    /// Whether the fields of a block are in a block of an unknown name, which has a finding of its own.
    fn has_block_elsewhere(self, block: &str) -> bool {
        let fields = self.origin.entries();
        let mut unknown = fields.iter().filter(|(name, _)| !FIELDS.contains(*name));
        unknown.any(|(_, origin)| mistakes::of_block(self.kind, &origin.to_json()) == Some(block))
    }
}

/// Help that names the closest candidate, else all candidates.
fn did_you_mean_or_all(word: &str, candidates: &[&str]) -> Option<String> {
    let near = did_you_mean(word, candidates.iter().copied());
    near.or_else(|| {
        (!candidates.is_empty()).then(|| format!("valid names: {}", candidates.join(", ")))
    })
}

/// Whether a required field is absent. A mistyped name counts as present, because it has a finding
/// already.
fn is_missing(name: &str, given: &[&str], known: &[&str]) -> bool {
    // Comparing names is slow, and people do not mistype more fields than this.
    const MANY: usize = 32;
    let mistyped = |given: &&str| {
        !known.contains(given) && catalog::closest(given, known.iter().copied()) == Some(name)
    };
    !given.contains(&name) && !given.iter().take(MANY).any(mistyped)
}
