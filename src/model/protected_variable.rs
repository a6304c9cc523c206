//! Responsible for the names of environment variables that belong to the run and not to customers: airlift's own
//! variables, the logins of stores, and the credentials of CI runners.
//!
//! Does not read a variable.

/// To whom a protected variable belongs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum VariableOwner {
    /// airlift itself. No reference reads the variable, and no command of the `exec` store receives it.
    Airlift,
    /// The login of a secret store or of the ledger's store. No reference reads the variable.
    StoreLogin,
    /// The CI runner or a package registry. References read the variable only if the operator allows its exact name.
    Runner,
}

/// A variable, or a group of variables, that belongs to the run.
#[derive(Debug)]
pub struct ProtectedVariable {
    /// The name. `*` stands for any characters.
    pattern: &'static str,
    /// The owner.
    pub owner: VariableOwner,
    /// What the variable contains, for messages.
    pub reason: &'static str,
}

const fn row(
    owner: VariableOwner,
    pattern: &'static str,
    reason: &'static str,
) -> ProtectedVariable {
    ProtectedVariable {
        pattern,
        owner,
        reason,
    }
}

use VariableOwner::{Airlift, Runner, StoreLogin};

const PROTECTED: &[ProtectedVariable] = &[
    row(Airlift, "AIRBYTE_*", "the organization's own credentials"),
    row(Airlift, "AIRLIFT_*", "airlift's own settings and keys"),
    // Logins of the stores that airlift and its `stores` features read, by the variables of the stores' own tools.
    row(StoreLogin, "VAULT_*", "the login of Vault"),
    row(StoreLogin, "BAO_*", "the login of OpenBao"),
    row(StoreLogin, "AWS_*", "the login of AWS"),
    row(StoreLogin, "AZURE_*", "the login of Azure"),
    row(StoreLogin, "ARM_ACCESS_KEY", "the login of Azure"),
    row(StoreLogin, "ARM_CLIENT_*", "the login of Azure"),
    row(StoreLogin, "ARM_OIDC_*", "the login of Azure"),
    row(StoreLogin, "ARM_SAS_TOKEN", "the login of Azure"),
    row(StoreLogin, "IDENTITY_HEADER", "the login of Azure"),
    row(StoreLogin, "MSI_SECRET", "the login of Azure"),
    row(
        StoreLogin,
        "GOOGLE_APPLICATION_CREDENTIALS*",
        "the login of Google Cloud",
    ),
    row(
        StoreLogin,
        "GOOGLE_CREDENTIALS*",
        "the login of Google Cloud",
    ),
    row(
        StoreLogin,
        "GOOGLE_CLOUD_KEYFILE_JSON",
        "the login of Google Cloud",
    ),
    row(
        StoreLogin,
        "GOOGLE_GHA_CREDS_PATH",
        "the login of Google Cloud",
    ),
    row(
        StoreLogin,
        "GOOGLE_OAUTH_ACCESS_TOKEN",
        "the login of Google Cloud",
    ),
    row(
        StoreLogin,
        "GOOGLE_SERVICE_ACCOUNT*",
        "the login of Google Cloud",
    ),
    row(
        StoreLogin,
        "GCP_SERVICE_ACCOUNT*",
        "the login of Google Cloud",
    ),
    row(StoreLogin, "GCLOUD_*", "the login of Google Cloud"),
    row(StoreLogin, "CLOUDSDK_*", "the login of Google Cloud"),
    row(StoreLogin, "BWS_ACCESS_TOKEN", "the login of Bitwarden"),
    row(StoreLogin, "BW_CLIENTID", "the login of Bitwarden"),
    row(StoreLogin, "BW_CLIENTSECRET", "the login of Bitwarden"),
    row(StoreLogin, "BW_PASSWORD", "the login of Bitwarden"),
    row(StoreLogin, "BW_SESSION", "the login of Bitwarden"),
    row(StoreLogin, "DOPPLER_TOKEN", "the login of Doppler"),
    row(StoreLogin, "INFISICAL_*", "the login of Infisical"),
    row(StoreLogin, "OP_CONNECT_*", "the login of 1Password"),
    row(
        StoreLogin,
        "OP_SERVICE_ACCOUNT_TOKEN",
        "the login of 1Password",
    ),
    row(StoreLogin, "OP_SESSION*", "the login of 1Password"),
    row(StoreLogin, "SOPS_*", "the keys of SOPS"),
    row(StoreLogin, "AGE_IDENTITY*", "the keys of age"),
    // Credentials that CI runners set for each job.
    row(Runner, "ACTIONS_*", "a credential of GitHub Actions"),
    row(Runner, "GITHUB_TOKEN", "the token of GitHub Actions"),
    row(Runner, "GITHUB_PAT", "a token of the GitHub CLI"),
    row(Runner, "GITHUB_APP_*", "the key of a GitHub app"),
    row(Runner, "GH_*", "a token of the GitHub CLI"),
    row(
        Runner,
        "GITHUB_ENTERPRISE_TOKEN",
        "the token of the GitHub CLI",
    ),
    row(Runner, "INPUT_*", "an input of a GitHub action"),
    row(
        Runner,
        "CI_*",
        "a variable of GitLab CI, such as the job's token",
    ),
    row(Runner, "GITLAB_TOKEN", "the token of the GitLab CLI"),
    row(Runner, "GITLAB_PAT", "the token of the GitLab CLI"),
    row(Runner, "GITEA_*", "a variable of Gitea Actions"),
    row(Runner, "FORGEJO_*", "a variable of Forgejo Actions"),
    row(Runner, "RUNNER_*", "a variable of the runner's agent"),
    row(Runner, "CODEBUILD_*", "a variable of AWS CodeBuild"),
    row(Runner, "WOODPECKER_*", "a variable of Woodpecker"),
    row(Runner, "APPVEYOR_*", "a variable of AppVeyor"),
    row(Runner, "CODEFRESH_*", "a variable of Codefresh"),
    row(Runner, "RENOVATE_*", "a variable of Renovate"),
    row(Runner, "DEPENDABOT_*", "a variable of Dependabot"),
    row(Runner, "SYSTEM_ACCESSTOKEN", "the token of Azure Pipelines"),
    row(
        Runner,
        "ENDPOINT_AUTH_*",
        "a service connection of Azure Pipelines",
    ),
    row(Runner, "SECRET_SYSTEM_*", "a credential of Azure Pipelines"),
    row(Runner, "BITBUCKET_*", "a variable of Bitbucket Pipelines"),
    row(Runner, "CIRCLE_*", "a variable of CircleCI"),
    row(Runner, "BUILDKITE_*", "a variable of Buildkite"),
    row(Runner, "JENKINS_*", "a variable of Jenkins"),
    row(Runner, "DRONE_*", "a variable of Drone"),
    row(Runner, "TRAVIS_*", "a variable of Travis CI"),
    row(Runner, "TEAMCITY_*", "a variable of TeamCity"),
    row(Runner, "SEMAPHORE_*", "a variable of Semaphore"),
    row(Runner, "SPACELIFT_*", "a variable of Spacelift"),
    row(Runner, "TFC_*", "a variable of HCP Terraform"),
    row(Runner, "TFE_TOKEN", "the token of HCP Terraform"),
    row(Runner, "TF_TOKEN_*", "the token of a Terraform registry"),
    row(Runner, "VERCEL_OIDC_TOKEN", "the token of Vercel"),
    // Registries and tools that publish what a runner builds.
    row(Runner, "NPM_TOKEN", "the token of npm"),
    row(Runner, "NODE_AUTH_TOKEN", "the token of npm"),
    row(Runner, "NPM_CONFIG_*", "a setting of npm"),
    row(Runner, "CARGO_REGISTRY_TOKEN", "the token of crates.io"),
    row(
        Runner,
        "CARGO_REGISTRIES_*",
        "the token of a Cargo registry",
    ),
    row(
        Runner,
        "DOCKER_AUTH_CONFIG",
        "the login of a container registry",
    ),
    row(
        Runner,
        "DOCKER_PASSWORD",
        "the login of a container registry",
    ),
    row(Runner, "DOCKER_TOKEN", "the login of a container registry"),
    row(Runner, "DOCKERHUB_*", "the login of Docker Hub"),
    row(
        Runner,
        "REGISTRY_AUTH*",
        "the login of a container registry",
    ),
    row(Runner, "PYPI_TOKEN", "the token of PyPI"),
    row(Runner, "TWINE_*", "the login of PyPI"),
    row(Runner, "UV_PUBLISH_*", "the login of PyPI"),
    row(Runner, "POETRY_*", "the login of PyPI"),
    row(Runner, "GEM_HOST_API_KEY*", "the key of RubyGems"),
    row(Runner, "RUBYGEMS_API_KEY", "the key of RubyGems"),
    row(Runner, "NUGET_*", "the key of NuGet"),
    row(Runner, "HOMEBREW_GITHUB_API_TOKEN", "the token of Homebrew"),
    row(Runner, "CODECOV_TOKEN", "the token of Codecov"),
    row(Runner, "SONAR_TOKEN", "the token of SonarQube"),
    row(Runner, "YARN_NPM_*", "the token of npm"),
    row(Runner, "COMPOSER_AUTH", "the login of Composer"),
    row(Runner, "PIP_*INDEX_URL", "the login of a Python index"),
    row(Runner, "UV_*INDEX*", "the login of a Python index"),
    row(Runner, "SENTRY_AUTH_TOKEN", "the token of the Sentry CLI"),
    row(Runner, "PULUMI_ACCESS_TOKEN", "the token of Pulumi"),
    row(Runner, "CONSUL_HTTP_*", "the login of Consul"),
    row(Runner, "NOMAD_*", "the login of Nomad"),
    row(Runner, "KUBECONFIG", "the login of Kubernetes"),
    row(Runner, "KUBE_TOKEN", "the login of Kubernetes"),
    // The address of a proxy may contain a password.
    row(Runner, "HTTP_PROXY", "the address of a proxy"),
    row(Runner, "HTTPS_PROXY", "the address of a proxy"),
    row(Runner, "FTP_PROXY", "the address of a proxy"),
    row(Runner, "ALL_PROXY", "the address of a proxy"),
    row(Runner, "SSH_PRIVATE_KEY", "the runner's SSH key"),
    row(Runner, "SSH_AUTH_SOCK", "the runner's SSH agent"),
    row(Runner, "SSH_AGENT_*", "the runner's SSH agent"),
    row(Runner, "GPG_PASSPHRASE", "the runner's signing key"),
    row(Runner, "GPG_PRIVATE_KEY", "the runner's signing key"),
    row(Runner, "COSIGN_*", "the runner's signing key"),
    row(Runner, "GIT_*", "a setting of git"),
];

/// The row that protects a variable, if any. Upper and lower case are equal, as in the names of Windows.
pub fn protected_variable(name: &str) -> Option<&'static ProtectedVariable> {
    let name = name.to_ascii_uppercase();
    PROTECTED
        .iter()
        .find(|row| matches_wildcard(row.pattern, &name))
}

/// Whether a text matches a pattern. `*` stands for any characters, and every other character for itself.
pub fn matches_wildcard(pattern: &str, text: &str) -> bool {
    let Some((prefix, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(prefix) else {
        return false;
    };
    let (middle, suffix) = rest.rsplit_once('*').unwrap_or(("", rest));
    // The first place of each part leaves the most text for the parts after it, so that no other place
    // has to be tried: patterns come from files, and trying all places takes exponential time.
    for part in middle.split('*') {
        match text.split_once(part) {
            Some((_, after)) => text = after,
            None => return false,
        }
    }
    text.ends_with(suffix)
}

#[cfg(test)]
mod tests {
    use super::{VariableOwner, matches_wildcard, protected_variable};

    fn owner(name: &str) -> Option<VariableOwner> {
        protected_variable(name).map(|row| row.owner)
    }

    #[test]
    fn protected_variable_names_its_owner() {
        for (name, expected) in [
            ("AIRBYTE_CLIENT_SECRET", VariableOwner::Airlift),
            ("airbyte_client_secret", VariableOwner::Airlift),
            ("AIRLIFT_LEDGER_KEY", VariableOwner::Airlift),
            ("VAULT_TOKEN", VariableOwner::StoreLogin),
            ("AWS_SECRET_ACCESS_KEY", VariableOwner::StoreLogin),
            ("GOOGLE_APPLICATION_CREDENTIALS", VariableOwner::StoreLogin),
            ("AZURE_CLIENT_SECRET", VariableOwner::StoreLogin),
            ("GITHUB_TOKEN", VariableOwner::Runner),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", VariableOwner::Runner),
            ("CI_JOB_TOKEN", VariableOwner::Runner),
            ("CI_JOB_JWT_V2", VariableOwner::Runner),
            ("SYSTEM_ACCESSTOKEN", VariableOwner::Runner),
            ("CARGO_REGISTRY_TOKEN", VariableOwner::Runner),
            ("GITEA_TOKEN", VariableOwner::Runner),
            ("FORGEJO_TOKEN", VariableOwner::Runner),
            ("CODEBUILD_AUTH_TOKEN", VariableOwner::Runner),
            ("RUNNER_TOKEN", VariableOwner::Runner),
            ("GITHUB_PAT", VariableOwner::Runner),
            ("GH_TOKEN", VariableOwner::Runner),
            ("CONSUL_HTTP_TOKEN", VariableOwner::Runner),
            ("NOMAD_TOKEN", VariableOwner::Runner),
            ("https_proxy", VariableOwner::Runner),
            ("ALL_PROXY", VariableOwner::Runner),
            ("SSH_AUTH_SOCK", VariableOwner::Runner),
            ("DOCKER_AUTH_CONFIG", VariableOwner::Runner),
            ("PIP_EXTRA_INDEX_URL", VariableOwner::Runner),
        ] {
            assert_eq!(owner(name), Some(expected), "{name}");
        }
    }

    #[test]
    fn protected_variable_of_a_customer_is_none() {
        for name in [
            "ACME_GITHUB_TOKEN",
            "GITHUB_TOKEN_ACME",
            "GOOGLE_ADS_TOKEN",
            "HUBSPOT_CLIENT_SECRET",
            "CIRCUIT_TOKEN",
            "GHOST_ADMIN_KEY",
            "ACME_HTTPS_PROXY",
            "ACME_SSH_PRIVATE_KEY",
            "SENTRY_TOKEN",
            "AIRBYTE",
        ] {
            assert_eq!(owner(name), None, "{name}");
        }
    }

    #[test]
    fn matches_wildcard_star_stands_for_any_characters() {
        for (pattern, text, expected) in [
            ("ACME_*", "ACME_X", true),
            ("ACME_*", "ACME_", true),
            ("ACME_*", "ACME", false),
            ("*_TOKEN", "ACME_TOKEN", true),
            ("A*C*E", "ABCDE", true),
            ("A*C*E", "ABDE", false),
            ("A*B*B", "AB", false),
            ("A*B*B", "ABB", true),
            ("*A*", "BAB", true),
            ("ACME", "ACME_X", false),
            ("*", "", true),
            ("", "A", false),
        ] {
            assert_eq!(
                matches_wildcard(pattern, text),
                expected,
                "{pattern} {text}"
            );
        }
    }

    #[test]
    fn matches_wildcard_with_many_stars_ends() {
        let pattern = "*a".repeat(60) + "*b";
        assert!(!matches_wildcard(&pattern, &"a".repeat(4_000)));
    }
}
