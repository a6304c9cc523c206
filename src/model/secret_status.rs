//! Responsible for the results of comparing secrets. The planner knows these results and no values.

use super::{Address, UnresolvedReference};
use std::collections::BTreeMap;

/// The comparison of every connector that has fingerprints in the ledger.
///
/// Paths are those of [`super::DesiredConnector::secret_leaves`].
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SecretComparison {
    /// The status by connector, then by path.
    pub connectors: BTreeMap<Address, BTreeMap<String, SecretStatus>>,
    /// New store versions that contain the value last sent, by connector, then by path. The ledger
    /// lacks them.
    pub versions: BTreeMap<Address, BTreeMap<String, String>>,
    /// References that could not be resolved for the comparison.
    pub unresolved: Vec<UnresolvedReference>,
}

/// The result of comparing one secret with its fingerprint.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SecretStatus {
    /// The value equals the value last sent.
    Unchanged,
    /// The value differs from the one last sent.
    Changed,
    /// The store has another version than the one last sent, and the values could not be compared.
    NewVersion,
    /// The secret could not be compared.
    Unverified(UnverifiedReason),
}

/// Why a secret could not be compared.
#[derive(
    Clone,
    Copy,
    Debug,
    Eq,
    PartialEq,
    Ord,
    PartialOrd,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "WhyUnverified")]
pub enum UnverifiedReason {
    /// The reference cannot be resolved on this machine.
    Unavailable,
    /// The run does not read secrets (`--no-secrets`).
    NotAsked,
    /// The plan is made from a snapshot, which has no fingerprints.
    NotInSnapshot,
    /// The fingerprints were made with another key.
    KeyChanged,
    /// The connector was adopted, so airlift has sent no secret.
    NeverSent,
    /// The files declare `rotation: manual`, so the reference is not resolved to compare.
    Manual,
}
