//! Responsible for what references may read: the environment variables, the files and the directories that the
//! operator of a run allows. The operator's environment sets these rules, and a project's files cannot change them.
//!
//! Does not judge `stores` and `secret_policy`, which the project file sets. Does not read a value.

mod error;
mod file;
#[cfg(unix)]
#[cfg(test)]
mod link_tests;
mod protected_files;
#[cfg(unix)]
#[cfg(test)]
mod tests;

pub use error::AccessError;
pub(in crate::secrets) use file::SecretFile;

use crate::model::{SecretRef, StoreKind, VariableOwner, matches_wildcard, protected_variable};
use protected_files::ProtectedFiles;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::Metadata;
use std::path::{Path, PathBuf};

/// The directories that absolute references may read if `AIRLIFT_SECRET_ROOTS` is not set.
const DEFAULT_ROOTS: [&str; 2] = ["/run/secrets", "/var/run/secrets"];

/// The rules for what references may read.
#[derive(Clone, Debug)]
pub struct SecretAccess {
    /// The directories that absolute file references may read.
    roots: Vec<PathBuf>,
    /// The patterns in `AIRLIFT_SECRET_ENV`. None: every variable that is not protected.
    variables: Option<Vec<String>>,
    protected_files: ProtectedFiles,
    /// Where links led when the project was loaded. None before that.
    links: Option<SecretLinks>,
}

/// The references of a project that read a file through links: the path of each, and the path that the links lead to.
pub type SecretLinks = BTreeMap<PathBuf, PathBuf>;

impl Default for SecretAccess {
    fn default() -> Self {
        Self::from_environment(|_| None)
    }
}

impl SecretAccess {
    /// Reads the rules from `AIRLIFT_SECRET_ROOTS`, `AIRLIFT_SECRET_ENV`, and the variables that name the files of this
    /// run's logins.
    pub fn from_environment(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let roots = match variable("AIRLIFT_SECRET_ROOTS") {
            Some(roots) => std::env::split_paths(&roots)
                .filter(|root| root.is_absolute())
                .collect(),
            None => DEFAULT_ROOTS.map(PathBuf::from).into(),
        };
        // A value that is not UTF-8 matches no variable, so it allows none.
        let variables = variable("AIRLIFT_SECRET_ENV").map(|patterns| {
            patterns
                .to_str()
                .unwrap_or_default()
                .split(':')
                .map(str::to_owned)
                .collect()
        });
        Self {
            roots,
            variables,
            protected_files: ProtectedFiles::from_environment(variable),
            links: None,
        }
    }

    /// Whether [`Self::from_environment`] reads a variable.
    pub fn reads_variable(name: &str) -> bool {
        ProtectedFiles::reads_variable(name)
    }

    /// Protects the policy file that the command line names.
    #[must_use]
    pub fn with_policy(mut self, path: Option<PathBuf>) -> Self {
        if let Some(path) = path {
            self.protected_files.add_policy(path);
        }
        self
    }

    /// Refuses files to which links lead now and did not lead when the project was loaded.
    #[must_use]
    pub fn with_links(self, links: SecretLinks) -> Self {
        Self {
            links: Some(links),
            ..self
        }
    }

    /// Checks a reference without reading the value. If links lead to another file, returns that path as a reference
    /// would name it. A file that does not exist passes, because a secret often exists only where a run takes place.
    pub fn check(
        &self,
        project: &Path,
        reference: &SecretRef,
    ) -> Result<Option<PathBuf>, AccessError> {
        match reference.store {
            StoreKind::Env => self.check_variable(&reference.path).map(|()| None),
            StoreKind::File => {
                let target = self.check_file(project, Path::new(&reference.path))?;
                check_field(project, reference)?;
                Ok(target)
            }
            _ => Ok(None),
        }
    }

    /// Checks a file that is open, by its metadata.
    pub(in crate::secrets) fn check_opened(
        &self,
        path: &Path,
        metadata: &Metadata,
    ) -> Result<(), AccessError> {
        self.protected_files.check(path, metadata)
    }

    /// Checks a file of the project itself, whose content commands show: it must not have credentials.
    pub fn check_configuration(&self, path: &Path, metadata: &Metadata) -> Result<(), AccessError> {
        self.protected_files.check(path, metadata)?;
        file::refuse_credential_name(path)?;
        if is_dotenv(path) {
            return Err(AccessError::ProtectedFile("variables of an environment"));
        }
        Ok(())
    }

    /// Checks the name of an environment variable.
    pub(in crate::secrets) fn check_variable(&self, name: &str) -> Result<(), AccessError> {
        let patterns = self.variables.as_deref();
        let is_exact = patterns.is_some_and(|all| all.iter().any(|pattern| pattern == name));
        match protected_variable(name) {
            Some(row) if row.owner == VariableOwner::Runner && is_exact => return Ok(()),
            Some(row) if row.owner == VariableOwner::Runner => {
                return Err(AccessError::RunnerVariable(row.reason));
            }
            Some(row) => return Err(AccessError::ProtectedVariable(row.reason)),
            None => {}
        }
        let is_allowed =
            patterns.is_none_or(|all| all.iter().any(|pattern| matches_wildcard(pattern, name)));
        is_allowed
            .then_some(())
            .ok_or(AccessError::VariableNotAllowed)
    }
}

/// Checks the field of a file: a dotenv file of the run can contain the credentials of the run. Such
/// a file as a whole is never one customer's secret.
fn check_field(project: &Path, reference: &SecretRef) -> Result<(), AccessError> {
    match &reference.field {
        // A field can be nested: `env.AIRBYTE_CLIENT_SECRET`.
        Some(field) => match field.split('.').find_map(protected_variable) {
            Some(row) => Err(AccessError::ProtectedVariable(row.reason)),
            None => Ok(()),
        },
        None if is_dotenv(&project.join(&reference.path)) => Err(AccessError::ProtectedFile(
            "variables of an environment; name one with `#`",
        )),
        None => Ok(()),
    }
}

/// Whether a path, or the file that it leads to, has a name that files of variables have: `.env`,
/// `.env.…` and the like, `….env`, `.flaskenv` or `env`.
fn is_dotenv(path: &Path) -> bool {
    let has_name = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| {
            name.starts_with(".env")
                || name.to_ascii_lowercase().ends_with(".env")
                || [".flaskenv", "env"].contains(&name)
        })
    };
    has_name(path) || path.canonicalize().is_ok_and(|real| has_name(&real))
}
