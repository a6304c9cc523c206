//! Responsible for finding the file that a reference opens, and for judging that file by the path without links.
//!
//! Does not open the file.

use super::{AccessError, SecretAccess};
use crate::secrets::SystemCode;
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

/// Domains of platforms that issue tokens to the run. A directory with the name of such a domain, or of a subdomain,
/// contains such tokens at any depth below a root.
const PLATFORM_DOMAINS: [&str; 8] = [
    "alibabacloud.com",
    "amazonaws.com",
    "cloud.google.com",
    "cloud.ibm.com",
    "hashicorp.com",
    "kubernetes.io",
    "oraclecloud.com",
    "spiffe.io",
];
/// Directories and files of such tokens directly below the default roots. Kubernetes projects tokens for other systems
/// into `tokens` by convention.
const PLATFORM_NAMES_OF_DEFAULT_ROOTS: [&str; 14] = [
    "azure",
    "etc-pki-entitlement",
    "nomad-token",
    "nomad_token",
    "openshift",
    "rhsm",
    "serviceaccount",
    "sigstore",
    "spiffe",
    "tokens",
    "vault-token",
    "vault_token",
    "workload-spiffe-credentials",
    "workload-spiffe-uds",
];

/// Files with credentials of the user or the runner, by their usual names. A checkout action or a login action may
/// write them into the project.
const CREDENTIAL_FILES: [&str; 13] = [
    ".dockercfg",
    ".dockerconfigjson",
    ".envrc",
    ".git-credentials",
    ".netrc",
    ".nomad-token",
    ".npmrc",
    ".pgpass",
    ".pypirc",
    ".vault-token",
    ".yarnrc.yml",
    "_netrc",
    "kubeconfig",
];

/// The path of a reference, with links.
struct WrittenPath {
    /// The project's directory, or the root that contains the path.
    root: PathBuf,
    full: PathBuf,
}

/// A file that a reference may read. Neither path contains a link.
#[derive(Debug)]
pub(in crate::secrets) struct SecretFile {
    /// The project's directory, or an allowed directory.
    pub(in crate::secrets) root: PathBuf,
    /// The path below the root.
    pub(in crate::secrets) below: PathBuf,
}

impl SecretAccess {
    /// Finds the file of a reference. Fails if the file does not exist, or if a link leads elsewhere than at the time
    /// when the project was loaded.
    pub(in crate::secrets) fn locate(
        &self,
        project: &Path,
        path: &Path,
    ) -> Result<SecretFile, AccessError> {
        let written = self.written_path(project, path)?;
        let real = canonical(&written.full)?;
        let file = self.judge(&canonical(&written.root)?, &real)?;
        let is_as_loaded = self
            .links
            .as_ref()
            .is_none_or(|links| links.get(path) == written.link_target(path, &file).as_ref());
        is_as_loaded.then_some(file).ok_or(AccessError::LinkChanged)
    }

    /// Checks the path of a reference. If links lead to another path, returns that path as a reference would name it. A
    /// file that does not exist passes.
    pub(super) fn check_file(
        &self,
        project: &Path,
        path: &Path,
    ) -> Result<Option<PathBuf>, AccessError> {
        let written = self.written_path(project, path)?;
        // A root that does not exist contains no link.
        let Ok(real_root) = written.root.canonicalize() else {
            return self.judge(&written.root, &written.full).map(|_| None);
        };
        let real = without_links(&written.full)?;
        let file = self.judge(&real_root, &real)?;
        if let Ok(metadata) = real.metadata() {
            self.protected_files.check(&real, &metadata)?;
            if !metadata.is_file() {
                return Err(AccessError::NotAFile);
            }
        }
        Ok(written.link_target(path, &file))
    }

    /// The root and the path that a reference names.
    fn written_path(&self, project: &Path, path: &Path) -> Result<WrittenPath, AccessError> {
        let is_parent = |part: Component<'_>| part == Component::ParentDir;
        if path.components().any(is_parent) {
            return Err(AccessError::ParentStep);
        }
        if path.is_absolute() {
            let root = self.roots.iter().find(|root| path.starts_with(root));
            return Ok(WrittenPath {
                root: root.ok_or(AccessError::OutsideRoots)?.clone(),
                full: path.to_owned(),
            });
        }
        let project = if project.as_os_str().is_empty() {
            Path::new(".")
        } else {
            project
        };
        Ok(WrittenPath {
            root: project.to_owned(),
            full: project.join(path),
        })
    }

    /// Judges a path without links.
    fn judge(&self, root: &Path, path: &Path) -> Result<SecretFile, AccessError> {
        let below = path
            .strip_prefix(root)
            .map_err(|_| AccessError::LinkOutside)?;
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

impl WrittenPath {
    /// The path that links lead to, as a reference would name it. None if `path` contains no link, or only those of a
    /// Kubernetes mount.
    fn link_target(&self, path: &Path, file: &SecretFile) -> Option<PathBuf> {
        let below = self.full.strip_prefix(&self.root).unwrap_or(path);
        // Collecting the components removes `.`.
        let below: PathBuf = below.components().collect();
        if below == file.below || is_mounted(&below, file) {
            return None;
        }
        Some(if path.is_absolute() {
            self.root.join(&file.below)
        } else {
            file.below.clone()
        })
    }
}

/// Whether a file differs from the written path only by the directory that Kubernetes inserts: the target of `..data`
/// in the directory of the mount.
fn is_mounted(written: &Path, file: &SecretFile) -> bool {
    let (written, real): (Vec<&OsStr>, Vec<&OsStr>) =
        (written.iter().collect(), file.below.iter().collect());
    let same = written
        .iter()
        .zip(&real)
        .take_while(|(a, b)| a == b)
        .count();
    let (mount, inserted) = real.split_at(same);
    let Some((version, rest)) = inserted.split_first() else {
        return false;
    };
    if !version.as_encoded_bytes().starts_with(b"..") || written.get(same..) != Some(rest) {
        return false;
    }
    let mount = file.root.join(mount.iter().collect::<PathBuf>());
    let data = mount.join("..data").canonicalize();
    data.is_ok_and(|data| data == mount.join(version))
}

fn canonical(path: &Path) -> Result<PathBuf, AccessError> {
    path.canonicalize().map_err(|error| match error.kind() {
        ErrorKind::NotFound => AccessError::Unreadable("not found"),
        ErrorKind::PermissionDenied => AccessError::Unreadable("permission denied"),
        _ => SystemCode::new(&error).map_or(
            AccessError::Unreadable("reading failed"),
            AccessError::ReadFailed,
        ),
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
    let is_below_default_root = super::DEFAULT_ROOTS
        .iter()
        .flat_map(|root| PLATFORM_NAMES_OF_DEFAULT_ROOTS.map(|name| Path::new(root).join(name)))
        .any(|directory| path.starts_with(directory));
    is_below_default_root || below.iter().any(is_platform_domain)
}

/// Refuses a file with a name that credentials have, or below a default root, where platforms write tokens.
pub(super) fn refuse_credential_name(path: &Path) -> Result<(), AccessError> {
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if is_platform_token(&real, Path::new("")) {
        return Err(AccessError::PlatformToken);
    }
    let mut paths = [path, &real].into_iter();
    if paths.any(|path| path.file_name().is_some_and(is_credential_file)) {
        return Err(AccessError::ProtectedFile("a credential of the runner"));
    }
    Ok(())
}

fn is_platform_domain(part: &OsStr) -> bool {
    let name = part.to_str().unwrap_or_default();
    PLATFORM_DOMAINS.iter().any(|domain| {
        name.strip_suffix(domain)
            .is_some_and(|subdomain| subdomain.is_empty() || subdomain.ends_with('.'))
    })
}

fn is_credential_file(name: &OsStr) -> bool {
    CREDENTIAL_FILES.iter().any(|file| name == *file)
}
