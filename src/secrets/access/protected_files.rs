//! Responsible for the files with credentials of this run, which no reference reads under any name: files are compared
//! by device and inode.

use super::AccessError;
use std::ffi::OsString;
use std::fs::Metadata;
use std::path::{Path, PathBuf};

/// What the policy file is.
const POLICY: &str = "the operator's policy";

/// Variables that name a file of this run, with what the file contains.
const FILE_VARIABLES: &[(&str, &str)] = &[
    (
        "AIRBYTE_CLIENT_SECRET_FILE",
        "the organization's client secret",
    ),
    ("AIRLIFT_CONFIG", "the user's own configuration"),
    ("AIRLIFT_LEDGER_KEY_FILE", "the key of the ledger"),
    ("AIRLIFT_LEDGER_OLD_KEY_FILE", "the old key of the ledger"),
    ("AIRLIFT_POLICY", POLICY),
    ("AIRLIFT_VAULT_JWT_FILE", "the login of Vault"),
    (
        "AIRLIFT_WEBHOOK_SECRET_FILE",
        "the secret that signs the events of consents",
    ),
    ("AWS_CONFIG_FILE", "the login of AWS"),
    ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "the login of AWS"),
    ("AWS_SHARED_CREDENTIALS_FILE", "the login of AWS"),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "the login of AWS"),
    ("AZURE_CLIENT_CERTIFICATE_PATH", "the login of Azure"),
    ("AZURE_FEDERATED_TOKEN_FILE", "the login of Azure"),
    (
        "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE",
        "the login of Google Cloud",
    ),
    (
        "GOOGLE_APPLICATION_CREDENTIALS",
        "the login of Google Cloud",
    ),
    ("GOOGLE_GHA_CREDS_PATH", "the login of Google Cloud"),
    ("GOOGLE_SERVICE_ACCOUNT", "the login of Google Cloud"),
    ("GOOGLE_SERVICE_ACCOUNT_PATH", "the login of Google Cloud"),
    ("KUBECONFIG", "the login of Kubernetes"),
    ("NETRC", "a login of the user"),
    ("NPM_CONFIG_USERCONFIG", "the login of npm"),
    ("SOPS_AGE_KEY_FILE", "the keys of SOPS"),
    ("SOPS_AGE_SSH_PRIVATE_KEY_FILE", "the keys of SOPS"),
];

/// Files of this run below the home directory, with what the file contains.
const HOME_FILES: &[(&str, &str)] = &[
    (".aws/config", "the login of AWS"),
    (".aws/credentials", "the login of AWS"),
    (".cargo/credentials.toml", "the token of a Cargo registry"),
    (
        ".config/airlift/config.yaml",
        "the user's own configuration",
    ),
    (".config/airlift/policy.yaml", POLICY),
    (
        ".config/gcloud/application_default_credentials.json",
        "the login of Google Cloud",
    ),
    (".config/gh/hosts.yml", "the token of the GitHub CLI"),
    (".config/sops/age/keys.txt", "the keys of SOPS"),
    (".docker/config.json", "the login of a container registry"),
    (".git-credentials", "the login of git"),
    (".kube/config", "the login of Kubernetes"),
    (".netrc", "a login of the user"),
    (".npmrc", "the login of npm"),
    (".vault-token", "the login of Vault"),
];

/// The files with credentials of this run.
#[derive(Clone, Debug, Default)]
pub(super) struct ProtectedFiles(Vec<(PathBuf, &'static str)>);

impl ProtectedFiles {
    pub(super) fn from_environment(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let named = FILE_VARIABLES
            .iter()
            .filter_map(|(name, reason)| Some((PathBuf::from(variable(name)?), *reason)));
        let home = variable("HOME").map(PathBuf::from);
        let in_home = HOME_FILES
            .iter()
            .filter_map(|(path, reason)| Some((home.as_ref()?.join(path), *reason)))
            // Every file reference is compared with every protected file, so absent ones are left out.
            .filter(|(path, _)| path.exists());
        Self(named.chain(in_home).collect())
    }

    pub(super) fn reads_variable(name: &str) -> bool {
        name == "HOME" || FILE_VARIABLES.iter().any(|(variable, _)| *variable == name)
    }

    pub(super) fn add_policy(&mut self, path: PathBuf) {
        self.0.push((path, POLICY));
    }

    /// Checks a file by the metadata of the open file. A hard link or another spelling of the path is the same file.
    pub(super) fn check(&self, path: &Path, metadata: &Metadata) -> Result<(), AccessError> {
        self.0
            .iter()
            .find(|(protected, _)| is_same_file(protected, path, metadata))
            .map_or(Ok(()), |(_, reason)| {
                Err(AccessError::ProtectedFile(reason))
            })
    }
}

#[cfg(unix)]
fn is_same_file(protected: &Path, _path: &Path, metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    protected.metadata().is_ok_and(|protected| {
        (protected.dev(), protected.ino()) == (metadata.dev(), metadata.ino())
    })
}

/// Compares the paths without links, because this system's metadata has no inode.
#[cfg(not(unix))]
fn is_same_file(protected: &Path, path: &Path, _metadata: &Metadata) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    real(protected).is_some_and(|protected| real(path) == Some(protected))
}
