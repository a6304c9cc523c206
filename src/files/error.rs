//! Responsible for the errors of file operations.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// A failed operation on a file or directory.
#[derive(Debug, thiserror::Error)]
#[error("{}: {kind}", .path.display())]
pub struct FileError {
    /// The file or directory.
    pub path: PathBuf,
    /// The reason.
    #[source]
    pub kind: FileErrorKind,
}

/// The reason for a failed operation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileErrorKind {
    /// The file or a directory above it is a link.
    #[error("is a link or below one, and airlift follows no links here")]
    Link,
    /// The path leads out of the trusted directory.
    #[error("leads out of its directory")]
    LeavesRoot,
    /// The path is a directory, pipe, socket or device.
    #[error("is not a regular file")]
    NotAFile,
    /// A component above the file is not a directory.
    #[error("is below something that is not a directory")]
    NotADirectory,
    /// The file to write has further hard links.
    #[error("has further names (hard links), which a write would change, too")]
    HardLinked,
    /// The file is larger than this number of bytes.
    #[error("is larger than {0} bytes")]
    TooLarge(u64),
    /// Neither this user nor root is the owner.
    #[error("belongs to another user")]
    OtherOwner,
    /// Others have write permission.
    #[error("can be written by other users")]
    WritableByOthers,
    /// The group has write permission. Contains the mode.
    #[error("can be written by other users: the members of its group (mode {0:04o})")]
    WritableByGroup(u32),
    /// Group or others have permissions.
    #[error("can be read or written by other users")]
    AccessibleByOthers,
    /// The system reported an error.
    #[error(transparent)]
    Io(io::Error),
}

impl FileError {
    pub(super) fn new(root: &Path, relative: &Path, kind: FileErrorKind) -> Self {
        Self {
            path: root.join(relative),
            kind,
        }
    }

    pub(super) fn io(root: &Path, relative: &Path, error: io::Error) -> Self {
        Self::new(root, relative, FileErrorKind::Io(error))
    }

    /// Whether the file itself is unacceptable, as opposed to an error of the system.
    pub fn is_refusal(&self) -> bool {
        !matches!(self.kind, FileErrorKind::Io(_))
    }
}

impl FileErrorKind {
    pub(super) fn is_not_found(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == ErrorKind::NotFound)
    }
}
