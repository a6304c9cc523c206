//! Responsible for what is known about secrets without showing them: the planner's only view of
//! their values.

use super::Address;
use std::collections::BTreeMap;

/// The secrets of every connector that has recorded fingerprints, compared with what was last sent.
///
/// Paths are those of [`super::DesiredConnector::secret_leaves`].
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SecretComparison {
    /// By connector, then by path.
    pub connectors: BTreeMap<Address, BTreeMap<String, SecretStatus>>,
    /// Versions of stores that hold the value last sent and that the ledger does not know yet,
    /// by connector, then by path.
    pub versions: BTreeMap<Address, BTreeMap<String, String>>,
}

/// One secret compared with its fingerprint.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SecretStatus {
    /// The value is the one last sent.
    Unchanged,
    /// The value differs from the one last sent.
    Changed,
    /// The store has another version than the one last sent, and nothing shows that its value
    /// is the same.
    NewVersion,
    /// It could not be told.
    Unverified(WhyUnverified),
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
pub enum WhyUnverified {
    /// The reference cannot be resolved here.
    Unavailable,
    /// No secrets were to be read (`--no-secrets`).
    NotAsked,
    /// The fingerprints were made with another key.
    KeyChanged,
    /// The connector was adopted: nothing was ever sent.
    NeverSent,
    /// The files say `rotation: manual`: it is never read to compare.
    Manual,
}
