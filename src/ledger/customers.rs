//! Responsible for the ledger's customers: one file each, named by the workspace's id, so that a
//! rename moves nothing and two shards never write the same file.

use super::{Journal, LedgerError, LedgerStore, Lock, Rotations, Unsettled};
use crate::events::Sink;
use crate::model::{OrganizationId, Recorded, RecordedCustomer, WorkspaceId};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};

/// The version of the files' format.
const VERSION: u32 = 1;
const DIR: &str = "customers";
/// Customers that are read from a shared store at the same time.
const PARALLEL_READS: usize = 32;

/// The ledger of one organization, with the journal and the lock beside it.
#[derive(Clone, Debug)]
pub struct Ledger {
    store: LedgerStore,
}

#[derive(Serialize)]
struct Written<'a> {
    version: u32,
    workspace_id: WorkspaceId,
    #[serde(flatten)]
    customer: &'a RecordedCustomer,
}

#[derive(Deserialize)]
struct Read {
    version: u32,
    workspace_id: WorkspaceId,
    #[serde(flatten)]
    customer: RecordedCustomer,
}

impl Ledger {
    /// The ledger of an organization. Creates nothing.
    pub fn new(root: &LedgerStore, organization: OrganizationId) -> Self {
        Self {
            store: root.of(organization),
        }
    }

    /// The ledger's path or address, for people.
    pub fn shown(&self) -> String {
        self.store.shown("").display().to_string()
    }

    /// Reads every customer; an absent ledger is an empty one.
    pub async fn load(&self) -> Result<Recorded, LedgerError> {
        let names = self.store.list(DIR).await?;
        let customers = stream::iter(names)
            .map(|name| self.customer(name))
            .buffer_unordered(PARALLEL_READS)
            .try_filter_map(async |customer| Ok(customer))
            .try_collect()
            .await?;
        Ok(Recorded { customers })
    }

    /// One customer; `None` if it was removed meanwhile.
    async fn customer(
        &self,
        name: String,
    ) -> Result<Option<(WorkspaceId, RecordedCustomer)>, LedgerError> {
        let Some(text) = self.store.read(&name).await? else {
            return Ok(None);
        };
        let unreadable = |line| LedgerError::Unreadable {
            path: self.store.shown(&name),
            what: "ledger file",
            line,
        };
        let read: Read = serde_json::from_str(&text).map_err(|error| unreadable(error.line()))?;
        if read.version != VERSION || name != file(read.workspace_id) {
            return Err(unreadable(1));
        }
        Ok(Some((read.workspace_id, read.customer)))
    }

    /// Writes one customer, durably.
    pub async fn save(
        &self,
        id: WorkspaceId,
        customer: &RecordedCustomer,
    ) -> Result<(), LedgerError> {
        let name = file(id);
        let written = Written {
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

    /// The entry of one workspace.
    pub async fn find(&self, id: WorkspaceId) -> Result<Option<RecordedCustomer>, LedgerError> {
        let found = self.customer(file(id)).await?;
        Ok(found.map(|(_, customer)| customer))
    }

    /// Forgets one customer, durably.
    pub async fn remove(&self, id: WorkspaceId) -> Result<(), LedgerError> {
        self.store.remove(&file(id)).await
    }

    /// Takes the lock, or returns who holds it. `owner` is shown to other runs. Emits an event
    /// before a wait for a holder that may have ended.
    pub async fn lock(&self, owner: &str, events: &dyn Sink) -> Result<Lock, LedgerError> {
        Lock::take(&self.store, owner, events).await
    }

    /// Intents of earlier runs that have no certain outcome, oldest first. Reads only.
    pub async fn unsettled(&self) -> Result<Vec<Unsettled>, LedgerError> {
        Journal::unsettled(&self.store).await
    }

    /// Starts a new journal. What earlier runs created must be saved. The creations in `open`, whose
    /// connectors are not listed, are carried over as long as they may take effect.
    pub async fn journal(&self, open: &[Unsettled]) -> Result<Journal, LedgerError> {
        Journal::start(&self.store, open).await
    }

    /// The unfinished rotations.
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
    use crate::model::{OrganizationId, RecordedCustomer, WorkspaceId};
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
        let customer = RecordedCustomer {
            name: "acme".into(),
            ..RecordedCustomer::default()
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
    async fn unsettled_lists_intents_that_began() {
        let dir = tempfile::tempdir().unwrap();
        let (ledger, _) = ledger(dir.path());
        let journal = ledger.journal(&[]).await.unwrap();
        let customer = "acme".into();
        let begun = journal.begin(Intent::CreateCustomer { customer }).await;
        begun.unwrap();
        assert_eq!(ledger.unsettled().await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn customer_file_damaged_is_not_quoted() {
        let dir = tempfile::tempdir().unwrap();
        let (ledger, own) = ledger(dir.path());
        let id = WorkspaceId(Uuid::from_u128(7));
        ledger.save(id, &RecordedCustomer::default()).await.unwrap();
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
        ledger
            .save(id(7), &RecordedCustomer::default())
            .await
            .unwrap();
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
