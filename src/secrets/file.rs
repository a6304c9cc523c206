//! The `file` store: `${file:path}` is a file's content less one trailing newline, confined to
//! the project directory and to directories that are allowed from outside the project.

use super::Why;
use crate::model::SecretValue;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Component, Path, PathBuf};
use zeroize::Zeroizing;

/// The most a secret may hold.
const LIMIT: u64 = 1024 * 1024;

/// Reads files in confined places.
#[derive(Clone, Debug)]
pub struct FileStore {
    project: PathBuf,
    roots: Vec<PathBuf>,
}

impl FileStore {
    /// Relative references start at `project`; absolute ones must lie under one of `roots`.
    pub fn new(project: PathBuf, roots: Vec<PathBuf>) -> Self {
        Self { project, roots }
    }

    pub(super) fn read(&self, path: &str) -> Result<SecretValue, Why> {
        let place = self.locate(Path::new(path))?;
        // Asked before opening: opening a FIFO would wait for its other end.
        if !std::fs::metadata(&place)
            .map_err(|error| unreadable(&error))?
            .is_file()
        {
            return Err(Why::NotAFile);
        }
        let file = File::open(&place).map_err(|error| unreadable(&error))?;
        let metadata = file.metadata().map_err(|error| unreadable(&error))?;
        if !metadata.is_file() {
            return Err(Why::NotAFile);
        }
        if metadata.len() > LIMIT {
            return Err(Why::TooLarge);
        }
        read_text(file, metadata.len())
    }

    /// The real path, once every link is followed, if it lies where it may.
    fn locate(&self, path: &Path) -> Result<PathBuf, Why> {
        if path
            .components()
            .any(|part| matches!(part, Component::ParentDir))
        {
            return Err(Why::Outside);
        }
        let real = |path: &Path| path.canonicalize().map_err(|error| unreadable(&error));
        if path.is_absolute() {
            let allowed = self.roots.iter().find(|root| path.starts_with(root));
            let root = real(allowed.ok_or(Why::Outside)?)?;
            return within(real(path)?, &root);
        }
        let root = real(&self.project)?;
        within(real(&self.project.join(path))?, &root)
    }
}

fn within(place: PathBuf, root: &Path) -> Result<PathBuf, Why> {
    if place.starts_with(root) {
        Ok(place)
    } else {
        Err(Why::Outside)
    }
}

fn unreadable(error: &std::io::Error) -> Why {
    let what = match error.kind() {
        ErrorKind::NotFound => "not found",
        ErrorKind::PermissionDenied => "permission denied",
        _ => "reading failed",
    };
    Why::Unreadable(what.to_owned())
}

fn read_text(file: File, length: u64) -> Result<SecretValue, Why> {
    // Room for all of it at once: a buffer that grows leaves copies behind.
    let capacity = usize::try_from(length).unwrap_or(0).saturating_add(1);
    let mut bytes = Zeroizing::new(Vec::with_capacity(capacity));
    file.take(LIMIT)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(&error))?;
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(SecretValue::new(text.to_owned())),
        Err(_) => Err(Why::NotText),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::{FileStore, Why};
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn references_stay_where_they_may_read() {
        let outside = tempfile::tempdir().unwrap();
        let project = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "x").unwrap();
        fs::write(project.path().join("inside"), "y").unwrap();
        symlink(outside.path().join("secret"), project.path().join("link")).unwrap();
        symlink(project.path().join("inside"), project.path().join("fine")).unwrap();
        symlink(outside.path(), project.path().join("dir")).unwrap();
        let store = FileStore::new(project.path().into(), vec![outside.path().into()]);
        let read = |path: &str| store.read(path);
        assert_eq!(read("link").unwrap_err(), Why::Outside);
        assert_eq!(read("dir/secret").unwrap_err(), Why::Outside);
        assert_eq!(read("../x").unwrap_err(), Why::Outside);
        assert_eq!(read("/etc/passwd").unwrap_err(), Why::Outside);
        assert_eq!(read("fine").unwrap().expose(), "y");
        let allowed = outside.path().join("secret");
        assert_eq!(read(allowed.to_str().unwrap()).unwrap().expose(), "x");
        assert_eq!(read(".").unwrap_err(), Why::NotAFile);
        assert_eq!(
            read("none").unwrap_err(),
            Why::Unreadable("not found".into())
        );
    }
}
