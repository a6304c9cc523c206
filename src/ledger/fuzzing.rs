//! Responsible for the properties of the ledger's files that hold for any input, for `crate::fuzzing`.

#![expect(
    clippy::missing_panics_doc,
    reason = "a property panics when it does not hold"
)]

use super::{Journal, Ledger, LedgerStore, Rotations};
use crate::fuzzing::SAMPLE_SECRET;
use crate::model::{OrganizationId, WorkspaceId};
use std::path::Path;
use std::task::{Context, Poll, Waker};
use uuid::Uuid;

/// Any file is read or refused without being quoted. An incomplete last line of a journal is
/// ignored. An entry that was read is the same after it was written.
pub fn ledger(data: &[u8]) {
    let Ok(dir) = tempfile::tempdir() else {
        return;
    };
    let bytes = String::from_utf8_lossy(data).replace("@@", SAMPLE_SECRET);
    customer(dir.path(), bytes.as_bytes());
    journal(dir.path(), bytes.as_bytes());
    assert!(std::fs::write(dir.path().join("rotation.json"), &bytes).is_ok());
    if let Err(error) = now(Rotations::load(&LedgerStore::from(dir.path()))) {
        quotes_nothing(&error);
    }
}

/// Polls a future of a local store once: local stores complete without waiting.
fn now<T>(future: impl Future<Output = T>) -> T {
    let future = std::pin::pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    match future.poll(&mut context) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("operations on a directory complete at once"),
    }
}

fn quotes_nothing(error: &super::LedgerError) {
    assert!(!error.to_string().contains(SAMPLE_SECRET), "{error}");
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
    let intents =
        now(Journal::open_intents(&LedgerStore::from(dir))).map_err(|error| quotes_nothing(&error));
    let complete = bytes
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    assert!(std::fs::write(&path, &bytes[..complete]).is_ok());
    assert_eq!(
        intents.ok(),
        now(Journal::open_intents(&LedgerStore::from(dir))).ok()
    );
}
