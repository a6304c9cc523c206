//! Responsible for private, durable files: mode 0600 in directories of mode 0700, written to a
//! temporary file, synced, then renamed. Does not follow links, which a checkout can contain. Does
//! not use directories that other users own or can write.

use crate::ledger::LedgerError;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

/// Refuses a directory that another user could have created or can change. Other users may read it,
/// because it contains no secrets.
#[cfg(unix)]
pub fn trusted(path: &Path) -> Result<(), LedgerError> {
    use std::os::unix::fs::MetadataExt;
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(LedgerError::io("cannot inspect", path)(error)),
    };
    let user = rustix::process::geteuid().as_raw();
    let why = if metadata.is_symlink() {
        "is a link; the ledger does not follow links"
    } else if user != 0 && metadata.uid() != user && metadata.uid() != 0 {
        "belongs to another user"
    } else if metadata.mode() & 0o022 != 0 {
        "is writable by other users"
    } else {
        return Ok(());
    };
    let path = path.to_owned();
    Err(LedgerError::Untrusted { path, why })
}

/// Other systems protect the directory by their own rules.
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
    do_not_follow_links(&mut options);
    options.open(path)
}

fn do_not_follow_links(options: &mut OpenOptions) {
    #[cfg(unix)]
    {
        let flag = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
        std::os::unix::fs::OpenOptionsExt::custom_flags(options, flag);
    }
    #[cfg(not(unix))]
    let _ = options;
}

/// Creates a directory that only its owner can access.
pub(in crate::ledger) fn private_dir(path: &Path) -> Result<(), LedgerError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    trusted(path)?;
    builder
        .create(path)
        .map_err(LedgerError::io("cannot create", path))
}

/// Replaces a file atomically: after a crash it has the old or the new content. Returns the new file,
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

/// Makes renames and removals in a directory durable.
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
    do_not_follow_links(&mut options);
    let mut bytes = Vec::new();
    let opened = options.open(path);
    match opened.and_then(|mut file| file.read_to_end(&mut bytes)) {
        Ok(_) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(LedgerError::io("cannot read", path)(error)),
    }
}

/// The names in a directory. A missing directory is empty.
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
    fn local_directory_of_others_or_link_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let why = |name| match trusted(&path(name)) {
            Err(LedgerError::Untrusted { why, .. }) => why,
            other => panic!("trusted: {other:?}"),
        };
        private_dir(&path("own")).unwrap();
        trusted(&path("own")).unwrap();
        trusted(&path("absent")).unwrap();
        symlink(path("own"), path("link")).unwrap();
        assert!(why("link").contains("is a link"));
        private_dir(&path("link")).unwrap_err();
        let open = std::fs::Permissions::from_mode(0o770);
        std::fs::set_permissions(path("own"), open).unwrap();
        assert!(why("own").contains("writable by other users"));
        private_dir(&path("own")).unwrap_err();
        // Root owns this directory, which is trusted.
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
