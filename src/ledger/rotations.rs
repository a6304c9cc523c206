//! Responsible for unfinished rotations, so that they can be resumed after a failure, a signal or a
//! kill.
//!
//! A rotation replaces each of its connectors and stores the ids from before. The ids that the
//! ledger still has are those of connectors that are not rotated yet. No clock is involved.

use super::{LedgerError, LedgerStore};
use crate::model::{Address, ConnectorId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The version of the file format.
const VERSION: u32 = 1;
const FILE: &str = "rotation.json";

/// A rotation that has started.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct UnfinishedRotation {
    /// The selected addresses. Empty selects everything.
    pub selector: BTreeSet<Address>,
    /// The start, RFC 3339, for messages.
    pub started_at: String,
    /// The ids of the selected connectors at the start.
    pub before: BTreeSet<ConnectorId>,
}

/// Every unfinished rotation of a ledger.
#[derive(Debug)]
pub struct Rotations {
    store: LedgerStore,
    open: Vec<UnfinishedRotation>,
}

#[derive(Serialize, Deserialize)]
struct StoredRotations {
    version: u32,
    rotations: Vec<UnfinishedRotation>,
}

impl Rotations {
    /// Reads the unfinished rotations of a ledger.
    pub(super) async fn load(store: &LedgerStore) -> Result<Self, LedgerError> {
        let unreadable = |line| LedgerError::Unreadable {
            path: store.shown(FILE),
            what: "list of rotations",
            line,
        };
        let open = match store.read(FILE).await? {
            None => Vec::new(),
            Some(text) => {
                let written: StoredRotations =
                    serde_json::from_str(&text).map_err(|error| unreadable(error.line()))?;
                if written.version != VERSION {
                    return Err(unreadable(1));
                }
                written.rotations
            }
        };
        Ok(Self {
            store: store.clone(),
            open,
        })
    }

    /// The unfinished rotations, the oldest first.
    pub fn open(&self) -> &[UnfinishedRotation] {
        &self.open
    }

    /// The rotation with a selector.
    pub fn with_selector(&self, selector: &BTreeSet<Address>) -> Option<&UnfinishedRotation> {
        self.open
            .iter()
            .find(|rotation| rotation.selector == *selector)
    }

    /// Records a started rotation. Replaces an earlier one with the same selector.
    pub async fn begin(&mut self, rotation: UnfinishedRotation) -> Result<(), LedgerError> {
        self.open
            .retain(|other| other.selector != rotation.selector);
        self.open.push(rotation);
        self.save().await
    }

    /// Removes a finished rotation.
    pub async fn end(&mut self, selector: &BTreeSet<Address>) -> Result<(), LedgerError> {
        self.open.retain(|other| other.selector != *selector);
        self.save().await
    }

    async fn save(&self) -> Result<(), LedgerError> {
        if self.open.is_empty() {
            return self.store.remove(FILE).await;
        }
        let written = StoredRotations {
            version: VERSION,
            rotations: self.open.clone(),
        };
        let text = serde_json::to_vec(&written)
            .map_err(std::io::Error::from)
            .map_err(LedgerError::io("cannot write", &self.store.shown(FILE)))?;
        self.store.replace(FILE, &text).await
    }
}

#[cfg(test)]
mod tests {
    use super::{LedgerStore, Rotations, UnfinishedRotation};
    use crate::model::{Address, ConnectorId};
    use std::collections::BTreeSet;

    #[tokio::test]
    async fn rotation_started_is_open_until_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let store = LedgerStore::from(dir.path());
        let load = async || Rotations::load(&store).await.unwrap();
        let rotation = |selector: &str| UnfinishedRotation {
            selector: BTreeSet::from([selector.parse::<Address>().unwrap()]),
            started_at: "now".into(),
            before: BTreeSet::from([ConnectorId(uuid::Uuid::nil())]),
        };
        load().await.begin(rotation("acme")).await.unwrap();
        load()
            .await
            .begin(rotation("acme/Acme GitHub"))
            .await
            .unwrap();
        load().await.begin(rotation("acme")).await.unwrap();
        assert_eq!(load().await.open().len(), 2);
        let acme = rotation("acme");
        assert_eq!(load().await.with_selector(&acme.selector), Some(&acme));
        load().await.end(&acme.selector).await.unwrap();
        load()
            .await
            .end(&rotation("acme/Acme GitHub").selector)
            .await
            .unwrap();
        assert!(load().await.open().is_empty());
        assert!(!dir.path().join("rotation.json").exists());
    }

    #[tokio::test]
    async fn rotations_unreadable_are_refused_by_path() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rotation.json");
        for text in ["{", r#"{"version":2,"rotations":[]}"#] {
            std::fs::write(&path, text).unwrap();
            let error = Rotations::load(&LedgerStore::from(dir.path()))
                .await
                .unwrap_err();
            let message = format!("{} is not a list of rotations", path.display());
            assert!(error.to_string().starts_with(&message), "{error}");
        }
    }
}
