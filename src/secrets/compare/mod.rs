//! Responsible for comparing the secrets of recorded connectors with the values that were last sent.
//!
//! Does not read a value where the store reports the version that the ledger has: equal versions mean an unchanged
//! value. Where the versions differ and the value can be read, the fingerprint decides.

#[cfg(test)]
mod tests;

use super::fingerprint::literal_text;
use super::{Fingerprinter, Resolver, Values};
use crate::model::{
    DefinitionId, DesiredOauthApp, RecordedOauthApp, RotationMode, SecretComparison, SecretRef,
    SecretStatus, SecretValue, SentFingerprints, Setting, UnresolvedReference, UnverifiedReason,
};
use crate::plan::Matches;
use std::collections::{BTreeMap, BTreeSet};

/// Compares the secrets of recorded connectors with the values that were last sent.
///
/// Only literals are compared where no reference may be read: without a resolver (`--no-secrets`), and in connectors
/// with manual rotation. A reference is not read either if its status is known without the value.
pub async fn compare(
    matches: &Matches<'_>,
    fingerprinter: &Fingerprinter,
    resolver: Option<&Resolver>,
) -> SecretComparison {
    let comparisons = || {
        let connectors = matches.recorded_connectors();
        connectors.filter_map(|connector| {
            let comparison = Comparison {
                leaves: connector.declared.secret_leaves(),
                rotation: connector.declared.rotation,
                sent: connector.recorded.sent.as_deref()?,
                fingerprinter,
            };
            Some((connector, comparison))
        })
    };
    let current = read_current(comparisons().map(|(_, comparison)| comparison), resolver).await;
    let mut result = SecretComparison::default();
    // The leaves are collected a second time here: those of all connectors would take more memory than the project.
    for (connector, comparison) in comparisons() {
        let statuses = comparison.statuses(current.as_ref());
        let new_versions = comparison.new_versions(&statuses, current.as_ref());
        if !new_versions.is_empty() {
            result.versions.insert(connector.address(), new_versions);
        }
        result.add(connector.recorded.id, || connector.address(), statuses);
    }
    result.unresolved = current
        .map(|current| current.unresolved)
        .unwrap_or_default();
    result
}

/// The fields of recorded OAuth apps whose values differ from those last sent. A reference that cannot be read counts as
/// unchanged, unless its store lists another version. With another key of the ledger, every field counts as changed,
/// because setting an app again changes nothing.
pub async fn compare_oauth_apps(
    declared: &BTreeMap<DefinitionId, DesiredOauthApp>,
    recorded: &BTreeMap<DefinitionId, RecordedOauthApp>,
    fingerprinter: &Fingerprinter,
    resolver: Option<&Resolver>,
) -> BTreeMap<DefinitionId, BTreeSet<String>> {
    let comparisons = || {
        declared.iter().filter_map(|(id, app)| {
            let comparison = Comparison {
                leaves: app.leaves(),
                rotation: RotationMode::Compare,
                sent: &recorded.get(id)?.sent,
                fingerprinter,
            };
            Some((*id, comparison))
        })
    };
    let current = read_current(comparisons().map(|(_, comparison)| comparison), resolver).await;
    comparisons()
        .map(|(id, comparison)| (id, comparison.changed_fields(current.as_ref())))
        .collect()
}

/// The current versions and values in the stores.
struct CurrentSecrets {
    /// Versions of the references whose sent version the ledger has.
    versions: BTreeMap<SecretRef, String>,
    /// Values of the references whose version is unknown or differs. A value that cannot be read is absent.
    values: Values,
    unresolved: Vec<UnresolvedReference>,
}

/// `None` without a resolver.
async fn read_current<'a>(
    comparisons: impl Iterator<Item = Comparison<'a>>,
    resolver: Option<&Resolver>,
) -> Option<CurrentSecrets> {
    let resolver = resolver?;
    let mut unverified = BTreeSet::new();
    for comparison in comparisons {
        unverified.extend(comparison.unverified());
    }
    let versioned = unverified
        .iter()
        .filter(|unverified| unverified.sent_version.is_some());
    let versions = resolver.versions(&distinct(versioned)).await;
    let has_other_version = |unverified: &&UnverifiedReference<'_>| {
        let current = versions.get(unverified.reference).map(String::as_str);
        current.is_none() || current != unverified.sent_version
    };
    let unread = distinct(unverified.iter().filter(has_other_version));
    let (values, failures) = resolver.resolve_all(&unread).await;
    Some(CurrentSecrets {
        versions,
        values,
        unresolved: failures.into_iter().map(Into::into).collect(),
    })
}

fn distinct<'a>(
    unverified: impl Iterator<Item = &'a UnverifiedReference<'a>>,
) -> BTreeSet<SecretRef> {
    let references: BTreeSet<&SecretRef> =
        unverified.map(|unverified| unverified.reference).collect();
    references.into_iter().cloned().collect()
}

/// A reference whose status depends on its current version or value.
#[derive(Eq, Ord, PartialEq, PartialOrd)]
struct UnverifiedReference<'a> {
    reference: &'a SecretRef,
    /// The version that was sent, if this reference was the source.
    sent_version: Option<&'a str>,
}

/// The declared secrets of one connector and the fingerprints of the sent ones.
struct Comparison<'a> {
    leaves: BTreeMap<String, &'a Setting>,
    rotation: RotationMode,
    sent: &'a SentFingerprints,
    fingerprinter: &'a Fingerprinter,
}

impl<'a> Comparison<'a> {
    fn unverified(&self) -> impl Iterator<Item = UnverifiedReference<'a>> {
        self.leaves.iter().filter_map(|(path, leaf)| match *leaf {
            Setting::Secret(reference) if self.status_without_value(path, leaf).is_none() => {
                Some(UnverifiedReference {
                    reference,
                    sent_version: self.sent_version(path, reference),
                })
            }
            _ => None,
        })
    }

    fn sent_version(&self, path: &str, reference: &SecretRef) -> Option<&'a str> {
        let version = self.sent.versions.get(path)?;
        let source = self.sent.references.get(path);
        let is_source = source.is_some_and(|source| source == reference.to_string().as_str());
        is_source.then_some(version.as_str())
    }

    /// The status of a leaf, if it does not depend on the value.
    fn status_without_value(&self, path: &str, leaf: &Setting) -> Option<SecretStatus> {
        let manual = self.rotation == RotationMode::Manual;
        if !self.fingerprinter.has_key_of(self.sent) {
            Some(SecretStatus::Unverified(UnverifiedReason::KeyChanged))
        } else if !self.sent.fingerprints.contains_key(path) {
            Some(SecretStatus::Changed)
        } else if manual && matches!(leaf, Setting::Secret(_)) {
            Some(SecretStatus::Unverified(UnverifiedReason::Manual))
        } else {
            None
        }
    }

    /// The fields that are new, removed, or have another value.
    fn changed_fields(&self, current: Option<&CurrentSecrets>) -> BTreeSet<String> {
        let is_changed = |status: &SecretStatus| {
            matches!(
                status,
                SecretStatus::Changed
                    | SecretStatus::NewVersion
                    | SecretStatus::Unverified(UnverifiedReason::KeyChanged)
            )
        };
        let statuses = self.statuses(current).into_iter();
        let sent = self.sent.fingerprints.keys();
        let removed = sent.filter(|field| !self.leaves.contains_key(*field));
        statuses
            .filter(|(_, status)| is_changed(status))
            .map(|(field, _)| field)
            .chain(removed.map(str::to_owned))
            .collect()
    }

    fn statuses(&self, current: Option<&CurrentSecrets>) -> BTreeMap<String, SecretStatus> {
        self.leaves
            .iter()
            .map(|(path, leaf)| (path.clone(), self.status(path, leaf, current)))
            .collect()
    }

    fn status(&self, path: &str, leaf: &Setting, current: Option<&CurrentSecrets>) -> SecretStatus {
        if let Some(status) = self.status_without_value(path, leaf) {
            return status;
        }
        let Setting::Secret(reference) = leaf else {
            return self.compare_value(path, &literal_text(leaf));
        };
        match current {
            Some(current) => self.reference_status(path, reference, current),
            None => SecretStatus::Unverified(UnverifiedReason::NotAsked),
        }
    }

    fn reference_status(
        &self,
        path: &str,
        reference: &SecretRef,
        current: &CurrentSecrets,
    ) -> SecretStatus {
        let sent_version = self.sent_version(path, reference);
        let listed_version = current.versions.get(reference).map(String::as_str);
        if sent_version.is_some() && listed_version == sent_version {
            return SecretStatus::Unchanged;
        }
        let value = current.values.get(reference);
        let version = value.and_then(|value| value.version()).or(listed_version);
        let has_new_version =
            sent_version.is_some() && version.is_some() && version != sent_version;
        match value.map(|value| self.compare_value(path, value)) {
            Some(SecretStatus::Changed) | None if has_new_version => SecretStatus::NewVersion,
            None => SecretStatus::Unverified(UnverifiedReason::Unavailable),
            Some(status) => status,
        }
    }

    fn compare_value(&self, path: &str, value: &SecretValue) -> SecretStatus {
        let fingerprint = self.fingerprinter.fingerprint(&self.sent.salt, path, value);
        if self.sent.fingerprints.get(path) == Some(&fingerprint) {
            SecretStatus::Unchanged
        } else {
            SecretStatus::Changed
        }
    }

    /// Versions that contain the value that was sent and that the ledger does not have yet, by path.
    fn new_versions(
        &self,
        statuses: &BTreeMap<String, SecretStatus>,
        current: Option<&CurrentSecrets>,
    ) -> BTreeMap<String, String> {
        let new_version = |(path, leaf): (&String, &&Setting)| {
            let Setting::Secret(reference) = leaf else {
                return None;
            };
            let version = current?.values.get(&**reference)?.version()?;
            let is_new = self.sent_version(path, reference) != Some(version);
            let is_unchanged = statuses.get(path) == Some(&SecretStatus::Unchanged);
            (is_new && is_unchanged).then(|| (path.clone(), version.to_owned()))
        };
        self.leaves.iter().filter_map(new_version).collect()
    }
}
