//! Whether a connector's secrets have to be sent again, from their comparison alone.

use super::{FieldChange, FieldValue, Reason};
use crate::model::{DesiredConnector, RecordedConnector, SecretStatus, Setting, WhyUnverified};
use std::collections::BTreeMap;

/// The verdict on one connector's secrets.
#[derive(Debug, Default)]
pub(super) struct SecretVerdict {
    /// Why they are to be sent again; empty means they are not.
    pub(super) reasons: Vec<Reason>,
    /// The fields that fired.
    pub(super) changes: Vec<FieldChange>,
    /// What could not be told.
    pub(super) unverified: BTreeMap<WhyUnverified, Vec<String>>,
    /// References are spelt anew while every value stayed the same.
    pub(super) respelt: bool,
}

/// Judges one recorded connector.
pub(super) fn judge(
    connector: &DesiredConnector,
    recorded: &RecordedConnector,
    statuses: Option<&BTreeMap<String, SecretStatus>>,
    requested: bool,
) -> SecretVerdict {
    let mut verdict = SecretVerdict::default();
    let leaves = connector.secret_leaves();
    if requested && !leaves.is_empty() {
        verdict.reasons.push(Reason::Requested);
    }
    if connector.credentials_version.is_some()
        && connector.credentials_version != recorded.credentials_version
    {
        verdict.reasons.push(Reason::CredentialsVersionChanged);
    }
    match &recorded.sent {
        None => {
            let paths: Vec<String> = leaves.into_keys().collect();
            if !paths.is_empty() {
                verdict.unverified.insert(WhyUnverified::NeverSent, paths);
            }
        }
        Some(sent) => compare(connector, &leaves, sent, statuses, &mut verdict),
    }
    verdict
}

fn compare(
    connector: &DesiredConnector,
    leaves: &BTreeMap<String, &Setting>,
    sent: &crate::model::Sent,
    statuses: Option<&BTreeMap<String, SecretStatus>>,
    verdict: &mut SecretVerdict,
) {
    for (path, leaf) in leaves {
        let reference = reference_text(leaf);
        let spelt_anew = reference != sent.references.get(path).cloned();
        if !sent.fingerprints.contains_key(path) {
            verdict.fire(path, FieldValue::Absent, shown(connector, path, leaf));
            continue;
        }
        let status = statuses
            .and_then(|statuses| statuses.get(path).copied())
            .unwrap_or(SecretStatus::Unverified(WhyUnverified::NotAsked));
        match status {
            SecretStatus::Unchanged => verdict.respelt |= spelt_anew,
            SecretStatus::Changed => {
                verdict.fire(path, before(sent, path), shown(connector, path, leaf));
            }
            SecretStatus::NewVersion => {
                let reason = Reason::StoreVersionChanged;
                let after = shown(connector, path, leaf);
                verdict.fire_for(reason, path, before(sent, path), after);
            }
            SecretStatus::Unverified(_) if spelt_anew => {
                verdict.fire(path, before(sent, path), shown(connector, path, leaf));
            }
            SecretStatus::Unverified(why) => {
                verdict
                    .unverified
                    .entry(why)
                    .or_default()
                    .push(path.clone());
            }
        }
    }
    for path in sent
        .fingerprints
        .keys()
        .filter(|path| !leaves.contains_key(*path))
    {
        verdict.fire(path, before(sent, path), FieldValue::Absent);
    }
}

impl SecretVerdict {
    fn fire(&mut self, path: &str, before: FieldValue, after: FieldValue) {
        self.fire_for(Reason::SecretRotated, path, before, after);
    }

    fn fire_for(&mut self, reason: Reason, path: &str, before: FieldValue, after: FieldValue) {
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
        self.changes.push(FieldChange {
            path: path.to_owned(),
            before,
            after,
        });
    }
}

fn reference_text(leaf: &Setting) -> Option<String> {
    match leaf {
        Setting::Secret(reference) => Some(reference.to_string()),
        _ => None,
    }
}

fn before(sent: &crate::model::Sent, path: &str) -> FieldValue {
    sent.references
        .get(path)
        .map_or(FieldValue::Unreadable, |reference| {
            FieldValue::Reference(reference.clone())
        })
}

/// How a leaf is shown: a reference by its text, a literal among secrets only if it is none.
fn shown(connector: &DesiredConnector, path: &str, leaf: &Setting) -> FieldValue {
    if let Some(reference) = reference_text(leaf) {
        return FieldValue::Reference(reference);
    }
    let field = path.strip_prefix("credentials.").unwrap_or(path);
    match leaf.to_plain() {
        Some(value) if connector.readable.contains(field) => FieldValue::Value(value),
        _ => FieldValue::Hidden,
    }
}

/// What a creation will send: every declared field of the three blocks.
pub(super) fn creation_fields(connector: &DesiredConnector) -> Vec<FieldChange> {
    let secret = connector.secret_leaves();
    let mut fields: Vec<FieldChange> = secret
        .iter()
        .map(|(path, leaf)| added(path.clone(), shown(connector, path, leaf)))
        .collect();
    let blocks = [
        ("environment", &connector.environment),
        ("replication_config", &connector.replication_config),
    ];
    for (block, settings) in blocks {
        for (name, setting) in settings.iter().flatten() {
            readable_fields(format!("{block}.{name}"), setting, &mut fields);
        }
    }
    if let Some(entities) = &connector.entities {
        let value = serde_json::to_value(entities).unwrap_or_default();
        fields.push(added("entities".to_owned(), FieldValue::Value(value)));
    }
    fields
}

/// The readable parts of a setting: a list without references is one value.
fn readable_fields(path: String, setting: &Setting, fields: &mut Vec<FieldChange>) {
    match setting {
        Setting::Map(inner) if !inner.is_empty() => {
            for (name, setting) in inner {
                readable_fields(format!("{path}.{name}"), setting, fields);
            }
        }
        setting => {
            if let Some(value) = setting.to_plain() {
                fields.push(added(path, FieldValue::Value(value)));
            }
        }
    }
}

fn added(path: String, after: FieldValue) -> FieldChange {
    FieldChange {
        path,
        before: FieldValue::Absent,
        after,
    }
}
