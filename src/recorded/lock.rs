//! One writing run at a time on one ledger on this machine.

use super::{RecordError, files};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

/// Held until dropped; the system releases it when the process ends in any way.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of a ledger, or says who holds it.
    ///
    /// `owner` is what another run will be told, such as a process id and a time.
    pub fn take(dir: &Path, owner: &str) -> Result<Self, RecordError> {
        files::private_dir(dir)?;
        let path = dir.join("lock");
        let failed = || RecordError::io("cannot lock", &path);
        let mut options = OpenOptions::new();
        options.create(true).read(true).write(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path).map_err(failed())?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut owner = String::new();
                // Best effort: the owner's note may be half written.
                let _ = file.take(200).read_to_string(&mut owner);
                return Err(RecordError::Locked {
                    owner: owner.trim().to_owned(),
                });
            }
            Err(TryLockError::Error(error)) => return Err(failed()(error)),
        }
        file.set_len(0).map_err(failed())?;
        file.rewind().map_err(failed())?;
        file.write_all(owner.as_bytes()).map_err(failed())?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::{Lock, RecordError};

    #[test]
    fn a_second_run_is_told_who_is_at_work() {
        let dir = tempfile::tempdir().unwrap();
        let held = Lock::take(dir.path(), "process 1").unwrap();
        match Lock::take(dir.path(), "process 2") {
            Err(RecordError::Locked { owner }) => assert_eq!(owner, "process 1"),
            other => panic!("not locked: {other:?}"),
        }
        drop(held);
        Lock::take(dir.path(), "process 2").unwrap();
    }
}
