//! Tests of the paths that references read through links.

use super::{AccessError, SecretAccess};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A project with secrets of two customers, and a directory outside.
struct Directories {
    project: TempDir,
    outside: TempDir,
}

impl Directories {
    fn new() -> Self {
        let (project, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for customer in ["acme", "globex"] {
            let folder = project.path().join(customer);
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join("token"), "x").unwrap();
        }
        fs::write(outside.path().join("token"), "x").unwrap();
        Self { project, outside }
    }

    fn link(&self, target: impl AsRef<Path>, name: &str) {
        symlink(target, self.project.path().join(name)).unwrap();
    }

    /// The other path that a reference reads through links.
    fn target(&self, path: &str) -> Result<Option<PathBuf>, AccessError> {
        let roots = self.outside.path().as_os_str().to_owned();
        let access = SecretAccess::from_environment(|name| {
            (name == "AIRLIFT_SECRET_ROOTS").then(|| roots.clone())
        });
        access.check_file(self.project.path(), Path::new(path))
    }
}

fn assert_leads_to(directories: &Directories, path: &str, target: &str) {
    assert_eq!(directories.target(path), Ok(Some(target.into())), "{path}");
}

/// Makes a mount as Kubernetes does: a directory of the version, `..data`, and a link for the file.
fn mount(directory: &Path, version: &str, file: &str) {
    fs::create_dir(directory.join(version)).unwrap();
    fs::write(directory.join(version).join(file), "x").unwrap();
    symlink(version, directory.join("..data")).unwrap();
    symlink(Path::new("..data").join(file), directory.join(file)).unwrap();
}

#[test]
fn check_file_outside_project_and_roots_is_refused() {
    let directories = Directories::new();
    let outside = directories.outside.path().to_owned();
    directories.link(outside.join("token"), "link");
    directories.link(&outside, "way");
    for (path, error) in [
        ("../token", AccessError::ParentStep),
        ("link", AccessError::LinkOutside),
        ("way/missing", AccessError::LinkOutside),
        ("acme", AccessError::NotAFile),
        ("/etc/passwd", AccessError::OutsideRoots),
        ("/dev/null", AccessError::OutsideRoots),
    ] {
        assert_eq!(directories.target(path), Err(error), "{path}");
    }
}

#[test]
fn check_file_without_link_has_no_target() {
    let directories = Directories::new();
    let absolute = directories.outside.path().join("token");
    for path in [
        "acme/token",
        "acme/none",
        "./acme/./token",
        "none/x",
        absolute.to_str().unwrap(),
    ] {
        assert_eq!(directories.target(path), Ok(None), "{path}");
    }
}

#[test]
fn check_file_with_link_returns_its_target() {
    let directories = Directories::new();
    directories.link("../globex/token", "acme/file");
    directories.link("file", "acme/chain");
    directories.link("../globex", "acme/folder");
    directories.link("token", "acme/own");
    for (path, target) in [
        ("acme/file", "globex/token"),
        ("acme/chain", "globex/token"),
        ("acme/folder/token", "globex/token"),
        ("acme/folder/none", "globex/none"),
        ("acme/own", "acme/token"),
    ] {
        assert_leads_to(&directories, path, target);
    }
}

#[test]
fn check_file_with_link_in_root_returns_a_path_below_the_root() {
    let directories = Directories::new();
    let root = directories.outside.path();
    symlink("token", root.join("file")).unwrap();
    let target = directories.target(root.join("file").to_str().unwrap());
    assert_eq!(target, Ok(Some(root.join("token"))));
}

#[test]
fn check_file_in_kubernetes_mount_has_no_target() {
    let directories = Directories::new();
    let root = directories.outside.path();
    mount(root, "..2026_01_31", "mounted");
    let target = directories.target(root.join("mounted").to_str().unwrap());
    assert_eq!(target, Ok(None));
    mount(&directories.project.path().join("acme"), "..1", "mounted");
    assert_eq!(directories.target("acme/mounted"), Ok(None));
}

#[test]
fn check_file_behind_directory_that_resembles_a_mount_has_a_target() {
    let directories = Directories::new();
    let project = directories.project.path();
    fs::create_dir_all(project.join("..globex/acme")).unwrap();
    fs::write(project.join("..globex/acme/mounted"), "x").unwrap();
    directories.link("../..globex/acme/mounted", "acme/mounted");
    assert_leads_to(&directories, "acme/mounted", "..globex/acme/mounted");
    fs::create_dir(project.join("acme/..old")).unwrap();
    fs::write(project.join("acme/..old/replaced"), "x").unwrap();
    mount(&project.join("acme"), "..new", "present");
    directories.link("..old/replaced", "acme/replaced");
    assert_leads_to(&directories, "acme/replaced", "acme/..old/replaced");
}
