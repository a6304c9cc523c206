//! The ledger: one file per customer, named by the workspace's id, so that a rename moves
//! nothing and two shards never write the same file.

use super::{RecordError, files};
use crate::model::{OrganizationId, Recorded, RecordedCustomer, WorkspaceId};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The version of the files' format.
const VERSION: u32 = 1;

/// The ledger of one organization.
#[derive(Clone, Debug)]
pub struct Ledger {
    dir: PathBuf,
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
    /// The ledger of an organization below `root`. Makes nothing on disk.
    pub fn new(root: &Path, organization: OrganizationId) -> Self {
        Self {
            dir: root.join(organization.to_string()),
        }
    }

    /// The directory that holds the organization's ledger and journal.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn customers(&self) -> PathBuf {
        self.dir.join("customers")
    }

    fn file(&self, id: WorkspaceId) -> PathBuf {
        self.customers().join(format!("{id}.json"))
    }

    /// Reads everything; an absent ledger is an empty one.
    pub fn load(&self) -> Result<Recorded, RecordError> {
        let mut recorded = Recorded::default();
        let dir = self.customers();
        files::trusted(&self.dir)?;
        files::trusted(&dir)?;
        let failed = || RecordError::io("cannot list", &dir);
        let entries = match std::fs::read_dir(&dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(recorded),
            Err(error) => return Err(failed()(error)),
        };
        for entry in entries {
            let path = entry.map_err(failed())?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "json")
            {
                let (id, customer) = read_customer(&path)?;
                recorded.customers.insert(id, customer);
            }
        }
        Ok(recorded)
    }

    /// Writes one customer, durably.
    pub fn save(&self, id: WorkspaceId, customer: &RecordedCustomer) -> Result<(), RecordError> {
        files::private_dir(&self.customers())?;
        let path = self.file(id);
        let written = Written {
            version: VERSION,
            workspace_id: id,
            customer,
        };
        let mut text = serde_json::to_string_pretty(&written)
            .map_err(std::io::Error::from)
            .map_err(RecordError::io("cannot write", &path))?;
        text.push('\n');
        files::replace(&path, text.as_bytes()).map(drop)
    }

    /// Forgets one customer, durably.
    pub fn remove(&self, id: WorkspaceId) -> Result<(), RecordError> {
        files::remove(&self.file(id))
    }
}

fn read_customer(path: &Path) -> Result<(WorkspaceId, RecordedCustomer), RecordError> {
    let unreadable = |line| RecordError::Unreadable {
        path: path.to_owned(),
        what: "ledger file",
        line,
    };
    let text = files::read(path)?.unwrap_or_default();
    let read: Read = serde_json::from_str(&text).map_err(|error| unreadable(error.line()))?;
    let named_by_its_id = path.file_stem().and_then(|stem| stem.to_str())
        == Some(read.workspace_id.to_string().as_str());
    if read.version != VERSION || !named_by_its_id {
        return Err(unreadable(1));
    }
    Ok((read.workspace_id, read.customer))
}

#[cfg(test)]
mod tests {
    use super::Ledger;
    use crate::model::{OrganizationId, RecordedCustomer, WorkspaceId};
    use uuid::Uuid;

    #[test]
    fn customers_survive_and_are_private() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(&dir.path().join("new"), OrganizationId(Uuid::nil()));
        assert!(ledger.load().unwrap().customers.is_empty());
        assert!(!ledger.dir().exists());
        let id = WorkspaceId(Uuid::from_u128(7));
        let customer = RecordedCustomer {
            name: "acme".into(),
            ..RecordedCustomer::default()
        };
        ledger.save(id, &customer).unwrap();
        assert_eq!(ledger.load().unwrap().customers[&id], customer);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode =
                |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&ledger.file(id)), 0o600);
            assert_eq!(mode(&ledger.customers()), 0o700);
        }
        ledger.remove(id).unwrap();
        ledger.remove(id).unwrap();
        assert!(ledger.load().unwrap().customers.is_empty());
    }

    #[test]
    fn a_damaged_file_is_an_error_that_quotes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(dir.path(), OrganizationId(Uuid::nil()));
        let id = WorkspaceId(Uuid::from_u128(7));
        ledger.save(id, &RecordedCustomer::default()).unwrap();
        std::fs::write(ledger.file(id), "{\"version\": \"planted\"").unwrap();
        let error = ledger.load().unwrap_err().to_string();
        assert!(
            error.contains("ledger file") && !error.contains("planted"),
            "{error}"
        );
    }
}
