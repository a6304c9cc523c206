//! Responsible for deciding whether a connector's secrets must be sent again, and for how secret
//! fields are shown in a plan. Uses the result of the secret comparison; does not see values.

use super::{FieldChange, FieldValue, Reason, UnverifiedSecret};
use crate::model::{
    ConnectorBody, ConnectorEntry, DesiredConnector, SecretRef, SecretStatus, SecretStatuses,
    Setting, SharedText, UnverifiedReason,
};
use std::collections::{BTreeMap, BTreeSet};

/// The verdict on one connector's secrets.
#[derive(Debug, Default)]
pub(super) struct SecretVerdict {
    /// Why the secrets must be sent again; empty if they need not be.
    pub(super) reasons: Vec<Reason>,
    /// The fields that differ.
    pub(super) changes: Vec<FieldChange>,
    /// Secrets that could not be compared, by cause.
    pub(super) unverified: BTreeMap<UnverifiedReason, Vec<UnverifiedSecret>>,
    /// The text of a reference changed and its value did not.
    pub(super) reference_text_changed: bool,
}

/// Compares the declared secrets of one recorded connector with those last sent.
pub(super) fn judge(
    connector: &DesiredConnector,
    recorded: &ConnectorEntry,
    statuses: SecretStatuses<'_>,
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
            for (path, leaf) in leaves {
                verdict.add_unverified(UnverifiedReason::NeverSent, &path, leaf);
            }
        }
        Some(sent) => compare(&connector.readable, &leaves, sent, statuses, &mut verdict),
    }
    verdict
}

fn compare(
    readable: &BTreeSet<String>,
    leaves: &BTreeMap<String, &Setting>,
    sent: &crate::model::SentFingerprints,
    statuses: SecretStatuses<'_>,
    verdict: &mut SecretVerdict,
) {
    for (path, leaf) in leaves {
        let reference = reference_text(leaf);
        let text_changed =
            reference.as_deref() != sent.references.get(path).map(SharedText::as_str);
        if !sent.fingerprints.contains_key(path) {
            verdict.add(path, FieldValue::Absent, shown(readable, path, leaf));
            continue;
        }
        match statuses.status(path) {
            SecretStatus::Unchanged => verdict.reference_text_changed |= text_changed,
            SecretStatus::Changed => {
                verdict.add(path, before(sent, path), shown(readable, path, leaf));
            }
            SecretStatus::NewVersion => {
                let reason = Reason::StoreVersionChanged;
                let after = shown(readable, path, leaf);
                verdict.add_for(reason, path, before(sent, path), after);
            }
            SecretStatus::Unverified(_) if text_changed => {
                let reason = Reason::ReferenceChanged;
                let after = shown(readable, path, leaf);
                verdict.add_for(reason, path, before(sent, path), after);
            }
            SecretStatus::Unverified(why) => verdict.add_unverified(why, path, leaf),
        }
    }
    for path in sent
        .fingerprints
        .keys()
        .filter(|path| !leaves.contains_key(*path))
    {
        verdict.add(path, before(sent, path), FieldValue::Absent);
    }
}

impl SecretVerdict {
    fn add(&mut self, path: &str, before: FieldValue, after: FieldValue) {
        let reason = match after {
            FieldValue::Value(_) => Reason::CredentialChanged,
            _ => Reason::SecretRotated,
        };
        self.add_for(reason, path, before, after);
    }

    fn add_unverified(&mut self, why: UnverifiedReason, path: &str, leaf: &Setting) {
        let reference = match leaf {
            Setting::Secret(reference) => Some(SecretRef::clone(reference)),
            _ => None,
        };
        self.unverified
            .entry(why)
            .or_default()
            .push(UnverifiedSecret {
                path: path.to_owned(),
                reference,
                problem: None,
            });
    }

    fn add_for(&mut self, reason: Reason, path: &str, before: FieldValue, after: FieldValue) {
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

fn before(sent: &crate::model::SentFingerprints, path: &str) -> FieldValue {
    sent.references
        .get(path)
        .map_or(FieldValue::Unreadable, |reference| {
            FieldValue::Reference(reference.into())
        })
}

/// The value that a plan shows for a field of the secret blocks: a reference as text, a literal only
/// if the field is not a secret.
fn shown(readable: &BTreeSet<String>, path: &str, leaf: &Setting) -> FieldValue {
    if let Some(reference) = reference_text(leaf) {
        return FieldValue::Reference(reference);
    }
    let field = path.strip_prefix("credentials.").unwrap_or(path);
    match leaf.to_plain() {
        Some(value) if readable.contains(field) => FieldValue::Value(value),
        _ => FieldValue::Hidden,
    }
}

/// The fields that a creation sends, sorted by path: every declared field of the three blocks and the
/// entities.
pub(super) fn creation_fields(body: &ConnectorBody) -> Vec<FieldChange> {
    let mut fields: Vec<FieldChange> = body
        .secret_leaves()
        .into_iter()
        .map(|(path, leaf)| {
            let after = shown(&body.readable, &path, leaf);
            added(path, after)
        })
        .collect();
    let blocks = [
        ("environment", &body.environment),
        ("replication_config", &body.replication_config),
    ];
    for (block, settings) in blocks {
        for (name, setting) in settings.iter().flatten() {
            readable_fields(format!("{block}.{name}"), setting, &mut fields);
        }
    }
    if let Some(entities) = &body.entities {
        let value = serde_json::to_value(entities).unwrap_or_default();
        fields.push(added("entities".to_owned(), FieldValue::Value(value)));
    }
    fields.sort_by(|left, right| left.path.cmp(&right.path));
    fields
}

/// Adds the readable parts of a setting. A list without references is one value.
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
