//! Private, durable files: 0600 in 0700, written beside the target, synced, then renamed.

use super::RecordError;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::Path;

/// Makes a directory that only its owner can enter.
pub(super) fn private_dir(path: &Path) -> Result<(), RecordError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(path)
        .map_err(RecordError::io("cannot make", path))
}

/// Replaces a file as a whole; after a crash it is the old one or the new one. Gives the new one,
/// open behind its content.
pub(super) fn replace(path: &Path, content: &[u8]) -> Result<File, RecordError> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let failed = || RecordError::io("cannot write", path);
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
pub(super) fn sync_dir(dir: &Path) -> Result<(), RecordError> {
    let failed = RecordError::io("cannot sync", dir);
    File::open(dir)
        .and_then(|dir| dir.sync_all())
        .map_err(failed)
}

/// A file's text, or nothing if it is not there.
pub(super) fn read(path: &Path) -> Result<Option<String>, RecordError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(RecordError::io("cannot read", path)(error)),
    }
}

/// Removes a file if it is there.
pub(super) fn remove(path: &Path) -> Result<(), RecordError> {
    match fs::remove_file(path) {
        Ok(()) => sync_dir(path.parent().unwrap_or(Path::new("."))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(RecordError::io("cannot remove", path)(error)),
    }
}
