//! Responsible for the ledger's entries: one file for each customer, named by the workspace id, so
//! that a rename keeps the file and two shards never write the same file.

use super::{Journal, JournalEntry, LedgerError, LedgerStore, Lock, Rotations};
use crate::events::Sink;
use crate::model::{CustomerEntry, LedgerState, OrganizationId, WorkspaceId};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};

/// The version of the file format.
const VERSION: u32 = 1;
const DIR: &str = "customers";
/// Customers that are read from a shared store at the same time.
const PARALLEL_READS: usize = 32;

/// The ledger of one organization, with its journal and its lock.
#[derive(Clone, Debug)]
pub struct Ledger {
    store: LedgerStore,
}

#[derive(Serialize)]
struct EntryToWrite<'a> {
    version: u32,
    workspace_id: WorkspaceId,
    #[serde(flatten)]
    customer: &'a CustomerEntry,
}

#[derive(Deserialize)]
struct StoredEntry {
    version: u32,
    workspace_id: WorkspaceId,
    #[serde(flatten)]
    customer: CustomerEntry,
}

impl Ledger {
    /// Opens the ledger of an organization. Creates no files.
    pub fn new(root: &LedgerStore, organization: OrganizationId) -> Self {
        Self {
            store: root.for_organization(organization),
        }
    }

    /// The ledger's path or address for messages.
    pub fn shown(&self) -> String {
        self.store.shown("").display().to_string()
    }

    /// Reads every entry. A missing ledger is empty.
    pub async fn load(&self) -> Result<LedgerState, LedgerError> {
        let names = self.store.list(DIR).await?;
        let customers = stream::iter(names)
            .map(|name| self.entry(name))
            .buffer_unordered(PARALLEL_READS)
            .try_filter_map(async |customer| Ok(customer))
            .try_collect()
            .await?;
        Ok(LedgerState {
            customers,
            ..LedgerState::default()
        })
    }

    /// Reads one entry. `None` if it was removed since the listing.
    async fn entry(
        &self,
        name: String,
    ) -> Result<Option<(WorkspaceId, CustomerEntry)>, LedgerError> {
        let Some(text) = self.store.read(&name).await? else {
            return Ok(None);
        };
        let unreadable = |line| LedgerError::Unreadable {
            path: self.store.shown(&name),
            what: "ledger file",
            line,
        };
        let stored: StoredEntry =
            serde_json::from_str(&text).map_err(|error| unreadable(error.line()))?;
        if stored.version != VERSION || name != file(stored.workspace_id) {
            return Err(unreadable(1));
        }
        Ok(Some((stored.workspace_id, stored.customer)))
    }

    /// Writes an entry durably.
    pub async fn save(&self, id: WorkspaceId, customer: &CustomerEntry) -> Result<(), LedgerError> {
        let name = file(id);
        let written = EntryToWrite {
            version: VERSION,
            workspace_id: id,
            customer,
        };
        let mut text = serde_json::to_string_pretty(&written)
            .map_err(std::io::Error::from)
            .map_err(LedgerError::io("cannot write", &self.store.shown(&name)))?;
        text.push('\n');
        self.store.replace(&name, text.as_bytes()).await
    }

    /// Reads the entry of a workspace.
    pub async fn find(&self, id: WorkspaceId) -> Result<Option<CustomerEntry>, LedgerError> {
        let entry = self.entry(file(id)).await?;
        Ok(entry.map(|(_, customer)| customer))
    }

    /// Removes an entry durably.
    pub async fn remove(&self, id: WorkspaceId) -> Result<(), LedgerError> {
        self.store.remove(&file(id)).await
    }

    /// Acquires the lock, or returns who holds it. `owner` is shown to other runs. Emits an event
    /// before it waits for a holder that may have ended.
    pub async fn lock(&self, owner: &str, events: &dyn Sink) -> Result<Lock, LedgerError> {
        Lock::acquire(&self.store, owner, events).await
    }

    /// The intents of earlier runs without a certain outcome, the oldest first. Does not write.
    pub async fn open_intents(&self) -> Result<Vec<JournalEntry>, LedgerError> {
        Journal::open_intents(&self.store).await
    }

    /// Starts a new journal. The caller must have saved what earlier runs created. The creations in
    /// `open`, whose connectors are not listed, are carried over while they may still take effect.
    pub async fn journal(&self, open: &[JournalEntry]) -> Result<Journal, LedgerError> {
        Journal::start(&self.store, open).await
    }

    /// Reads the unfinished rotations.
    pub async fn rotations(&self) -> Result<Rotations, LedgerError> {
        Rotations::load(&self.store).await
    }
}

fn file(id: WorkspaceId) -> String {
    format!("{DIR}/{id}.json")
}

#[cfg(test)]
mod tests {
    use super::{DIR, Ledger, LedgerStore, file};
    use crate::ledger::Intent;
    use crate::model::{CustomerEntry, OrganizationId, WorkspaceId};
    use std::path::{Path, PathBuf};
    use uuid::Uuid;

    /// A ledger, and its directory.
    fn ledger(root: &Path) -> (Ledger, PathBuf) {
        let organization = OrganizationId(Uuid::nil());
        let own = root.join(organization.to_string());
        (Ledger::new(&LedgerStore::from(root), organization), own)
    }

    #[tokio::test]
    async fn customers_saved_are_loaded_and_private() {
        let dir = tempfile::tempdir().unwrap();
        let (ledger, own) = ledger(&dir.path().join("new"));
        assert!(ledger.load().await.unwrap().customers.is_empty());
        assert!(!own.exists());
        assert_eq!(Path::new(&ledger.shown()), own);
        let id = WorkspaceId(Uuid::from_u128(7));
        let customer = CustomerEntry {
            name: "acme".into(),
            ..CustomerEntry::default()
        };
        ledger.save(id, &customer).await.unwrap();
        assert_eq!(ledger.load().await.unwrap().customers[&id], customer);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode =
                |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&own.join(file(id))), 0o600);
            assert_eq!(mode(&own.join(DIR)), 0o700);
        }
        ledger.remove(id).await.unwrap();
        ledger.remove(id).await.unwrap();
        assert!(ledger.load().await.unwrap().customers.is_empty());
    }

    #[tokio::test]
    async fn open_intents_after_begin_lists_the_intent() {
        let dir = tempfile::tempdir().unwrap();
        let (ledger, _) = ledger(dir.path());
        let journal = ledger.journal(&[]).await.unwrap();
        let customer = "acme".into();
        journal
            .begin(Intent::CreateCustomer { customer })
            .await
            .unwrap();
        assert_eq!(ledger.open_intents().await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn customer_file_damaged_is_not_quoted() {
        let dir = tempfile::tempdir().unwrap();
        let (ledger, own) = ledger(dir.path());
        let id = WorkspaceId(Uuid::from_u128(7));
        ledger.save(id, &CustomerEntry::default()).await.unwrap();
        std::fs::write(own.join(file(id)), "{\"version\": \"planted\"").unwrap();
        let error = ledger.load().await.unwrap_err().to_string();
        assert!(
            error.contains("ledger file") && !error.contains("planted"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn customer_file_of_other_version_or_customer_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let (ledger, own) = ledger(dir.path());
        let id = |n| WorkspaceId(Uuid::from_u128(n));
        ledger.save(id(7), &CustomerEntry::default()).await.unwrap();
        let good = std::fs::read_to_string(own.join(file(id(7)))).unwrap();
        let newer = good.replace("\"version\": 1", "\"version\": 2");
        assert_ne!(newer, good);
        for (name, text) in [(file(id(7)), newer), (file(id(8)), good)] {
            let path = own.join(name);
            std::fs::write(&path, text).unwrap();
            let error = ledger.load().await.unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("{} is not", path.display())),
                "{error}"
            );
            std::fs::remove_file(path).unwrap();
        }
    }
}
