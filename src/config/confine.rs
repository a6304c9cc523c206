//! Responsible for confining paths to the project's directory or to an allowed root.
//!
//! Resolves links in the file system. Does not read file contents.

use super::code::Code;
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
    /// The code of a finding about a configuration file.
    pub(super) fn code_of_file(self) -> Code {
        match self {
            Self::NotAFile => Code::FileUnreadable,
            Self::Upward | Self::Absolute | Self::Link => Code::IncludeOutside,
        }
    }

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

/// Where a `${file:…}` reference leads.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum SecretPath {
    /// To the path as written.
    Direct,
    /// Through a link to another path below the project or the same root.
    Linked(PathBuf),
}

/// Resolves the path of a `${file:…}` reference. The file may be absent, because secrets often exist
/// only on the machine that applies.
pub(super) fn secret(path: &Path, project: &Path, roots: &[PathBuf]) -> Result<SecretPath, Escape> {
    if has_parent_step(path) {
        return Err(Escape::Upward);
    }
    let base = if path.is_absolute() {
        let root = roots.iter().find(|root| path.starts_with(root));
        root.ok_or(Escape::Absolute)?
    } else {
        directory(project)
    };
    let full = base.join(path);
    within(&full, base)?;
    let Ok(canonical_base) = base.canonicalize() else {
        return Ok(SecretPath::Direct);
    };
    let resolved = resolve(&full)?;
    let resolved = resolved
        .strip_prefix(canonical_base)
        .map_err(|_| Escape::Link)?;
    let written = path.strip_prefix(base).unwrap_or(path);
    if plain(resolved) == plain(written) {
        return Ok(SecretPath::Direct);
    }
    Ok(SecretPath::Linked(if path.is_absolute() {
        base.join(resolved)
    } else {
        resolved.to_owned()
    }))
}

/// The path without `.`, and without the directories such as `..data` and `..2026_01_31` that
/// Kubernetes puts between a mounted file's name and its content.
fn plain(path: &Path) -> PathBuf {
    path.components()
        .filter(|part| match part {
            Component::Normal(name) => !name.as_encoded_bytes().starts_with(b".."),
            part => *part != Component::CurDir,
        })
        .collect()
}

/// The path with links resolved. Steps below the last existing directory stay as they are.
fn resolve(path: &Path) -> Result<PathBuf, Escape> {
    let Some((ancestor, canonical)) = path
        .ancestors()
        .find_map(|part| Some((part, part.canonicalize().ok()?)))
    else {
        return Ok(path.to_owned());
    };
    let rest = path.strip_prefix(ancestor).unwrap_or(Path::new(""));
    // A link without a target could get one after the check.
    let next = rest.components().next().map(|step| canonical.join(step));
    if next.is_some_and(|next| next.is_symlink()) {
        return Err(Escape::Link);
    }
    Ok(canonical.join(rest))
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

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::{Escape, SecretPath, secret};
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;
    use tempfile::TempDir;

    /// A project with secrets of two customers, and a directory outside.
    struct Directories {
        project: TempDir,
        outside: TempDir,
    }

    impl Directories {
        fn new() -> Self {
            let (project, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            for customer in ["acme", "globex"] {
                let folder = project.path().join(customer);
                fs::create_dir(&folder).unwrap();
                fs::write(folder.join("token"), "x").unwrap();
            }
            fs::write(outside.path().join("token"), "x").unwrap();
            Self { project, outside }
        }

        fn link(&self, target: impl AsRef<Path>, name: &str) {
            symlink(target, self.project.path().join(name)).unwrap();
        }

        fn secret(&self, path: &str) -> Result<SecretPath, Escape> {
            let roots = [self.outside.path().to_owned()];
            secret(Path::new(path), self.project.path(), &roots)
        }
    }

    fn linked(path: &str) -> SecretPath {
        SecretPath::Linked(path.into())
    }

    #[test]
    fn secret_path_outside_project_and_roots_is_refused() {
        let directories = Directories::new();
        let outside = directories.outside.path().to_owned();
        directories.link(outside.join("token"), "link");
        directories.link(&outside, "way");
        assert_eq!(directories.secret("../token"), Err(Escape::Upward));
        assert_eq!(directories.secret("link"), Err(Escape::Link));
        assert_eq!(directories.secret("way/missing"), Err(Escape::Link));
        assert_eq!(directories.secret("acme"), Err(Escape::NotAFile));
        assert_eq!(directories.secret("/etc/passwd"), Err(Escape::Absolute));
        assert_eq!(directories.secret("/dev/null"), Err(Escape::Absolute));
    }

    #[test]
    fn secret_path_without_link_is_direct() {
        let directories = Directories::new();
        let absolute = directories.outside.path().join("token");
        for path in [
            "acme/token",
            "acme/none",
            "./acme/./token",
            "none/x",
            absolute.to_str().unwrap(),
        ] {
            assert_eq!(directories.secret(path), Ok(SecretPath::Direct), "{path}");
        }
    }

    #[test]
    fn secret_path_with_link_is_resolved() {
        let directories = Directories::new();
        directories.link("../globex/token", "acme/file");
        directories.link("file", "acme/chain");
        directories.link("../globex", "acme/folder");
        directories.link("token", "acme/own");
        assert_eq!(directories.secret("acme/file"), Ok(linked("globex/token")));
        assert_eq!(directories.secret("acme/chain"), Ok(linked("globex/token")));
        let folder = directories.secret("acme/folder/token");
        assert_eq!(folder, Ok(linked("globex/token")));
        let absent = directories.secret("acme/folder/none");
        assert_eq!(absent, Ok(linked("globex/none")));
        assert_eq!(directories.secret("acme/own"), Ok(linked("acme/token")));
    }

    #[test]
    fn secret_path_with_dangling_link_is_refused() {
        let directories = Directories::new();
        directories.link("../globex/later", "acme/later");
        assert_eq!(directories.secret("acme/later"), Err(Escape::Link));
    }

    #[test]
    fn secret_path_with_link_in_root_is_resolved_below_the_root() {
        let directories = Directories::new();
        let root = directories.outside.path();
        symlink("token", root.join("file")).unwrap();
        let resolved = directories.secret(root.join("file").to_str().unwrap());
        assert_eq!(resolved, Ok(SecretPath::Linked(root.join("token"))));
    }

    #[test]
    fn secret_path_in_kubernetes_mount_is_direct() {
        let directories = Directories::new();
        let root = directories.outside.path();
        fs::create_dir(root.join("..2026_01_31")).unwrap();
        fs::write(root.join("..2026_01_31/mounted"), "x").unwrap();
        symlink("..2026_01_31", root.join("..data")).unwrap();
        symlink("..data/mounted", root.join("mounted")).unwrap();
        let resolved = directories.secret(root.join("mounted").to_str().unwrap());
        assert_eq!(resolved, Ok(SecretPath::Direct));
    }
}
