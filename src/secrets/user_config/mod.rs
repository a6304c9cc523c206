//! Responsible for the user's own configuration, which defines the commands of the `exec` store and
//! further stores: the file `$AIRLIFT_CONFIG`, else `~/.config/airlift/config.yaml`.
//!
//! The configuration is never part of a project, because a change to the project's files must not
//! choose which program runs or which server receives requests. Refuses a program inside the
//! project's tree, a relative program path, and passing the organization's own credentials to a
//! command.

#[cfg(unix)]
#[cfg(test)]
mod tests;

use super::ResolveErrorKind;
use super::operator_file::{OperatorFile, project_tree};
use crate::model::{VariableOwner, is_alias, protected_variable};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

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
    match config_file(variable) {
        Some(file) => load(&file, project).map_err(ResolveErrorKind::NotConfigured),
        None => Ok(None),
    }
}

fn config_file(variable: impl Fn(&str) -> Option<String>) -> Option<OperatorFile> {
    if let Some(path) = variable("AIRLIFT_CONFIG") {
        return Some(OperatorFile::Explicit(path.into()));
    }
    let home = variable("HOME")?;
    let path = Path::new(&home).join(".config/airlift/config.yaml");
    Some(OperatorFile::Default(path))
}

/// Reads and checks the configuration, if the file exists. The error quotes no content.
fn load(file: &OperatorFile, project: &Path) -> Result<Option<UserConfig>, String> {
    let shown = file.path().display();
    file.read(project)
        .and_then(|bytes| bytes.map(|bytes| checked(&bytes, project)).transpose())
        .map_err(|error| format!("{shown} {error}"))
}

/// Decodes and checks a configuration. The error continues a sentence that begins with the path.
fn checked(bytes: &[u8], project: &Path) -> Result<UserConfig, String> {
    let tree = project_tree(project);
    let config = decode(bytes)?;
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
    if program.env.iter().any(|name| is_withheld(name)) {
        return Err("asks for the organization's own credentials in `env`");
    }
    Ok(())
}

/// Whether no command receives a variable. The operator may pass other protected variables by name, because a command
/// may need its own login.
fn is_withheld(name: &str) -> bool {
    protected_variable(name).is_some_and(|row| row.owner == VariableOwner::Airlift)
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
