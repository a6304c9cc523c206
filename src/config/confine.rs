//! Responsible for whether a path stays where it may be: below the project's directory, or below an allowed root.
//!
//! Looks at the file system (links are followed to where they end). Does not read content.

use std::path::{Component, Path, PathBuf};

/// Why a path may not be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Escape {
    /// It goes up by `..`.
    Upward,
    /// It is absolute and below no allowed root.
    Absolute,
    /// A link on its way leads elsewhere.
    Link,
    /// It ends at something that is not a regular file.
    NotAFile,
}

impl Escape {
    /// The reason, for a message.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Upward => "it leads upward by `..`",
            Self::Absolute => "it is absolute and below no allowed root",
            Self::Link => "a link leads it elsewhere",
            Self::NotAFile => "it is not a regular file",
        }
    }
}

/// Checks a file that a reference names. A file that does not exist yet is fine: secrets are
/// often there only where the run happens.
pub(super) fn secret(path: &Path, project: &Path, roots: &[PathBuf]) -> Result<(), Escape> {
    if upward(path) {
        return Err(Escape::Upward);
    }
    if !path.is_absolute() {
        return within(&project.join(path), project);
    }
    let root = roots.iter().find(|root| path.starts_with(root));
    within(path, root.ok_or(Escape::Absolute)?)
}

/// Whether a path or pattern goes up.
pub(super) fn upward(path: &Path) -> bool {
    path.components().any(|part| part == Component::ParentDir)
}

/// Checks that a path ends below a directory, and at a regular file if it exists.
pub(super) fn within(path: &Path, directory: &Path) -> Result<(), Escape> {
    let Some(end) = resolved(path) else {
        return Ok(());
    };
    let directory = if directory.as_os_str().is_empty() {
        Path::new(".")
    } else {
        directory
    };
    // A root that is not there holds nothing that a path below it could reach.
    let Ok(home) = directory.canonicalize() else {
        return Ok(());
    };
    if !end.starts_with(home) {
        return Err(Escape::Link);
    }
    match end.metadata() {
        Ok(found) if end_is_whole(path) && !found.is_file() => Err(Escape::NotAFile),
        _ => Ok(()),
    }
}

fn end_is_whole(path: &Path) -> bool {
    path.canonicalize().is_ok()
}

/// Where the existing part of a path really is.
fn resolved(path: &Path) -> Option<PathBuf> {
    path.ancestors().find_map(|part| part.canonicalize().ok())
}

#[cfg(all(test, unix))]
mod tests {
    use super::{Escape, secret};
    use std::os::unix::fs::symlink;
    use std::path::Path;

    #[test]
    fn paths_stay_where_they_may_be() {
        let home = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("token"), "x").unwrap();
        std::fs::write(outside.path().join("token"), "x").unwrap();
        std::fs::create_dir(home.path().join("folder")).unwrap();
        symlink(outside.path().join("token"), home.path().join("link")).unwrap();
        symlink(outside.path(), home.path().join("way")).unwrap();
        let check = |path: &str| secret(Path::new(path), home.path(), &[outside.path().into()]);
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
