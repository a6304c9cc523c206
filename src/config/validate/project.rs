//! Responsible for validating the project keys.

use super::connector::rotation;
use super::source_templates::source_templates;
use super::types_lock::{LockFile, types_lock};
use crate::catalog::closest;
use crate::config::code::Code;
use crate::config::document::Document;
use crate::config::findings::{FindingSite, Findings};
use crate::config::origin::Origin;
use crate::config::raw::{FIELDS, RawContract, RawFile, RawGuards};
use crate::model::{
    AdoptPolicy, Contract, DesiredCustomer, DesiredTemplates, Guards, OrganizationId, RotationMode,
};
use std::collections::BTreeSet;

/// The settings of the project file.
#[derive(Debug, Default)]
pub(in crate::config) struct ProjectSettings {
    pub(in crate::config) organization_id: Option<OrganizationId>,
    pub(in crate::config) contract: Contract,
    pub(in crate::config) guards: Guards,
    /// The stores that references may use, or `None` if the file has no `stores`.
    pub(in crate::config) stores: Option<BTreeSet<String>>,
    pub(in crate::config) unchecked_secrets: Vec<String>,
    /// Where each of these patterns is written.
    unchecked_sites: Vec<FindingSite>,
    pub(in crate::config) rotation: RotationMode,
    pub(in crate::config) adopt: AdoptPolicy,
    pub(in crate::config) source_templates: DesiredTemplates,
    pub(in crate::config) types_lock: LockFile,
}

impl ProjectSettings {
    /// Validates the keys of the project file.
    pub(in crate::config) fn from_document(document: &Document, findings: &mut Findings) -> Self {
        let raw = &document.head;
        missing_version(document, findings);
        let unchecked_secrets = raw.unchecked_secrets.clone().unwrap_or_default();
        let unchecked = document.key("unchecked_secrets");
        Self {
            organization_id: organization(document, findings),
            contract: match raw.contract {
                Some(RawContract::ExternalUser) => Contract::ExternalUser,
                Some(RawContract::Workspace) | None => Contract::Workspace,
            },
            guards: guards(raw),
            stores: raw.stores.clone().map(BTreeSet::from_iter),
            unchecked_sites: (0..unchecked_secrets.len())
                .map(|index| unchecked.index(index).into())
                .collect(),
            unchecked_secrets,
            rotation: rotation(raw.rotation).unwrap_or_default(),
            adopt: match raw.adopt {
                Some(true) => AdoptPolicy::Allow,
                Some(false) | None => AdoptPolicy::Refuse,
            },
            source_templates: source_templates(document, findings),
            types_lock: types_lock(document, findings),
        }
    }
}

/// Warns of a pattern that names no reference of the project.
pub(in crate::config) fn unused_unchecked_secrets(
    settings: &ProjectSettings,
    customers: &[(String, DesiredCustomer)],
    findings: &mut Findings,
) {
    let patterns = settings.unchecked_secrets.iter();
    for (pattern, site) in patterns.zip(&settings.unchecked_sites) {
        let mut connectors = customers
            .iter()
            .flat_map(|(_, customer)| customer.connectors.values());
        let is_used = connectors.any(|connector| {
            let references = connector.references();
            references
                .iter()
                .any(|reference| reference.matches(pattern))
        });
        if !is_used {
            let message = "the pattern of `unchecked_secrets` matches no reference of the project";
            let help = "write it as the reference without `${` and `}`, such as `env:ACME_*`, or remove it";
            let help = Some(help.to_owned());
            findings.at_site(site.clone(), Code::UnusedPattern, message, help);
        }
    }
}

fn guards(raw: &RawFile) -> Guards {
    let default = Guards::default();
    raw.guards.map_or(default, |raw: RawGuards| Guards {
        max_deletes: raw.max_deletes.unwrap_or(default.max_deletes),
        max_delete_percent: raw.max_delete_percent.unwrap_or(default.max_delete_percent),
        max_id_changes: raw.max_id_changes,
    })
}

fn missing_version(document: &Document, findings: &mut Findings) {
    // A file that was not parsed to its end may have a version further down. A version of a wrong
    // type has a finding already.
    let root = document.source.root();
    let entries = root.entries();
    let is_mapping = match root {
        Origin::File(_) => document.source.tree.is_some(),
        _ => !entries.is_empty() || root.is_null(),
    };
    let written = entries.iter().find(|(key, _)| *key == "version");
    // A misspelt `version` has a finding of its own.
    let is_misspelt = |key: &str| !FIELDS.contains(key) && closest(key, ["version"]).is_some();
    if entries.iter().any(|(key, _)| is_misspelt(key)) {
        return;
    }
    let has_version = match written {
        Some((_, version)) => document.head.version.is_some() || !version.is_null(),
        None => false,
    };
    if is_mapping && !has_version {
        let help = Some("add `version: 1` at the top".to_owned());
        let message = "the project file has no `version`";
        findings.at(root, Code::MissingVersion, message, help);
    }
}

/// Refuses an unsupported version of the grammar.
pub(in crate::config) fn version(document: &Document, findings: &mut Findings) {
    if document.head.version.is_some_and(|version| version != 1) {
        let message = "this version of airlift supports only `version: 1`";
        let origin = document.key("version");
        let help = Some("write `version: 1`, or use the newest airlift".to_owned());
        findings.at(origin, Code::UnsupportedVersion, message, help);
    }
}

/// Refuses project keys in a file that is not the project file.
pub(in crate::config) fn keys_elsewhere(
    document: &Document,
    project_file: &str,
    findings: &mut Findings,
) {
    for key in document.project_keys() {
        let message = format!("`{key}` belongs in the project file, which is {project_file}");
        findings.at(document.key(key), Code::ProjectKeyElsewhere, message, None);
    }
}

/// Warns of project keys in a file without customers that airlift does not read.
pub(in crate::config) fn settings_not_read(document: &Document, findings: &mut Findings) {
    let Some(key) = document.project_keys().next() else {
        return;
    };
    if document.seems_to_have_customers() {
        return;
    }
    let message = format!("airlift does not read this file, so its `{key}` has no effect");
    let help = "move the keys to airlift.yaml, or rename the file to airlift.yaml if it is the \
                project file";
    let origin = document.key(key);
    findings.at(
        origin,
        Code::FileNotIncluded,
        message,
        Some(help.to_owned()),
    );
}

/// Warns of customers in a file that airlift does not read.
pub(in crate::config) fn not_included(document: &Document, findings: &mut Findings) {
    if !document.seems_to_have_customers() {
        return;
    }
    let is_yaml = document.path.extension().is_some_and(|end| end == "yaml");
    let (message, help) = if is_yaml {
        let message = "airlift does not read these customers: `include` does not name the file";
        (
            message,
            "add it to `include`, or move it out of the directory",
        )
    } else {
        let message =
            "airlift does not read these customers: the file's name does not end with `.yaml`";
        (message, "rename it, or add it to `include`")
    };
    let origin = document.key("customers");
    let help = Some(help.to_owned());
    findings.at(origin, Code::FileNotIncluded, message, help);
}

/// Warns of a file without content, which is read and changes nothing.
pub(in crate::config) fn no_customers(document: &Document, findings: &mut Findings) {
    if document.is_without_content() {
        let message = "the file declares no customers";
        let help = Some("write `customers: []` if that is intended".to_owned());
        let origin = document.source.root();
        findings.at(origin, Code::NoCustomers, message, help);
    }
}

/// Warns of an `include` without patterns.
pub(in crate::config) fn empty_include(document: &Document, findings: &mut Findings) {
    if document.head.include.as_ref().is_some_and(Vec::is_empty) {
        let message = "`include` names no file";
        let help = Some("add a pattern such as `customers/*.yaml`, or remove the key".to_owned());
        let origin = document.key("include");
        findings.at(origin, Code::EmptyInclude, message, help);
    }
}

/// The organization that a file names.
pub(in crate::config) fn organization(
    document: &Document,
    findings: &mut Findings,
) -> Option<OrganizationId> {
    document
        .head
        .organization_id
        .as_ref()?
        .parse()
        .map_err(|_| {
            let message = "`organization_id` takes an organization's UUID";
            let origin = document.key("organization_id");
            let help = Some("`airlift doctor` prints the one of the credentials".to_owned());
            findings.at(origin, Code::InvalidFormat, message, help);
        })
        .ok()
}
