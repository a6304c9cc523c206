//! Responsible for telling whether the secrets of recorded connectors are still what was last
//! sent, with as little reading as that takes.
//!
//! Where a store tells a secret's version without its value and the ledger knows the version
//! that was sent, equal versions settle it and the value is not read. A version that differs is
//! only a reason to look: the fingerprint decides where the value can be read.

#[cfg(test)]
mod tests;

use super::fingerprint::literal_text;
use super::{Fingerprinter, Resolver, Values};
use crate::model::{
    Address, Rotation, SecretComparison, SecretRef, SecretStatus, SecretValue, Sent, Setting,
    WhyUnverified,
};
use crate::plan::Matches;
use std::collections::{BTreeMap, BTreeSet};

/// Compares the secrets of recorded connectors with what was last sent.
///
/// Without a resolver (`--no-secrets`) no reference is read, and of a connector with manual
/// rotation none ever is: only literals are compared. References whose comparison could tell
/// nothing are not read either.
pub async fn compare(
    matches: &Matches<'_>,
    fingerprinter: &Fingerprinter,
    resolver: Option<&Resolver>,
) -> SecretComparison {
    let comparisons: Vec<(Address, Comparison<'_>)> = matches
        .recorded_connectors()
        .filter_map(|connector| {
            let comparison = Comparison {
                leaves: connector.declared.secret_leaves(),
                rotation: connector.declared.rotation,
                sent: connector.recorded.sent.as_ref()?,
                fingerprinter,
            };
            Some((connector.address(), comparison))
        })
        .collect();
    let seen = match resolver {
        None => None,
        Some(resolver) => Some(look(&comparisons, resolver).await),
    };
    let mut result = SecretComparison::default();
    for (address, comparison) in comparisons {
        let statuses = comparison.statuses(seen.as_ref());
        let learned = comparison.learned(&statuses, seen.as_ref());
        if !learned.is_empty() {
            result.versions.insert(address.clone(), learned);
        }
        result.connectors.insert(address, statuses);
    }
    result
}

/// What the stores say now.
struct Seen {
    /// By reference, where the ledger knows the version that was sent.
    versions: BTreeMap<SecretRef, String>,
    /// Of the references that versions do not settle. A failure shows as a missing value.
    values: Values,
}

async fn look(comparisons: &[(Address, Comparison<'_>)], resolver: &Resolver) -> Seen {
    let all = || comparisons.iter().map(|(_, one)| one);
    let wanted = all().flat_map(Comparison::wanted);
    let watched = wanted.filter(|wanted| wanted.version.is_some());
    let watched: BTreeSet<SecretRef> = watched.map(|wanted| wanted.reference.clone()).collect();
    let versions = resolver.versions(&watched).await;
    let settled = |wanted: &Wanted<'_>| {
        let now = versions.get(wanted.reference);
        now.is_some() && now.map(String::as_str) == wanted.version
    };
    let unsettled = all().flat_map(Comparison::wanted);
    let unsettled = unsettled.filter(|wanted| !settled(wanted));
    let unsettled: BTreeSet<SecretRef> = unsettled.map(|one| one.reference.clone()).collect();
    let (values, _) = resolver.resolve_all(&unsettled).await;
    Seen { versions, values }
}

/// A reference whose value could tell something.
struct Wanted<'a> {
    reference: &'a SecretRef,
    /// The version that was sent, where it was sent from this reference.
    version: Option<&'a str>,
}

/// One connector's secrets beside what was last sent.
struct Comparison<'a> {
    leaves: BTreeMap<String, &'a Setting>,
    rotation: Rotation,
    sent: &'a Sent,
    fingerprinter: &'a Fingerprinter,
}

impl Comparison<'_> {
    fn wanted(&self) -> impl Iterator<Item = Wanted<'_>> {
        let leaves = self.leaves.iter();
        leaves.filter_map(|(path, leaf)| match leaf {
            Setting::Secret(reference) if self.known(path, leaf).is_none() => Some(Wanted {
                reference,
                version: self.sent_version(path, reference),
            }),
            _ => None,
        })
    }

    fn sent_version(&self, path: &str, reference: &SecretRef) -> Option<&str> {
        let same = self.sent.references.get(path) == Some(&reference.to_string());
        let version = self.sent.versions.get(path).filter(|_| same)?;
        Some(version.as_str())
    }

    /// What can be told without the value.
    fn known(&self, path: &str, leaf: &Setting) -> Option<SecretStatus> {
        let manual = self.rotation == Rotation::Manual;
        if !self.fingerprinter.made(self.sent) {
            Some(SecretStatus::Unverified(WhyUnverified::KeyChanged))
        } else if !self.sent.fingerprints.contains_key(path) {
            Some(SecretStatus::Changed)
        } else if manual && matches!(leaf, Setting::Secret(_)) {
            Some(SecretStatus::Unverified(WhyUnverified::Manual))
        } else {
            None
        }
    }

    fn statuses(&self, seen: Option<&Seen>) -> BTreeMap<String, SecretStatus> {
        let leaves = self.leaves.iter();
        leaves
            .map(|(path, leaf)| (path.clone(), self.of(path, leaf, seen)))
            .collect()
    }

    fn of(&self, path: &str, leaf: &Setting, seen: Option<&Seen>) -> SecretStatus {
        if let Some(known) = self.known(path, leaf) {
            return known;
        }
        let Setting::Secret(reference) = leaf else {
            return self.compared(path, &literal_text(leaf));
        };
        let Some(seen) = seen else {
            return SecretStatus::Unverified(WhyUnverified::NotAsked);
        };
        let sent = self.sent_version(path, reference);
        let told = seen.versions.get(reference).map(String::as_str);
        let value = seen.values.get(reference);
        if sent.is_some() && told == sent {
            return SecretStatus::Unchanged;
        }
        let now = value.and_then(|value| value.version()).or(told);
        let another = sent.is_some() && now.is_some() && now != sent;
        match value.map(|value| self.compared(path, value)) {
            Some(SecretStatus::Changed) | None if another => SecretStatus::NewVersion,
            None => SecretStatus::Unverified(WhyUnverified::Unavailable),
            Some(compared) => compared,
        }
    }

    fn compared(&self, path: &str, value: &SecretValue) -> SecretStatus {
        let now = self.fingerprinter.fingerprint(&self.sent.salt, path, value);
        if self.sent.fingerprints.get(path) == Some(&now) {
            SecretStatus::Unchanged
        } else {
            SecretStatus::Changed
        }
    }

    /// Versions that hold the value that was sent, and that the ledger does not know.
    fn learned(
        &self,
        statuses: &BTreeMap<String, SecretStatus>,
        seen: Option<&Seen>,
    ) -> BTreeMap<String, String> {
        let version = |(path, leaf): (&String, &&Setting)| {
            let Setting::Secret(reference) = leaf else {
                return None;
            };
            let now = seen?.values.get(reference)?.version()?;
            let new = self.sent_version(path, reference) != Some(now);
            let same = statuses.get(path) == Some(&SecretStatus::Unchanged);
            (new && same).then(|| (path.clone(), now.to_owned()))
        };
        self.leaves.iter().filter_map(version).collect()
    }
}
