//! Responsible for the checks of `doctor` on exposure: credentials of the run in files of the project, and settings of a
//! CI job that print variables. Shows no credential.

use super::credentials::own_credentials;
use super::{Environment, Invocation};
use crate::config::Project;
use crate::files::{self, FileError};
use crate::model::{HealthCheck, SecretValue, first_names};
use crate::secrets::OwnCredentials;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

const SUBJECT: &str = "exposure";
/// The most bytes of a file that is searched. Larger files are named.
const MOST_BYTES: u64 = 16 << 20;
/// The most bytes of all files that are searched.
const MOST_BYTES_IN_ALL: usize = 128 << 20;
/// Variables with which a CI job prints more than its commands do, and what it prints.
const TRACES: [(&str, &str); 4] = [
    ("ACTIONS_STEP_DEBUG", "the inputs of each step"),
    ("CI_DEBUG_SERVICES", "the output of its services"),
    ("CI_DEBUG_TRACE", "every variable with its value"),
    ("SYSTEM_DEBUG", "the inputs of each task"),
];

/// The variable with the options of the shell that started the command.
const SHELL_OPTIONS: &str = "SHELLOPTS";

/// Whether the checks read a variable.
pub(super) fn is_named(variable: &str) -> bool {
    variable == SHELL_OPTIONS || TRACES.iter().any(|(name, _)| *name == variable)
}

/// What others could read.
pub(super) fn check_exposure(invocation: Invocation<'_>, project: &Project) -> Vec<HealthCheck> {
    let own = own_credentials(invocation.env);
    let mut checks = credentials_in_files(project, &own);
    checks.extend(traces(invocation.env));
    checks
}

/// Looks for credentials of the run in the files of the project, and in the other files of its directory, such as `.env`.
fn credentials_in_files(project: &Project, own: &OwnCredentials) -> Vec<HealthCheck> {
    if own.is_empty() {
        return Vec::new();
    }
    let mut unsearched: Vec<String> = Vec::new();
    let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut left = MOST_BYTES_IN_ALL;
    for path in paths(project, &mut unsearched) {
        match text_of(&path) {
            Ok(Some((text, length))) => {
                let Some(rest) = left.checked_sub(length) else {
                    unsearched.push(format!(
                        "{} (the files before it are large)",
                        path.display()
                    ));
                    continue;
                };
                left = rest;
                if let Some(reason) = own.contained_in(&text) {
                    let names = by_reason.entry(reason).or_default();
                    names.push(path.display().to_string());
                }
            }
            Ok(None) => {}
            Err(reason) => unsearched.push(format!("{} ({reason})", path.display())),
        }
    }
    let checks = by_reason.into_iter().map(|(reason, names)| {
        let detail = format!("{} has {reason}", first_names(&names));
        let hint = "keep it outside of the project, and replace it if others have the file";
        HealthCheck::warn(SUBJECT, detail, hint)
    });
    checks.chain(not_searched(&unsearched)).collect()
}

/// The project's files, and the other ones of its directory.
fn paths(project: &Project, unsearched: &mut Vec<String>) -> BTreeSet<PathBuf> {
    let mut paths: BTreeSet<PathBuf> = project.files.iter().cloned().collect();
    match project.root.read_dir() {
        Ok(entries) => paths.extend(entries.flatten().map(|entry| entry.path())),
        Err(error) => unsearched.push(format!("{} ({error})", project.root.display())),
    }
    paths
}

/// Says which files may have credentials that the search did not find.
fn not_searched(files: &[String]) -> Option<HealthCheck> {
    (!files.is_empty()).then(|| {
        let detail = format!("not searched for credentials: {}", first_names(files));
        let hint = "make sure that they have no credential of the run";
        HealthCheck::warn(SUBJECT, detail, hint)
    })
}

/// The text of a regular file with its bytes, or why it is not read. Follows no link, and opens no pipe.
fn text_of(path: &Path) -> Result<Option<(SecretValue, usize)>, String> {
    let parts = path.parent().zip(path.file_name());
    if path.is_symlink() && path.is_file() {
        return Err("is a link".to_owned());
    }
    let Some((directory, name)) = parts.filter(|_| is_file(path)) else {
        return Ok(None);
    };
    let directory = if directory.as_os_str().is_empty() {
        Path::new(".")
    } else {
        directory
    };
    let name = Path::new(name);
    let unreadable = |error: FileError| error.kind.to_string();
    let Some(file) = files::open_read(directory, name).map_err(unreadable)? else {
        return Ok(None);
    };
    let bytes = files::read_to_limit(directory, name, &file, MOST_BYTES).map_err(unreadable)?;
    let text = String::from_utf8(bytes).unwrap_or_else(|error| {
        // A file that is no text may hold a credential, too.
        let bytes = Zeroizing::new(error.into_bytes());
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let length = text.len();
    Ok(Some((SecretValue::new(text), length)))
}

fn is_file(path: &Path) -> bool {
    path.symlink_metadata()
        .is_ok_and(|metadata| metadata.is_file())
}

fn traces(env: &Environment) -> Vec<HealthCheck> {
    let is_set = |name: &str| {
        let value = env.text(name).unwrap_or_default().to_lowercase();
        !["", "0", "false"].contains(&value.as_str())
    };
    let set = TRACES.into_iter().filter(|(name, _)| is_set(name));
    let mut checks: Vec<HealthCheck> = set
        .map(|(name, prints)| {
            let detail = format!("{name} is set, so the log of the job shows {prints}");
            HealthCheck::warn(SUBJECT, detail, "unset it for jobs that have credentials")
        })
        .collect();
    let options = env.text(SHELL_OPTIONS).unwrap_or_default();
    if options.split(':').any(|option| option == "xtrace") {
        let detail = "the shell prints each command with its values (`set -x`)";
        checks.push(HealthCheck::warn(
            SUBJECT,
            detail,
            "leave `set -x` out of jobs that have credentials",
        ));
    }
    checks
}
