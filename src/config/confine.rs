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
    /// The path, or the place where its links lead, is hidden.
    Hidden,
    /// The path names something other than a regular file.
    NotAFile,
}

impl Escape {
    /// The code of a finding about a configuration file.
    pub(super) fn code_of_file(self) -> Code {
        match self {
            Self::NotAFile => Code::FileUnreadable,
            Self::Link | Self::Hidden => Code::IncludeOutside,
        }
    }

    /// The reason, for a message.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Link => "a link leads outside the allowed directory",
            Self::Hidden => {
                "it is a hidden file or below a hidden directory, which may contain secrets"
            }
            Self::NotAFile => "the path is not a regular file",
        }
    }
}

/// Whether a path or pattern contains `..`.
pub(super) fn has_parent_step(path: &Path) -> bool {
    path.components().any(|part| part == Component::ParentDir)
}

/// Checks that a path resolves to a place below a directory that is not hidden, and to a regular file if it exists.
pub(super) fn within(path: &Path, directory: &Path) -> Result<(), Escape> {
    let Some(end) = place_within(path, directory)? else {
        return Ok(());
    };
    match end.metadata() {
        Ok(metadata) if exists(path) && !metadata.is_file() => Err(Escape::NotAFile),
        _ => Ok(()),
    }
}

/// The place that a path resolves to, below a directory. `None` if neither exists.
pub(super) fn place_within(path: &Path, directory: &Path) -> Result<Option<PathBuf>, Escape> {
    let Some(end) = canonical_ancestor(path) else {
        return Ok(None);
    };
    // No file exists below an absent root.
    let Ok(root) = self::directory(directory).canonicalize() else {
        return Ok(None);
    };
    let Ok(inside) = end.strip_prefix(root) else {
        return Err(Escape::Link);
    };
    if inside.components().any(is_hidden) {
        return Err(Escape::Hidden);
    }
    Ok(Some(end))
}

/// Whether a step of a path is hidden. The links of mounted volumes lead through directories such as `..data`.
fn is_hidden(step: Component<'_>) -> bool {
    let name = step.as_os_str().as_encoded_bytes();
    name.starts_with(b".") && !name.starts_with(b"..")
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
