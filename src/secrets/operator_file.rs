//! Responsible for reading files that the operator keeps outside the project, such as the user's
//! own configuration and the policy file.
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
            (Err(_), Self::Default(_)) => return Ok(None),
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
