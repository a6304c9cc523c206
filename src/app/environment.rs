//! Responsible for the environment variables that a command reads, and for the signal that
//! interrupts it.
//!
//! Reads of the variables of secret stores only the credentials, so that no reference reads them under
//! another name.

use crate::ledger::SharedStore;
use crate::secrets::{OwnCredentials, SecretAccess};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::Notify;

/// Prefixes of the variables that airlift reads.
const OWN_PREFIXES: [&str; 2] = ["AIRBYTE_", "AIRLIFT_"];
/// The prefix of the variables that say where traces go.
const TRACES_PREFIX: &str = "OTEL_";
/// The variable that names the span of the caller.
const CALLER: &str = "TRACEPARENT";
/// The directory of the user's own configuration.
const HOME: &str = "HOME";
/// The variable that a runner of GitHub Actions sets.
const GITHUB_RUNNER: &str = "GITHUB_ACTIONS";
/// The variables in which CI runners name the commit.
pub(super) const COMMIT_VARIABLES: [&str; 4] = [
    "GITHUB_SHA",
    "CI_COMMIT_SHA",
    "BUILD_SOURCEVERSION",
    "BITBUCKET_COMMIT",
];
/// The variables in which CI runners and systems name the user.
const USER_VARIABLES: [&str; 6] = [
    "GITHUB_ACTOR",
    "GITLAB_USER_LOGIN",
    "BUILD_REQUESTEDFOR",
    "BITBUCKET_STEP_TRIGGERER_UUID",
    "USER",
    "USERNAME",
];
/// Prefixes of the variables that configure object stores, for a shared ledger.
const OBJECT_STORE_PREFIXES: [&str; 3] = ["AWS_", "AZURE_", "GOOGLE_"];

/// The environment of a run. Not printable, because it contains the client secret.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<OsString, OsString>,
    /// Interrupts the run in place of a signal.
    interrupt: Option<Arc<Notify>>,
    /// The address of a shared store, and the store in memory to use for it.
    store_override: Option<(String, SharedStore)>,
    /// The policy file that the command line names.
    policy_file: Option<PathBuf>,
    /// The environment of the project that the command line names.
    project_environment: Option<String>,
}

impl Environment {
    /// Reads the environment of this process.
    pub fn read() -> Self {
        Self {
            variables: std::env::vars_os()
                .filter(|(name, _)| {
                    name == HOME
                        || name == GITHUB_RUNNER
                        || (cfg!(feature = "otel") && is_for_traces(name))
                        || COMMIT_VARIABLES.iter().any(|variable| name == variable)
                        || USER_VARIABLES.iter().any(|variable| name == variable)
                        || name.to_str().is_some_and(super::network::is_named)
                        || name.to_str().is_some_and(super::exposure::is_named)
                        || starts_with_one_of(name, &OWN_PREFIXES)
                        || starts_with_one_of(name, &OBJECT_STORE_PREFIXES)
                        || name.to_str().is_some_and(SecretAccess::reads_variable)
                        || name.to_str().is_some_and(OwnCredentials::is_credential)
                })
                .collect(),
            ..Self::default()
        }
    }

    /// Replaces the store at an address of `--ledger` by a store in memory.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn with_store_override(self, address: &str, shared: SharedStore) -> Self {
        Self {
            store_override: Some((address.to_owned(), shared)),
            ..self
        }
    }

    pub(super) fn store_override(&self, address: &str) -> Option<SharedStore> {
        let (name, shared) = self.store_override.as_ref()?;
        (name == address).then(|| shared.clone())
    }

    /// Sets the policy file that the command line names.
    #[must_use]
    pub(crate) fn with_policy_file(self, path: Option<PathBuf>) -> Self {
        Self {
            policy_file: path,
            ..self
        }
    }

    /// The policy file that the command line names.
    pub(super) fn policy_file(&self) -> Option<&Path> {
        self.policy_file.as_deref()
    }

    /// Sets the environment of the project that the command line names.
    #[must_use]
    pub(crate) fn with_project_environment(self, name: Option<String>) -> Self {
        Self {
            project_environment: name,
            ..self
        }
    }

    /// The environment of the project that the command line or `AIRLIFT_ENV` names.
    pub(super) fn project_environment(&self) -> Option<String> {
        self.project_environment
            .clone()
            .or_else(|| self.text("AIRLIFT_ENV"))
    }

    /// The variables that configure object stores.
    pub(super) fn object_store_variables(&self) -> Vec<(String, String)> {
        self.variables
            .iter()
            .filter(|(name, _)| starts_with_one_of(name, &OBJECT_STORE_PREFIXES))
            .filter_map(|(name, value)| {
                Some((name.to_str()?.to_owned(), value.to_str()?.to_owned()))
            })
            .collect()
    }

    /// The values of the variables that are credentials of this run.
    pub(super) fn own_credentials(&self) -> OwnCredentials {
        let texts = self.variables.iter();
        texts
            .filter_map(|(name, value)| Some((name.to_str()?, value.to_str()?)))
            .fold(OwnCredentials::default(), |own, (name, value)| {
                own.with(name, value)
            })
    }

    /// Lets `interrupt` stop a run in place of a signal.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn interrupted_by(self, interrupt: Arc<Notify>) -> Self {
        Self {
            interrupt: Some(interrupt),
            ..self
        }
    }

    /// Waits for the interruption of the run.
    pub(crate) async fn interruption(&self) {
        match &self.interrupt {
            Some(interrupt) => interrupt.notified().await,
            None => super::signal().await,
        }
    }

    /// The value of a variable, if it is UTF-8 and not empty. Line breaks at its ends are no part of the value: a
    /// mounted file or a command added them.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let value = self.raw(name)?.to_str()?.trim_matches(['\r', '\n']);
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// Whether this process runs in GitHub Actions.
    pub(crate) fn is_github_runner(&self) -> bool {
        self.text(GITHUB_RUNNER).as_deref() == Some("true")
    }

    /// The user who runs the command, as the CI runner or the system names it.
    pub(super) fn user(&self) -> Option<String> {
        USER_VARIABLES.iter().find_map(|name| self.text(name))
    }

    /// The value of a variable.
    pub(super) fn raw(&self, name: &str) -> Option<&OsStr> {
        self.variables
            .get(OsStr::new(name))
            .map(OsString::as_os_str)
    }
}

impl<N: Into<OsString>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self {
            variables: variables
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            ..Self::default()
        }
    }
}

fn is_for_traces(name: &OsStr) -> bool {
    name == CALLER || starts_with_one_of(name, &[TRACES_PREFIX])
}

fn starts_with_one_of(name: &OsStr, prefixes: &[&str]) -> bool {
    let name = name.to_str().unwrap_or_default();
    prefixes.iter().any(|prefix| name.starts_with(prefix))
}
