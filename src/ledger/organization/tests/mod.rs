//! Tests of loading and saving: which entries are authenticated and current.

mod head;
mod journal;
mod packs;
mod saved;

use super::super::testing::with_key;
use super::{Ledger, LedgerError, LedgerStore};
use crate::ledger::entries::file;
use crate::model::{
    CustomerEntry, Damage, LedgerState, OrganizationId, RecordedGuards, UnverifiedCause,
    WorkspaceId,
};
use std::path::{Path, PathBuf};
use uuid::Uuid;

const ORGANIZATION: OrganizationId = OrganizationId(Uuid::nil());

/// A directory with a ledger.
struct Fixture {
    dir: tempfile::TempDir,
}

impl Fixture {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { dir }
    }

    /// A ledger with the entries of the workspaces 1 to 3, after a complete run.
    async fn saved() -> Self {
        let fixture = Self::new();
        let ledger = fixture.ledger();
        for n in 1..=3 {
            ledger.save(id(n), &entry(n)).await.unwrap();
        }
        ledger.checkpoint().await.unwrap();
        fixture
    }

    /// The ledger as another run opens it.
    fn ledger(&self) -> Ledger {
        self.ledger_with_key(1)
    }

    fn ledger_with_key(&self, key: u8) -> Ledger {
        Ledger::new(
            &LedgerStore::from(self.dir.path()),
            with_key(ORGANIZATION, key),
        )
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(ORGANIZATION.to_string()).join(name)
    }

    fn file(&self, n: u128) -> PathBuf {
        self.path(&file(id(n)))
    }

    fn read(path: &Path) -> String {
        std::fs::read_to_string(path).unwrap()
    }

    /// Replaces text in a file.
    fn edit(path: &Path, from: &str, to: &str) {
        let before = Self::read(path);
        let after = before.replacen(from, to, 1);
        assert_ne!(before, after);
        std::fs::write(path, after).unwrap();
    }

    async fn load(&self) -> LedgerState {
        self.ledger().load().await.unwrap()
    }

    /// Why the entry of a workspace is not authenticated, and the name that it claims.
    async fn cause(&self, n: u128) -> Option<(UnverifiedCause, Option<String>)> {
        let state = self.load().await;
        let unverified = state.unverified.get(&id(n))?;
        assert!(!state.customers.contains_key(&id(n)));
        Some((unverified.cause, unverified.claimed_name.clone()))
    }
}

fn id(n: u128) -> WorkspaceId {
    WorkspaceId(Uuid::from_u128(n))
}

fn entry(n: u128) -> CustomerEntry {
    named(&format!("c{n}"))
}

fn named(name: &str) -> CustomerEntry {
    CustomerEntry {
        name: name.into(),
        ..CustomerEntry::default()
    }
}

fn refused(cause: UnverifiedCause, name: &str) -> (UnverifiedCause, Option<String>) {
    (cause, Some(name.to_owned()))
}

#[tokio::test]
async fn entries_saved_are_loaded_and_private() {
    let fixture = Fixture::new();
    assert!(fixture.load().await.customers.is_empty());
    assert!(!fixture.path("").exists());
    let ledger = fixture.ledger();
    assert_eq!(Path::new(&ledger.shown()), fixture.path(""));
    ledger.save(id(1), &entry(1)).await.unwrap();
    assert_eq!(fixture.load().await.customers[&id(1)], entry(1));
    let loaded = fixture.ledger();
    loaded.load().await.unwrap();
    assert!(loaded.is_recorded(id(1)) && !loaded.is_recorded(id(2)));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&fixture.file(1)), 0o600);
        assert_eq!(mode(&fixture.path("customers")), 0o700);
    }
    ledger.remove(id(1)).await.unwrap();
    ledger.remove(id(1)).await.unwrap();
    assert!(fixture.load().await.customers.is_empty());
}

#[tokio::test]
async fn entry_with_one_byte_changed_is_not_verified() {
    let fixture = Fixture::saved().await;
    Fixture::edit(&fixture.file(1), "\"c1\"", "\"cX\"");
    assert_eq!(
        fixture.cause(1).await,
        Some(refused(UnverifiedCause::BadMac, "cX"))
    );
    assert_eq!(fixture.load().await.customers.len(), 2);
    let error = fixture.ledger();
    error.load().await.unwrap();
    let error = error.save(id(1), &entry(1)).await.unwrap_err();
    assert!(matches!(error, LedgerError::Unverified { .. }), "{error}");
}

#[tokio::test]
async fn entry_with_other_generation_is_not_verified() {
    let fixture = Fixture::saved().await;
    Fixture::edit(&fixture.file(1), "\"generation\":1", "\"generation\":9");
    assert_eq!(
        fixture.cause(1).await,
        Some(refused(UnverifiedCause::BadMac, "c1"))
    );
}

#[tokio::test]
async fn entry_replaced_by_old_copy_is_refused() {
    let fixture = Fixture::saved().await;
    let old = Fixture::read(&fixture.file(1));
    let ledger = fixture.ledger();
    ledger.save(id(1), &named("new")).await.unwrap();
    ledger.checkpoint().await.unwrap();
    std::fs::write(fixture.file(1), old).unwrap();
    assert_eq!(
        fixture.cause(1).await,
        Some(refused(UnverifiedCause::OldCopy, "c1"))
    );
}

#[tokio::test]
async fn entries_swapped_are_misplaced() {
    let fixture = Fixture::saved().await;
    let [first, second] = [1, 2].map(|n| Fixture::read(&fixture.file(n)));
    std::fs::write(fixture.file(1), second).unwrap();
    std::fs::write(fixture.file(2), first).unwrap();
    assert_eq!(
        fixture.cause(1).await,
        Some(refused(UnverifiedCause::Misplaced, "c2"))
    );
    assert_eq!(
        fixture.cause(2).await,
        Some(refused(UnverifiedCause::Misplaced, "c1"))
    );
}

#[tokio::test]
async fn entry_deleted_is_missing() {
    let fixture = Fixture::saved().await;
    std::fs::remove_file(fixture.file(1)).unwrap();
    assert_eq!(
        fixture.cause(1).await,
        Some((UnverifiedCause::Missing, None))
    );
}

#[tokio::test]
async fn head_deleted_leaves_no_entry_verified() {
    let fixture = Fixture::saved().await;
    std::fs::remove_file(fixture.path("head.json")).unwrap();
    assert_eq!(
        fixture.cause(1).await,
        Some(refused(UnverifiedCause::HeadMissing, "c1"))
    );
    // A new head would hide that entries are missing.
    let ledger = fixture.ledger();
    let error = ledger.save(id(9), &entry(9)).await.unwrap_err();
    assert!(matches!(error, LedgerError::Unverified { .. }), "{error}");
    let (_, open) = ledger.load_with_journal().await.unwrap();
    let error = ledger.journal(&open).await.unwrap_err();
    assert!(matches!(error, LedgerError::Unverified { .. }), "{error}");
    assert!(!fixture.path("head.json").exists());
    // The head that `ledger sign` writes does not make the other entries current.
    ledger.sign(id(9));
    ledger.save(id(9), &entry(9)).await.unwrap();
    ledger.checkpoint().await.unwrap();
    assert_eq!(
        fixture.cause(1).await,
        Some(refused(UnverifiedCause::OldCopy, "c1"))
    );
    assert_eq!(fixture.cause(9).await, None);
}

#[tokio::test]
async fn head_altered_leaves_no_entry_verified() {
    let fixture = Fixture::saved().await;
    Fixture::edit(
        &fixture.path("head.json"),
        "\"counter\": 3",
        "\"counter\": 2",
    );
    assert_eq!(
        fixture.cause(1).await,
        Some(refused(UnverifiedCause::HeadAltered, "c1"))
    );
}

#[tokio::test]
async fn ledger_with_other_key_is_refused_as_a_whole() {
    let fixture = Fixture::saved().await;
    let other = fixture.ledger_with_key(2);
    let error = other.load().await.unwrap_err();
    assert!(matches!(error, LedgerError::KeyChanged { .. }), "{error}");
    assert_eq!(other.load_unsigned().await.unwrap().claims.len(), 3);
}

#[tokio::test]
async fn ledger_with_previous_key_is_loaded_and_saved_with_current_key() {
    let fixture = Fixture::saved().await;
    let old = with_key(ORGANIZATION, 1).key();
    let both = fixture.ledger_with_key(2).accepting(old);
    for (id, entry) in both.load().await.unwrap().customers {
        both.save(id, &entry).await.unwrap();
    }
    both.checkpoint().await.unwrap();
    let state = fixture.ledger_with_key(2).load().await.unwrap();
    assert_eq!((state.customers.len(), state.unverified.len()), (3, 0));
}

#[tokio::test]
async fn entry_of_run_killed_before_the_head_is_verified() {
    let fixture = Fixture::saved().await;
    let killed = fixture.ledger();
    killed.save(id(1), &named("renamed")).await.unwrap();
    killed.save(id(4), &entry(4)).await.unwrap();
    killed.remove(id(2)).await.unwrap();
    let state = fixture.load().await;
    assert_eq!(state.unverified.len(), 0);
    assert_eq!(state.customers[&id(1)], named("renamed"));
    assert_eq!(state.customers[&id(4)], entry(4));
    assert!(!state.customers.contains_key(&id(2)) && fixture.file(2).exists());
    // The next run writes the head, and removes the file.
    let next = fixture.ledger();
    next.load().await.unwrap();
    next.checkpoint().await.unwrap();
    assert!(!fixture.file(2).exists());
    assert_eq!(fixture.load().await, state);
}

#[tokio::test]
async fn entry_removed_and_restored_is_refused() {
    let fixture = Fixture::saved().await;
    let old = Fixture::read(&fixture.file(1));
    let ledger = fixture.ledger();
    ledger.remove(id(1)).await.unwrap();
    let tombstone = Fixture::read(&fixture.file(1));
    ledger.checkpoint().await.unwrap();
    assert!(!fixture.file(1).exists());
    // A kill between the head and the removal leaves the file.
    std::fs::write(fixture.file(1), tombstone).unwrap();
    assert_eq!(fixture.cause(1).await, None);
    std::fs::write(fixture.file(1), old).unwrap();
    assert_eq!(
        fixture.cause(1).await,
        Some(refused(UnverifiedCause::OldCopy, "c1"))
    );
}

#[tokio::test]
async fn entry_of_version_1_is_unsigned() {
    let fixture = Fixture::saved().await;
    let text = format!(r#"{{"version":1,"workspace_id":"{}","name":"old"}}"#, id(4));
    std::fs::write(fixture.file(4), &text).unwrap();
    assert_eq!(
        fixture.cause(4).await,
        Some(refused(UnverifiedCause::Version1, "old"))
    );
    // A ledger of version 1 as a whole has no head.
    let old = Fixture::new();
    std::fs::create_dir_all(old.path("customers")).unwrap();
    std::fs::write(old.file(4), text).unwrap();
    assert_eq!(
        old.cause(4).await,
        Some(refused(UnverifiedCause::Version1, "old"))
    );
    let ledger = old.ledger();
    let unsigned = ledger.load_unsigned().await.unwrap();
    ledger.sign(id(4));
    ledger.save(id(4), &unsigned.claims[&id(4)]).await.unwrap();
    ledger.checkpoint().await.unwrap();
    assert_eq!(old.load().await.customers[&id(4)], named("old"));
}

#[tokio::test]
async fn entry_of_newer_version_is_refused_by_name() {
    let fixture = Fixture::saved().await;
    Fixture::edit(&fixture.file(1), "\"version\":2", "\"version\":3");
    let error = fixture.ledger().load().await.unwrap_err();
    assert!(matches!(&error, LedgerError::Newer { version: 3, path } if *path == fixture.file(1)));
}

#[tokio::test]
async fn entry_file_unreadable_is_unverified() {
    let fixture = Fixture::saved().await;
    std::fs::write(fixture.file(1), "{\n\n\"version\": \"planted\"").unwrap();
    // No run writes a file of this name.
    let misnamed = fixture.path("customers").join("other.json");
    std::fs::write(misnamed, r#"{"version":1}"#).unwrap();
    let recorded = fixture.ledger().load().await.unwrap();
    let unverified: Vec<_> = recorded.unverified.iter().collect();
    let [(workspace, entry)] = unverified[..] else {
        panic!("{unverified:?}")
    };
    assert_eq!(*workspace, id(1));
    assert_eq!(entry.cause, UnverifiedCause::Damaged(Damage::Other));
    assert_eq!(entry.claimed_name, None);
    assert_eq!(
        recorded.customers.keys().copied().collect::<Vec<_>>(),
        [id(2), id(3)]
    );
}

#[tokio::test]
async fn guards_recorded_are_in_the_next_head() {
    let fixture = Fixture::saved().await;
    let guards = RecordedGuards {
        max_deletes: 7,
        max_delete_percent: 8,
        max_id_changes: Some(9),
    };
    let ledger = fixture.ledger();
    ledger.load().await.unwrap();
    ledger.record_guards(guards);
    assert_eq!(fixture.load().await.guards, None);
    ledger.checkpoint().await.unwrap();
    assert_eq!(fixture.load().await.guards, Some(guards));
}
