//! Responsible for the secrets that a plan could not verify, and for the secrets that its steps send.
//!
//! Does not resolve a reference.

use super::{OauthAppChange, Operation, Plan, Step};
use crate::model::{
    Address, ConnectorBody, SecretRef, Setting, UnresolvedCause, UnresolvedReference,
    UnverifiedReason,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Secrets of one connector that could not be compared with those last sent, or that a step sends and
/// that could not be resolved.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Unverified {
    /// The connector.
    pub address: Address,
    /// Why the comparison was not possible.
    pub why: UnverifiedReason,
    /// Why the references could not be resolved.
    pub cause: Option<UnresolvedCause>,
    /// The secrets.
    pub secrets: Vec<UnverifiedSecret>,
    /// Whether a step sends the secrets.
    pub need: SecretNeed,
}

/// One secret that could not be compared or resolved.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct UnverifiedSecret {
    /// The path of the secret field.
    pub path: String,
    /// The reference; `None` for a literal.
    pub reference: Option<SecretRef>,
    /// Why the reference could not be resolved. Contains no value.
    pub problem: Option<String>,
}

/// Whether a run needs secrets that could not be resolved.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretNeed {
    /// A step sends them, or an unchanged connector has a new value that may not be sent. So apply stops before its first
    /// write.
    ToSend,
    /// They were only to be compared.
    ToCompare,
}

/// Whether the secrets that the steps send were resolved.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// The run did not read secrets.
    #[default]
    NotTried,
    /// Each secret was read. `Plan::unverified` has those that failed.
    Tried,
}

/// The references that could not be resolved.
type Unresolved<'a> = BTreeMap<&'a SecretRef, &'a UnresolvedReference>;

impl Operation {
    /// The connector whose secrets the operation sends.
    fn sent_body(&self) -> Option<&ConnectorBody> {
        match self {
            Self::CreateConnector { body } | Self::ReplaceConnector { body, .. } => Some(body),
            _ => None,
        }
    }

    /// The references whose values the operation sends.
    pub fn sent_references(&self) -> BTreeSet<&SecretRef> {
        self.sent_body()
            .map(ConnectorBody::references)
            .unwrap_or_default()
    }
}

impl Plan {
    /// The references whose values the steps send.
    pub fn sent_references(&self) -> BTreeSet<SecretRef> {
        // A set that is collected sorts all references first, however often each occurs.
        let mut references = BTreeSet::new();
        for step in self.steps() {
            references.extend(step.operation.sent_references());
        }
        references.extend(self.oauth_apps.iter().flat_map(OauthAppChange::references));
        references.into_iter().cloned().collect()
    }

    /// The references without whose values apply stops: those that the steps send, and those whose new values may not be
    /// sent.
    pub fn needed_references(&self) -> BTreeSet<SecretRef> {
        let needed = self
            .unverified
            .iter()
            .filter(|entry| entry.need == SecretNeed::ToSend);
        let references = needed
            .flat_map(|entry| &entry.secrets)
            .filter_map(|secret| secret.reference.clone());
        let mut all = self.sent_references();
        all.extend(references);
        all
    }

    /// Whether steps send secrets that the run did not read (`--no-secrets`).
    pub fn sends_unread_secrets(&self) -> bool {
        let sends_secrets = |step: &Step| !step.operation.sent_references().is_empty();
        self.resolution == Resolution::NotTried && self.steps().any(sends_secrets)
    }

    /// Whether a step sends a secret that could not be resolved, or the new value of a secret may not be sent.
    pub fn lacks_secrets(&self) -> bool {
        self.unverified
            .iter()
            .any(|entry| entry.need == SecretNeed::ToSend)
    }

    /// Adds the references that could not be resolved, for the steps and for the comparison.
    #[must_use]
    pub fn with_unresolved(mut self, unresolved: &[UnresolvedReference]) -> Self {
        let unresolved: Unresolved<'_> = unresolved
            .iter()
            .map(|problem| (&problem.reference, problem))
            .collect();
        self.resolution = Resolution::Tried;
        let compared = std::mem::take(&mut self.unverified);
        self.unverified = self
            .steps()
            .flat_map(|step| needed(step, &unresolved))
            .chain(
                compared
                    .into_iter()
                    .flat_map(|entry| by_cause(entry, &unresolved)),
            )
            .collect();
        self
    }
}

/// The secrets that a step sends and that could not be resolved, by cause.
fn needed(step: &Step, unresolved: &Unresolved<'_>) -> Vec<Unverified> {
    let Some(body) = step.operation.sent_body() else {
        return Vec::new();
    };
    if unresolved.is_empty() {
        return Vec::new();
    }
    let secrets = body
        .secret_leaves()
        .into_iter()
        .filter_map(|(path, leaf)| match leaf {
            Setting::Secret(reference) if unresolved.contains_key(&**reference) => {
                Some(UnverifiedSecret {
                    path,
                    reference: Some(SecretRef::clone(reference)),
                    problem: None,
                })
            }
            _ => None,
        })
        .collect();
    let entry = Unverified {
        address: step.address.clone(),
        why: UnverifiedReason::Unavailable,
        cause: None,
        secrets,
        need: SecretNeed::ToSend,
    };
    by_cause(entry, unresolved)
}

/// Splits an entry by the causes for which its references could not be resolved.
fn by_cause(entry: Unverified, unresolved: &Unresolved<'_>) -> Vec<Unverified> {
    if entry.why != UnverifiedReason::Unavailable {
        return vec![entry];
    }
    let mut causes: BTreeMap<Option<UnresolvedCause>, Vec<UnverifiedSecret>> = BTreeMap::new();
    for secret in entry.secrets {
        let known = secret
            .reference
            .as_ref()
            .and_then(|reference| unresolved.get(reference));
        let problem = known.map(|known| known.problem.clone());
        causes
            .entry(known.map(|known| known.cause))
            .or_default()
            .push(UnverifiedSecret { problem, ..secret });
    }
    causes
        .into_iter()
        .map(|(cause, secrets)| Unverified {
            address: entry.address.clone(),
            why: entry.why,
            cause,
            secrets,
            need: cause.map_or(entry.need, |cause| need(cause, entry.need)),
        })
        .collect()
}

/// The need of a secret with this problem. A value that airlift refuses was never sent, so the secret has changed since.
fn need(cause: UnresolvedCause, need: SecretNeed) -> SecretNeed {
    match cause {
        UnresolvedCause::SecretEmpty | UnresolvedCause::SecretBroken => SecretNeed::ToSend,
        _ => need,
    }
}
