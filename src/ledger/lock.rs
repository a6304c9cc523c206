//! One writing run at a time on one ledger: a locked file on this machine, a lease where machines
//! share the ledger.

use super::lease::Lease;
use super::store::local;
use super::{LedgerError, LedgerStore};
use crate::events::Sink;
use jiff::Timestamp;
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

/// Held until it is released. The system releases a file's when the process ends in any way; a
/// lease is taken over when its holder has been silent for a minute.
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
    /// Takes the lock of a ledger, or says who holds it.
    ///
    /// `owner` is what another run will be told, such as a process and its machine; since when
    /// is added. `events` receives a wait for a holder that may have ended.
    pub(super) async fn take(
        store: &LedgerStore,
        owner: &str,
        events: &dyn Sink,
    ) -> Result<Self, LedgerError> {
        let since = Timestamp::now().strftime("%FT%TZ");
        let note = format!("{owner}{SINCE}{since}");
        let held = match store {
            LedgerStore::Local(dir) => Held::File {
                _file: file(dir, &note)?,
            },
            LedgerStore::Shared(shared) => Held::Lease(Lease::take(shared, &note, events).await?),
        };
        Ok(Self { held })
    }

    /// Gives it back.
    pub async fn release(self) {
        if let Held::Lease(lease) = self.held {
            lease.release().await;
        }
    }
}

fn file(dir: &Path, note: &str) -> Result<File, LedgerError> {
    local::private_dir(dir)?;
    let path = dir.join("lock");
    let failed = || LedgerError::io("cannot lock", &path);
    let mut file = local::open_or_make(&path).map_err(failed())?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut note = String::new();
            // Best effort: the owner's note may be half written.
            let _ = file.take(400).read_to_string(&mut note);
            let holder = holder(note.trim(), Timestamp::now());
            return Err(LedgerError::Locked { holder });
        }
        Err(TryLockError::Error(error)) => return Err(failed()(error)),
    }
    file.set_len(0).map_err(failed())?;
    file.rewind().map_err(failed())?;
    file.write_all(note.as_bytes()).map_err(failed())?;
    Ok(file)
}

const SINCE: &str = " since ";

/// Who holds a lock and for how long, from the note in it.
pub(super) fn holder(note: &str, now: Timestamp) -> String {
    if note.is_empty() {
        return "held by a run that has not said yet which it is".to_owned();
    }
    let since = note.rsplit_once(SINCE).map(|(_, since)| since);
    match since.and_then(|since| since.parse::<Timestamp>().ok()) {
        Some(since) => format!(
            "held for {} by {note}",
            age(now.duration_since(since).as_mins())
        ),
        None => format!("held by {note}"),
    }
}

fn age(minutes: i64) -> String {
    match (minutes / (24 * 60), minutes / 60, minutes) {
        (2.., _, _) => format!("{} days", minutes / (24 * 60)),
        (_, 1.., _) => format!("{} h {} min", minutes / 60, minutes % 60),
        (_, _, 1..) => format!("{minutes} min"),
        _ => "less than a minute".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{LedgerError, LedgerStore, Lock, holder};
    use crate::events::Sinks;
    use std::path::Path;

    async fn take(dir: &Path, owner: &str) -> Result<Lock, LedgerError> {
        Lock::take(&LedgerStore::from(dir), owner, &Sinks::default()).await
    }

    #[tokio::test]
    async fn a_second_run_is_told_who_is_at_work() {
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

    #[test]
    fn the_age_is_told_in_words() {
        let now = "2026-05-03T12:00:00Z".parse().unwrap();
        for (since, age) in [
            ("2026-05-03T12:00:30Z", "less than a minute"),
            ("2026-05-03T11:56:30Z", "3 min"),
            ("2026-05-03T09:50:00Z", "2 h 10 min"),
            ("2026-05-01T09:50:00Z", "2 days"),
        ] {
            let note = format!("process 1 since {since}");
            assert_eq!(holder(&note, now), format!("held for {age} by {note}"));
        }
        assert_eq!(holder("process 1 sin", now), "held by process 1 sin");
        assert!(holder("", now).contains("has not said"));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_link_in_its_place_is_not_written_through() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("precious");
        std::fs::write(&target, "kept").unwrap();
        std::os::unix::fs::symlink(&target, dir.path().join("lock")).unwrap();
        take(dir.path(), "process 1").await.unwrap_err();
        assert_eq!(std::fs::read_to_string(target).unwrap(), "kept");
    }
}
