//! Responsible for the `file` store: `${file:path}` is a file's content less one trailing newline, and
//! `${file:path#key}` one field of a JSON, YAML or dotenv file.
//!
//! Files are confined to the project directory and to the allowed directories outside of it. Links are resolved once.
//! The resolved path is then opened from its root downward without following links, so that no part can be replaced
//! in between. Refuses pipes, devices, directories and files larger than 1 MiB.

use super::Store;
use super::health::{counted, listed};
use crate::model::{HealthCheck, SecretRef, SecretValue};
use crate::secrets::ResolveErrorKind;
use crate::secrets::fields::{self, FieldsForm};
use futures_util::future::{self, BoxFuture, FutureExt as _};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Component, Path, PathBuf};
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

const SUBJECT: &str = "store file";
/// The most a secret may hold.
pub(in crate::secrets) const LIMIT: usize = 1024 * 1024;

/// Reads files in confined places.
#[derive(Clone, Debug)]
pub(super) struct FileStore {
    project: PathBuf,
    roots: Vec<PathBuf>,
}

impl Store for FileStore {
    fn check_reference(&self, reference: &SecretRef) -> Result<(), &'static str> {
        match reference.field {
            Some(_) if FieldsForm::from_path(&reference.path).is_none() => {
                Err("fields are read from .json, .yaml, .yml and .env files only")
            }
            _ => Ok(()),
        }
    }

    fn read<'a>(
        &'a self,
        reference: &'a SecretRef,
    ) -> BoxFuture<'a, Result<SecretValue, ResolveErrorKind>> {
        let (files, reference) = (self.clone(), reference.clone());
        // A slow file system must not block the threads that wait for the network.
        let read =
            spawn_blocking(move || files.content(&reference.path, reference.field.as_deref()));
        read.map(|joined| {
            joined.unwrap_or(Err(ResolveErrorKind::Unreadable("reading was stopped")))
        })
        .boxed()
    }

    fn health<'a>(&'a self, references: &'a [&'a SecretRef]) -> BoxFuture<'a, Vec<HealthCheck>> {
        future::ready(self.check_files(references)).boxed()
    }
}

impl FileStore {
    /// Relative references start at `project`. Absolute ones must lie under one of `roots`.
    pub(super) fn new(project: PathBuf, roots: Vec<PathBuf>) -> Self {
        Self { project, roots }
    }

    fn check_files(&self, references: &[&SecretRef]) -> Vec<HealthCheck> {
        let mut failures = Vec::new();
        let mut world_readable = Vec::new();
        let paths: BTreeSet<&str> = references.iter().map(|r| r.path.as_str()).collect();
        for path in &paths {
            match self.open(path) {
                Err(kind) => failures.push(format!("{path}: {kind}")),
                Ok(file) if is_world_readable(&file) => world_readable.push((*path).to_owned()),
                Ok(_) => {}
            }
        }
        let mut checks = listed(failures, |text| {
            let hint = "put the file there, or let this user read it";
            HealthCheck::fail(SUBJECT, text, hint)
        });
        checks.extend(listed(world_readable, |path| {
            let hint = "take the permission away: chmod o-r";
            HealthCheck::warn(SUBJECT, format!("{path} can be read by everybody"), hint)
        }));
        if checks.is_empty() {
            let detail = format!("{} can be read", counted(paths.len(), "file"));
            checks.push(HealthCheck::ok(SUBJECT, detail));
        }
        checks
    }

    fn content(&self, path: &str, field: Option<&str>) -> Result<SecretValue, ResolveErrorKind> {
        let form = match field {
            Some(_) => Some(FieldsForm::from_path(path).ok_or(ResolveErrorKind::UnknownFormat)?),
            None => None,
        };
        let bytes = content(self.open(path)?)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| ResolveErrorKind::NotText)?;
        match form.zip(field) {
            Some((form, field)) => fields::read(form, text, field),
            None => Ok(SecretValue::new(whole(text).to_owned())),
        }
    }

    /// Opens the file that a reference names, if it may be read.
    fn open(&self, path: &str) -> Result<File, ResolveErrorKind> {
        let (root, place) = self.locate(Path::new(path))?;
        let file = open_below(&root, &place)?;
        let metadata = file.metadata().map_err(|error| unreadable(&error))?;
        if !metadata.is_file() {
            return Err(ResolveErrorKind::NotAFile);
        }
        if metadata.len() > LIMIT as u64 {
            return Err(ResolveErrorKind::TooLarge);
        }
        Ok(file)
    }

    /// The root and the real path below it, once every link is followed, if it lies where it may.
    fn locate(&self, path: &Path) -> Result<(PathBuf, PathBuf), ResolveErrorKind> {
        let upward = |part: Component<'_>| part == Component::ParentDir;
        if path.components().any(upward) {
            return Err(ResolveErrorKind::Outside);
        }
        let real = |path: &Path| path.canonicalize().map_err(|error| unreadable(&error));
        let (root, place) = if path.is_absolute() {
            let allowed = self.roots.iter().find(|root| path.starts_with(root));
            (
                real(allowed.ok_or(ResolveErrorKind::Outside)?)?,
                real(path)?,
            )
        } else {
            let project = self.project.as_os_str();
            let project = if project.is_empty() {
                Path::new(".")
            } else {
                Path::new(project)
            };
            (real(project)?, real(&project.join(path))?)
        };
        let below = place
            .strip_prefix(&root)
            .map_err(|_| ResolveErrorKind::Outside)?;
        let below = below.to_owned();
        Ok((root, below))
    }
}

/// Opens a path below a root, part by part and never through a link; opening a pipe does not
/// wait for its other end.
#[cfg(unix)]
fn open_below(root: &Path, place: &Path) -> Result<File, ResolveErrorKind> {
    use rustix::fs::{Mode, OFlags, open, openat};
    let walk = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let end =
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let told = |error: rustix::io::Errno| match error {
        // Sockets cannot be opened; a link cannot be there unless it was put there just now.
        rustix::io::Errno::NXIO => ResolveErrorKind::NotAFile,
        rustix::io::Errno::LOOP => ResolveErrorKind::Outside,
        other => unreadable(&other.into()),
    };
    let mut parts = place.components().peekable();
    let mut directory = open(root, walk, Mode::empty()).map_err(told)?;
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            let file = openat(&directory, part.as_os_str(), end, Mode::empty()).map_err(told)?;
            return Ok(File::from(file));
        }
        directory = openat(&directory, part.as_os_str(), walk, Mode::empty()).map_err(told)?;
    }
    Err(ResolveErrorKind::NotAFile)
}

/// Opens a path below a root; what is not a regular file is refused before it is opened.
#[cfg(not(unix))]
fn open_below(root: &Path, place: &Path) -> Result<File, ResolveErrorKind> {
    let path = root.join(place);
    let metadata = path.symlink_metadata();
    if !metadata.map_err(|error| unreadable(&error))?.is_file() {
        return Err(ResolveErrorKind::NotAFile);
    }
    File::open(path).map_err(|error| unreadable(&error))
}

pub(in crate::secrets) fn unreadable(error: &std::io::Error) -> ResolveErrorKind {
    ResolveErrorKind::Unreadable(match error.kind() {
        ErrorKind::NotFound => "not found",
        ErrorKind::PermissionDenied => "permission denied",
        _ => "reading failed",
    })
}

/// The whole content, in memory that is wiped.
pub(in crate::secrets) fn content(file: File) -> Result<Zeroizing<Vec<u8>>, ResolveErrorKind> {
    let length = file.metadata().map_err(|error| unreadable(&error))?.len();
    // Room for all of it at once: a buffer that grows leaves copies behind.
    let capacity = usize::try_from(length).unwrap_or(0).saturating_add(1);
    let mut bytes = Zeroizing::new(Vec::with_capacity(capacity));
    file.take(LIMIT as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(&error))?;
    if bytes.len() > LIMIT {
        return Err(ResolveErrorKind::TooLarge);
    }
    Ok(bytes)
}

/// A text less one trailing newline, which editors and commands add.
pub(in crate::secrets) fn whole(text: &str) -> &str {
    let cut = text.strip_suffix('\n');
    cut.map_or(text, |cut| cut.strip_suffix('\r').unwrap_or(cut))
}

#[cfg(unix)]
fn is_world_readable(file: &File) -> bool {
    use std::os::unix::fs::MetadataExt;
    file.metadata()
        .is_ok_and(|metadata| metadata.mode() & 0o004 != 0)
}

#[cfg(not(unix))]
fn is_world_readable(_: &File) -> bool {
    false
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::{FileStore, LIMIT, ResolveErrorKind};
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::process::Command;

    #[test]
    fn references_stay_where_they_may_read() {
        let outside = tempfile::tempdir().unwrap();
        let project = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "x").unwrap();
        fs::write(project.path().join("inside"), "y").unwrap();
        symlink(outside.path().join("secret"), project.path().join("link")).unwrap();
        symlink(project.path().join("inside"), project.path().join("fine")).unwrap();
        symlink(outside.path(), project.path().join("dir")).unwrap();
        symlink("/dev/zero", project.path().join("zero")).unwrap();
        symlink("loop", project.path().join("loop")).unwrap();
        let store = FileStore::new(project.path().into(), vec![outside.path().into()]);
        let read = |path: &str| store.content(path, None);
        for escape in [
            "link",
            "dir/secret",
            "../x",
            "/etc/passwd",
            "zero",
            "a/../b",
        ] {
            assert_eq!(
                read(escape).unwrap_err(),
                ResolveErrorKind::Outside,
                "{escape}"
            );
        }
        assert_eq!(read("fine").unwrap().expose(), "y");
        let allowed = outside.path().join("secret");
        assert_eq!(read(allowed.to_str().unwrap()).unwrap().expose(), "x");
        assert_eq!(read(".").unwrap_err(), ResolveErrorKind::NotAFile);
        assert_eq!(
            read("none").unwrap_err(),
            ResolveErrorKind::Unreadable("not found")
        );
        assert_eq!(
            read("loop").unwrap_err(),
            ResolveErrorKind::Unreadable("reading failed")
        );
    }

    #[test]
    fn only_regular_files_of_some_size_are_read() {
        let project = tempfile::tempdir().unwrap();
        let path = |name: &str| project.path().join(name);
        let made = Command::new("mkfifo").arg(path("pipe")).status().unwrap();
        assert!(made.success());
        fs::create_dir(path("directory")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(path("socket")).unwrap();
        fs::write(path("large"), vec![b'x'; LIMIT + 1]).unwrap();
        fs::write(path("limit"), vec![b'x'; LIMIT]).unwrap();
        let store = FileStore::new(project.path().into(), vec!["/dev".into()]);
        let read = |path: &str| store.content(path, None);
        for other in ["pipe", "directory", "socket", "/dev/zero", "/dev/null"] {
            assert_eq!(
                read(other).unwrap_err(),
                ResolveErrorKind::NotAFile,
                "{other}"
            );
        }
        assert_eq!(read("large").unwrap_err(), ResolveErrorKind::TooLarge);
        assert_eq!(read("limit").unwrap().expose().len(), LIMIT);
    }

    #[test]
    fn fields_need_a_known_form() {
        let project = tempfile::tempdir().unwrap();
        fs::write(project.path().join("a.json"), r#"{"k": "v\n"}"#).unwrap();
        fs::write(project.path().join("token"), "k=v").unwrap();
        let store = FileStore::new(project.path().into(), Vec::new());
        assert_eq!(store.content("a.json", Some("k")).unwrap().expose(), "v\n");
        let other = store.content("token", Some("k")).unwrap_err();
        assert_eq!(other, ResolveErrorKind::UnknownFormat);
    }
}
