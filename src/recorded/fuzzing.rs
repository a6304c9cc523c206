//! Laws of the files on disk, for `crate::fuzzing`.

#![expect(clippy::missing_panics_doc, reason = "a law panics when it is broken")]

use super::{Journal, Ledger, Rotations};
use crate::fuzzing::PLANTED;
use crate::model::{OrganizationId, WorkspaceId};
use std::path::Path;
use uuid::Uuid;

/// Any file is read or refused without being quoted; a journal's torn end announces nothing; what
/// was read is read again after it was written.
pub fn ledger(data: &[u8]) {
    let Ok(dir) = tempfile::tempdir() else {
        return;
    };
    let bytes = String::from_utf8_lossy(data).replace("@@", PLANTED);
    customer(dir.path(), bytes.as_bytes());
    journal(dir.path(), bytes.as_bytes());
    assert!(std::fs::write(dir.path().join("rotation.json"), &bytes).is_ok());
    if let Err(error) = Rotations::load(dir.path()) {
        quotes_nothing(&error);
    }
}

fn quotes_nothing(error: &super::RecordError) {
    assert!(!error.to_string().contains(PLANTED), "{error}");
}

fn customer(dir: &Path, bytes: &[u8]) {
    let ledger = Ledger::new(dir, OrganizationId(Uuid::nil()));
    let id = WorkspaceId(Uuid::from_u128(1));
    let customers = ledger.dir().join("customers");
    assert!(std::fs::create_dir_all(&customers).is_ok());
    assert!(std::fs::write(customers.join(format!("{id}.json")), bytes).is_ok());
    match ledger.load() {
        Err(error) => quotes_nothing(&error),
        Ok(recorded) => {
            assert!(ledger.save(id, &recorded.customers[&id]).is_ok());
            assert_eq!(ledger.load().ok(), Some(recorded));
        }
    }
}

fn journal(dir: &Path, bytes: &[u8]) {
    let place = dir.join("journal.ndjson");
    assert!(std::fs::write(&place, bytes).is_ok());
    let told = Journal::unsettled(dir).map_err(|error| quotes_nothing(&error));
    let whole = bytes
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    assert!(std::fs::write(&place, &bytes[..whole]).is_ok());
    assert_eq!(told.ok(), Journal::unsettled(dir).ok());
}
