//! Responsible for private, durable files: 0600 in 0700, written beside the target, synced, then
//! renamed. Refuses links, which a checkout could contain, and directories that others own or can
//! write.

use crate::ledger::LedgerError;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

/// Refuses a directory that another user could have created or can change. Others may read it: it
/// holds no secrets.
#[cfg(unix)]
pub fn trusted(path: &Path) -> Result<(), LedgerError> {
    use std::os::unix::fs::MetadataExt;
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(LedgerError::io("cannot look at", path)(error)),
    };
    let me = rustix::process::geteuid().as_raw();
    let why = if found.is_symlink() {
        "is a link, and the ledger follows none"
    } else if me != 0 && found.uid() != me && found.uid() != 0 {
        "belongs to another user"
    } else if found.mode() & 0o022 != 0 {
        "can be written by other users"
    } else {
        return Ok(());
    };
    let path = path.to_owned();
    Err(LedgerError::Untrusted { path, why })
}

/// On other systems, the system's own rules apply.
#[cfg(not(unix))]
pub fn trusted(_: &Path) -> Result<(), LedgerError> {
    Ok(())
}

/// Opens a file for writing without following a link, and creates it if it does not exist.
pub(in crate::ledger) fn open_or_create(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).read(true).write(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    follow_none(&mut options);
    options.open(path)
}

fn follow_none(options: &mut OpenOptions) {
    #[cfg(unix)]
    {
        let flag = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
        std::os::unix::fs::OpenOptionsExt::custom_flags(options, flag);
    }
    #[cfg(not(unix))]
    let _ = options;
}

/// Creates a directory that only its owner can enter.
pub(in crate::ledger) fn private_dir(path: &Path) -> Result<(), LedgerError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    trusted(path)?;
    builder
        .create(path)
        .map_err(LedgerError::io("cannot make", path))
}

/// Replaces a file as a whole: after a crash it is the old one or the new one. Returns the new one,
/// open at its end.
pub(in crate::ledger) fn replace(path: &Path, content: &[u8]) -> Result<File, LedgerError> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let failed = || LedgerError::io("cannot write", path);
    let mut file = tempfile::NamedTempFile::new_in(dir).map_err(failed())?;
    file.write_all(content).map_err(failed())?;
    file.as_file().sync_all().map_err(failed())?;
    let file = file
        .persist(path)
        .map_err(|error| error.error)
        .map_err(failed())?;
    sync_dir(dir)?;
    Ok(file)
}

/// Makes a rename or a removal in the directory durable.
pub(in crate::ledger) fn sync_dir(dir: &Path) -> Result<(), LedgerError> {
    let failed = LedgerError::io("cannot sync", dir);
    File::open(dir)
        .and_then(|dir| dir.sync_all())
        .map_err(failed)
}

/// A file's text, or `None` if it does not exist.
pub(in crate::ledger) fn read(path: &Path) -> Result<Option<String>, LedgerError> {
    let text = bytes(path)?.map(String::from_utf8).transpose();
    text.map_err(|error| {
        let error = std::io::Error::new(ErrorKind::InvalidData, error.utf8_error());
        LedgerError::io("cannot read", path)(error)
    })
}

/// A file's content, or `None` if it does not exist.
pub(in crate::ledger) fn bytes(path: &Path) -> Result<Option<Vec<u8>>, LedgerError> {
    let mut options = OpenOptions::new();
    options.read(true);
    follow_none(&mut options);
    let mut bytes = Vec::new();
    let opened = options.open(path);
    match opened.and_then(|mut file| file.read_to_end(&mut bytes)) {
        Ok(_) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(LedgerError::io("cannot read", path)(error)),
    }
}

/// The names in a directory; an absent one is empty.
pub(in crate::ledger) fn names(dir: &Path) -> Result<Vec<String>, LedgerError> {
    trusted(dir)?;
    let failed = || LedgerError::io("cannot list", dir);
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed()(error)),
    };
    let name = |entry: std::io::Result<fs::DirEntry>| {
        entry.map(|entry| entry.file_name().to_string_lossy().into_owned())
    };
    entries
        .map(name)
        .collect::<Result<_, _>>()
        .map_err(failed())
}

/// Removes a file if it exists.
pub(in crate::ledger) fn remove(path: &Path) -> Result<(), LedgerError> {
    match fs::remove_file(path) {
        Ok(()) => sync_dir(path.parent().unwrap_or(Path::new("."))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(LedgerError::io("cannot remove", path)(error)),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::{LedgerError, private_dir, read, trusted};
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn local_links_and_directories_of_others_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let place = |name: &str| dir.path().join(name);
        let why = |name| match trusted(&place(name)) {
            Err(LedgerError::Untrusted { why, .. }) => why,
            other => panic!("trusted: {other:?}"),
        };
        private_dir(&place("own")).unwrap();
        trusted(&place("own")).unwrap();
        trusted(&place("absent")).unwrap();
        symlink(place("own"), place("link")).unwrap();
        assert!(why("link").contains("is a link"));
        private_dir(&place("link")).unwrap_err();
        let open = std::fs::Permissions::from_mode(0o770);
        std::fs::set_permissions(place("own"), open).unwrap();
        assert!(why("own").contains("written by other users"));
        private_dir(&place("own")).unwrap_err();
        // Of somebody else, where this user can tell.
        if !rustix::process::geteuid().is_root() {
            trusted(std::path::Path::new("/")).unwrap();
        }
    }

    #[test]
    fn local_link_in_place_of_file_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, "text").unwrap();
        assert_eq!(read(&file).unwrap().as_deref(), Some("text"));
        symlink(&file, dir.path().join("link")).unwrap();
        read(&dir.path().join("link")).unwrap_err();
    }
}
