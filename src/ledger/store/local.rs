//! Responsible for private, durable files: mode 0600 in directories of mode 0700, or 0660 and 0770 if
//! the operator lets the group write. Does not follow links, which a checkout can contain. Does not use
//! files or directories that other users own or can write.

use crate::files::{self, Access, DEFAULT_LIMIT, FileError, FileErrorKind};
use crate::ledger::LedgerError;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{DirBuilder, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// A directory on this machine.
#[derive(Clone, Debug)]
pub struct LocalStore {
    /// The directory that the operator chose. It can be a link.
    root: PathBuf,
    /// The directory of the ledger below the root.
    below: PathBuf,
    access: Access,
}

impl LocalStore {
    pub(super) fn new(root: &Path, access: Access) -> Self {
        Self {
            root: root.to_owned(),
            below: PathBuf::new(),
            access,
        }
    }

    pub(super) fn below(&self, dir: &str) -> Self {
        Self {
            below: self.below.join(dir),
            ..self.clone()
        }
    }

    /// The path of a name for messages.
    pub(in crate::ledger) fn path(&self, name: &str) -> PathBuf {
        self.root.join(self.below.join(name))
    }

    /// The content of a file of at most `limit` bytes, or `None` if it does not exist.
    pub(in crate::ledger) fn read_up_to(
        &self,
        name: &str,
        limit: u64,
    ) -> Result<Option<Vec<u8>>, LedgerError> {
        let relative = self.below.join(name);
        let failed = refused("cannot read");
        let Some(file) = files::open_read(&self.root, &relative).map_err(failed)? else {
            return Ok(None);
        };
        files::check_owner_and_mode(&self.root, &relative, &file, self.access)
            .map_err(refused("cannot read"))?;
        // `Take` does not tell the size, and the buffer would grow to up to twice of it.
        let size = file.metadata().map_or(0, |metadata| metadata.len());
        let size = usize::try_from(size.min(limit)).unwrap_or_default();
        let mut content = Vec::with_capacity(size);
        file.take(limit + 1)
            .read_to_end(&mut content)
            .map_err(LedgerError::io("cannot read", &self.path(name)))?;
        if content.len() as u64 > limit {
            let path = self.path(name);
            return Err(LedgerError::TooLarge { path, limit });
        }
        Ok(Some(content))
    }

    /// The text of a file, or `None` if it does not exist.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, LedgerError> {
        self.text_up_to(name, DEFAULT_LIMIT)
    }

    /// The text of a file of at most `limit` bytes, or `None` if it does not exist.
    pub(super) fn text_up_to(&self, name: &str, limit: u64) -> Result<Option<String>, LedgerError> {
        let text = self.read_up_to(name, limit)?;
        let text = text.map(String::from_utf8).transpose();
        text.map_err(|error| {
            let valid = error.utf8_error().valid_up_to();
            LedgerError::no_text(&self.path(name), error.as_bytes(), valid)
        })
    }

    /// Replaces a file atomically. Creates its directory. Returns the new file, open at its end.
    pub(in crate::ledger) fn replace(
        &self,
        name: &str,
        content: &[u8],
    ) -> Result<File, LedgerError> {
        let relative = self.below.join(name);
        self.create_dir(relative.parent().unwrap_or(&self.below))?;
        files::replace_atomically(&self.root, &relative, content, self.access)
            .map_err(refused("cannot write"))
    }

    /// Opens a file for reading and writing, and creates it if it does not exist.
    pub(in crate::ledger) fn open_or_create(&self, name: &str) -> Result<File, LedgerError> {
        self.create_dir(&self.below)?;
        let relative = self.below.join(name);
        let opened = files::open_or_create(&self.root, &relative, self.access)
            .map_err(refused("cannot open"))?;
        files::check_owner_and_mode(&self.root, &relative, &opened, self.access)
            .map_err(refused("cannot open"))?;
        Ok(opened)
    }

    /// Opens a file for reading, or `None` if it does not exist.
    pub(in crate::ledger) fn open_existing(&self, name: &str) -> Result<Option<File>, LedgerError> {
        files::open_read(&self.root, &self.below.join(name)).map_err(refused("cannot open"))
    }

    /// Fails if this user cannot write the directory, one in it, or the file `lock`. Every other file is
    /// replaced, which needs no access to the file itself. Writes nothing.
    pub(super) fn check_writable(&self, lock: &str) -> Result<(), LedgerError> {
        let dir = self.root.join(&self.below);
        // A directory that does not exist is created in the first one that does.
        let first = dir.ancestors().find(|dir| dir.exists());
        let directories = self.names("")?.into_iter().map(|name| self.path(&name));
        let paths = directories.filter(|path| path.is_dir() || path.ends_with(lock));
        first
            .map(Path::to_owned)
            .into_iter()
            .chain(paths)
            .try_for_each(|path| {
                files::check_writable(&path).map_err(LedgerError::io("cannot write", &path))
            })
    }

    fn create_dir(&self, relative: &Path) -> Result<(), LedgerError> {
        create_root(&self.root).map_err(LedgerError::io("cannot create", &self.root))?;
        self.check_dir(relative)?;
        files::create_dir(&self.root, relative, self.access).map_err(refused("cannot create"))
    }

    /// Refuses a directory, or one above it, that another user could have created or can change.
    fn check_dir(&self, relative: &Path) -> Result<(), LedgerError> {
        relative
            .ancestors()
            .try_for_each(|dir| files::check_dir_owner_and_mode(&self.root, dir, self.access))
            .map_err(refused("cannot inspect"))
    }

    /// Removes a file durably, if it exists.
    pub(super) fn remove(&self, name: &str) -> Result<(), LedgerError> {
        files::remove(&self.root, &self.below.join(name)).map_err(refused("cannot remove"))
    }

    /// Replaces files durably, each of them atomically. Creates their directories.
    pub(super) fn replace_all(&self, contents: &[(String, Vec<u8>)]) -> Result<(), LedgerError> {
        let files = contents
            .iter()
            .map(|(name, content)| (name.as_str(), content.as_slice()));
        for (directory, files) in self.by_directory(files) {
            self.create_dir(&directory)?;
            files::replace_all(&self.root, &directory, &files, self.access)
                .map_err(refused("cannot write"))?;
        }
        Ok(())
    }

    /// Removes files durably, if they exist.
    pub(super) fn remove_all(&self, names: &[String]) -> Result<(), LedgerError> {
        let files = names.iter().map(|name| (name.as_str(), ()));
        for (directory, files) in self.by_directory(files) {
            let names: Vec<OsString> = files.into_iter().map(|(name, ())| name).collect();
            files::remove_all(&self.root, &directory, &names).map_err(refused("cannot remove"))?;
        }
        Ok(())
    }

    /// The files by directory below the root.
    fn by_directory<'a, T>(
        &self,
        named: impl Iterator<Item = (&'a str, T)>,
    ) -> BTreeMap<PathBuf, Vec<(OsString, T)>> {
        let mut directories: BTreeMap<PathBuf, Vec<(OsString, T)>> = BTreeMap::new();
        for (name, rest) in named {
            let path = self.below.join(name);
            let directory = path.parent().unwrap_or(&self.below).to_owned();
            let name = path.file_name().unwrap_or_default().to_owned();
            directories.entry(directory).or_default().push((name, rest));
        }
        directories
    }

    /// The names in a directory. A missing directory is empty.
    pub(super) fn names(&self, dir: &str) -> Result<Vec<String>, LedgerError> {
        let relative = self.below.join(dir);
        self.check_dir(&relative)?;
        let names = files::names(&self.root, &relative).map_err(refused("cannot list"))?;
        Ok(names
            .into_iter()
            .map(|name| name.to_string_lossy().into_owned())
            .collect())
    }
}

/// Creates a directory with its parents durably.
fn create_root(root: &Path) -> std::io::Result<()> {
    let parent = match root.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if root.is_dir() {
        return Ok(());
    }
    if parent != Path::new(".") {
        create_root(parent)?;
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(root)?;
    // Other systems offer no sync of directories.
    #[cfg(unix)]
    File::open(parent)?.sync_all()?;
    Ok(())
}

/// Refuses a directory that another user could have created or can change, and a link. Other users
/// may read the directory, because it contains no secrets.
pub fn trusted(path: &Path, access: Access) -> Result<(), LedgerError> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Ok(());
    };
    let parent = if parent.as_os_str().is_empty() {
        Path::new(".")
    } else {
        parent
    };
    files::check_dir_owner_and_mode(parent, Path::new(name), access)
        .map_err(refused("cannot inspect"))
}

/// The error of a file operation.
fn refused(action: &'static str) -> impl FnOnce(FileError) -> LedgerError {
    move |error| match error.kind {
        FileErrorKind::Io(source) => LedgerError::Io {
            action,
            path: error.path,
            source,
        },
        FileErrorKind::WritableByGroup(mode) => LedgerError::GroupWritable {
            path: error.path,
            mode,
        },
        why => LedgerError::Untrusted {
            path: error.path,
            why: why.to_string(),
        },
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::{Access, LedgerError, LocalStore, trusted};
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::Path;

    fn why<T: std::fmt::Debug>(result: Result<T, LedgerError>) -> String {
        match result {
            Err(LedgerError::Untrusted { why, .. }) => why,
            Err(error @ LedgerError::GroupWritable { .. }) => error.to_string(),
            other => panic!("trusted: {other:?}"),
        }
    }

    fn allow(path: &Path, mode: u32) {
        std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn local_directory_of_others_or_link_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let store = LocalStore::new(dir.path(), Access::Private);
        let own = store.below("own");
        own.replace("file", b"text").unwrap();
        trusted(&dir.path().join("own"), Access::Private).unwrap();
        trusted(&dir.path().join("absent"), Access::Private).unwrap();
        symlink(dir.path().join("own"), dir.path().join("link")).unwrap();
        assert!(why(trusted(&dir.path().join("link"), Access::Private)).contains("link"));
        let link = store.below("link");
        assert!(why(link.text("file")).contains("link"));
        assert!(why(link.replace("file", b"")).contains("link"));
        allow(&dir.path().join("own"), 0o770);
        assert!(
            why(trusted(&dir.path().join("own"), Access::Private))
                .contains("written by other users")
        );
        assert!(why(own.replace("file", b"")).contains("written by other users"));
        assert!(why(own.names("")).contains("written by other users"));
    }

    #[test]
    fn local_store_of_a_group_keeps_its_modes() {
        let dir = tempfile::tempdir().unwrap();
        // A volume with fsGroup: at each mount, the group gets access to all files.
        allow(dir.path(), 0o2770);
        let store = LocalStore::new(dir.path(), Access::Group).below("own");
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        for _ in 0..2 {
            store.replace("file", b"text").unwrap();
            drop(store.open_or_create("lock").unwrap());
            assert_eq!(store.text("file").unwrap().as_deref(), Some("text"));
            assert_eq!(store.names("").unwrap(), ["file", "lock"]);
            assert_eq!(mode(&store.path("")), 0o770);
            assert_eq!(mode(&store.path("file")), 0o660);
        }
        trusted(&dir.path().join("own"), Access::Group).unwrap();
        let private = LocalStore::new(dir.path(), Access::Private).below("own");
        assert!(why(private.text("file")).contains("its group (mode 0660)"));
        allow(&store.path("file"), 0o662);
        assert!(why(store.text("file")).contains("written by other users"));
    }

    #[test]
    fn local_file_writable_by_others_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let store = LocalStore::new(dir.path(), Access::Private);
        store.replace("file", b"text").unwrap();
        assert_eq!(store.text("file").unwrap().as_deref(), Some("text"));
        allow(&store.path("file"), 0o666);
        assert!(why(store.text("file")).contains("written by other users"));
    }

    #[test]
    fn local_link_in_place_of_file_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let store = LocalStore::new(dir.path(), Access::Private);
        store.replace("file", b"text").unwrap();
        symlink(store.path("file"), store.path("link")).unwrap();
        assert!(why(store.text("link")).contains("link"));
    }

    #[test]
    fn local_file_beyond_limit_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let store = LocalStore::new(dir.path(), Access::Private);
        let file = store.replace("file", b"text").unwrap();
        file.set_len(super::DEFAULT_LIMIT + 1).unwrap();
        let error = store.text("file").unwrap_err();
        assert!(matches!(error, LedgerError::TooLarge { .. }), "{error}");
    }
}
