//! Tests of the checks of the user's own configuration.

use super::{OperatorFile, UserConfig, config_file, load};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn write(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

struct Directories {
    project: TempDir,
    home: TempDir,
}

impl Directories {
    fn new() -> Self {
        Self {
            project: tempfile::tempdir().unwrap(),
            home: tempfile::tempdir().unwrap(),
        }
    }

    fn config(&self) -> PathBuf {
        self.home.path().join("config.yaml")
    }

    fn load(&self, path: &Path) -> Result<Option<UserConfig>, String> {
        load(
            &OperatorFile::Explicit(path.to_owned()),
            self.project.path(),
        )
    }

    fn load_error(&self, path: &Path) -> String {
        self.load(path).unwrap_err()
    }

    fn load_text(&self, text: &str) -> Result<(), String> {
        write(&self.config(), text, 0o600);
        self.load(&self.config()).map(drop)
    }
}

const VALID: &str = "exec: {a: {argv: [/bin/echo, x], env: [HOME]}}";

#[test]
fn load_missing_file_fails_only_if_named_explicitly() {
    let directories = Directories::new();
    let error = directories.load_error(&directories.config());
    assert!(error.ends_with("does not exist"), "{error}");
    let default = OperatorFile::Default(directories.config());
    assert!(
        load(&default, directories.project.path())
            .unwrap()
            .is_none()
    );
}

#[test]
fn load_file_that_others_can_write_fails() {
    let directories = Directories::new();
    let path = directories.config();
    write(&path, VALID, 0o600);
    assert!(directories.load(&path).unwrap().is_some());
    for mode in [0o620, 0o602, 0o666] {
        write(&path, VALID, mode);
        let error = directories.load_error(&path);
        assert!(error.ends_with("written by others"), "{error}");
    }
}

#[test]
fn load_directory_that_others_can_write_fails() {
    let directories = Directories::new();
    let open = directories.home.path().join("open");
    fs::create_dir(&open).unwrap();
    let path = open.join("config.yaml");
    write(&path, VALID, 0o600);
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
    assert!(directories.load(&path).is_err());
}

#[test]
fn load_file_inside_project_fails() {
    let directories = Directories::new();
    let inside = directories.project.path().join("config.yaml");
    write(&inside, VALID, 0o600);
    let error = directories.load_error(&inside);
    assert!(error.contains("inside the project"), "{error}");
    let link = directories.home.path().join("link.yaml");
    symlink(&inside, &link).unwrap();
    let error = directories.load_error(&link);
    assert!(error.contains("inside the project"), "{error}");
}

#[test]
fn load_file_inside_repository_of_project_fails() {
    let repository = tempfile::tempdir().unwrap();
    let project = repository.path().join("deploy");
    fs::create_dir(&project).unwrap();
    fs::create_dir(repository.path().join(".git")).unwrap();
    let path = repository.path().join("config.yaml");
    write(&path, "exec: {}", 0o600);
    assert!(load(&OperatorFile::Explicit(path), &project).is_err());
}

#[test]
fn load_device_or_relative_path_fails() {
    let directories = Directories::new();
    let error = directories.load_error(Path::new("/dev/null"));
    assert!(error.contains("regular"), "{error}");
    assert!(directories.load(Path::new("config.yaml")).is_err());
}

#[test]
fn load_invalid_command_fails_without_quoting_content() {
    let directories = Directories::new();
    let script = directories.project.path().join("script.sh");
    write(&script, "", 0o700);
    let script = script.display();
    for (text, part) in [
        ("exec: {a: {argv: []}}".to_owned(), "empty"),
        ("exec: {a: {argv: [echo]}}".to_owned(), "relative"),
        (
            format!("exec: {{a: {{argv: [/bin/sh, {script}]}}}}"),
            "inside",
        ),
        (
            "exec: {a: {argv: [/bin/a], env: [AIRBYTE_CLIENT_SECRET]}}".to_owned(),
            "credentials",
        ),
        (
            "exec: {a: {argv: [/bin/a], env: [AIRLIFT_LEDGER_OLD_KEY]}}".to_owned(),
            "credentials",
        ),
        (
            "exec: {a: {argv: [/bin/a], timeout_seconds: 0}}".to_owned(),
            "timeout",
        ),
        (
            "exec: {a: {argv: [/bin/a], shell: hunter2}}".to_owned(),
            "expected form",
        ),
        ("exec: hunter2".to_owned(), "expected form"),
    ] {
        let error = directories.load_text(&text).unwrap_err();
        assert!(error.contains(part), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn load_valid_stores_succeeds() {
    let directories = Directories::new();
    for text in [
        "stores: {prod-aws: {provider: 'awssm://eu-west-1', timeout_seconds: 5}}",
        "stores: {team-a: {provider: 'sops:///etc/a.yaml'}}",
    ] {
        assert_eq!(directories.load_text(text), Ok(()), "{text}");
    }
}

#[test]
fn load_invalid_store_fails_without_quoting_content() {
    let directories = Directories::new();
    let inside = directories.project.path().join("a.yaml");
    let inside = format!(
        "stores: {{a-b: {{provider: 'sops://{}'}}}}",
        inside.display()
    );
    for (text, part) in [
        ("stores: {vault: {provider: awssm}}", "hyphen"),
        (
            "stores: {a-b: {provider: awssm, timeout_seconds: 0}}",
            "timeout",
        ),
        ("stores: {a-b: {provider: 'sops://a.yaml'}}", "relative"),
        (inside.as_str(), "inside"),
        ("stores: {a-b: {uri: hunter2}}", "expected form"),
    ] {
        let error = directories.load_text(text).unwrap_err();
        assert!(error.contains(part), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn config_path_without_variable_is_in_home() {
    let home = |name: &str| (name == "HOME").then(|| "/home/x".to_owned());
    let default = OperatorFile::Default("/home/x/.config/airlift/config.yaml".into());
    assert_eq!(config_file(home), Some(default));
    assert_eq!(config_file(|_| None), None);
}
