//! Responsible for file operations below a trusted directory: they follow no link, open regular files only, and
//! read with a bound.
//!
//! A checkout can contain links that lead out of the project. Every function takes a trusted root, which the
//! operator chose and which may be a link, and a path relative to it. No component of the relative path may be a
//! link, and the checks apply to the opened file, so that a replacement between check and use has no effect.
//!
//! Hard links: a checkout cannot contain them, so reading a file with several names is allowed. Writing in place to
//! such a file fails, because the content would change under its other names, too.

mod error;
#[cfg(test)]
mod tests;
#[cfg_attr(not(unix), path = "walk_portable.rs")]
mod walk;

pub use error::{FileError, FileErrorKind};

use std::ffi::OsString;
use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::Path;

use walk::Directory;

/// The bound for files of ordinary size. A ledger entry or a project file is far smaller.
pub const DEFAULT_LIMIT: u64 = 8 << 20;

/// Who may access a new file or directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// This user only: 0600 and 0700.
    Private,
    /// This user and the group: 0660 and 0770, whatever the umask.
    Group,
    /// As the umask says: 0666 and 0777 without its bits.
    Shared,
}

/// How to open a file.
#[derive(Debug, Clone, Copy)]
enum OpenMode {
    Read,
    /// Reads and writes. Creates the file if it does not exist.
    Write(Access),
    /// Reads and appends. Creates a private file if it does not exist.
    Append,
    /// Creates the file and fails if the name exists.
    CreateNew(Access),
}

/// Reads a file that only this user or root may have written. `None` if it does not exist.
pub fn read_private(
    root: &Path,
    relative: &Path,
    limit: u64,
) -> Result<Option<Vec<u8>>, FileError> {
    let Some(file) = open_read(root, relative)? else {
        return Ok(None);
    };
    check_owner_and_mode(root, relative, &file, Access::Private)?;
    read_to_limit(root, relative, &file, limit).map(Some)
}

/// Reads an open file from its position to its end. `root` and `relative` are for the error.
pub fn read_to_limit(
    root: &Path,
    relative: &Path,
    file: &File,
    limit: u64,
) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|e| FileError::io(root, relative, e))?;
    if bytes.len() as u64 > limit {
        let kind = FileErrorKind::TooLarge(limit);
        return Err(FileError::new(root, relative, kind));
    }
    Ok(bytes)
}

/// Opens a file for reading. `None` if it does not exist.
pub fn open_read(root: &Path, relative: &Path) -> Result<Option<File>, FileError> {
    let opened = parent_of(root, relative)
        .and_then(|(directory, name)| directory.open_file(&name, OpenMode::Read));
    match opened {
        Ok(file) => Ok(Some(file)),
        Err(kind) if kind.is_not_found() => Ok(None),
        Err(kind) => Err(FileError::new(root, relative, kind)),
    }
}

/// Creates a file. Fails if the name exists, whatever it is.
pub fn create_new(root: &Path, relative: &Path, access: Access) -> Result<File, FileError> {
    open(root, relative, OpenMode::CreateNew(access))
}

/// Opens a file for reading and writing without truncating it, and creates it if it does not exist.
pub fn open_or_create(root: &Path, relative: &Path, access: Access) -> Result<File, FileError> {
    open(root, relative, OpenMode::Write(access))
}

/// Opens a private file for reading and appending, and creates it if it does not exist.
pub fn open_append(root: &Path, relative: &Path) -> Result<File, FileError> {
    open(root, relative, OpenMode::Append)
}

/// Replaces a file as a whole: after a crash it has either the old or the new content. Returns the new file, open at
/// its end. A link with this name is replaced, and its target stays as it is.
pub fn replace_atomically(
    root: &Path,
    relative: &Path,
    content: &[u8],
    access: Access,
) -> Result<File, FileError> {
    let replace = || {
        let (directory, name) = parent_of(root, relative)?;
        let file = replace(&directory, &name, content, access, File::sync_all)?;
        directory.sync()?;
        Ok(file)
    };
    replace().map_err(|kind| FileError::new(root, relative, kind))
}

/// Replaces files of one directory, each as a whole, and makes them durable together.
pub fn replace_all(
    root: &Path,
    directory: &Path,
    contents: &[(OsString, &[u8])],
    access: Access,
) -> Result<(), FileError> {
    let replace_each = |opened: Directory| {
        for (name, content) in contents {
            replace(&opened, name, content, access, File::sync_all)?;
        }
        opened.sync()
    };
    Directory::open(root)
        .and_then(|root| root.descend(directory))
        .and_then(replace_each)
        .map_err(|kind| FileError::new(root, directory, kind))
}

fn replace(
    directory: &Directory,
    name: &OsString,
    content: &[u8],
    access: Access,
    sync: impl FnOnce(&File) -> std::io::Result<()>,
) -> Result<File, FileErrorKind> {
    let temporary = temporary_name(name);
    let mut file = directory.open_file(&temporary, OpenMode::CreateNew(access))?;
    let written = file
        .write_all(content)
        .and_then(|()| sync(&file))
        .map_err(FileErrorKind::Io)
        .and_then(|()| directory.rename(&temporary, name));
    match written {
        Ok(()) => Ok(file),
        Err(kind) => {
            let _the_first_error_counts = directory.remove(&temporary);
            Err(kind)
        }
    }
}

/// Removes files or links of one directory, if they exist, durably together.
pub fn remove_all(root: &Path, directory: &Path, names: &[OsString]) -> Result<(), FileError> {
    let remove_each = |opened: Directory| {
        for name in names {
            match opened.remove(name) {
                Err(kind) if !kind.is_not_found() => return Err(kind),
                _ => {}
            }
        }
        opened.sync()
    };
    let removed = Directory::open(root)
        .and_then(|root| root.descend(directory))
        .and_then(remove_each);
    match removed {
        Err(kind) if !kind.is_not_found() => Err(FileError::new(root, directory, kind)),
        _ => Ok(()),
    }
}

/// Removes a file or a link, if it exists, durably.
pub fn remove(root: &Path, relative: &Path) -> Result<(), FileError> {
    let removed = parent_of(root, relative).and_then(|(directory, name)| {
        directory.remove(&name)?;
        directory.sync()
    });
    match removed {
        Err(kind) if !kind.is_not_found() => Err(FileError::new(root, relative, kind)),
        _ => Ok(()),
    }
}

/// The names in a directory. Empty if the directory does not exist.
pub fn names(root: &Path, relative: &Path) -> Result<Vec<OsString>, FileError> {
    let read = Directory::open(root)
        .and_then(|directory| directory.descend(relative))
        .and_then(|directory| directory.names());
    match read {
        Ok(names) => Ok(names),
        Err(kind) if kind.is_not_found() => Ok(Vec::new()),
        Err(kind) => Err(FileError::new(root, relative, kind)),
    }
}

/// Creates a directory that only this user can enter, with its parents below the root.
pub fn private_dir(root: &Path, relative: &Path) -> Result<(), FileError> {
    create_dir(root, relative, Access::Private)
}

/// Creates a directory with its parents below the root. Directories that exist stay as they are.
pub fn create_dir(root: &Path, relative: &Path, access: Access) -> Result<(), FileError> {
    Directory::open(root)
        .and_then(|directory| directory.create(relative, access))
        .map_err(|kind| FileError::new(root, relative, kind))
}

/// Fails if this user may not write the file or create files in the directory. Writes nothing.
pub fn check_writable(path: &Path) -> std::io::Result<()> {
    walk::check_writable(path)
}

/// Rejects a file that another user owns (root may own it) or that other users can write, except for
/// the group with [`Access::Group`].
pub fn check_owner_and_mode(
    root: &Path,
    relative: &Path,
    file: &File,
    access: Access,
) -> Result<(), FileError> {
    file.metadata()
        .map_err(FileErrorKind::Io)
        .and_then(|metadata| walk::check_owner_and_mode(&metadata, access))
        .map_err(|kind| FileError::new(root, relative, kind))
}

/// Rejects a file that another user owns or that other users can read or write.
pub fn check_secret(root: &Path, relative: &Path, file: &File) -> Result<(), FileError> {
    file.metadata()
        .map_err(FileErrorKind::Io)
        .and_then(|metadata| walk::check_secret(&metadata))
        .map_err(|kind| FileError::new(root, relative, kind))
}

/// The same as [`check_owner_and_mode`] for a directory. A directory that does not exist passes.
pub fn check_dir_owner_and_mode(
    root: &Path,
    relative: &Path,
    access: Access,
) -> Result<(), FileError> {
    let checked = Directory::open(root)
        .and_then(|directory| directory.descend(relative))
        .and_then(|directory| walk::check_owner_and_mode(&directory.metadata()?, access));
    match checked {
        Err(kind) if !kind.is_not_found() => Err(FileError::new(root, relative, kind)),
        _ => Ok(()),
    }
}

fn open(root: &Path, relative: &Path, mode: OpenMode) -> Result<File, FileError> {
    parent_of(root, relative)
        .and_then(|(directory, name)| directory.open_file(&name, mode))
        .map_err(|kind| FileError::new(root, relative, kind))
}

/// Opens the directory of a file. Also returns the file's name.
fn parent_of(root: &Path, relative: &Path) -> Result<(Directory, OsString), FileErrorKind> {
    let name = relative.file_name().ok_or_else(no_file_name)?.to_owned();
    let parent = relative.parent().unwrap_or(Path::new(""));
    Ok((Directory::open(root)?.descend(parent)?, name))
}

fn no_file_name() -> FileErrorKind {
    FileErrorKind::Io(ErrorKind::InvalidInput.into())
}

/// A name for the content until it is complete. Random, so that two processes do not share it.
fn temporary_name(name: &OsString) -> OsString {
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}.tmp", uuid::Uuid::new_v4().simple()));
    temporary
}
