//! Tests of unreadable and unexpected ledger files.

use super::store::local;
use super::{Intent, Journal, Ledger, LedgerError, LedgerStore, Rotations, UnfinishedRotation};
use crate::model::{Address, ConnectorId, CustomerEntry, OrganizationId, WorkspaceId};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use uuid::Uuid;

const WORKSPACE: WorkspaceId = WorkspaceId(Uuid::from_u128(1));

fn id(number: u128) -> ConnectorId {
    ConnectorId(Uuid::from_u128(number))
}

/// A ledger, and its directory.
fn ledger(root: &Path) -> (Ledger, PathBuf) {
    let organization = OrganizationId(Uuid::nil());
    let own = root.join(organization.to_string());
    (Ledger::new(&LedgerStore::from(root), organization), own)
}

fn line_of(error: &LedgerError) -> usize {
    match error {
        LedgerError::Unreadable { line, .. } => *line,
        other => panic!("readable: {other}"),
    }
}

#[test]
fn local_directory_in_place_of_file_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(local::read(&dir.path().join("none")), Ok(None)));
    assert!(local::remove(&dir.path().join("none")).is_ok());
    assert!(local::read(dir.path()).is_err());
    assert!(local::remove(dir.path()).is_err());
    assert!(local::sync_dir(&dir.path().join("none")).is_err());
}

#[tokio::test]
async fn journal_with_unreadable_line_names_its_number() {
    let dir = tempfile::tempdir().unwrap();
    let store = LedgerStore::from(dir.path());
    let journal = Journal::start(&store, &[]).await.unwrap();
    for customer in ["a", "b"] {
        let customer = customer.to_owned();
        journal
            .begin(Intent::CreateCustomer { customer })
            .await
            .unwrap();
    }
    let path = dir.path().join("journal.ndjson");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text + "planted\n").unwrap();
    let error = Journal::open_intents(&store).await.unwrap_err();
    assert_eq!(line_of(&error), 3);
    assert!(!error.to_string().contains("planted"));
    // Starting a journal removes recovered intents.
    Journal::start(&store, &[]).await.unwrap();
    assert!(Journal::open_intents(&store).await.unwrap().is_empty());
}

async fn ledger_with(dir: &Path, name: &str, text: &str) -> Ledger {
    let (ledger, own) = ledger(dir);
    let customer = CustomerEntry::default();
    ledger.save(WORKSPACE, &customer).await.unwrap();
    std::fs::write(own.join("customers").join(name), text).unwrap();
    ledger
}

#[tokio::test]
async fn customer_of_saved_workspace_is_found_by_id() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = ledger(dir.path());
    assert_eq!(ledger.find(WORKSPACE).await.unwrap(), None);
    let name = "a".to_owned();
    let customer = CustomerEntry {
        name,
        ..CustomerEntry::default()
    };
    ledger.save(WORKSPACE, &customer).await.unwrap();
    assert_eq!(ledger.find(WORKSPACE).await.unwrap(), Some(customer));
}

#[tokio::test]
async fn customer_file_of_other_version_or_name_is_unreadable() {
    let text = |version: u32| {
        format!(
            "{{\"version\":{version},\"workspace_id\":\"{}\",\"name\":\"a\"}}",
            WORKSPACE.0
        )
    };
    let read = async |name: &str, text: &str| {
        let dir = tempfile::tempdir().unwrap();
        ledger_with(dir.path(), name, text).await.load().await
    };
    let own = format!("{}.json", WORKSPACE.0);
    assert_eq!(
        read(&own, &text(1)).await.unwrap().customers[&WORKSPACE].name,
        "a"
    );
    assert_eq!(line_of(&read(&own, &text(2)).await.unwrap_err()), 1);
    assert_eq!(line_of(&read("other.json", &text(1)).await.unwrap_err()), 1);
    assert_eq!(
        line_of(&read(&own, "{\n\n\"version\"").await.unwrap_err()),
        3
    );
    // A file with another extension is ignored.
    assert_eq!(read("notes.txt", "x").await.unwrap().customers.len(), 1);
    let dir = tempfile::tempdir().unwrap();
    let (ledger, own) = ledger(dir.path());
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join("customers"), "a file").unwrap();
    assert!(ledger.load().await.is_err());
}

#[tokio::test]
async fn rotations_of_other_version_are_unreadable() {
    let dir = tempfile::tempdir().unwrap();
    let write = |text: &str| std::fs::write(dir.path().join("rotation.json"), text).unwrap();
    write(r#"{"version":1,"rotations":[]}"#);
    assert!(
        Rotations::load(&LedgerStore::from(dir.path()))
            .await
            .unwrap()
            .open()
            .is_empty()
    );
    write(r#"{"version":2,"rotations":[]}"#);
    assert_eq!(
        line_of(
            &Rotations::load(&LedgerStore::from(dir.path()))
                .await
                .unwrap_err()
        ),
        1
    );
    write("{\n\"version\":");
    assert_eq!(
        line_of(
            &Rotations::load(&LedgerStore::from(dir.path()))
                .await
                .unwrap_err()
        ),
        2
    );
}

#[tokio::test]
async fn rotations_with_different_selectors_are_kept_apart() {
    let dir = tempfile::tempdir().unwrap();
    let selector = |name: &str| BTreeSet::from([Address::customer(name)]);
    let rotation = |name: &str, started_at: &str| UnfinishedRotation {
        selector: selector(name),
        started_at: started_at.into(),
        before: BTreeSet::from([id(1)]),
    };
    let mut rotations = Rotations::load(&LedgerStore::from(dir.path()))
        .await
        .unwrap();
    for (name, at) in [("a", "1"), ("b", "2"), ("a", "3")] {
        rotations.begin(rotation(name, at)).await.unwrap();
    }
    assert_eq!(rotations.open(), [rotation("b", "2"), rotation("a", "3")]);
    assert_eq!(
        rotations.with_selector(&selector("b")),
        Some(&rotation("b", "2"))
    );
    assert_eq!(rotations.with_selector(&selector("c")), None);
    rotations.end(&selector("b")).await.unwrap();
    assert_eq!(
        Rotations::load(&LedgerStore::from(dir.path()))
            .await
            .unwrap()
            .open(),
        [rotation("a", "3")]
    );
}
