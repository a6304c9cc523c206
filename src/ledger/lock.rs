//! Responsible for the lock that lets one run at a time write a ledger: a locked file on this
//! machine, a lease where machines share the ledger.

use super::lease::{Lease, holder, owner_since};
use super::store::LocalStore;
use super::{LedgerError, LedgerStore};
use crate::events::Sink;
use jiff::Timestamp;
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::time::Duration;
use tokio::time::sleep;

/// The file of the lock on this machine.
pub(super) const LOCK_FILE: &str = "lock";
/// The pause before a file lock that `holder_of` may have shared is requested again.
const RETRY_AFTER: Duration = Duration::from_millis(20);
/// The largest file, in bytes.
const LARGEST: u64 = 8 << 20;

/// An acquired lock. The system releases a file lock when the process ends. Another run takes over a
/// lease that was not renewed for a minute.
#[derive(Debug)]
pub struct Lock {
    kind: LockKind,
}

#[derive(Debug)]
enum LockKind {
    File { _file: File },
    Lease(Lease),
}

impl Lock {
    /// Acquires the lock of a ledger, or returns who holds it.
    ///
    /// Other runs show `owner` (a process and its machine) and the current time. Emits an event
    /// before it waits for a holder that may have ended.
    pub(super) async fn acquire(
        store: &LedgerStore,
        owner: &str,
        events: &dyn Sink,
    ) -> Result<Self, LedgerError> {
        let text = owner_since(owner, Timestamp::now());
        let kind = match store {
            LedgerStore::Local(local) => {
                let mut locked = lock_file(local, &text);
                if matches!(locked, Err(LedgerError::Locked { .. })) {
                    sleep(RETRY_AFTER).await;
                    locked = lock_file(local, &text);
                }
                LockKind::File { _file: locked? }
            }
            LedgerStore::Shared(shared) => {
                LockKind::Lease(Lease::acquire(shared, &text, events).await?)
            }
        };
        Ok(Self { kind })
    }

    /// Describes the run that holds the lock of a ledger. Shares a file lock for a moment to find out.
    pub(super) async fn holder(store: &LedgerStore) -> Result<Option<String>, LedgerError> {
        let local = match store {
            LedgerStore::Local(local) => local,
            LedgerStore::Shared(shared) => return Lease::holder(shared).await,
        };
        let Some(file) = local.open_existing(LOCK_FILE)? else {
            return Ok(None);
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(None),
            Err(TryLockError::WouldBlock) => Ok(Some(holder_of(file))),
            Err(TryLockError::Error(error)) => Err(LedgerError::io(
                "cannot lock",
                &local.path(LOCK_FILE),
            )(error)),
        }
    }

    /// Releases the lock.
    pub async fn release(self) {
        if let LockKind::Lease(lease) = self.kind {
            lease.release().await;
        }
    }
}

/// Refuses the file of a lock that another user could have created or can change, because its content names the holder.
pub(super) fn check_file(store: &LedgerStore) -> Result<(), LedgerError> {
    match store {
        LedgerStore::Local(local) => local.read_up_to(LOCK_FILE, LARGEST).map(drop),
        LedgerStore::Shared(_) => Ok(()),
    }
}

fn lock_file(local: &LocalStore, text: &str) -> Result<File, LedgerError> {
    let path = local.path(LOCK_FILE);
    let failed = || LedgerError::io("cannot lock", &path);
    let mut file = local.open_or_create(LOCK_FILE)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let holder = holder_of(file);
            return Err(LedgerError::Locked { holder });
        }
        Err(TryLockError::Error(error)) => return Err(failed()(error)),
    }
    file.set_len(0).map_err(failed())?;
    file.rewind().map_err(failed())?;
    file.write_all(text.as_bytes()).map_err(failed())?;
    Ok(file)
}

/// Describes the run whose text the file has.
fn holder_of(file: File) -> String {
    let mut text = String::new();
    // Best effort: the holder may be writing the text.
    let _ = file.take(400).read_to_string(&mut text);
    holder(text.trim(), Timestamp::now())
}

#[cfg(test)]
mod tests {
    use super::{LedgerError, LedgerStore, Lock};
    use crate::events::Sinks;
    use std::path::Path;

    async fn acquire(dir: &Path, owner: &str) -> Result<Lock, LedgerError> {
        Lock::acquire(&LedgerStore::from(dir), owner, &Sinks::default()).await
    }

    #[tokio::test]
    async fn lock_held_by_other_run_names_its_holder() {
        let dir = tempfile::tempdir().unwrap();
        let lock = acquire(dir.path(), "process 1 on here").await.unwrap();
        match acquire(dir.path(), "process 2 on there").await {
            Err(LedgerError::Locked { holder }) => {
                let expected = "held for less than a minute by process 1 on here since 20";
                assert!(holder.starts_with(expected), "{holder}");
            }
            other => panic!("not locked: {other:?}"),
        }
        let store = LedgerStore::from(dir.path());
        let holder = Lock::holder(&store).await.unwrap().unwrap();
        assert!(holder.contains("process 1 on here"), "{holder}");
        lock.release().await;
        assert_eq!(Lock::holder(&store).await.unwrap(), None);
        acquire(dir.path(), "process 2 on there").await.unwrap();
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn lock_file_that_is_a_link_is_not_written() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("precious");
        std::fs::write(&target, "kept").unwrap();
        std::os::unix::fs::symlink(&target, dir.path().join("lock")).unwrap();
        acquire(dir.path(), "process 1").await.unwrap_err();
        assert_eq!(std::fs::read_to_string(target).unwrap(), "kept");
    }
}
