//! Responsible for confining paths to the project's directory or to an allowed root.
//!
//! Resolves links in the file system. Does not read file contents.

use std::path::{Component, Path, PathBuf};

/// The reason why a path is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Escape {
    /// The path contains `..`.
    Upward,
    /// The path is absolute and below no allowed root.
    Absolute,
    /// A link leads outside the allowed directory.
    Link,
    /// The path names something other than a regular file.
    NotAFile,
}

impl Escape {
    /// The reason, for a message.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Upward => "the path contains `..`",
            Self::Absolute => "the path is absolute and below no allowed root",
            Self::Link => "a link leads outside the allowed directory",
            Self::NotAFile => "the path is not a regular file",
        }
    }
}

/// Checks the path of a `${file:…}` reference. The file may be absent, because secrets often exist
/// only on the machine that applies.
pub(super) fn secret(path: &Path, project: &Path, roots: &[PathBuf]) -> Result<(), Escape> {
    if has_parent_step(path) {
        return Err(Escape::Upward);
    }
    if !path.is_absolute() {
        return within(&project.join(path), project);
    }
    let root = roots.iter().find(|root| path.starts_with(root));
    within(path, root.ok_or(Escape::Absolute)?)
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
    let directory = if directory.as_os_str().is_empty() {
        Path::new(".")
    } else {
        directory
    };
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

fn exists(path: &Path) -> bool {
    path.canonicalize().is_ok()
}

/// The canonical path of the nearest existing ancestor.
fn canonical_ancestor(path: &Path) -> Option<PathBuf> {
    path.ancestors().find_map(|part| part.canonicalize().ok())
}

#[cfg(all(test, unix))]
mod tests {
    use super::{Escape, secret};
    use std::os::unix::fs::symlink;
    use std::path::Path;

    #[test]
    fn secret_path_outside_project_and_roots_is_refused() {
        let project = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(project.path().join("token"), "x").unwrap();
        std::fs::write(outside.path().join("token"), "x").unwrap();
        std::fs::create_dir(project.path().join("folder")).unwrap();
        symlink(outside.path().join("token"), project.path().join("link")).unwrap();
        symlink(outside.path(), project.path().join("way")).unwrap();
        let check = |path: &str| secret(Path::new(path), project.path(), &[outside.path().into()]);
        assert_eq!(check("token"), Ok(()));
        assert_eq!(check("not/there"), Ok(()));
        assert_eq!(check("../token"), Err(Escape::Upward));
        assert_eq!(check("link"), Err(Escape::Link));
        assert_eq!(check("way/missing"), Err(Escape::Link));
        assert_eq!(check("folder"), Err(Escape::NotAFile));
        assert_eq!(check("/etc/passwd"), Err(Escape::Absolute));
        assert_eq!(
            check(outside.path().join("token").to_str().unwrap()),
            Ok(())
        );
        assert_eq!(check("/dev/null"), Err(Escape::Absolute));
    }
}
