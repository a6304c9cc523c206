//! Responsible for reading files that the operator keeps outside the project, such as the user's
//! own configuration, the policy file and the file of the client secret.
//!
//! Refuses a file inside the project's tree, because a change to the project could change it.
//! Refuses a file that others can write, and a file that another user owns.

use super::stores::file::content;
use std::fs::File;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The path of a file that the operator keeps.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum OperatorFile {
    /// The operator names the file, so it must exist.
    Explicit(PathBuf),
    /// The default path, where the file may be absent.
    Default(PathBuf),
}

impl OperatorFile {
    /// The path, as the operator wrote it.
    pub fn path(&self) -> &Path {
        let (Self::Explicit(path) | Self::Default(path)) = self;
        path
    }

    /// Reads the file, if it exists. The error continues a sentence that begins with the path, and
    /// quotes no content.
    pub fn read(&self, project: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
        let path = self.path();
        if !path.is_absolute() {
            return Err("is not an absolute path".to_owned());
        }
        let real = match (path.canonicalize(), self) {
            (Ok(real), _) => real,
            (Err(_), Self::Explicit(_)) => return Err("does not exist".to_owned()),
            (Err(_), Self::Default(_)) if !path.is_symlink() && !path.exists() => return Ok(None),
            (Err(error), Self::Default(_)) => {
                return Err(format!("cannot be read: {}", error.kind()));
            }
        };
        if real.starts_with(project_tree(project)) {
            let error =
                "lies inside the project's tree, where a change to the project could change it";
            return Err(error.to_owned());
        }
        let bytes =
            content(open_private(&real)?).map_err(|error| format!("cannot be used: {error}"))?;
        Ok(Some(bytes))
    }
}

/// Reads a secret from a file, without a byte order mark and the line breaks at its ends. The error continues a sentence that begins with the
/// path.
pub fn read_operator_secret(path: &Path) -> Result<Zeroizing<String>, String> {
    // The operator's path may contain links, as mounts of Kubernetes do.
    let real = path
        .canonicalize()
        .map_err(|_| "cannot be read".to_owned())?;
    let file = open_private(&real)?;
    let bytes = content(file).map_err(|error| format!("cannot be used: {error}"))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| "is not UTF-8 text".to_owned())?;
    let secret = text
        .trim_start_matches('\u{feff}')
        .trim_matches(['\r', '\n']);
    if secret.is_empty() {
        return Err("is empty".to_owned());
    }
    Ok(Zeroizing::new(secret.to_owned()))
}

/// The tree that a change to the project can reach: the surrounding repository, else the project's
/// directory.
pub fn project_tree(project: &Path) -> PathBuf {
    let project = if project.as_os_str().is_empty() {
        Path::new(".")
    } else {
        project
    };
    let real = project
        .canonicalize()
        .unwrap_or_else(|_| project.to_owned());
    let repository = real.ancestors().find(|at| at.join(".git").exists());
    repository.map(Path::to_owned).unwrap_or(real)
}

/// Opens a file that only this user or root can write.
#[cfg(unix)]
fn open_private(path: &Path) -> Result<File, &'static str> {
    use rustix::fs::{Mode, OFlags, open};
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = open(path, flags, Mode::empty()).map_err(|_| "cannot be read")?;
    let file = File::from(file);
    let metadata = file.metadata().map_err(|_| "cannot be read")?;
    if !metadata.is_file() {
        return Err("is not a regular file");
    }
    check_private(&metadata, 0o022)?;
    let parent = path.parent().and_then(|parent| parent.metadata().ok());
    // In a world-writable directory, only the sticky bit prevents others from replacing files.
    let forbidden = match &parent {
        Some(parent) if mode(parent) & 0o1000 != 0 => 0,
        _ => 0o002,
    };
    parent.map_or(Ok(()), |parent| check_private(&parent, forbidden))?;
    Ok(file)
}

#[cfg(unix)]
fn mode(metadata: &std::fs::Metadata) -> u32 {
    std::os::unix::fs::MetadataExt::mode(metadata)
}

#[cfg(unix)]
fn check_private(metadata: &std::fs::Metadata, forbidden: u32) -> Result<(), &'static str> {
    let owner = std::os::unix::fs::MetadataExt::uid(metadata);
    if owner != 0 && owner != rustix::process::geteuid().as_raw() {
        return Err("or its directory belongs to another user");
    }
    if mode(metadata) & forbidden != 0 {
        return Err("or its directory can be written by others");
    }
    Ok(())
}

/// Opens a file. Does not check its owner and mode, which this system does not have.
#[cfg(not(unix))]
fn open_private(path: &Path) -> Result<File, &'static str> {
    File::open(path).map_err(|_| "cannot be read")
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::read_operator_secret;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::{Path, PathBuf};

    fn write(directory: &Path, content: &[u8]) -> PathBuf {
        let path = directory.join("secret");
        fs::write(&path, content).unwrap();
        path
    }

    #[test]
    fn read_operator_secret_removes_line_breaks_at_the_end() {
        let directory = tempfile::tempdir().unwrap();
        let path = write(directory.path(), b"\xef\xbb\xbf a b \r\n\n");
        let secret = read_operator_secret(&path).unwrap();
        assert_eq!(secret.as_str(), " a b ");
    }

    #[test]
    fn read_operator_secret_follows_links() {
        let directory = tempfile::tempdir().unwrap();
        let link = directory.path().join("link");
        symlink(write(directory.path(), b"x"), &link).unwrap();
        assert_eq!(read_operator_secret(&link).unwrap().as_str(), "x");
    }

    #[test]
    fn read_operator_secret_unusable_content_fails_without_quoting_it() {
        let directory = tempfile::tempdir().unwrap();
        let large = vec![b'x'; 1024 * 1024 + 1];
        for (content, part) in [
            (b"\n".as_slice(), "empty"),
            (b"hunter2\xff", "UTF-8"),
            (&large, "larger"),
        ] {
            let error = read_operator_secret(&write(directory.path(), content)).unwrap_err();
            assert!(
                error.contains(part) && !error.contains("hunter2"),
                "{error}"
            );
        }
    }

    #[test]
    fn read_operator_secret_that_others_can_write_or_device_fails() {
        let directory = tempfile::tempdir().unwrap();
        let path = write(directory.path(), b"x");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o622)).unwrap();
        let error = read_operator_secret(&path).unwrap_err();
        assert!(error.contains("written by others"), "{error}");
        let error = read_operator_secret(Path::new("/dev/null")).unwrap_err();
        assert!(error.contains("regular"), "{error}");
        let error = read_operator_secret(&directory.path().join("absent")).unwrap_err();
        assert!(error.contains("cannot be read"), "{error}");
    }
}
