//! Responsible for opening paths without following links on systems without directory descriptors: each component is
//! checked before it is used.

use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata, OpenOptions};
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use super::{Access, FileErrorKind, OpenMode};

/// A directory that was checked.
#[derive(Debug)]
pub(super) struct Directory(PathBuf);

impl Directory {
    /// The trusted root, which may be a link.
    pub(super) fn open(root: &Path) -> Result<Self, FileErrorKind> {
        let root = if root.as_os_str().is_empty() {
            Path::new(".")
        } else {
            root
        };
        root.metadata().map_err(FileErrorKind::Io)?;
        Ok(Self(root.to_owned()))
    }

    /// A directory below this one.
    pub(super) fn descend(self, relative: &Path) -> Result<Self, FileErrorKind> {
        relative
            .components()
            .try_fold(self, |directory, component| match component {
                Component::CurDir => Ok(directory),
                Component::Normal(name) => directory.child(name),
                _ => Err(FileErrorKind::LeavesRoot),
            })
    }

    /// Creates the missing components of a directory below this one.
    pub(super) fn create(self, relative: &Path, _access: Access) -> Result<(), FileErrorKind> {
        let created =
            relative
                .components()
                .try_fold(self, |directory, component| match component {
                    Component::CurDir => Ok(directory),
                    Component::Normal(name) => match std::fs::create_dir(directory.0.join(name)) {
                        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                            return Err(FileErrorKind::Io(error));
                        }
                        _ => directory.child(name),
                    },
                    _ => Err(FileErrorKind::LeavesRoot),
                });
        created.map(drop)
    }

    fn child(&self, name: &OsStr) -> Result<Self, FileErrorKind> {
        let path = self.0.join(name);
        let metadata = path.symlink_metadata().map_err(FileErrorKind::Io)?;
        match metadata.file_type() {
            kind if kind.is_symlink() => Err(FileErrorKind::Link),
            kind if kind.is_dir() => Ok(Self(path)),
            _ => Err(FileErrorKind::NotADirectory),
        }
    }

    /// Opens a regular file in this directory.
    pub(super) fn open_file(&self, name: &OsStr, mode: OpenMode) -> Result<File, FileErrorKind> {
        let path = self.0.join(name);
        match path.symlink_metadata() {
            Ok(metadata) if metadata.is_symlink() => return Err(FileErrorKind::Link),
            Ok(metadata) if !metadata.is_file() => return Err(FileErrorKind::NotAFile),
            _ => {}
        }
        let mut options = OpenOptions::new();
        options.read(true);
        match mode {
            OpenMode::Read => &mut options,
            OpenMode::Write(_) => options.write(true).create(true).truncate(false),
            OpenMode::Append => options.append(true).create(true),
            OpenMode::CreateNew(_) => options.write(true).create_new(true),
        };
        options.open(path).map_err(FileErrorKind::Io)
    }

    pub(super) fn rename(&self, from: &OsStr, to: &OsStr) -> Result<(), FileErrorKind> {
        std::fs::rename(self.0.join(from), self.0.join(to)).map_err(FileErrorKind::Io)
    }

    pub(super) fn remove(&self, name: &OsStr) -> Result<(), FileErrorKind> {
        std::fs::remove_file(self.0.join(name)).map_err(FileErrorKind::Io)
    }

    /// These systems offer no sync of directories.
    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "the same interface as on Unix"
    )]
    pub(super) fn sync(&self) -> Result<(), FileErrorKind> {
        Ok(())
    }

    pub(super) fn metadata(&self) -> Result<Metadata, FileErrorKind> {
        self.0.metadata().map_err(FileErrorKind::Io)
    }

    pub(super) fn names(&self) -> Result<Vec<OsString>, FileErrorKind> {
        self.0
            .read_dir()
            .map_err(FileErrorKind::Io)?
            .map(|entry| entry.map(|entry| entry.file_name()))
            .collect::<Result<_, _>>()
            .map_err(FileErrorKind::Io)
    }
}

/// The system's own access rules apply.
#[expect(clippy::unnecessary_wraps, reason = "the same interface as on Unix")]
pub(super) fn check_secret(_: &Metadata) -> Result<(), FileErrorKind> {
    Ok(())
}

/// The system's own access rules apply.
#[expect(clippy::unnecessary_wraps, reason = "the same interface as on Unix")]
pub(super) fn check_owner_and_mode(_: &Metadata, _: Access) -> Result<(), FileErrorKind> {
    Ok(())
}

/// Whether the file or the directory is writable.
pub(super) fn check_writable(path: &Path) -> std::io::Result<()> {
    if path.metadata()?.permissions().readonly() {
        return Err(ErrorKind::PermissionDenied.into());
    }
    Ok(())
}
