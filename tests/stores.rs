//! Tests of further stores: the binary reads AWS Secrets Manager and Parameter Store, which `moto` emulates, and applies
//! to the sandbox. Needs the feature `stores-aws`. `AIRLIFT_TEST_MOTO` is the path of a `moto_server` program.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

#[expect(dead_code, reason = "the stores need a part of it")]
mod support;

use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Output;
use support::files::files;
use support::moto::Moto;
use support::project::Project;
use tempfile::TempDir;

const PROJECT: &str = r#"version: 1
stores: [prod-aws, prod-params]
secret_policy: [{files: airlift.yaml, allow: ["prod-aws:acme/", "prod-params:/acme/"]}]
customers:
  - name: acme
    connectors:
      - {name: Hub 1, type: github, credentials: {token: "${prod-aws:acme/one#github.token}"}}
      - {name: Hub 2, type: github, credentials: {token: "${prod-aws:acme/one#other}"}}
      - {name: Hub 3, type: github, credentials: {token: "${prod-aws:acme/two}"}}
      - {name: Hub 4, type: github, credentials: {token: "${prod-params:/acme/four}"}}
"#;

impl Moto {
    /// Sends one request of the AWS JSON protocol.
    async fn call(&self, service: &str, target: &str, body: Value) {
        let request = self
            .http
            .post(&self.address)
            .header("X-Amz-Target", target)
            .header("Content-Type", "application/x-amz-json-1.1")
            .header("Authorization", Self::authorization("eu-west-1", service))
            .body(body.to_string());
        let status = request.send().await.unwrap().status();
        assert!(status.is_success(), "{target}: {status}");
    }

    async fn create(&self, name: &str, value: &str) {
        let body =
            json!({"Name": name, "SecretString": value, "ClientRequestToken": "0".repeat(32)});
        self.call("secretsmanager", "secretsmanager.CreateSecret", body)
            .await;
    }

    async fn put(&self, name: &str, value: &str) {
        let token = format!("{:032}", value.len());
        let body = json!({"SecretId": name, "SecretString": value, "ClientRequestToken": token});
        self.call("secretsmanager", "secretsmanager.PutSecretValue", body)
            .await;
    }

    async fn parameter(&self, name: &str, value: &str) {
        let body = json!({"Name": name, "Value": value, "Type": "SecureString", "Overwrite": true});
        self.call("ssm", "AmazonSSM.PutParameter", body).await;
    }
}

/// A project, and a home directory with the configuration that defines the stores.
struct Workspace {
    project: Project,
    home: TempDir,
}

impl Workspace {
    fn new(address: &str) -> Self {
        let (mut project, home) = (Project::new(), tempfile::tempdir().unwrap());
        project.write("airlift.yaml", PROJECT);
        for (name, value) in [
            ("HOME", home.path().to_str().unwrap()),
            ("AWS_ENDPOINT_URL", address),
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            // Variables that the library reads in other uses and has to ignore here.
            ("SECRETSPEC_PROVIDER", "dotenv:///dev/null"),
            ("SECRETSPEC_PROFILE", "elsewhere"),
        ] {
            project.set(name, value);
        }
        let stores = "stores:
  prod-aws: {provider: 'awssm://eu-west-1', timeout_seconds: 60}
  prod-params: {provider: 'awsps://eu-west-1', timeout_seconds: 60}\n";
        std::fs::create_dir_all(home.path().join(".config/airlift")).unwrap();
        let config = home.path().join(".config/airlift/config.yaml");
        std::fs::write(&config, stores).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let private = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(&config, private).unwrap();
        }
        Self { project, home }
    }

    fn run(&self, line: &str) -> Run {
        let arguments: Vec<&str> = line.split_whitespace().chain(["--sandbox"]).collect();
        Run(self.project.command(&arguments).output().unwrap())
    }

    fn edit(&self, from: &str, to: &str) {
        self.project.edit(from, to);
    }

    /// Every file below the home directory.
    fn files(&self) -> Vec<PathBuf> {
        files(self.home.path(), &|_| true)
    }
}

struct Run(Output);

impl Run {
    /// Checks the exit code and that the output contains no secret. Returns the output.
    fn exits(&self, code: i32) -> String {
        let streams = [&self.0.stdout, &self.0.stderr];
        let text = streams.map(|bytes| String::from_utf8_lossy(bytes)).concat();
        assert_eq!(self.0.status.code(), Some(code), "{text}");
        assert!(!text.contains("vAlUe"), "{text}");
        text
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs AIRLIFT_TEST_MOTO, the path of a `moto_server` program"]
async fn aws_stores_plan_rotates_only_changed_secrets() {
    let mut moto = Moto::start().await;
    let secret = |token: &str| json!({"github": {"token": token}, "other": "vAlUe-2"}).to_string();
    moto.create("acme/one", &secret("vAlUe-1")).await;
    moto.create("acme/two", "vAlUe-3").await;
    moto.parameter("/acme/four", "vAlUe-4").await;
    let workspace = Workspace::new(&moto.address);
    let doctor = workspace.run("doctor").exits(0);
    assert!(doctor.contains("3 secrets can be resolved"), "{doctor}");

    let before = moto.requests();
    let applied = workspace.run("apply --auto-approve").exits(0);
    assert!(applied.contains("5 added"), "{applied}");
    // One request per store reads the three secrets of two stores.
    assert_eq!(moto.requests() - before, 2);
    let plan = workspace.run("plan --detailed-exitcode").exits(0);
    assert!(plan.contains("No changes."), "{plan}");

    moto.put("acme/one", &secret("vAlUe-1-new")).await;
    let plan = workspace.run("plan --detailed-exitcode").exits(2);
    let rotated = plan.contains("! acme/Hub 1") && !plan.contains("! acme/Hub 2");
    assert!(rotated, "{plan}");
    let applied = workspace.run("apply --auto-approve").exits(0);
    assert!(
        applied.contains("1 added, 0 changed, 1 destroyed"),
        "{applied}"
    );
    workspace.run("plan --detailed-exitcode").exits(0);

    workspace.edit("acme/two", "acme/none");
    let missing = workspace.run("apply --auto-approve").exits(11);
    let is_named = missing.contains("${prod-aws:acme/none}: the store has no such secret");
    assert!(is_named, "{missing}");
    workspace.edit("acme/none", "globex/two");
    let refused = workspace.run("validate").exits(1);
    assert!(refused.contains("reference_not_allowed"), "{refused}");
    workspace.edit("globex/two", "acme/two");

    moto.stop();
    let unverified = workspace.run("plan").exits(0);
    assert!(unverified.contains("No changes."), "{unverified}");
    workspace.edit("#other", "#github.token");
    let down = workspace.run("apply --auto-approve").exits(11);
    assert!(down.contains("the store cannot be reached"), "{down}");
    // The library wrote no audit log and no cache.
    assert_eq!(workspace.files().len(), 1, "{:?}", workspace.files());
}
