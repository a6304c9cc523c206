//! Responsible for testing the file operations with links, special files and large files.

use std::io::{Read as _, Write as _};
use std::path::Path;

use super::*;

/// A trusted root, and a file outside of it with the content `outside`.
struct Fixture {
    directory: tempfile::TempDir,
}

impl Fixture {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("root")).unwrap();
        std::fs::write(directory.path().join("outside"), "outside").unwrap();
        Self { directory }
    }

    fn root(&self) -> std::path::PathBuf {
        self.directory.path().join("root")
    }

    fn outside(&self) -> std::path::PathBuf {
        self.directory.path().join("outside")
    }
}

/// Reads a file up to a limit.
fn read_bounded(root: &Path, name: &Path, limit: u64) -> Result<Option<Vec<u8>>, FileError> {
    open_read(root, name)?
        .map(|file| read_to_limit(root, name, &file, limit))
        .transpose()
}

/// The kinds of errors of all operations that open a file.
fn open_errors(root: &Path, name: &str) -> Vec<String> {
    let name = Path::new(name);
    [
        read_bounded(root, name, 10).map(drop),
        open_append(root, name).map(drop),
        open_or_create(root, name, Access::Private).map(drop),
    ]
    .map(|result| format!("{:?}", result.unwrap_err().kind))
    .into()
}

#[test]
fn read_absent_file_or_directory_returns_none() {
    let fixture = Fixture::new();
    for name in ["absent", "absent/below"] {
        let content = read_bounded(&fixture.root(), Path::new(name), 10).unwrap();
        assert_eq!(content, None);
    }
    assert_eq!(
        names(&fixture.root(), Path::new("absent")).unwrap(),
        Vec::<OsString>::new()
    );
}

#[test]
fn read_larger_than_limit_fails() {
    let fixture = Fixture::new();
    std::fs::write(fixture.root().join("file"), "12345").unwrap();
    let read = |limit| read_bounded(&fixture.root(), Path::new("file"), limit);
    assert_eq!(read(5).unwrap().as_deref(), Some(&b"12345"[..]));
    assert!(matches!(
        read(4).unwrap_err().kind,
        FileErrorKind::TooLarge(4)
    ));
}

#[test]
fn path_out_of_root_fails() {
    let fixture = Fixture::new();
    let absolute = fixture.outside();
    let paths = ["../outside", "absent/../../outside", "absent/.."].map(Path::new);
    for path in paths.into_iter().chain([absolute.as_path()]) {
        let error = create_dir(&fixture.root(), path, Access::Private).unwrap_err();
        assert!(matches!(error.kind, FileErrorKind::LeavesRoot), "{error:?}");
    }
    for path in [Path::new("../outside"), &absolute] {
        let error = read_bounded(&fixture.root(), path, 10).unwrap_err();
        assert!(matches!(error.kind, FileErrorKind::LeavesRoot), "{error:?}");
    }
}

#[test]
fn replace_atomically_leaves_only_the_new_content() {
    let fixture = Fixture::new();
    let name = Path::new("directory/file");
    private_dir(&fixture.root(), Path::new("directory")).unwrap();
    for content in ["first", "second"] {
        replace_atomically(&fixture.root(), name, content.as_bytes(), Access::Private).unwrap();
    }
    let content = read_bounded(&fixture.root(), name, 10).unwrap();
    assert_eq!(content.as_deref(), Some(&b"second"[..]));
    assert_eq!(
        names(&fixture.root(), Path::new("directory")).unwrap(),
        ["file"]
    );
}

#[test]
fn replace_all_leaves_only_the_new_contents_until_remove_all() {
    let fixture = Fixture::new();
    let (root, directory) = (fixture.root(), Path::new("directory"));
    private_dir(&root, directory).unwrap();
    let names: Vec<OsString> = (0..9).map(|n| format!("file {n}").into()).collect();
    for content in ["first", "second"] {
        let files: Vec<(OsString, &[u8])> = names
            .iter()
            .map(|name| (name.clone(), content.as_bytes()))
            .collect();
        replace_all(&root, directory, &files, Access::Private).unwrap();
    }
    let content = read_bounded(&root, &directory.join("file 8"), 10).unwrap();
    assert_eq!(content.as_deref(), Some(&b"second"[..]));
    assert_eq!(super::names(&root, directory).unwrap().len(), 9);
    let absent = OsString::from("absent");
    remove_all(&root, directory, &[names[3].clone(), absent]).unwrap();
    assert_eq!(super::names(&root, directory).unwrap().len(), 8);
    remove_all(&root, Path::new("elsewhere"), &names).unwrap();
}

#[test]
fn create_new_of_existing_file_fails() {
    let fixture = Fixture::new();
    let create = || create_new(&fixture.root(), Path::new("file"), Access::Shared);
    create().unwrap();
    let error = create().unwrap_err();
    assert!(
        matches!(&error.kind, FileErrorKind::Io(e) if e.kind() == ErrorKind::AlreadyExists),
        "{error:?}"
    );
}

#[test]
fn open_append_writes_at_the_end() {
    let fixture = Fixture::new();
    let (root, name) = (fixture.root(), Path::new("file"));
    for text in ["one", "two"] {
        let mut file = open_append(&root, name).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }
    let mut text = String::new();
    open_or_create(&root, name, Access::Private)
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, "onetwo");
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
    use std::process::Command;

    use super::*;

    #[test]
    fn open_link_fails_and_leaves_target() {
        let fixture = Fixture::new();
        symlink(fixture.outside(), fixture.root().join("link")).unwrap();
        assert_eq!(open_errors(&fixture.root(), "link"), ["Link"; 3]);
        assert_eq!(
            std::fs::read_to_string(fixture.outside()).unwrap(),
            "outside"
        );
    }

    #[test]
    fn open_dangling_link_fails_and_creates_nothing() {
        let fixture = Fixture::new();
        let target = fixture.directory.path().join("created");
        symlink(&target, fixture.root().join("link")).unwrap();
        assert_eq!(open_errors(&fixture.root(), "link"), ["Link"; 3]);
        let created = create_new(&fixture.root(), Path::new("link"), Access::Private);
        assert!(matches!(created.unwrap_err().kind, FileErrorKind::Link));
        assert!(!target.exists());
    }

    #[test]
    fn open_below_linked_directory_fails() {
        let fixture = Fixture::new();
        symlink(fixture.directory.path(), fixture.root().join("link")).unwrap();
        assert_eq!(open_errors(&fixture.root(), "link/outside"), ["Link"; 3]);
        let below = Path::new("link/new");
        let errors = [
            private_dir(&fixture.root(), below).unwrap_err(),
            private_dir(&fixture.root(), Path::new("link")).unwrap_err(),
            replace_atomically(&fixture.root(), below, b"", Access::Private).unwrap_err(),
            remove(&fixture.root(), Path::new("link/outside")).unwrap_err(),
            names(&fixture.root(), Path::new("link")).unwrap_err(),
            check_dir_owner_and_mode(&fixture.root(), Path::new("link"), Access::Private)
                .unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error.kind, FileErrorKind::Link), "{error:?}");
        }
        assert!(fixture.outside().exists() && !fixture.directory.path().join("new").exists());
    }

    #[test]
    fn replace_of_link_leaves_target() {
        let fixture = Fixture::new();
        symlink(fixture.outside(), fixture.root().join("link")).unwrap();
        replace_atomically(&fixture.root(), Path::new("link"), b"new", Access::Private).unwrap();
        assert_eq!(
            std::fs::read_to_string(fixture.outside()).unwrap(),
            "outside"
        );
        let link = fixture.root().join("link").symlink_metadata().unwrap();
        assert!(link.is_file());
    }

    #[test]
    fn root_that_is_a_link_is_followed() {
        let fixture = Fixture::new();
        let link = fixture.directory.path().join("link");
        symlink(fixture.root(), &link).unwrap();
        std::fs::write(fixture.root().join("file"), "text").unwrap();
        let content = read_bounded(&link, Path::new("file"), 10).unwrap();
        assert_eq!(content.as_deref(), Some(&b"text"[..]));
    }

    #[test]
    fn open_fifo_device_or_directory_fails_at_once() {
        let fixture = Fixture::new();
        std::fs::create_dir(fixture.root().join("directory")).unwrap();
        let made = Command::new("mkfifo")
            .arg(fixture.root().join("fifo"))
            .status();
        assert!(made.unwrap().success());
        for name in ["fifo", "directory"] {
            assert_eq!(
                open_errors(&fixture.root(), name),
                ["NotAFile"; 3],
                "{name}"
            );
        }
        let device = read_bounded(Path::new("/dev"), Path::new("zero"), 10);
        assert!(matches!(device.unwrap_err().kind, FileErrorKind::NotAFile));
    }

    #[test]
    fn open_below_file_fails() {
        let fixture = Fixture::new();
        std::fs::write(fixture.root().join("file"), "").unwrap();
        assert_eq!(
            open_errors(&fixture.root(), "file/below"),
            ["NotADirectory"; 3]
        );
    }

    #[test]
    fn write_to_hard_linked_file_fails_and_read_succeeds() {
        let fixture = Fixture::new();
        let name = Path::new("file");
        std::fs::hard_link(fixture.outside(), fixture.root().join(name)).unwrap();
        let written = open_append(&fixture.root(), name);
        assert!(matches!(
            written.unwrap_err().kind,
            FileErrorKind::HardLinked
        ));
        let content = read_bounded(&fixture.root(), name, 10).unwrap();
        assert_eq!(content.as_deref(), Some(&b"outside"[..]));
    }

    #[test]
    fn private_file_and_directory_are_closed_to_others() {
        let fixture = Fixture::new();
        let (root, name) = (fixture.root(), Path::new("a/b/file"));
        private_dir(&root, Path::new("a/b")).unwrap();
        open_append(&root, name).unwrap();
        let mode = |name: &str| root.join(name).metadata().unwrap().mode() & 0o777;
        assert_eq!([mode("a"), mode("a/b")], [0o700; 2]);
        assert_eq!(mode("a/b/file"), 0o600);
    }

    #[test]
    fn file_writable_by_others_is_refused() {
        let fixture = Fixture::new();
        let (root, name) = (fixture.root(), Path::new("file"));
        let file = open_append(&root, name).unwrap();
        check_owner_and_mode(&root, name, &file, Access::Private).unwrap();
        check_dir_owner_and_mode(&root, Path::new("absent"), Access::Private).unwrap();
        file.set_permissions(std::fs::Permissions::from_mode(0o620))
            .unwrap();
        let error = check_owner_and_mode(&root, name, &file, Access::Private).unwrap_err();
        assert!(matches!(error.kind, FileErrorKind::WritableByGroup(0o620)));
        assert!(error.is_refusal());
        assert!(error.to_string().contains("written by other users"));
        check_owner_and_mode(&root, name, &file, Access::Group).unwrap();
        file.set_permissions(std::fs::Permissions::from_mode(0o662))
            .unwrap();
        for access in [Access::Private, Access::Group] {
            let error = check_owner_and_mode(&root, name, &file, access).unwrap_err();
            assert!(matches!(error.kind, FileErrorKind::WritableByOthers));
        }
    }

    #[test]
    fn group_file_and_directory_are_open_to_the_group() {
        let fixture = Fixture::new();
        let (root, name) = (fixture.root(), Path::new("a/b/file"));
        create_dir(&root, Path::new("a/b"), Access::Group).unwrap();
        replace_atomically(&root, name, b"", Access::Group).unwrap();
        open_or_create(&root, Path::new("a/lock"), Access::Group).unwrap();
        let mode = |name: &str| root.join(name).metadata().unwrap().mode() & 0o777;
        assert_eq!([mode("a"), mode("a/b")], [0o770; 2]);
        assert_eq!([mode("a/b/file"), mode("a/lock")], [0o660; 2]);
    }

    /// Only root can give a file away.
    #[test]
    fn file_of_another_user_is_refused_for_root_too() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let fixture = Fixture::new();
        let (root, name) = (fixture.root(), Path::new("file"));
        let file = open_append(&root, name).unwrap();
        std::os::unix::fs::chown(root.join(name), Some(4711), None).unwrap();
        let error = check_owner_and_mode(&root, name, &file, Access::Private).unwrap_err();
        assert!(matches!(error.kind, FileErrorKind::OtherOwner));
    }
}
