//! Responsible for finding the file that a reference opens, and for judging that file by the path without links.
//!
//! Does not open the file.

use super::{AccessError, SecretAccess};
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

/// Directories of tokens that a platform issues to the run, at any depth below a root.
const PLATFORM_DIRECTORIES: [&str; 3] = [
    "eks.amazonaws.com",
    "kubernetes.io",
    "pods.eks.amazonaws.com",
];
/// Directories of such tokens directly below the default roots.
const PLATFORM_DIRECTORIES_OF_DEFAULT_ROOTS: [&str; 2] = ["azure", "openshift"];

/// Files with credentials of the user or the runner, by their usual names. A checkout action or a login action may
/// write them into the project.
const CREDENTIAL_FILES: [&str; 9] = [
    ".dockercfg",
    ".envrc",
    ".git-credentials",
    ".netrc",
    ".npmrc",
    ".pgpass",
    ".pypirc",
    ".vault-token",
    ".yarnrc.yml",
];

/// An existing file that a reference may read. Neither path contains a link.
#[derive(Debug)]
pub(in crate::secrets) struct SecretFile {
    /// The project's directory, or an allowed directory.
    pub(in crate::secrets) root: PathBuf,
    /// The path below the root.
    pub(in crate::secrets) below: PathBuf,
}

impl SecretAccess {
    /// Finds the file of a reference. Fails if the file does not exist.
    pub(in crate::secrets) fn locate(
        &self,
        project: &Path,
        path: &Path,
    ) -> Result<SecretFile, AccessError> {
        let (root, path) = self.written_path(project, path)?;
        let real = canonical(&path)?;
        self.judge(&canonical(&root)?, &real)
    }

    /// Checks the path of a reference. A file that does not exist passes.
    pub(super) fn check_file(&self, project: &Path, path: &Path) -> Result<(), AccessError> {
        let (root, path) = self.written_path(project, path)?;
        // A root that does not exist contains no link.
        let Ok(real_root) = root.canonicalize() else {
            return self.judge(&root, &path).map(drop);
        };
        let real = without_links(&path)?;
        self.judge(&real_root, &real)?;
        self.protected_files.check_path(&real)
    }

    /// The root and the path that a reference names, with links.
    fn written_path(&self, project: &Path, path: &Path) -> Result<(PathBuf, PathBuf), AccessError> {
        let is_parent = |part: Component<'_>| part == Component::ParentDir;
        if path.components().any(is_parent) {
            return Err(AccessError::OutsideRoots);
        }
        if path.is_absolute() {
            let root = self.roots.iter().find(|root| path.starts_with(root));
            let root = root.ok_or(AccessError::OutsideRoots)?;
            return Ok((root.clone(), path.to_owned()));
        }
        let project = if project.as_os_str().is_empty() {
            Path::new(".")
        } else {
            project
        };
        Ok((project.to_owned(), project.join(path)))
    }

    /// Judges a path without links.
    fn judge(&self, root: &Path, path: &Path) -> Result<SecretFile, AccessError> {
        let below = path
            .strip_prefix(root)
            .map_err(|_| AccessError::OutsideRoots)?;
        if is_platform_token(path, below) {
            return Err(AccessError::PlatformToken);
        }
        if is_hidden(below)
            && self
                .below_inner_root(path)
                .is_none_or(|below| is_hidden(&below))
        {
            return Err(AccessError::HiddenDirectory);
        }
        if path.file_name().is_some_and(is_credential_file) {
            return Err(AccessError::ProtectedFile("a credential of the runner"));
        }
        Ok(SecretFile {
            root: root.to_owned(),
            below: below.to_owned(),
        })
    }

    /// The path below the innermost allowed directory that contains it. The operator may allow a hidden directory by
    /// its own name.
    fn below_inner_root(&self, path: &Path) -> Option<PathBuf> {
        self.roots
            .iter()
            .filter_map(|root| path.strip_prefix(root.canonicalize().ok()?).ok())
            .map(Path::to_owned)
            .min_by_key(|below| below.components().count())
    }
}

fn canonical(path: &Path) -> Result<PathBuf, AccessError> {
    path.canonicalize().map_err(|error| {
        AccessError::Unreadable(match error.kind() {
            ErrorKind::NotFound => "not found",
            ErrorKind::PermissionDenied => "permission denied",
            _ => "reading failed",
        })
    })
}

/// Resolves the links of the part of a path that exists. Refuses a link without a target, because a later commit could
/// choose the target after the check.
fn without_links(path: &Path) -> Result<PathBuf, AccessError> {
    for existing in path.ancestors() {
        match existing.canonicalize() {
            // Joined part by part, because joining an empty path would append a separator.
            Ok(real) => {
                let absent = path.strip_prefix(existing).unwrap_or(Path::new(""));
                return Ok(real.components().chain(absent.components()).collect());
            }
            Err(_) if existing.symlink_metadata().is_ok_and(|at| at.is_symlink()) => {
                return Err(AccessError::DanglingLink);
            }
            Err(_) => {}
        }
    }
    Ok(path.to_owned())
}

/// Whether a directory on the path is hidden. Kubernetes mounts secrets below `..data` and `..TIMESTAMP`, which are not
/// hidden directories.
fn is_hidden(below: &Path) -> bool {
    let mut parts: Vec<&OsStr> = below.iter().collect();
    parts.pop();
    parts.into_iter().any(|part| {
        let name = part.as_encoded_bytes();
        name.starts_with(b".") && !name.starts_with(b"..")
    })
}

fn is_platform_token(path: &Path, below: &Path) -> bool {
    let is_platform = |part: &OsStr| PLATFORM_DIRECTORIES.iter().any(|name| part == *name);
    let is_below_default_root = super::DEFAULT_ROOTS
        .iter()
        .flat_map(|root| {
            PLATFORM_DIRECTORIES_OF_DEFAULT_ROOTS.map(|name| Path::new(root).join(name))
        })
        .any(|directory| path.starts_with(directory));
    is_below_default_root || below.iter().any(is_platform)
}

fn is_credential_file(name: &OsStr) -> bool {
    CREDENTIAL_FILES.iter().any(|file| name == *file)
}
