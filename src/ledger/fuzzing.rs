//! Responsible for the properties of the ledger's files that hold for any input, for `crate::fuzzing`.

use super::testing::authenticator;
use super::{Journal, Ledger, LedgerStore};
use crate::fuzzing::SAMPLE_SECRET;
use crate::model::{CustomerEntry, OrganizationId, WorkspaceId};
use std::path::Path;
use std::task::{Context, Poll, Waker};
use uuid::Uuid;

const ORGANIZATION: OrganizationId = OrganizationId(Uuid::nil());

/// Any file is read or refused without being quoted, and owns nothing without a MAC. An incomplete
/// last line of a journal is ignored. An entry is the same after it was written and read.
pub fn ledger(data: &[u8]) {
    let Ok(dir) = tempfile::tempdir() else {
        return;
    };
    let bytes = String::from_utf8_lossy(data).replace("@@", SAMPLE_SECRET);
    customer(dir.path(), bytes.as_bytes());
    journal(dir.path(), bytes.as_bytes());
    rotations(dir.path(), bytes.as_bytes());
}

fn rotations(dir: &Path, bytes: &[u8]) {
    let ledger = Ledger::new(&LedgerStore::from(dir), authenticator(ORGANIZATION));
    let organization = dir.join(ORGANIZATION.to_string());
    assert!(std::fs::create_dir_all(&organization).is_ok());
    assert!(std::fs::write(organization.join("rotation.json"), bytes).is_ok());
    match now(ledger.rotations()) {
        Err(error) => quotes_nothing(&error),
        Ok(rotations) => assert!(rotations.open().is_empty()),
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
    let ledger = Ledger::new(&LedgerStore::from(dir), authenticator(ORGANIZATION));
    let id = WorkspaceId(Uuid::from_u128(1));
    let customers = dir.join(ORGANIZATION.to_string()).join("customers");
    let file = customers.join(format!("{id}.json"));
    assert!(std::fs::create_dir_all(&customers).is_ok());
    assert!(std::fs::write(&file, bytes).is_ok());
    match now(ledger.load()) {
        Err(error) => quotes_nothing(&error),
        Ok(recorded) => assert!(recorded.customers.is_empty()),
    }
    assert!(std::fs::remove_file(&file).is_ok());
    if let Ok(entry) = serde_json::from_slice::<CustomerEntry>(bytes) {
        // An entry that could not be read is written again only after it is signed.
        ledger.sign(id);
        assert!(now(ledger.save(id, &entry)).is_ok());
        let recorded = now(ledger.load()).unwrap_or_default();
        assert_eq!(recorded.customers.get(&id), Some(&entry));
    }
}

fn journal(dir: &Path, bytes: &[u8]) {
    let path = dir.join("journal.ndjson");
    let authenticator = authenticator(ORGANIZATION);
    let store = LedgerStore::from(dir);
    let read = || now(Journal::read(&store, &authenticator, None));
    assert!(std::fs::write(&path, bytes).is_ok());
    let content = read().map_err(|error| quotes_nothing(&error));
    let complete = bytes
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    assert!(std::fs::write(&path, &bytes[..complete]).is_ok());
    assert_eq!(content.ok(), read().ok());
}
