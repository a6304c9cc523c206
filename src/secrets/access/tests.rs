//! Tests of the rules for what references may read.

use super::{AccessError, SecretAccess};
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn access(variables: &[(&str, &Path)]) -> SecretAccess {
    SecretAccess::from_environment(|name| {
        let (_, value) = variables.iter().find(|(variable, _)| *variable == name)?;
        Some(OsString::from(value))
    })
}

fn with_variables(patterns: &str) -> SecretAccess {
    access(&[("AIRLIFT_SECRET_ENV", Path::new(patterns))])
}

fn with_root(root: &Path) -> SecretAccess {
    access(&[("AIRLIFT_SECRET_ROOTS", root)])
}

/// A project directory below a temporary directory.
struct Fixture {
    directory: TempDir,
}

impl Fixture {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("project")).unwrap();
        Self { directory }
    }

    fn project(&self) -> PathBuf {
        self.directory.path().join("project")
    }

    fn write(&self, path: &str) -> PathBuf {
        let path = self.directory.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "secret").unwrap();
        path
    }

    /// Checks a file reference before a run and at the read, which have to agree about an existing file.
    fn check(&self, access: &SecretAccess, path: impl AsRef<Path>) -> Result<(), AccessError> {
        let path = path.as_ref();
        let checked = access.check_file(&self.project(), path).map(drop);
        let opened = access.locate(&self.project(), path).and_then(|file| {
            let path = file.root.join(file.below);
            access.check_opened(&path, &path.metadata().unwrap())
        });
        assert_eq!(checked, opened, "{}", path.display());
        checked
    }
}

#[test]
fn check_variable_of_the_run_is_refused_whatever_the_operator_allows() {
    for patterns in ["*", "AIRBYTE_CLIENT_SECRET:AIRLIFT_LEDGER_KEY:VAULT_TOKEN"] {
        let access = with_variables(patterns);
        for name in ["AIRBYTE_CLIENT_SECRET", "AIRLIFT_LEDGER_KEY", "VAULT_TOKEN"] {
            let error = access.check_variable(name);
            assert!(
                matches!(error, Err(AccessError::ProtectedVariable(_))),
                "{patterns}: {name}"
            );
        }
    }
}

#[test]
fn check_variable_of_the_runner_needs_its_exact_name() {
    let name = "GITHUB_TOKEN";
    let refused = [
        SecretAccess::default().check_variable(name),
        with_variables("*:GITHUB_*").check_variable(name),
        with_variables("GITHUB_TOKEN_2").check_variable(name),
    ];
    for error in refused {
        assert!(matches!(error, Err(AccessError::RunnerVariable(_))));
    }
    assert_eq!(
        with_variables("*:GITHUB_TOKEN").check_variable(name),
        Ok(())
    );
}

#[test]
fn check_variable_without_patterns_allows_all_others() {
    let access = SecretAccess::default();
    assert_eq!(access.check_variable("ACME_TOKEN"), Ok(()));
}

#[test]
fn check_variable_outside_patterns_is_refused() {
    let access = with_variables("ACME_*:GLOBEX_*");
    assert_eq!(access.check_variable("ACME_TOKEN"), Ok(()));
    assert_eq!(access.check_variable("GLOBEX_TOKEN"), Ok(()));
    for name in ["INITECH_TOKEN", "MY_ACME_TOKEN", "acme_TOKEN"] {
        let error = access.check_variable(name);
        assert_eq!(error, Err(AccessError::VariableNotAllowed), "{name}");
    }
    let none = with_variables("").check_variable("ACME_TOKEN");
    assert_eq!(none, Err(AccessError::VariableNotAllowed));
}

#[test]
fn check_file_below_hidden_directory_is_refused() {
    let fixture = Fixture::new();
    let access = SecretAccess::default();
    for path in [".git/config", ".airlift/ledger/a.json", "a/.b/c"] {
        fixture.write(&format!("project/{path}"));
        let error = fixture.check(&access, path);
        assert_eq!(error, Err(AccessError::HiddenDirectory), "{path}");
    }
    symlink(".git", fixture.project().join("link")).unwrap();
    let error = fixture.check(&access, "link/config");
    assert_eq!(error, Err(AccessError::HiddenDirectory));
    let absent = access.check_file(&fixture.project(), Path::new("link/absent"));
    assert_eq!(absent, Err(AccessError::HiddenDirectory));
}

#[test]
fn check_hidden_file_is_allowed_unless_it_usually_contains_credentials() {
    let fixture = Fixture::new();
    let access = SecretAccess::default();
    fixture.write("project/secrets/.env");
    assert_eq!(fixture.check(&access, "secrets/.env"), Ok(()));
    for name in [".netrc", ".npmrc", ".git-credentials"] {
        fixture.write(&format!("project/{name}"));
        let error = fixture.check(&access, name);
        assert!(
            matches!(error, Err(AccessError::ProtectedFile(_))),
            "{name}"
        );
    }
}

#[test]
fn check_hidden_directory_that_is_a_root_is_allowed() {
    let fixture = Fixture::new();
    let secret = fixture.write("project/.secrets/acme/token");
    let access = with_root(&fixture.project().join(".secrets"));
    assert_eq!(fixture.check(&access, ".secrets/acme/token"), Ok(()));
    assert_eq!(fixture.check(&access, &secret), Ok(()));
    let hidden = fixture.write("project/.secrets/.git/config");
    let error = fixture.check(&access, hidden);
    assert_eq!(error, Err(AccessError::HiddenDirectory));
}

#[test]
fn check_kubernetes_mount_below_root_is_allowed() {
    let fixture = Fixture::new();
    fixture.write("root/acme/..2026_01_01/token");
    let mount = fixture.directory.path().join("root/acme");
    symlink("..2026_01_01", mount.join("..data")).unwrap();
    symlink("..data/token", mount.join("token")).unwrap();
    let access = with_root(&fixture.directory.path().join("root"));
    assert_eq!(fixture.check(&access, mount.join("token")), Ok(()));
}

#[test]
fn check_platform_token_below_root_is_refused() {
    let fixture = Fixture::new();
    let access = with_root(&fixture.directory.path().join("root"));
    for directory in [
        "kubernetes.io",
        "eks.amazonaws.com",
        "pods.eks.amazonaws.com",
        "ack.alibabacloud.com",
        "codeengine.cloud.ibm.com",
    ] {
        let token = fixture.write(&format!("root/{directory}/serviceaccount/token"));
        let error = fixture.check(&access, token);
        assert_eq!(error, Err(AccessError::PlatformToken), "{directory}");
    }
}

#[test]
fn check_platform_token_of_default_roots_is_refused_where_it_does_not_exist() {
    let fixture = Fixture::new();
    for path in [
        "/run/secrets/kubernetes.io/serviceaccount/token",
        "/var/run/secrets/eks.amazonaws.com/serviceaccount/token",
        "/var/run/secrets/azure/tokens/azure-identity-token",
        "/run/secrets/tokens/vault-token",
        "/var/run/secrets/tokens/gcp-ksa/token",
        "/run/secrets/vault-token",
        "/run/secrets/rhsm/rhsm.conf",
    ] {
        let error = SecretAccess::default().check_file(&fixture.project(), Path::new(path));
        assert_eq!(error, Err(AccessError::PlatformToken), "{path}");
    }
}

#[test]
fn check_file_of_a_login_is_refused_under_every_name() {
    let fixture = Fixture::new();
    let login = fixture.write("project/gha-creds.json");
    fs::hard_link(&login, fixture.project().join("copy")).unwrap();
    symlink("gha-creds.json", fixture.project().join("link")).unwrap();
    for variable in [
        "AIRBYTE_CLIENT_SECRET_FILE",
        "AIRLIFT_VAULT_JWT_FILE",
        "AIRLIFT_WEBHOOK_SECRET_FILE",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AZURE_FEDERATED_TOKEN_FILE",
        "GOOGLE_APPLICATION_CREDENTIALS",
    ] {
        let access = access(&[(variable, &login)]);
        for path in ["gha-creds.json", "./gha-creds.json", "copy", "link"] {
            let error = fixture.check(&access, path);
            let is_refused = matches!(error, Err(AccessError::ProtectedFile(_)));
            assert!(is_refused, "{variable}: {path}");
        }
    }
}

#[test]
fn check_file_of_the_users_configuration_is_refused() {
    let fixture = Fixture::new();
    let config = fixture.write("home/.config/airlift/config.yaml");
    fs::hard_link(config, fixture.project().join("copy")).unwrap();
    let access = access(&[("HOME", &fixture.directory.path().join("home"))]);
    let error = fixture.check(&access, "copy");
    assert!(matches!(error, Err(AccessError::ProtectedFile(_))));
}

#[test]
fn check_policy_file_of_the_command_line_is_refused_under_every_name() {
    let fixture = Fixture::new();
    let policy = fixture.write("root/policy.yaml");
    fs::hard_link(&policy, fixture.project().join("copy")).unwrap();
    let access = with_root(&fixture.directory.path().join("root"));
    assert_eq!(fixture.check(&access, &policy), Ok(()));
    let access = access.with_policy(Some(policy.clone()));
    for path in [policy.as_path(), Path::new("copy")] {
        let error = fixture.check(&access, path);
        let is_refused = matches!(error, Err(AccessError::ProtectedFile(_)));
        assert!(is_refused, "{}: {error:?}", path.display());
    }
}

#[test]
fn check_link_without_target_is_refused() {
    let fixture = Fixture::new();
    symlink("../globex/token", fixture.project().join("token")).unwrap();
    let access = SecretAccess::default();
    let error = access.check_file(&fixture.project(), Path::new("token"));
    assert_eq!(error, Err(AccessError::DanglingLink));
}

#[test]
fn check_file_that_does_not_exist_is_allowed() {
    let fixture = Fixture::new();
    let access = SecretAccess::default();
    for path in ["secrets/acme/token", "/run/secrets/airlift-test-absent"] {
        let checked = access.check_file(&fixture.project(), Path::new(path));
        assert_eq!(checked, Ok(None), "{path}");
    }
}

#[test]
fn check_field_with_the_name_of_a_protected_variable_is_refused() {
    let fixture = Fixture::new();
    fixture.write("project/.env");
    fixture.write("project/values.yaml");
    symlink(".env", fixture.project().join("link")).unwrap();
    let check = |reference: &str| {
        let reference = reference.parse().unwrap();
        SecretAccess::default().check(&fixture.project(), &reference)
    };
    for name in ["ci.env", "CI.ENV", ".env~", ".flaskenv", "env"] {
        fixture.write(&format!("project/{name}"));
    }
    for path in [".env", "values.yaml", "link"] {
        for name in [
            "AIRBYTE_CLIENT_SECRET",
            "VAULT_TOKEN",
            "GITHUB_TOKEN",
            "env.AIRBYTE_CLIENT_SECRET",
            "ci.VAULT_TOKEN.value",
        ] {
            let error = check(&format!("${{file:{path}#{name}}}"));
            let is_protected = matches!(error, Err(AccessError::ProtectedVariable(_)));
            assert!(is_protected, "{path}#{name}: {error:?}");
        }
        let customer = check(&format!("${{file:{path}#ACME_TOKEN}}"));
        assert!(customer.is_ok(), "{path}: {customer:?}");
    }
    let files = [
        ".env",
        "link",
        "ci.env",
        "CI.ENV",
        ".env~",
        ".flaskenv",
        "env",
    ];
    for path in files {
        let error = check(&format!("${{file:{path}}}"));
        let is_protected = matches!(error, Err(AccessError::ProtectedFile(_)));
        assert!(is_protected, "{path}: {error:?}");
    }
    assert_eq!(check("${file:values.yaml}"), Ok(None));
}
