//! Responsible for confining the paths of configuration files to a directory.
//!
//! Resolves links in the file system. Does not read file contents.

use super::code::Code;
use std::path::{Component, Path, PathBuf};

/// The reason why a path is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Escape {
    /// A link leads outside the directory.
    Link,
    /// The path names something other than a regular file.
    NotAFile,
}

impl Escape {
    /// The code of a finding about a configuration file.
    pub(super) fn code_of_file(self) -> Code {
        match self {
            Self::NotAFile => Code::FileUnreadable,
            Self::Link => Code::IncludeOutside,
        }
    }

    /// The reason, for a message.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Link => "a link leads outside the allowed directory",
            Self::NotAFile => "the path is not a regular file",
        }
    }
}

/// Whether a path or pattern contains `..`.
pub(super) fn has_parent_step(path: &Path) -> bool {
    path.components().any(|part| part == Component::ParentDir)
}

/// Checks that a path resolves to a place below a directory, and to a regular file if it exists.
pub(super) fn within(path: &Path, directory: &Path) -> Result<(), Escape> {
    let Some(end) = canonical_ancestor(path) else {
        return Ok(());
    };
    let directory = self::directory(directory);
    // No file exists below an absent root.
    let Ok(root) = directory.canonicalize() else {
        return Ok(());
    };
    if !end.starts_with(root) {
        return Err(Escape::Link);
    }
    match end.metadata() {
        Ok(metadata) if exists(path) && !metadata.is_file() => Err(Escape::NotAFile),
        _ => Ok(()),
    }
}

fn directory(path: &Path) -> &Path {
    if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    }
}

fn exists(path: &Path) -> bool {
    path.canonicalize().is_ok()
}

/// The canonical path of the nearest existing ancestor.
fn canonical_ancestor(path: &Path) -> Option<PathBuf> {
    path.ancestors().find_map(|part| part.canonicalize().ok())
}
