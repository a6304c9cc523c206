//! Responsible for unfinished rotations, so that they can be resumed after a failure, a signal or a
//! kill.
//!
//! A rotation replaces each of its connectors and stores the ids from before. The ids that the
//! ledger still has are those of connectors that are not rotated yet. No clock is involved.

use super::authenticate::Authenticator;
use super::envelope::{self, Opened};
use super::{LedgerError, LedgerStore};
use crate::model::{ConnectorId, Selector};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

const FILE: &str = "rotation.json";

/// A rotation that has started.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct UnfinishedRotation {
    /// The selectors as given. Empty selects everything.
    pub selector: BTreeSet<Selector>,
    /// The start, RFC 3339, for messages.
    pub started_at: String,
    /// The ids of the selected connectors at the start.
    pub before: BTreeSet<ConnectorId>,
}

/// Every unfinished rotation of a ledger.
#[derive(Debug)]
pub struct Rotations {
    store: LedgerStore,
    authenticator: Arc<Authenticator>,
    open: Vec<UnfinishedRotation>,
}

#[derive(Serialize, Deserialize)]
struct StoredRotations {
    rotations: Vec<UnfinishedRotation>,
}

impl Rotations {
    /// Reads the unfinished rotations of a ledger.
    pub(super) async fn load(
        store: &LedgerStore,
        authenticator: Arc<Authenticator>,
    ) -> Result<Self, LedgerError> {
        let open = match store.read(FILE).await? {
            None => Vec::new(),
            Some(text) => read(store, &authenticator, &text)?,
        };
        Ok(Self {
            store: store.clone(),
            authenticator,
            open,
        })
    }

    /// The unfinished rotations, the oldest first.
    pub fn open(&self) -> &[UnfinishedRotation] {
        &self.open
    }

    /// The rotation with a selector.
    pub fn with_selector(&self, selector: &BTreeSet<Selector>) -> Option<&UnfinishedRotation> {
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
    pub async fn end(&mut self, selector: &BTreeSet<Selector>) -> Result<(), LedgerError> {
        self.open.retain(|other| other.selector != *selector);
        self.save().await
    }

    /// Writes the rotations with the current key.
    pub async fn resign(&self) -> Result<(), LedgerError> {
        if self.open.is_empty() {
            return Ok(());
        }
        self.save().await
    }

    async fn save(&self) -> Result<(), LedgerError> {
        if self.open.is_empty() {
            return self.store.remove(FILE).await;
        }
        let rotations = StoredRotations {
            rotations: self.open.clone(),
        };
        let text = envelope::seal(&self.authenticator, FILE, 0, &rotations)
            .map_err(std::io::Error::from)
            .map_err(LedgerError::io("cannot write", &self.store.shown(FILE)))?;
        self.store.replace(FILE, &text).await
    }
}

fn read(
    store: &LedgerStore,
    authenticator: &Authenticator,
    text: &str,
) -> Result<Vec<UnfinishedRotation>, LedgerError> {
    let path = store.shown(FILE);
    let place = (path.as_path(), "list of rotations");
    match envelope::open(authenticator, FILE, text, place)? {
        Opened::Signed(sealed) => {
            let stored: StoredRotations = envelope::parse(sealed.content, place)?;
            Ok(stored.rotations)
        }
        Opened::Altered(_) | Opened::Version1 => Err(LedgerError::Unverified { path }),
    }
}

/// Removes a list of rotations that is not authenticated.
pub(super) async fn remove_unverified(
    store: &LedgerStore,
    authenticator: &Authenticator,
) -> Result<(), LedgerError> {
    if let Some(text) = store.read(FILE).await?
        && read(store, authenticator, &text).is_err()
    {
        store.remove(FILE).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::authenticate::testing::authenticator;
    use super::{LedgerError, LedgerStore, Rotations, UnfinishedRotation};
    use crate::model::{ConnectorId, OrganizationId, Selector};
    use std::collections::BTreeSet;
    use std::path::Path;
    use std::sync::Arc;
    use uuid::Uuid;

    async fn load(dir: &Path) -> Result<Rotations, LedgerError> {
        let authenticator = authenticator(OrganizationId(Uuid::nil()));
        Rotations::load(&LedgerStore::from(dir), Arc::new(authenticator)).await
    }

    fn selector(name: &str) -> BTreeSet<Selector> {
        BTreeSet::from([name.parse().unwrap()])
    }

    fn rotation(name: &str, started_at: &str) -> UnfinishedRotation {
        UnfinishedRotation {
            selector: selector(name),
            started_at: started_at.into(),
            before: BTreeSet::from([ConnectorId(Uuid::nil())]),
        }
    }

    #[tokio::test]
    async fn rotation_started_is_open_until_its_end() {
        let dir = tempfile::tempdir().unwrap();
        for (name, at) in [("a", "1"), ("b", "2"), ("a", "3")] {
            let mut rotations = load(dir.path()).await.unwrap();
            rotations.begin(rotation(name, at)).await.unwrap();
        }
        let mut rotations = load(dir.path()).await.unwrap();
        assert_eq!(rotations.open(), [rotation("b", "2"), rotation("a", "3")]);
        let rotation_b = rotations.with_selector(&selector("b"));
        assert_eq!(rotation_b, Some(&rotation("b", "2")));
        assert_eq!(rotations.with_selector(&selector("c")), None);
        rotations.end(&selector("b")).await.unwrap();
        let mut rotations = load(dir.path()).await.unwrap();
        assert_eq!(rotations.open(), [rotation("a", "3")]);
        rotations.end(&selector("a")).await.unwrap();
        assert!(load(dir.path()).await.unwrap().open().is_empty());
        assert!(!dir.path().join("rotation.json").exists());
    }

    #[tokio::test]
    async fn rotations_unreadable_are_refused_by_path() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rotation.json");
        for (text, line) in [("{", 1), ("{\n\"version\":", 2)] {
            std::fs::write(&path, text).unwrap();
            let error = load(dir.path()).await.unwrap_err();
            let message = format!("{} is not a list of rotations", path.display());
            assert!(error.to_string().starts_with(&message), "{error}");
            assert!(error.to_string().contains(&format!("line {line}")));
        }
    }

    #[tokio::test]
    async fn rotations_without_valid_mac_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rotation.json");
        std::fs::write(&path, r#"{"version":1,"rotations":[]}"#).unwrap();
        let error = load(dir.path()).await.unwrap_err();
        assert!(matches!(error, LedgerError::Unverified { .. }), "{error}");
        std::fs::remove_file(&path).unwrap();
        let mut rotations = load(dir.path()).await.unwrap();
        rotations.begin(rotation("a", "1")).await.unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("\"a\"", "\"b\"")).unwrap();
        let error = load(dir.path()).await.unwrap_err();
        assert!(matches!(error, LedgerError::Unverified { .. }), "{error}");
    }
}
