//! Laws of the files on disk, for `crate::fuzzing`.

#![expect(clippy::missing_panics_doc, reason = "a law panics when it is broken")]

use super::{Journal, Ledger, LedgerStore, Rotations};
use crate::fuzzing::PLANTED;
use crate::model::{OrganizationId, WorkspaceId};
use std::path::Path;
use std::task::{Context, Poll, Waker};
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
    if let Err(error) = now(Rotations::load(&LedgerStore::from(dir.path()))) {
        quotes_nothing(&error);
    }
}

/// What is kept on this machine is read and written without ever waiting.
fn now<T>(future: impl Future<Output = T>) -> T {
    let future = std::pin::pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    match future.poll(&mut context) {
        Poll::Ready(done) => done,
        Poll::Pending => unreachable!("a directory is never waited for"),
    }
}

fn quotes_nothing(error: &super::LedgerError) {
    assert!(!error.to_string().contains(PLANTED), "{error}");
}

fn customer(dir: &Path, bytes: &[u8]) {
    let organization = OrganizationId(Uuid::nil());
    let ledger = Ledger::new(&LedgerStore::from(dir), organization);
    let id = WorkspaceId(Uuid::from_u128(1));
    let customers = dir.join(organization.to_string()).join("customers");
    assert!(std::fs::create_dir_all(&customers).is_ok());
    assert!(std::fs::write(customers.join(format!("{id}.json")), bytes).is_ok());
    match now(ledger.load()) {
        Err(error) => quotes_nothing(&error),
        Ok(recorded) => {
            assert!(now(ledger.save(id, &recorded.customers[&id])).is_ok());
            assert_eq!(now(ledger.load()).ok(), Some(recorded));
        }
    }
}

fn journal(dir: &Path, bytes: &[u8]) {
    let path = dir.join("journal.ndjson");
    assert!(std::fs::write(&path, bytes).is_ok());
    let told =
        now(Journal::unsettled(&LedgerStore::from(dir))).map_err(|error| quotes_nothing(&error));
    let whole = bytes
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    assert!(std::fs::write(&path, &bytes[..whole]).is_ok());
    assert_eq!(
        told.ok(),
        now(Journal::unsettled(&LedgerStore::from(dir))).ok()
    );
}
