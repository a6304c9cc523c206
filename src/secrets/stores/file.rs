//! Responsible for the `file` store: `${file:path}` is the content of a file without one trailing newline, and
//! `${file:path#key}` is one field of a JSON, YAML or dotenv file.
//!
//! Does not decide which files references may read. The path that `SecretAccess` has judged contains no link and is
//! opened from its root downward without following links, so that no part can be replaced in between. Refuses pipes,
//! devices, directories and files larger than 1 MiB.

use super::{Store, utf8};
use crate::model::{HealthCheck, SecretRef, SecretValue, first_names};
use crate::secrets::access::SecretFile;
use crate::secrets::fields::{self, FieldsForm};
use crate::secrets::{AccessError, ResolveErrorKind, SecretAccess, SystemCode};
use futures_util::future::{self, BoxFuture, FutureExt as _};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

const SUBJECT: &str = "store file";
/// The largest size of a secret in bytes.
pub(in crate::secrets) const LIMIT: usize = 1024 * 1024;

/// Reads files below the project and the allowed directories.
#[derive(Clone, Debug)]
pub(super) struct FileStore {
    project: PathBuf,
    access: Arc<SecretAccess>,
}

impl Store for FileStore {
    fn check_reference(&self, reference: &SecretRef) -> Result<(), &'static str> {
        match reference.field {
            _ if is_unexpanded(&reference.path) => {
                Err("`~` and variables in a path are not expanded; write a path below the project")
            }
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
        // A slow file system must not block the threads of the asynchronous runtime.
        let read =
            spawn_blocking(move || files.content(&reference.path, reference.field.as_deref()));
        read.map(|joined| {
            joined.unwrap_or(Err(ResolveErrorKind::Unreadable("reading was canceled")))
        })
        .boxed()
    }

    fn health<'a>(&'a self, references: &'a [&'a SecretRef]) -> BoxFuture<'a, Vec<HealthCheck>> {
        let check = self.check_permissions(references);
        future::ready(check.into_iter().collect()).boxed()
    }
}

impl FileStore {
    pub(super) fn new(project: PathBuf, access: Arc<SecretAccess>) -> Self {
        Self { project, access }
    }

    /// Warns about files that every user can read. The resolver reports files that cannot be opened.
    fn check_permissions(&self, references: &[&SecretRef]) -> Option<HealthCheck> {
        let paths: BTreeSet<&str> = references.iter().map(|r| r.path.as_str()).collect();
        let world_readable: Vec<String> = paths
            .into_iter()
            .filter(|path| self.open(path).is_ok_and(|file| is_world_readable(&file)))
            .map(str::to_owned)
            .collect();
        let subject = match world_readable.len() {
            0 => return None,
            1 => "1 file is".to_owned(),
            files => format!("{files} files are"),
        };
        let names = first_names(&world_readable);
        let detail = format!("{subject} readable by every user: {names}");
        let hint = "remove the permission: chmod o-r FILE";
        Some(HealthCheck::warn(SUBJECT, detail, hint))
    }

    fn content(&self, path: &str, field: Option<&str>) -> Result<SecretValue, ResolveErrorKind> {
        let form = match field {
            Some(_) => Some(FieldsForm::from_path(path).ok_or(ResolveErrorKind::UnknownFormat)?),
            None => None,
        };
        let bytes = content(self.open(path)?)?;
        let text = utf8(&bytes)?;
        match form.zip(field) {
            Some((form, field)) => fields::read(form, text, field),
            None => Ok(SecretValue::new(without_newline(text).to_owned())),
        }
    }

    /// Opens the file that a reference names, if references may read it.
    fn open(&self, path: &str) -> Result<File, ResolveErrorKind> {
        let SecretFile { root, below } = self.access.locate(&self.project, Path::new(path))?;
        let file = open_below(&root, &below)?;
        let metadata = file.metadata().map_err(|error| unreadable(&error))?;
        self.access.check_opened(&root.join(below), &metadata)?;
        if !metadata.is_file() {
            return Err(ResolveErrorKind::NotAFile);
        }
        if metadata.len() > LIMIT as u64 {
            return Err(ResolveErrorKind::TooLarge);
        }
        Ok(file)
    }
}

/// Whether a shell would expand the start of a path, as in `~/token` and `$HOME/token`.
fn is_unexpanded(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or_default();
    let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let variable = first.strip_prefix('$');
    first == "~" || variable.is_some_and(|name| !name.is_empty() && name.chars().all(is_name))
}

/// Opens a path below a root, part by part, without following links. Opening a pipe does not wait for its other end.
#[cfg(unix)]
fn open_below(root: &Path, path: &Path) -> Result<File, ResolveErrorKind> {
    use rustix::fs::{Mode, OFlags, open, openat};
    let walk = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let end =
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let open_error = |error: rustix::io::Errno| match error {
        // A socket cannot be opened. The path had no link when it was resolved, so a link is new.
        rustix::io::Errno::NXIO => ResolveErrorKind::NotAFile,
        rustix::io::Errno::LOOP => AccessError::LinkChanged.into(),
        other => unreadable(&other.into()),
    };
    let mut parts = path.components().peekable();
    let mut directory = open(root, walk, Mode::empty()).map_err(open_error)?;
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            let file =
                openat(&directory, part.as_os_str(), end, Mode::empty()).map_err(open_error)?;
            return Ok(File::from(file));
        }
        directory =
            openat(&directory, part.as_os_str(), walk, Mode::empty()).map_err(open_error)?;
    }
    Err(ResolveErrorKind::NotAFile)
}

/// Opens a path below a root. Refuses everything but a regular file before opening.
#[cfg(not(unix))]
fn open_below(root: &Path, path: &Path) -> Result<File, ResolveErrorKind> {
    let path = root.join(path);
    let metadata = path.symlink_metadata();
    if !metadata.map_err(|error| unreadable(&error))?.is_file() {
        return Err(ResolveErrorKind::NotAFile);
    }
    File::open(path).map_err(|error| unreadable(&error))
}

pub(in crate::secrets) fn unreadable(error: &std::io::Error) -> ResolveErrorKind {
    match error.kind() {
        ErrorKind::NotFound => ResolveErrorKind::Unreadable("not found"),
        ErrorKind::PermissionDenied => ResolveErrorKind::Unreadable("permission denied"),
        _ => SystemCode::new(error).map_or(
            ResolveErrorKind::Unreadable("reading failed"),
            ResolveErrorKind::from,
        ),
    }
}

/// Reads the whole content into memory that is wiped.
pub(in crate::secrets) fn content(file: File) -> Result<Zeroizing<Vec<u8>>, ResolveErrorKind> {
    let length = file.metadata().map_err(|error| unreadable(&error))?.len();
    // The capacity is the whole length, because a buffer that grows leaves copies behind.
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

/// Removes one trailing newline, because editors and commands add one.
pub(in crate::secrets) fn without_newline(text: &str) -> &str {
    match text.strip_suffix('\n') {
        Some(line) => line.strip_suffix('\r').unwrap_or(line),
        None => text,
    }
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
    use super::{
        AccessError, FileStore, LIMIT, ResolveErrorKind, SecretAccess, SecretRef, Store as _,
    };
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::path::Path;
    use std::process::Command;
    use std::sync::Arc;

    fn store(project: &Path, roots: &[&Path]) -> FileStore {
        let roots = std::env::join_paths(roots).unwrap();
        let access = SecretAccess::from_environment(|name| {
            (name == "AIRLIFT_SECRET_ROOTS").then(|| roots.clone())
        });
        FileStore::new(project.to_owned(), Arc::new(access))
    }

    #[test]
    fn read_path_or_link_out_of_project_is_refused() {
        let outside = tempfile::tempdir().unwrap();
        let project = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "x").unwrap();
        symlink(outside.path().join("secret"), project.path().join("link")).unwrap();
        symlink(outside.path(), project.path().join("dir")).unwrap();
        symlink("/dev/zero", project.path().join("zero")).unwrap();
        let store = store(project.path(), &[outside.path()]);
        for (escape, expected) in [
            ("link", AccessError::LinkOutside),
            ("dir/secret", AccessError::LinkOutside),
            ("../x", AccessError::ParentStep),
            ("/etc/passwd", AccessError::OutsideRoots),
            ("zero", AccessError::LinkOutside),
            ("a/../b", AccessError::ParentStep),
        ] {
            let error = store.content(escape, None).unwrap_err();
            assert_eq!(error, expected.into(), "{escape}");
        }
    }

    #[test]
    fn read_link_inside_project_and_file_below_root_succeed() {
        let outside = tempfile::tempdir().unwrap();
        let project = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "x").unwrap();
        fs::write(project.path().join("inside"), "y").unwrap();
        symlink(project.path().join("inside"), project.path().join("link")).unwrap();
        let store = store(project.path(), &[outside.path()]);
        assert_eq!(store.content("link", None).unwrap().expose(), "y");
        let allowed = outside.path().join("secret");
        let allowed = store.content(allowed.to_str().unwrap(), None).unwrap();
        assert_eq!(allowed.expose(), "x");
    }

    #[test]
    fn read_link_that_changed_after_loading_is_refused() {
        let project = tempfile::tempdir().unwrap();
        let path = |name: &str| project.path().join(name);
        for name in ["acme", "globex", "direct"] {
            fs::write(path(name), name).unwrap();
        }
        symlink("acme", path("link")).unwrap();
        let mut access = SecretAccess::default();
        let reference = "${file:link}".parse().unwrap();
        let target = access.check(project.path(), &reference).unwrap().unwrap();
        access = access.with_links([("link".into(), target)].into());
        let store = FileStore::new(project.path().to_owned(), Arc::new(access));
        assert_eq!(store.content("link", None).unwrap().expose(), "acme");
        assert_eq!(store.content("direct", None).unwrap().expose(), "direct");
        for changed in ["link", "direct"] {
            fs::remove_file(path(changed)).unwrap();
            symlink("globex", path(changed)).unwrap();
            let error = store.content(changed, None).unwrap_err();
            assert_eq!(error, AccessError::LinkChanged.into(), "{changed}");
        }
    }

    #[test]
    fn read_missing_file_or_link_loop_is_unreadable() {
        let project = tempfile::tempdir().unwrap();
        symlink("loop", project.path().join("loop")).unwrap();
        let store = store(project.path(), &[]);
        for (path, reason) in [("none", "not found"), ("loop", "symbolic links")] {
            let error = store.content(path, None).unwrap_err();
            assert!(error.to_string().contains(reason), "{error}");
        }
    }

    #[test]
    fn unreadable_for_lack_of_files_or_a_broken_disk_names_the_cause() {
        for (code, message, hint) in [
            (
                24,
                "the file cannot be read: Too many open files",
                "ulimit -n",
            ),
            (
                23,
                "the file cannot be read: Too many open files",
                "ulimit -n",
            ),
            (5, "the file cannot be read: Input/output error", "system"),
        ] {
            let kind = super::unreadable(&std::io::Error::from_raw_os_error(code));
            assert!(kind.to_string().starts_with(message), "{kind}");
            assert!(kind.hint().contains(hint), "{}", kind.hint());
        }
    }

    #[test]
    fn read_special_file_or_directory_is_refused() {
        let project = tempfile::tempdir().unwrap();
        let path = |name: &str| project.path().join(name);
        let mkfifo = Command::new("mkfifo").arg(path("pipe")).status().unwrap();
        assert!(mkfifo.success());
        fs::create_dir(path("directory")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(path("socket")).unwrap();
        let store = store(project.path(), &[Path::new("/dev")]);
        for special in [".", "pipe", "directory", "socket", "/dev/zero", "/dev/null"] {
            let error = store.content(special, None).unwrap_err();
            assert_eq!(error, ResolveErrorKind::NotAFile, "{special}");
        }
    }

    #[test]
    fn read_file_beyond_size_limit_is_refused() {
        let project = tempfile::tempdir().unwrap();
        let path = |name: &str| project.path().join(name);
        fs::write(path("large"), vec![b'x'; LIMIT + 1]).unwrap();
        fs::write(path("limit"), vec![b'x'; LIMIT]).unwrap();
        let store = store(project.path(), &[]);
        let error = store.content("large", None).unwrap_err();
        assert_eq!(error, ResolveErrorKind::TooLarge);
        let value = store.content("limit", None).unwrap();
        assert_eq!(value.expose().len(), LIMIT);
    }

    #[test]
    fn check_permissions_of_many_files_is_one_line() {
        let project = tempfile::tempdir().unwrap();
        let references: Vec<SecretRef> = (0..500)
            .map(|n| {
                let path = project.path().join(format!("k{n:03}"));
                fs::write(&path, "x").unwrap();
                fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
                format!("${{file:k{n:03}}}").parse().unwrap()
            })
            .collect();
        let references: Vec<&SecretRef> = references.iter().collect();
        let check = store(project.path(), &[]).check_permissions(&references);
        assert_eq!(
            check.unwrap().detail,
            "500 files are readable by every user: k000, k001, k002, k003, k004 and 495 more"
        );
    }

    #[test]
    fn check_reference_with_home_directory_is_refused() {
        let project = tempfile::tempdir().unwrap();
        let store = store(project.path(), &[]);
        let check = |text: &str| store.check_reference(&text.parse().unwrap());
        for text in ["${file:~/token}", "${file:$HOME/token}"] {
            assert!(check(text).is_err(), "{text}");
        }
        for text in ["${file:a~/token}", "${file:$ecret}", "${file:~token}"] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn read_field_of_unknown_format_is_refused() {
        let project = tempfile::tempdir().unwrap();
        fs::write(project.path().join("a.json"), r#"{"k": "v\n"}"#).unwrap();
        fs::write(project.path().join("token"), "k=v").unwrap();
        let store = store(project.path(), &[]);
        assert_eq!(store.content("a.json", Some("k")).unwrap().expose(), "v\n");
        let error = store.content("token", Some("k")).unwrap_err();
        assert_eq!(error, ResolveErrorKind::UnknownFormat);
    }
}
