//! Tests of the list of unfinished rotations: which list is current.

use super::{FILE, Ledger, LedgerError, LedgerStore, Rotations, UnfinishedRotation};
use crate::ledger::testing::authenticator;
use crate::model::{ConnectorId, OrganizationId, Selector};
use std::collections::BTreeSet;
use std::path::PathBuf;
use uuid::Uuid;

const ORGANIZATION: OrganizationId = OrganizationId(Uuid::nil());

struct Fixture(tempfile::TempDir);

impl Fixture {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// The ledger as another run opens it.
    fn ledger(&self) -> Ledger {
        Ledger::new(
            &LedgerStore::from(self.0.path()),
            authenticator(ORGANIZATION),
        )
    }

    fn path(&self) -> PathBuf {
        self.0.path().join(ORGANIZATION.to_string()).join(FILE)
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.path()).unwrap()
    }

    fn write(&self, text: &str) {
        std::fs::create_dir_all(self.path().parent().unwrap()).unwrap();
        std::fs::write(self.path(), text).unwrap();
    }

    async fn load(&self) -> Result<Rotations, LedgerError> {
        self.ledger().rotations().await
    }

    /// A run that starts rotations and is complete.
    async fn begin(&self, rotations: &[UnfinishedRotation]) {
        let ledger = self.ledger();
        let mut list = ledger.rotations().await.unwrap();
        for rotation in rotations {
            list.begin(rotation.clone()).await.unwrap();
        }
        ledger.checkpoint().await.unwrap();
    }

    /// A run that ends a rotation. The caller decides whether it is killed before the checkpoint.
    async fn end(&self, name: &str) -> Ledger {
        let ledger = self.ledger();
        let mut list = ledger.rotations().await.unwrap();
        list.end(&selector(name)).await.unwrap();
        ledger
    }

    /// A run that writes nothing of rotations.
    async fn run(&self) {
        let ledger = self.ledger();
        ledger.journal(&[]).await.unwrap();
        ledger.checkpoint().await.unwrap();
    }

    async fn assert_old(&self) {
        let error = self.load().await.unwrap_err();
        assert!(matches!(error, LedgerError::OldCopy { .. }), "{error}");
    }
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
    let fixture = Fixture::new();
    for (name, at) in [("a", "1"), ("b", "2"), ("a", "3")] {
        fixture.begin(&[rotation(name, at)]).await;
    }
    let rotations = fixture.load().await.unwrap();
    assert_eq!(rotations.open(), [rotation("b", "2"), rotation("a", "3")]);
    let rotation_b = rotations.with_selector(&selector("b"));
    assert_eq!(rotation_b, Some(&rotation("b", "2")));
    assert_eq!(rotations.with_selector(&selector("c")), None);
    fixture.end("b").await.checkpoint().await.unwrap();
    let rotations = fixture.load().await.unwrap();
    assert_eq!(rotations.open(), [rotation("a", "3")]);
    fixture.end("a").await.checkpoint().await.unwrap();
    assert!(fixture.load().await.unwrap().open().is_empty());
    assert!(!fixture.path().exists());
}

#[tokio::test]
async fn rotation_of_killed_run_is_open_in_later_runs() {
    let fixture = Fixture::new();
    let mut killed = fixture.load().await.unwrap();
    killed.begin(rotation("a", "1")).await.unwrap();
    for _ in 0..2 {
        let rotations = fixture.load().await.unwrap();
        assert_eq!(rotations.open(), [rotation("a", "1")]);
        fixture.run().await;
    }
    drop(fixture.end("a").await);
    for exists in [true, false] {
        assert_eq!(fixture.path().exists(), exists);
        assert!(fixture.load().await.unwrap().open().is_empty());
        fixture.run().await;
    }
}

#[tokio::test]
async fn rotations_replaced_by_old_copy_are_refused() {
    let fixture = Fixture::new();
    fixture.begin(&[rotation("a", "1")]).await;
    let old = fixture.text();
    fixture.begin(&[rotation("b", "2")]).await;
    let current = fixture.text();
    fixture.write(&old);
    fixture.assert_old().await;
    // A run in between does not make the copy current.
    fixture.run().await;
    fixture.assert_old().await;
    fixture.write(&current);
    assert_eq!(fixture.load().await.unwrap().open().len(), 2);
}

#[tokio::test]
async fn rotations_restored_after_the_end_are_refused_until_the_ledger_is_signed() {
    let fixture = Fixture::new();
    fixture.begin(&[rotation("a", "1")]).await;
    let old = fixture.text();
    fixture.end("a").await.checkpoint().await.unwrap();
    fixture.write(&old);
    fixture.assert_old().await;
    let ledger = fixture.ledger();
    let unsigned = ledger.load_unsigned().await.unwrap();
    assert_eq!(unsigned.objects, ["list of rotations"]);
    ledger.clear_rotations().await.unwrap();
    ledger.checkpoint().await.unwrap();
    assert!(fixture.load().await.unwrap().open().is_empty());
    assert!(!fixture.path().exists());
}

#[tokio::test]
async fn rotations_deleted_are_missing() {
    let fixture = Fixture::new();
    fixture.begin(&[rotation("a", "1")]).await;
    std::fs::remove_file(fixture.path()).unwrap();
    let error = fixture.load().await.unwrap_err();
    assert!(matches!(error, LedgerError::Missing { .. }), "{error}");
}

#[tokio::test]
async fn rotations_without_head_are_refused() {
    let fixture = Fixture::new();
    fixture.begin(&[rotation("a", "1")]).await;
    std::fs::remove_file(fixture.path().with_file_name("head.json")).unwrap();
    fixture.assert_old().await;
}

#[tokio::test]
async fn rotations_unreadable_are_refused_by_path() {
    let fixture = Fixture::new();
    for (text, line) in [("{", 1), ("{\n\"version\":", 2)] {
        fixture.write(text);
        let error = fixture.load().await.unwrap_err();
        let message = format!("{} is not a list of rotations", fixture.path().display());
        assert!(error.to_string().starts_with(&message), "{error}");
        assert!(error.to_string().contains(&format!("line {line}")));
    }
}

#[tokio::test]
async fn rotations_without_valid_mac_are_refused() {
    let fixture = Fixture::new();
    fixture.write(r#"{"version":1,"rotations":[]}"#);
    let error = fixture.load().await.unwrap_err();
    assert!(matches!(error, LedgerError::Unverified { .. }), "{error}");
    std::fs::remove_file(fixture.path()).unwrap();
    fixture.begin(&[rotation("a", "1")]).await;
    fixture.write(&fixture.text().replace("\"a\"", "\"b\""));
    let error = fixture.load().await.unwrap_err();
    assert!(matches!(error, LedgerError::Unverified { .. }), "{error}");
}
