//! Responsible for the names of environment variables that belong to the run and not to customers: airlift's own
//! variables, the logins of stores, and the credentials of CI runners.
//!
//! Does not read a variable.

use std::collections::BTreeMap;
use std::sync::LazyLock;

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

/// Variables that belong to the run, for one reason.
#[derive(Debug)]
pub struct ProtectedVariable {
    /// The names, separated by blanks. `*` stands for any characters.
    patterns: &'static str,
    /// The owner.
    pub owner: VariableOwner,
    /// What the variables contain, for messages.
    pub reason: &'static str,
}

const fn group(
    owner: VariableOwner,
    reason: &'static str,
    patterns: &'static str,
) -> ProtectedVariable {
    ProtectedVariable {
        patterns,
        owner,
        reason,
    }
}

use VariableOwner::{Airlift, Runner, StoreLogin};

const PROTECTED: &[ProtectedVariable] = &[
    group(Airlift, "the organization's own credentials", "AIRBYTE_*"),
    group(Airlift, "airlift's own settings and keys", "AIRLIFT_*"),
    group(
        Runner,
        "the login of a telemetry service",
        "OTEL_EXPORTER_*",
    ),
    // Logins of the stores that airlift and its `stores` features read, by the variables of the stores' own tools.
    group(StoreLogin, "the login of Vault", "VAULT_*"),
    group(StoreLogin, "the login of OpenBao", "BAO_*"),
    group(StoreLogin, "the login of AWS", "AWS_*"),
    group(
        StoreLogin,
        "the login of Azure",
        "ARM_ACCESS_KEY ARM_CLIENT_* ARM_OIDC_* ARM_SAS_TOKEN AZURE_* IDENTITY_HEADER MSI_SECRET",
    ),
    group(
        StoreLogin,
        "the login of Google Cloud",
        "CLOUDSDK_* GCLOUD_* GCP_SERVICE_ACCOUNT* GOOGLE_APPLICATION_CREDENTIALS* GOOGLE_CLOUD_KEYFILE_JSON \
         GOOGLE_CREDENTIALS* GOOGLE_GHA_CREDS_PATH GOOGLE_OAUTH_ACCESS_TOKEN GOOGLE_SERVICE_ACCOUNT*",
    ),
    group(
        StoreLogin,
        "the login of Bitwarden",
        "BWS_ACCESS_TOKEN BW_CLIENTID BW_CLIENTSECRET BW_PASSWORD BW_SESSION",
    ),
    group(StoreLogin, "the login of Doppler", "DOPPLER_TOKEN"),
    group(StoreLogin, "the login of Infisical", "INFISICAL_*"),
    group(
        StoreLogin,
        "the login of 1Password",
        "OP_CONNECT_* OP_SERVICE_ACCOUNT_TOKEN OP_SESSION*",
    ),
    group(StoreLogin, "the keys of SOPS", "SOPS_*"),
    group(StoreLogin, "the keys of age", "AGE_IDENTITY*"),
    // Credentials that CI runners set for each job.
    group(
        Runner,
        "a credential of GitHub Actions",
        "ACTIONS_* GITHUB_TOKEN",
    ),
    group(
        Runner,
        "a token for GitHub",
        "CR_PAT DEPLOY_KEY DEPLOY_TOKEN GHCR_* GH_* GITHUB_APP_* GITHUB_ENTERPRISE_TOKEN GITHUB_PAT \
         HOMEBREW_GITHUB_API_TOKEN PERSONAL_ACCESS_TOKEN RELEASE_TOKEN SSH_DEPLOY_KEY",
    ),
    group(Runner, "an input of a GitHub action", "INPUT_*"),
    group(
        Runner,
        "a variable of GitLab CI, such as the job's token",
        "CI_* GITLAB_PAT GITLAB_TOKEN",
    ),
    group(
        Runner,
        "an identity token of the runner",
        "*OIDC_TOKEN* *_ID_TOKEN ID_TOKEN* SIGSTORE_*",
    ),
    group(Runner, "a variable of Gitea Actions", "GITEA_*"),
    group(Runner, "a variable of Forgejo Actions", "FORGEJO_*"),
    group(Runner, "a variable of the runner's agent", "RUNNER_*"),
    group(
        Runner,
        "a credential of Azure Pipelines",
        "AZDO_* ENDPOINT_AUTH_* SECRET_SYSTEM_* SYSTEM_ACCESSTOKEN VSS_NUGET_*",
    ),
    group(
        Runner,
        "a variable of the CI system",
        "APPCIRCLE_* APPVEYOR_* BAMBOO_* BITBUCKET_* BITRISE_* BUILDKITE_* CIRCLE_* CIRRUS_* CODEBUILD_* \
         CODEFRESH_* CONCOURSE_* DRONE_* EARTHLY_* HARNESS_* JENKINS_* SEMAPHORE_* TEAMCITY_* TEKTON_* \
         TRAVIS_* WOODPECKER_*",
    ),
    group(
        Runner,
        "a token of a bot that updates dependencies",
        "DEPENDABOT_* RENOVATE_*",
    ),
    group(
        Runner,
        "a credential of Terraform",
        "ATLANTIS_* ENV0_* SCALR_* SPACELIFT_* TERRAGRUNT_* TFC_* TFE_TOKEN TF_API_TOKEN TF_TOKEN_* TF_VAR_*",
    ),
    group(Runner, "the token of Pulumi", "PULUMI_*"),
    group(
        Runner,
        "a credential of the platform that the runner deploys to",
        "ARGOCD_* CF_API_* CLOUDFLARE_* DIGITALOCEAN_* FIREBASE_TOKEN FLY_* GKE_* HCLOUD_TOKEN HEROKU_* \
         LINODE_TOKEN NETLIFY_* OPENSHIFT_* RAILWAY_* RANCHER_* RENDER_API_KEY SERVERLESS_ACCESS_KEY VERCEL_*",
    ),
    group(
        Runner,
        "a key of Google Cloud",
        "GCP_CREDENTIALS* GCP_SA_KEY*",
    ),
    group(Runner, "the login of Consul", "CONSUL_HTTP_*"),
    group(Runner, "the login of Nomad", "NOMAD_*"),
    group(
        Runner,
        "the login of Kubernetes",
        "HELM_* K8S_* KUBECONFIG* KUBE_*",
    ),
    // Registries and tools that publish or check what a runner builds.
    group(
        Runner,
        "the login of npm",
        "JSR_TOKEN NODE_AUTH_TOKEN NPM_* YARN_NPM_*",
    ),
    group(
        Runner,
        "the token of a Cargo registry",
        "CARGO_REGISTRIES_* CARGO_REGISTRY_* CRATES_IO_TOKEN",
    ),
    group(
        Runner,
        "the login of a container registry",
        "ACR_* DOCKERHUB_* DOCKER_* ECR_* GCR_* HARBOR_* QUAY_* REGISTRY_*",
    ),
    group(
        Runner,
        "the login of a Python index",
        "ANACONDA_* FLIT_* HATCH_* PDM_PUBLISH_* PIP_*INDEX_URL POETRY_* PYPI_* TESTPYPI_* TEST_PYPI_* \
         TWINE_* UV_*INDEX* UV_PUBLISH_*",
    ),
    group(
        Runner,
        "the login of RubyGems",
        "BUNDLE_* GEM_HOST_API_KEY* RUBYGEMS_*",
    ),
    group(Runner, "the key of NuGet", "NUGET_*"),
    group(
        Runner,
        "the login of a Java repository",
        "ARTIFACTORY_* GRADLE_* JFROG_* MAVEN_* NEXUS_* ORG_GRADLE_PROJECT_* OSSRH_* SONATYPE_*",
    ),
    group(
        Runner,
        "the login of a package registry",
        "CACHIX_* CLOJARS_* CLOUDSMITH_* COCOAPODS_* COMPOSER_AUTH GEMFURY_* GOPROXY HACKAGE_* HEX_API_KEY \
         PACKAGECLOUD_TOKEN SNAPCRAFT_*",
    ),
    group(
        Runner,
        "the token of an editor's marketplace",
        "OVSX_* VSCE_*",
    ),
    group(
        Runner,
        "a credential of an app store",
        "ANDROID_KEYSTORE* FASTLANE_* KEYSTORE_* MATCH_PASSWORD",
    ),
    group(
        Runner,
        "the token of a tool that checks code",
        "CC_TEST_REPORTER_ID CHROMATIC_PROJECT_TOKEN CODACY_* CODECLIMATE_* CODECOV_* COVERALLS_* \
         CYPRESS_RECORD_KEY FOSSA_API_KEY GITGUARDIAN_* INFRACOST_* NX_CLOUD_* PERCY_TOKEN SEMGREP_* \
         SENTRY_AUTH_TOKEN SNYK_* SONARQUBE_* SONAR_* TURBO_TOKEN",
    ),
    group(
        Runner,
        "the address of a channel to which the runner reports",
        "DISCORD_WEBHOOK* MSTEAMS_WEBHOOK* SLACK_WEBHOOK* TEAMS_WEBHOOK*",
    ),
    // The address of a proxy may contain a password.
    group(
        Runner,
        "the address of a proxy",
        "ALL_PROXY FTP_PROXY HTTPS_PROXY HTTP_PROXY",
    ),
    group(
        Runner,
        "the runner's SSH key",
        "SSH_AGENT_* SSH_AUTH_SOCK SSH_KEY SSH_PRIVATE_KEY",
    ),
    group(
        Runner,
        "the runner's signing key",
        "COSIGN_* GPG_* SIGNING_KEY*",
    ),
    group(Runner, "a setting of git", "GIT_*"),
];

/// A pattern, and the place of its group.
type Pattern = (&'static str, usize);

/// The patterns by their first character, so that a name is compared with few of them: a project has many references.
static BY_FIRST: LazyLock<BTreeMap<u8, Vec<Pattern>>> = LazyLock::new(|| {
    let mut by_first: BTreeMap<u8, Vec<Pattern>> = BTreeMap::new();
    for (place, group) in PROTECTED.iter().enumerate() {
        for pattern in group.patterns.split_whitespace() {
            let first = pattern.as_bytes()[0];
            by_first.entry(first).or_default().push((pattern, place));
        }
    }
    by_first
});

/// The group that protects a variable, if any. Upper and lower case are equal, as in the names of Windows.
pub fn protected_variable(name: &str) -> Option<&'static ProtectedVariable> {
    let name = name.to_ascii_uppercase();
    let firsts = [*name.as_bytes().first()?, b'*'];
    let candidates = firsts.iter().filter_map(|first| BY_FIRST.get(first));
    let groups = candidates
        .flatten()
        .filter(|(pattern, _)| matches_wildcard(pattern, &name))
        .map(|(_, place)| *place);
    PROTECTED.get(groups.min()?)
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
        protected_variable(name).map(|group| group.owner)
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
            ("GCP_SA_KEY", VariableOwner::Runner),
        ] {
            assert_eq!(owner(name), Some(expected), "{name}");
        }
    }

    #[test]
    fn protected_variable_of_a_runner_is_known() {
        for name in [
            "ATLANTIS_GH_TOKEN",
            "AZDO_PERSONAL_ACCESS_TOKEN",
            "BITBUCKET_STEP_OIDC_TOKEN",
            "BUILDKITE_AGENT_ACCESS_TOKEN",
            "CIRCLE_OIDC_TOKEN",
            "CLOUDFLARE_API_TOKEN",
            "CODECOV_TOKEN",
            "DOCKER_PASSWORD",
            "HEROKU_API_KEY",
            "ID_TOKEN_1",
            "JENKINS_API_TOKEN",
            "KUBE_CONFIG_DATA",
            "MAVEN_PASSWORD",
            "NETLIFY_AUTH_TOKEN",
            "NPM_TOKEN",
            "PYPI_API_TOKEN",
            "SIGSTORE_ID_TOKEN",
            "SLACK_WEBHOOK_URL",
            "SNYK_TOKEN",
            "SONAR_TOKEN",
            "TWINE_PASSWORD",
            "VSCE_PAT",
        ] {
            assert_eq!(owner(name), Some(VariableOwner::Runner), "{name}");
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
            "SLACK_TOKEN",
            "GITLAB_ACCESS_TOKEN",
            "ACME_NPM_TOKEN",
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
