//! Responsible for the user's own configuration, which names the commands of the `exec` store and further stores.
//!
//! It is `$AIRLIFT_CONFIG`, else `~/.config/airlift/config.yaml`, and never part of a project: a change to the
//! project's files must not choose which program runs or which server is asked. Refuses a file inside the project's
//! tree, a file that others may write, and a file that another user owns. Refuses programs inside the tree, relative
//! programs, and passing the organization's own credentials on.

use super::ResolveErrorKind;
use crate::model::is_alias;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Never handed to a command.
const WITHHELD: [&str; 4] = [
    "AIRBYTE_CLIENT_ID",
    "AIRBYTE_CLIENT_SECRET",
    "AIRLIFT_LEDGER_KEY",
    "AIRLIFT_LEDGER_OLD_KEY",
];
/// The time limit of a command or store without `timeout_seconds`.
const DEFAULT_TIMEOUT_SECONDS: u64 = 10;
/// The largest `timeout_seconds`.
const MAX_TIMEOUT_SECONDS: u64 = 600;

/// A command that the `exec` store may run.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Program {
    pub(super) argv: Vec<String>,
    #[serde(default = "default_timeout")]
    timeout_seconds: u64,
    /// Variables that are handed on.
    #[serde(default)]
    pub(super) env: Vec<String>,
}

fn default_timeout() -> u64 {
    DEFAULT_TIMEOUT_SECONDS
}

impl Program {
    pub(super) fn deadline(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds)
    }
}

/// A store behind an alias.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProviderConfig {
    /// Where it is, as in `awssm://eu-west-1`.
    pub(super) provider: String,
    #[serde(default = "default_timeout")]
    timeout_seconds: u64,
}

impl ProviderConfig {
    pub(super) fn deadline(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds)
    }
}

/// The user's own configuration.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UserConfig {
    #[serde(default)]
    pub(super) exec: BTreeMap<String, Program>,
    #[serde(default)]
    pub(super) stores: BTreeMap<String, ProviderConfig>,
}

/// From where the environment says; nothing when there is none. The error says what is the
/// matter with it.
pub(super) fn open(project: &Path) -> Result<Option<UserConfig>, ResolveErrorKind> {
    let variable = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
    let Some((path, named)) = config_path(variable) else {
        return Ok(None);
    };
    load(&path, named, project).map_err(ResolveErrorKind::NotConfigured)
}

/// Where the configuration is looked for, and whether it was named.
fn config_path(variable: impl Fn(&str) -> Option<String>) -> Option<(PathBuf, bool)> {
    if let Some(path) = variable("AIRLIFT_CONFIG") {
        return Some((path.into(), true));
    }
    let home = variable("HOME")?;
    Some((Path::new(&home).join(".config/airlift/config.yaml"), false))
}

/// Reads the configuration; nothing when there is none. The error says what is the matter and
/// quotes nothing.
fn load(path: &Path, named: bool, project: &Path) -> Result<Option<UserConfig>, String> {
    let shown = path.display();
    if !path.is_absolute() {
        return Err(format!("{shown} is not an absolute path"));
    }
    let Ok(real) = path.canonicalize() else {
        let missing = format!("{shown} does not exist");
        return if named { Err(missing) } else { Ok(None) };
    };
    let tree = project_tree(project);
    if real.starts_with(&tree) {
        return Err(format!(
            "{shown} lies inside the project's tree, where a change to the project could change it"
        ));
    }
    let file = open_private(&real).map_err(|what| format!("{shown} {what}"))?;
    let text = super::stores::file::content(file).map_err(|why| format!("{shown}: {why}"))?;
    let config = decode(&text).map_err(|what| format!("{shown} {what}"))?;
    for (name, program) in &config.exec {
        check_program(program, &tree)
            .map_err(|what| format!("{shown}: command `{name}` {what}"))?;
    }
    for (name, config) in &config.stores {
        check_provider(name, config, &tree)
            .map_err(|what| format!("{shown}: store `{name}` {what}"))?;
    }
    Ok(Some(config))
}

/// The tree that a change to the project can reach: the repository around it, else its directory.
fn project_tree(project: &Path) -> PathBuf {
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

fn decode(bytes: &[u8]) -> Result<UserConfig, String> {
    if bytes.is_empty() {
        return Ok(UserConfig::default());
    }
    serde_yaml::from_slice::<Option<UserConfig>>(bytes)
        .map(Option::unwrap_or_default)
        .map_err(|error| {
            let line = error.location().map_or(0, |place| place.line());
            format!("is not understood (near line {line})")
        })
}

fn check_program(program: &Program, tree: &Path) -> Result<(), &'static str> {
    let first = program.argv.first().ok_or("has an empty `argv`")?;
    if !Path::new(first).is_absolute() {
        return Err("names its program by a relative path");
    }
    let inside = |argument: &String| {
        let path = Path::new(argument);
        path.is_absolute() && path.canonicalize().is_ok_and(|real| real.starts_with(tree))
    };
    if program.argv.iter().any(inside) {
        return Err("names a file inside the project's tree");
    }
    if !(1..=MAX_TIMEOUT_SECONDS).contains(&program.timeout_seconds) {
        return Err("has a `timeout_seconds` outside 1 to 600");
    }
    if program.env.iter().any(|name| WITHHELD.contains(&&**name)) {
        return Err("asks for the organization's own credentials in `env`");
    }
    Ok(())
}

fn check_provider(name: &str, config: &ProviderConfig, tree: &Path) -> Result<(), &'static str> {
    if !is_alias(name) {
        return Err("needs a name of small letters and digits with a hyphen, as in prod-aws");
    }
    if !(1..=MAX_TIMEOUT_SECONDS).contains(&config.timeout_seconds) {
        return Err("has a `timeout_seconds` outside 1 to 600");
    }
    let Some(file) = super::stores::provider::file_of(&config.provider) else {
        return Ok(());
    };
    let file = Path::new(file);
    if !file.is_absolute() {
        return Err("names its file by a relative path");
    }
    // A SOPS file says itself which key services are asked, and with which login.
    let inside = |path: &Path| path.starts_with(tree);
    let real = file.canonicalize();
    if inside(file) || real.is_ok_and(|real| inside(&real)) {
        return Err("names a file inside the project's tree");
    }
    Ok(())
}

/// Opens a file that nobody else could have written.
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
    // In a directory that everybody may write, the sticky bit alone keeps files in place.
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
        return Err("or its directory belongs to somebody else");
    }
    if mode(metadata) & forbidden != 0 {
        return Err("or its directory can be written by others");
    }
    Ok(())
}

/// Opens a file; who may write it is the system's business here.
#[cfg(not(unix))]
fn open_private(path: &Path) -> Result<File, &'static str> {
    File::open(path).map_err(|_| "cannot be read")
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::{config_path, load};
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::Path;

    fn write(path: &Path, text: &str, mode: u32) {
        fs::write(path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn the_configuration_is_outside_the_project_and_the_users_own() {
        let project = tempfile::tempdir().unwrap();
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("config.yaml");
        let text = "exec: {one: {argv: [/bin/echo, x], env: [HOME]}}";
        let told = |path: &Path| load(path, true, project.path()).map(|found| found.is_some());
        assert!(told(&path).unwrap_err().ends_with("does not exist"));
        assert!(load(&path, false, project.path()).unwrap().is_none());
        write(&path, text, 0o600);
        assert_eq!(told(&path), Ok(true));
        for mode in [0o620, 0o602, 0o666] {
            write(&path, text, mode);
            let error = told(&path).unwrap_err();
            assert!(error.ends_with("written by others"), "{error}");
        }
        let inside = project.path().join("config.yaml");
        write(&inside, text, 0o600);
        assert!(told(&inside).unwrap_err().contains("inside the project"));
        let link = home.path().join("link.yaml");
        symlink(&inside, &link).unwrap();
        assert!(told(&link).unwrap_err().contains("inside the project"));
        assert!(
            told(Path::new("/dev/null"))
                .unwrap_err()
                .contains("regular")
        );
        assert!(told(Path::new("config.yaml")).is_err());
        let open = home.path().join("open");
        fs::create_dir(&open).unwrap();
        write(&open.join("config.yaml"), text, 0o600);
        fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(told(&open.join("config.yaml")).is_err());
    }

    #[test]
    fn a_repository_counts_as_a_whole() {
        let repository = tempfile::tempdir().unwrap();
        let project = repository.path().join("deploy");
        fs::create_dir(&project).unwrap();
        fs::create_dir(repository.path().join(".git")).unwrap();
        let path = repository.path().join("config.yaml");
        write(&path, "exec: {}", 0o600);
        assert!(load(&path, true, &project).is_err());
    }

    #[test]
    fn commands_are_exact_and_get_no_credentials() {
        let project = tempfile::tempdir().unwrap();
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("config.yaml");
        let told = |text: &str| {
            write(&path, text, 0o600);
            load(&path, true, project.path()).map(|_| ()).unwrap_err()
        };
        let script = project.path().join("script.sh");
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
                "not understood",
            ),
            ("exec: hunter2".to_owned(), "not understood"),
        ] {
            let error = told(&text);
            assert!(
                error.contains(part) && !error.contains("hunter2"),
                "{error}"
            );
        }
    }

    #[test]
    fn stores_have_a_name_that_no_store_of_ours_has() {
        let project = tempfile::tempdir().unwrap();
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("config.yaml");
        let told = |text: &str| {
            write(&path, text, 0o600);
            load(&path, true, project.path()).map(|_| ())
        };
        let fine = "stores: {prod-aws: {provider: 'awssm://eu-west-1', timeout_seconds: 5}}";
        assert_eq!(told(fine), Ok(()));
        assert_eq!(
            told("stores: {team-a: {provider: 'sops:///etc/a.yaml'}}"),
            Ok(())
        );
        let inside = project.path().join("a.yaml");
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
            ("stores: {a-b: {uri: hunter2}}", "not understood"),
        ] {
            let error = told(text).unwrap_err();
            let fits = error.contains(part) && !error.contains("hunter2");
            assert!(fits, "{error}");
        }
    }

    #[test]
    fn the_place_is_named_or_in_the_home() {
        let home = |name: &str| (name == "HOME").then(|| "/home/x".to_owned());
        let (path, named) = config_path(home).unwrap();
        assert_eq!(path, Path::new("/home/x/.config/airlift/config.yaml"));
        assert!(!named && config_path(|_| None).is_none());
    }
}
