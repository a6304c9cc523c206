//! Responsible for opening paths component by component without following links, through directory descriptors.

use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata, Permissions};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Component, Path};

use rustix::fs::{
    AtFlags, Dir, FileType, Mode, OFlags, mkdirat, open, openat, renameat, statat, unlinkat,
};
use rustix::io::Errno;

use super::{Access, FileErrorKind, OpenMode};

/// The group may write.
const WRITABLE_BY_GROUP: u32 = 0o020;
/// Others may write.
const WRITABLE_BY_OTHERS: u32 = 0o002;
/// Group or others may read, write or execute.
const ACCESSIBLE_BY_OTHERS: u32 = 0o077;

/// An open directory.
#[derive(Debug)]
pub(super) struct Directory(File);

impl Directory {
    /// Opens the trusted root, which may be a link.
    pub(super) fn open(root: &Path) -> Result<Self, FileErrorKind> {
        let root = if root.as_os_str().is_empty() {
            Path::new(".")
        } else {
            root
        };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        open(root, flags, Mode::empty())
            .map(|descriptor| Self(File::from(descriptor)))
            .map_err(|error| FileErrorKind::Io(error.into()))
    }

    /// Opens a directory below this one.
    pub(super) fn descend(self, relative: &Path) -> Result<Self, FileErrorKind> {
        components(relative)?
            .into_iter()
            .try_fold(self, |directory, name| directory.child(name))
    }

    /// Opens a directory below this one and creates the missing components durably.
    pub(super) fn create(self, relative: &Path, access: Access) -> Result<(), FileErrorKind> {
        let mode = match access {
            Access::Private => Mode::RWXU,
            Access::Group => Mode::RWXU | Mode::RWXG,
            Access::Shared => Mode::RWXU | Mode::RWXG | Mode::RWXO,
        };
        let mut names = components(relative)?.into_iter();
        let created = names.try_fold(self, |directory, name| {
            match mkdirat(&directory.0, name, mode) {
                Ok(()) => {
                    directory.sync()?;
                    let created = directory.child(name)?;
                    set_group_access(&created.0, access, 0o070)?;
                    Ok(created)
                }
                Err(Errno::EXIST) => directory.child(name),
                Err(error) => Err(FileErrorKind::Io(error.into())),
            }
        });
        created.map(drop)
    }

    fn child(&self, name: &OsStr) -> Result<Self, FileErrorKind> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        openat(&self.0, name, flags, Mode::empty())
            .map(|descriptor| Self(File::from(descriptor)))
            .map_err(|error| self.explain(name, error, FileErrorKind::NotADirectory))
    }

    /// Opens a regular file in this directory.
    pub(super) fn open_file(&self, name: &OsStr, mode: OpenMode) -> Result<File, FileErrorKind> {
        // Opening a pipe must not wait for its other end, and a terminal must not become the controlling one.
        let safe = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let (flags, access) = match mode {
            OpenMode::Read => (OFlags::RDONLY, Access::Private),
            OpenMode::Write(access) => (OFlags::RDWR | OFlags::CREATE, access),
            OpenMode::Append => (
                OFlags::RDWR | OFlags::CREATE | OFlags::APPEND,
                Access::Private,
            ),
            OpenMode::CreateNew(access) => (OFlags::RDWR | OFlags::CREATE | OFlags::EXCL, access),
        };
        let permissions = match access {
            Access::Private => Mode::RUSR | Mode::WUSR,
            Access::Group => Mode::from_raw_mode(0o660),
            Access::Shared => Mode::from_raw_mode(0o666),
        };
        let descriptor = openat(&self.0, name, flags | safe, permissions)
            .map_err(|error| self.explain(name, error, FileErrorKind::NotAFile))?;
        let file = File::from(descriptor);
        let metadata = file.metadata().map_err(FileErrorKind::Io)?;
        if !metadata.is_file() {
            return Err(FileErrorKind::NotAFile);
        }
        if !matches!(mode, OpenMode::Read) && metadata.nlink() > 1 {
            return Err(FileErrorKind::HardLinked);
        }
        if !matches!(mode, OpenMode::Read) {
            set_group_access(&file, access, 0o060)?;
        }
        Ok(file)
    }

    pub(super) fn rename(&self, from: &OsStr, to: &OsStr) -> Result<(), FileErrorKind> {
        renameat(&self.0, from, &self.0, to).map_err(|error| FileErrorKind::Io(error.into()))
    }

    pub(super) fn remove(&self, name: &OsStr) -> Result<(), FileErrorKind> {
        unlinkat(&self.0, name, AtFlags::empty()).map_err(|error| FileErrorKind::Io(error.into()))
    }

    pub(super) fn sync(&self) -> Result<(), FileErrorKind> {
        self.0.sync_all().map_err(FileErrorKind::Io)
    }

    pub(super) fn metadata(&self) -> Result<Metadata, FileErrorKind> {
        self.0.metadata().map_err(FileErrorKind::Io)
    }

    pub(super) fn names(&self) -> Result<Vec<OsString>, FileErrorKind> {
        Dir::read_from(&self.0)
            .map_err(|error| FileErrorKind::Io(error.into()))?
            .filter_map(|entry| match entry {
                Ok(entry) => {
                    let name = OsStr::from_bytes(entry.file_name().to_bytes());
                    (name != "." && name != "..").then(|| Ok(name.to_owned()))
                }
                Err(error) => Some(Err(FileErrorKind::Io(error.into()))),
            })
            .collect()
    }

    /// The reason why `name` could not be opened. Systems report links with different errors.
    fn explain(&self, name: &OsStr, error: Errno, other: FileErrorKind) -> FileErrorKind {
        let is_link = || {
            statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)
                .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Symlink)
        };
        match error {
            Errno::LOOP => FileErrorKind::Link,
            Errno::NOTDIR | Errno::MLINK | Errno::EXIST if is_link() => FileErrorKind::Link,
            // A socket cannot be opened, nor a directory for writing.
            Errno::NOTDIR | Errno::NXIO | Errno::ISDIR => other,
            error => FileErrorKind::Io(error.into()),
        }
    }
}

/// Gives the group its permissions, which the umask may have removed.
fn set_group_access(file: &File, access: Access, bits: u32) -> Result<(), FileErrorKind> {
    if access != Access::Group {
        return Ok(());
    }
    let mode = file.metadata().map_err(FileErrorKind::Io)?.mode() & 0o7777;
    if mode & bits == bits {
        return Ok(());
    }
    file.set_permissions(Permissions::from_mode(mode | bits))
        .map_err(FileErrorKind::Io)
}

/// Whether this user may write a file, or create files in a directory.
pub(super) fn check_writable(path: &Path) -> std::io::Result<()> {
    let wanted = if path.is_dir() {
        rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK
    } else {
        rustix::fs::Access::WRITE_OK
    };
    Ok(rustix::fs::access(path, wanted)?)
}

/// Rejects files and directories that other users own or can write. With [`Access::Group`], the group
/// may write.
pub(super) fn check_owner_and_mode(
    metadata: &Metadata,
    access: Access,
) -> Result<(), FileErrorKind> {
    let owner = metadata.uid();
    if owner != 0 && owner != rustix::process::geteuid().as_raw() {
        return Err(FileErrorKind::OtherOwner);
    }
    let mode = metadata.mode() & 0o7777;
    if mode & WRITABLE_BY_OTHERS != 0 {
        return Err(FileErrorKind::WritableByOthers);
    }
    if mode & WRITABLE_BY_GROUP != 0 && access != Access::Group {
        return Err(FileErrorKind::WritableByGroup(mode));
    }
    Ok(())
}

/// Rejects files that other users own or can access.
pub(super) fn check_secret(metadata: &Metadata) -> Result<(), FileErrorKind> {
    check_owner_and_mode(metadata, Access::Private)?;
    if metadata.mode() & ACCESSIBLE_BY_OTHERS != 0 {
        return Err(FileErrorKind::AccessibleByOthers);
    }
    Ok(())
}

/// The names in a relative path. Absolute paths and `..` are errors, even after a name that does not exist.
fn components(relative: &Path) -> Result<Vec<&OsStr>, FileErrorKind> {
    relative
        .components()
        .filter(|component| *component != Component::CurDir)
        .map(|component| match component {
            Component::Normal(name) => Ok(name),
            _ => Err(FileErrorKind::LeavesRoot),
        })
        .collect()
}
