//! Responsible for the lock that lets one run at a time write a ledger: a locked file on this
//! machine, a lease where machines share the ledger.

use super::lease::{Lease, holder, owner_since};
use super::store::local;
use super::{LedgerError, LedgerStore};
use crate::events::Sink;
use jiff::Timestamp;
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

/// Held until it is released. The system releases a file's lock when the process ends in any way. A
/// lease is taken over when its holder has not renewed it for a minute.
#[derive(Debug)]
pub struct Lock {
    held: Held,
}

#[derive(Debug)]
enum Held {
    File { _file: File },
    Lease(Lease),
}

impl Lock {
    /// Takes the lock of a ledger, or returns who holds it.
    ///
    /// `owner` is shown to other runs, such as a process and its machine, together with the current
    /// time. Emits an event before a wait for a holder that may have ended.
    pub(super) async fn take(
        store: &LedgerStore,
        owner: &str,
        events: &dyn Sink,
    ) -> Result<Self, LedgerError> {
        let text = owner_since(owner, Timestamp::now());
        let held = match store {
            LedgerStore::Local(dir) => Held::File {
                _file: lock_file(dir, &text)?,
            },
            LedgerStore::Shared(shared) => Held::Lease(Lease::take(shared, &text, events).await?),
        };
        Ok(Self { held })
    }

    /// Releases the lock.
    pub async fn release(self) {
        if let Held::Lease(lease) = self.held {
            lease.release().await;
        }
    }
}

fn lock_file(dir: &Path, text: &str) -> Result<File, LedgerError> {
    local::private_dir(dir)?;
    let path = dir.join("lock");
    let failed = || LedgerError::io("cannot lock", &path);
    let mut file = local::open_or_create(&path).map_err(failed())?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(locked(file)),
        Err(TryLockError::Error(error)) => return Err(failed()(error)),
    }
    file.set_len(0).map_err(failed())?;
    file.rewind().map_err(failed())?;
    file.write_all(text.as_bytes()).map_err(failed())?;
    Ok(file)
}

fn locked(file: File) -> LedgerError {
    let mut text = String::new();
    // Best effort: the holder may be writing it.
    let _ = file.take(400).read_to_string(&mut text);
    LedgerError::Locked {
        holder: holder(text.trim(), Timestamp::now()),
    }
}

#[cfg(test)]
mod tests {
    use super::{LedgerError, LedgerStore, Lock};
    use crate::events::Sinks;
    use std::path::Path;

    async fn take(dir: &Path, owner: &str) -> Result<Lock, LedgerError> {
        Lock::take(&LedgerStore::from(dir), owner, &Sinks::default()).await
    }

    #[tokio::test]
    async fn lock_held_by_other_run_tells_its_holder() {
        let dir = tempfile::tempdir().unwrap();
        let held = take(dir.path(), "process 1 on here").await.unwrap();
        match take(dir.path(), "process 2 on there").await {
            Err(LedgerError::Locked { holder }) => {
                let expected = "held for less than a minute by process 1 on here since 20";
                assert!(holder.starts_with(expected), "{holder}");
            }
            other => panic!("not locked: {other:?}"),
        }
        held.release().await;
        take(dir.path(), "process 2 on there").await.unwrap();
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn lock_does_not_write_through_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("precious");
        std::fs::write(&target, "kept").unwrap();
        std::os::unix::fs::symlink(&target, dir.path().join("lock")).unwrap();
        take(dir.path(), "process 1").await.unwrap_err();
        assert_eq!(std::fs::read_to_string(target).unwrap(), "kept");
    }
}
