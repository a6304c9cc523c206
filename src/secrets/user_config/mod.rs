//! Responsible for the user's own configuration, which defines the commands of the `exec` store and further stores:
//! the file `$AIRLIFT_CONFIG`, else `~/.config/airlift/config.yaml`.
//!
//! The configuration is never part of a project, because a change to the project's files must not choose which program
//! runs or which server receives requests. Refuses a file inside the project's tree, a file that others may write, and
//! a file that another user owns. Refuses a program inside the tree, a relative program path, and passing the
//! organization's own credentials to a command.

#[cfg(unix)]
#[cfg(test)]
mod tests;

use super::ResolveErrorKind;
use crate::model::is_alias;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Environment variables that no command receives.
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
    /// The environment variables that the command receives.
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

/// A store that references name by an alias.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProviderConfig {
    /// The store's address, for example `awssm://eu-west-1`.
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

/// Reads the configuration that the environment names, or the default one.
pub(super) fn open(project: &Path) -> Result<Option<UserConfig>, ResolveErrorKind> {
    let variable = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
    match ConfigPath::from_environment(variable) {
        Some(path) => path.load(project).map_err(ResolveErrorKind::NotConfigured),
        None => Ok(None),
    }
}

/// The path of the configuration.
#[derive(Debug, Eq, PartialEq)]
enum ConfigPath {
    /// `AIRLIFT_CONFIG`: the file must exist.
    Explicit(PathBuf),
    /// The path in the home directory: the file may be absent.
    Default(PathBuf),
}

impl ConfigPath {
    fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        if let Some(path) = variable("AIRLIFT_CONFIG") {
            return Some(Self::Explicit(path.into()));
        }
        let home = variable("HOME")?;
        let path = Path::new(&home).join(".config/airlift/config.yaml");
        Some(Self::Default(path))
    }

    /// Reads the configuration, if the file exists. The error quotes no content.
    fn load(&self, project: &Path) -> Result<Option<UserConfig>, String> {
        let (Self::Explicit(path) | Self::Default(path)) = self;
        let shown = path.display();
        if !path.is_absolute() {
            return Err(format!("{shown} is not an absolute path"));
        }
        match (path.canonicalize(), self) {
            (Ok(real), _) => read(&real, project)
                .map(Some)
                .map_err(|error| format!("{shown} {error}")),
            (Err(_), Self::Explicit(_)) => Err(format!("{shown} does not exist")),
            (Err(_), Self::Default(_)) => Ok(None),
        }
    }
}

/// Reads and checks the file at a canonical path. The error continues a sentence that begins with the path.
fn read(path: &Path, project: &Path) -> Result<UserConfig, String> {
    let tree = project_tree(project);
    if path.starts_with(&tree) {
        let error = "lies inside the project's tree, where a change to the project could change it";
        return Err(error.to_owned());
    }
    let file = open_private(path)?;
    let bytes =
        super::stores::file::content(file).map_err(|error| format!("cannot be used: {error}"))?;
    let config = decode(&bytes)?;
    for (name, program) in &config.exec {
        check_program(program, &tree)
            .map_err(|error| format!("is invalid: command `{name}` {error}"))?;
    }
    for (name, config) in &config.stores {
        check_provider(name, config, &tree)
            .map_err(|error| format!("is invalid: store `{name}` {error}"))?;
    }
    Ok(config)
}

/// The tree that a change to the project can reach: the surrounding repository, else the project's directory.
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
            let line = error.location().map_or(0, |location| location.line());
            format!("does not have the expected form (near line {line})")
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
        return Err(
            "needs a name of lowercase letters and digits with a hyphen, for example prod-aws",
        );
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
    // A SOPS file itself names the key services and the logins that decrypt it.
    let inside = |path: &Path| path.starts_with(tree);
    let real = file.canonicalize();
    if inside(file) || real.is_ok_and(|real| inside(&real)) {
        return Err("names a file inside the project's tree");
    }
    Ok(())
}

/// Opens a file that only this user or root can write.
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
    // In a world-writable directory, only the sticky bit prevents others from replacing files.
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
        return Err("or its directory belongs to another user");
    }
    if mode(metadata) & forbidden != 0 {
        return Err("or its directory can be written by others");
    }
    Ok(())
}

/// Opens a file. Does not check its owner and mode, which this system does not have.
#[cfg(not(unix))]
fn open_private(path: &Path) -> Result<File, &'static str> {
    File::open(path).map_err(|_| "cannot be read")
}
