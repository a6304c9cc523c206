//! Responsible for a directory that a command writes new files into, without following a link out of
//! it.
//!
//! The operator's own path may contain links. A path below the current directory may not, because a
//! checkout could have put one there.

use crate::failure::Failure;
use crate::files::{self, Access, FileError, FileErrorKind};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Component, Path, PathBuf};

/// How much of an existing file is compared before it is replaced, in bytes.
const COMPARED: u64 = 64;

/// A directory for new files: a trusted root, and a path below it that must not contain links.
pub(super) struct OutDirectory {
    root: PathBuf,
    relative: PathBuf,
}

impl OutDirectory {
    pub(super) fn new(directory: &Path) -> Self {
        let current = Path::new(".");
        let below_current = if directory.is_absolute() {
            let current = current.canonicalize().unwrap_or_default();
            directory.strip_prefix(current).ok()
        } else {
            Some(directory)
        };
        let is_below = |part: &Component<'_>| *part != Component::ParentDir;
        match below_current.filter(|path| path.components().all(|part| is_below(&part))) {
            Some(path) => Self {
                root: current.to_owned(),
                relative: path
                    .components()
                    .filter(|part| *part != Component::CurDir)
                    .collect(),
            },
            None => Self {
                root: directory.to_owned(),
                relative: PathBuf::new(),
            },
        }
    }

    /// The directory of a file.
    pub(super) fn containing(path: &Path) -> Self {
        match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => Self::new(parent),
            _ => Self::new(Path::new(".")),
        }
    }

    /// The path of a file, relative to the root.
    pub(super) fn path_of(&self, name: impl AsRef<Path>) -> PathBuf {
        self.relative.join(name)
    }

    pub(super) fn exists(&self, path: &Path) -> bool {
        self.shown(path).symlink_metadata().is_ok()
    }

    pub(super) fn shown(&self, path: &Path) -> PathBuf {
        self.root.join(path)
    }

    /// Creates files. Creates all directories before any file, so that a refusal leaves nothing half
    /// written.
    pub(super) fn write(&self, files: &[(PathBuf, String)]) -> Result<(), Failure> {
        for (path, _) in files {
            self.create_parent(path)?;
        }
        for (path, text) in files {
            let file = files::create_new(&self.root, path, Access::Shared)
                .map_err(|error| refused(&error))?;
            write(file, path, text)?;
        }
        Ok(())
    }

    /// Creates a file with its directories, unless it exists. Returns whether it was created.
    pub(super) fn create(&self, name: &Path, text: &str, access: Access) -> Result<bool, Failure> {
        let path = self.path_of(name);
        self.create_parent(&path)?;
        match files::create_new(&self.root, &path, access) {
            Ok(file) => write(file, &path, text).map(|()| true),
            Err(error) if already_exists(&error) => Ok(false),
            Err(error) => Err(refused(&error)),
        }
    }

    /// Adds the paths that a file in the form of `.gitignore` lacks. Returns whether the file exists and changed.
    pub(super) fn add_lines(&self, name: &Path, lines: &str) -> Result<bool, Failure> {
        let path = self.path_of(name);
        if !self.exists(&path) {
            return Ok(false);
        }
        let mut file = files::open_or_create(&self.root, &path, Access::Shared)
            .map_err(|error| refused(&error))?;
        let bytes = files::read_to_limit(&self.root, &path, &file, files::DEFAULT_LIMIT)
            .map_err(|error| refused(&error))?;
        let text = String::from_utf8_lossy(&bytes);
        let bare = |line: &str| line.trim().trim_matches(['/', '*']).to_owned();
        let known: BTreeSet<String> = text.lines().map(bare).collect();
        let missing: Vec<&str> = lines
            .lines()
            .filter(|line| !known.contains(&bare(line)))
            .collect();
        if missing.is_empty() {
            return Ok(false);
        }
        let separator = if text.is_empty() || text.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        let added = format!("{separator}{}\n", missing.join("\n"));
        file.seek(SeekFrom::End(0))
            .map_err(|error| Failure::cannot_write(&path, &error))?;
        write(file, &path, &added).map(|()| true)
    }

    /// Writes a file, which may replace an earlier one. Refuses to replace a file that `is_own` does
    /// not recognize.
    pub(super) fn replace(
        &self,
        name: &Path,
        text: &str,
        access: Access,
        is_own: impl Fn(&[u8]) -> bool,
    ) -> Result<(), Failure> {
        self.check_replaceable(name, is_own)?;
        let path = self.path_of(name);
        self.create_parent(&path)?;
        files::replace_atomically(&self.root, &path, text.as_bytes(), access)
            .map(|_file| ())
            .map_err(|error| refused(&error))
    }

    /// Refuses what [`Self::replace`] refuses, before the text is known.
    pub(super) fn check_replaceable(
        &self,
        name: &Path,
        is_own: impl Fn(&[u8]) -> bool,
    ) -> Result<(), Failure> {
        let path = self.path_of(name);
        let shown = self.shown(&path);
        if !self.exists(&path) || is_own(&self.start_of(&path)?) {
            return Ok(());
        }
        let message = format!("{} exists and has another content", shown.display());
        Err(Failure::error("cannot_write", message)
            .hint("name another file, or remove this one first"))
    }

    /// The first bytes of a file.
    fn start_of(&self, path: &Path) -> Result<Vec<u8>, Failure> {
        let file = files::open_read(&self.root, path).map_err(|error| refused(&error))?;
        let mut start = Vec::new();
        if let Some(file) = file {
            file.take(COMPARED)
                .read_to_end(&mut start)
                .map_err(|error| Failure::cannot_write(path, &error))?;
        }
        Ok(start)
    }

    /// Creates the directory, unless it exists.
    pub(super) fn create_itself(&self) -> Result<(), Failure> {
        self.create_parent(&self.path_of("file"))
    }

    fn create_parent(&self, path: &Path) -> Result<(), Failure> {
        std::fs::create_dir_all(&self.root)
            .map_err(|error| Failure::cannot_write(&self.root, &error))?;
        let parent = path.parent().unwrap_or(Path::new(""));
        files::create_dir(&self.root, parent, Access::Shared).map_err(|error| refused(&error))
    }
}

fn write(mut file: File, path: &Path, text: &str) -> Result<(), Failure> {
    file.write_all(text.as_bytes())
        .map_err(|error| Failure::cannot_write(path, &error))
}

fn already_exists(error: &FileError) -> bool {
    matches!(&error.kind, FileErrorKind::Io(error) if error.kind() == ErrorKind::AlreadyExists)
}

fn refused(error: &FileError) -> Failure {
    Failure::error("cannot_write", format!("cannot write: {error}"))
        .hint("name another file or directory, one that is yours and that no link leads to")
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::{Access, OutDirectory};
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    #[test]
    fn create_new_file_writes_it_with_its_directory() {
        let target = tempfile::tempdir().unwrap();
        let directory = OutDirectory::new(target.path());
        assert!(
            directory
                .create(Path::new("a/b.yaml"), "x", Access::Shared)
                .unwrap()
        );
        let text = fs::read_to_string(target.path().join("a/b.yaml")).unwrap();
        assert_eq!(text, "x");
    }

    #[test]
    fn add_lines_adds_only_what_the_file_lacks() {
        let target = tempfile::tempdir().unwrap();
        let directory = OutDirectory::new(target.path());
        let add = || {
            directory
                .add_lines(Path::new("i"), ".airlift/\nsecrets/\n")
                .unwrap()
        };
        assert!(!add() && !target.path().join("i").exists());
        for (before, after) in [
            ("target", "target\n.airlift/\nsecrets/\n"),
            ("/.airlift\n!secrets/\n", "/.airlift\n!secrets/\nsecrets/\n"),
            (
                "# .airlift/\n**/secrets/*\n",
                "# .airlift/\n**/secrets/*\n.airlift/\n",
            ),
        ] {
            fs::write(target.path().join("i"), before).unwrap();
            assert!(add() && !add(), "{before:?}");
            assert_eq!(fs::read_to_string(target.path().join("i")).unwrap(), after);
        }
    }

    #[test]
    fn create_existing_file_keeps_it() {
        let target = tempfile::tempdir().unwrap();
        fs::write(target.path().join("a"), "old").unwrap();
        let directory = OutDirectory::new(target.path());
        assert!(
            !directory
                .create(Path::new("a"), "new", Access::Shared)
                .unwrap()
        );
        assert_eq!(fs::read_to_string(target.path().join("a")).unwrap(), "old");
    }

    #[test]
    fn create_below_link_fails_and_writes_nothing_behind_it() {
        let (target, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        symlink(outside.path(), target.path().join("customers")).unwrap();
        let directory = OutDirectory::new(target.path());
        assert!(
            directory
                .create(Path::new("customers/a"), "x", Access::Shared)
                .is_err()
        );
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    }

    #[test]
    fn create_at_dangling_link_does_not_create_its_target() {
        let (target, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let behind = outside.path().join("a");
        symlink(&behind, target.path().join("a")).unwrap();
        let directory = OutDirectory::new(target.path());
        assert!(
            !directory
                .create(Path::new("a"), "x", Access::Shared)
                .unwrap_or(false)
        );
        assert!(!behind.exists());
    }
}
