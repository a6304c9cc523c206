//! Responsible for the results of comparing secrets. The planner knows these results and no values.

use super::{Address, ConnectorId, UnresolvedReference};
use std::collections::{BTreeMap, BTreeSet};

/// The comparison of every connector that has fingerprints in the ledger.
///
/// Paths are those of [`super::DesiredConnector::secret_leaves`].
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SecretComparison {
    /// The connectors whose secrets are all unchanged. Most are, and their ids take little memory.
    pub unchanged: BTreeSet<ConnectorId>,
    /// The status by connector, then by path, of the other connectors.
    pub connectors: BTreeMap<Address, BTreeMap<String, SecretStatus>>,
    /// New store versions that contain the value last sent, by connector, then by path. The ledger
    /// lacks them.
    pub versions: BTreeMap<Address, BTreeMap<String, String>>,
    /// References that could not be resolved for the comparison.
    pub unresolved: Vec<UnresolvedReference>,
}

impl SecretComparison {
    /// Adds the statuses of a recorded connector.
    pub fn add(
        &mut self,
        id: ConnectorId,
        address: impl FnOnce() -> Address,
        statuses: BTreeMap<String, SecretStatus>,
    ) {
        let mut all = statuses.values();
        if all.all(|status| *status == SecretStatus::Unchanged) {
            self.unchanged.insert(id);
        } else {
            self.connectors.insert(address(), statuses);
        }
    }

    /// The statuses of a connector, which has an id if the ledger has it.
    pub(crate) fn statuses(
        &self,
        address: &Address,
        id: Option<ConnectorId>,
    ) -> SecretStatuses<'_> {
        match self.connectors.get(address) {
            Some(statuses) => SecretStatuses::ByPath(statuses),
            None if id.is_some_and(|id| self.unchanged.contains(&id)) => SecretStatuses::Unchanged,
            None => SecretStatuses::NotCompared,
        }
    }
}

/// The statuses of one connector's secrets.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SecretStatuses<'a> {
    Unchanged,
    ByPath(&'a BTreeMap<String, SecretStatus>),
    NotCompared,
}

impl SecretStatuses<'_> {
    /// The status of the secret at a path.
    pub(crate) fn status(self, path: &str) -> SecretStatus {
        let not_asked = SecretStatus::Unverified(UnverifiedReason::NotAsked);
        match self {
            Self::Unchanged => SecretStatus::Unchanged,
            Self::ByPath(statuses) => statuses.get(path).copied().unwrap_or(not_asked),
            Self::NotCompared => not_asked,
        }
    }
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

#[cfg(test)]
mod tests {
    use super::{SecretComparison, SecretStatus, UnverifiedReason};
    use crate::model::{Address, ConnectorId};
    use uuid::Uuid;

    const CHANGED: SecretStatus = SecretStatus::Changed;
    const UNCHANGED: SecretStatus = SecretStatus::Unchanged;
    const NOT_ASKED: SecretStatus = SecretStatus::Unverified(UnverifiedReason::NotAsked);

    fn id(number: u128) -> ConnectorId {
        ConnectorId(Uuid::from_u128(number))
    }

    #[test]
    fn statuses_are_those_that_were_added() {
        let mut comparison = SecretComparison::default();
        let [same, other] = ["same", "other"].map(|name| Address::connector("acme", name));
        comparison.add(id(1), || same.clone(), [("a".to_owned(), UNCHANGED)].into());
        let statuses = [("a".to_owned(), UNCHANGED), ("b".to_owned(), CHANGED)];
        comparison.add(id(2), || other.clone(), statuses.into());
        let status = |address, number, path| {
            let statuses = comparison.statuses(address, Some(id(number)));
            statuses.status(path)
        };
        assert_eq!(status(&same, 1, "a"), UNCHANGED);
        assert_eq!(
            [status(&other, 2, "a"), status(&other, 2, "b")],
            [UNCHANGED, CHANGED]
        );
        assert_eq!(status(&other, 2, "c"), NOT_ASKED);
        assert_eq!(comparison.unchanged, [id(1)].into());
    }

    #[test]
    fn status_of_connector_that_was_not_compared_is_unverified() {
        let mut comparison = SecretComparison::default();
        let address = Address::connector("acme", "git");
        comparison.add(id(1), || address.clone(), [].into());
        for other in [None, Some(id(2))] {
            assert_eq!(comparison.statuses(&address, other).status("a"), NOT_ASKED);
        }
    }
}
