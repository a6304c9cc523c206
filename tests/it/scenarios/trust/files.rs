//! Tests of files that a pull request can commit: links, further project files, special files.

use super::{assert_code, assert_hides};
use crate::support::{PROJECT, TestEnv, options};
use serde_json::json;
use std::os::unix::fs::symlink;
use std::path::Path;

const POLICY: &str = r#"version: 1
include: [customers/*.yaml]
secret_policy:
  - {files: customers/acme.yaml, allow: ["file:secrets/acme/"]}
  - {files: customers/globex.yaml, allow: ["file:secrets/globex/"]}
"#;

/// A customer file with a GitHub connector whose token is in a file.
fn customer_file(name: &str, secret: &str) -> String {
    format!(
        "customers:\n  - name: {name}\n    connectors:\n      - {{name: {name} hub, type: github, \
         credentials: {{token: \"${{file:{secret}}}\"}}}}\n"
    )
}

/// A project in which a policy gives each customer its own secrets.
fn project_with_policy() -> TestEnv {
    let env = TestEnv::with(POLICY, options());
    let globex = customer_file("globex", "secrets/globex/token");
    env.write(
        "customers/acme.yaml",
        &customer_file("acme", "secrets/acme/token"),
    );
    env.write("customers/globex.yaml", &globex);
    env.write("secrets/globex/token", "GLOBEX-SECRET-canary-777");
    env.write("secrets/acme/own", "ACME-SECRET");
    env
}

/// Asserts that `validate` and `apply` fail, that nothing is created for acme, and that the secret of
/// globex is not displayed.
fn assert_policy_holds(env: &TestEnv) {
    for arguments in [&["validate"][..], &["plan"], &["apply", "--auto-approve"]] {
        let output = env.run(arguments);
        assert_ne!(output.code, Some(0), "{arguments:?}\n{output}");
        assert_code(&output, "reference_not_allowed");
        assert_hides(&output, "canary-777");
    }
    assert_eq!(env.world().connectors().count(), 0);
}

#[test]
fn policy_with_link_to_secret_of_another_customer_is_enforced() {
    let env = project_with_policy();
    symlink("../globex/token", env.path("secrets/acme/token")).unwrap();
    assert_policy_holds(&env);
}

#[test]
fn policy_with_linked_directory_of_another_customer_is_enforced() {
    let env = project_with_policy();
    std::fs::remove_dir_all(env.path("secrets/acme")).unwrap();
    symlink("globex", env.path("secrets/acme")).unwrap();
    assert_policy_holds(&env);
}

#[test]
fn policy_with_chain_of_links_is_enforced() {
    let env = project_with_policy();
    symlink("../../link", env.path("secrets/acme/token")).unwrap();
    symlink("secrets/globex/token", env.path("link")).unwrap();
    assert_policy_holds(&env);
}

#[test]
fn sandbox_journal_that_is_a_link_is_not_written() {
    let outside = tempfile::tempdir().unwrap();
    let target = outside.path().join("precious");
    let text = "content outside of the project\n";
    std::fs::write(&target, text).unwrap();
    for name in ["sandbox.json", "sandbox.json.journal"] {
        for linked in [target.clone(), outside.path().join("new")] {
            let env = TestEnv::new();
            std::fs::create_dir(env.path(".airlift")).unwrap();
            symlink(&linked, env.path(".airlift").join(name)).unwrap();
            let output = env.run(&["plan", "--sandbox"]);
            assert_eq!(output.code, Some(1), "{output}");
            output.complains("sandbox_untrusted");
            assert_eq!(std::fs::read_to_string(&target).unwrap(), text);
            assert!(!outside.path().join("new").exists());
        }
    }
}

#[test]
fn sandbox_state_that_is_a_device_is_not_read() {
    for name in ["sandbox.json", "sandbox.json.journal"] {
        let env = TestEnv::new();
        std::fs::create_dir(env.path(".airlift")).unwrap();
        symlink("/dev/zero", env.path(".airlift").join(name)).unwrap();
        env.run(&["plan", "--sandbox"])
            .exits(1)
            .complains("sandbox_untrusted");
    }
}

#[test]
fn airlift_directory_that_is_a_link_is_not_written() {
    let env = TestEnv::new();
    let outside = tempfile::tempdir().unwrap();
    symlink(outside.path(), env.path(".airlift")).unwrap();
    for arguments in [
        &["plan", "--sandbox"][..],
        &["apply", "--sandbox", "--auto-approve"],
        &["apply", "--auto-approve"],
    ] {
        env.run(arguments)
            .exits(1)
            .complains("error[ledger_untrusted]");
        let entries = outside.path().read_dir().unwrap();
        assert_eq!(entries.count(), 0, "{arguments:?}");
    }
}

#[test]
fn init_and_export_into_a_link_write_nothing_outside() {
    let env = TestEnv::applied();
    let outside = tempfile::tempdir().unwrap();
    for (target, arguments, code) in [
        ("a", &["init", "a"][..], "error[cannot_write]"),
        ("b", &["export", "--out", "b"], "error[cannot_write]"),
        ("c", &["init", "c"], "error[project_exists]"),
        ("d", &["export", "--out", "d"], "error[file_exists]"),
    ] {
        std::fs::create_dir(env.path(target)).unwrap();
        symlink(outside.path(), env.path(target).join("customers")).unwrap();
        if ["c", "d"].contains(&target) {
            symlink(
                outside.path().join("new"),
                env.path(target).join("airlift.yaml"),
            )
            .unwrap();
        }
        env.run(arguments).exits(1).complains(code);
        let entries = outside.path().read_dir().unwrap();
        assert_eq!(entries.count(), 0, "{arguments:?}");
    }
}

#[test]
fn included_file_that_is_a_fifo_or_a_link_to_outside_is_rejected() {
    let env = TestEnv::with("version: 1\ninclude: [customers/*.yaml]\n", options());
    std::fs::create_dir(env.path("customers")).unwrap();
    let fifo = env.path("customers/a.yaml");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    env.run(&["validate"])
        .exits(1)
        .says("error[file_unreadable]");
    std::fs::remove_file(&fifo).unwrap();
    let outside = tempfile::tempdir().unwrap();
    let target = outside.path().join("a.yaml");
    std::fs::write(&target, "customers: [{name: acme, note: canary-outside}]\n").unwrap();
    symlink(&target, &fifo).unwrap();
    let output = env.run(&["validate"]);
    output.exits(1).says("error[include_outside]");
    assert_hides(&output, "canary-outside");
}

#[test]
fn file_behind_a_link_of_a_directory_is_not_shown() {
    let outside = tempfile::tempdir().unwrap();
    let text = "customers: [{name: acme, note: canary-outside}]\n";
    std::fs::write(outside.path().join("a.yaml"), text).unwrap();
    for pattern in [
        "customers/*.yaml",
        "customers/b.yaml",
        "*/*.yaml",
        "**/*.yaml",
    ] {
        let env = TestEnv::with(
            &format!("version: 1\ninclude: [\"{pattern}\"]\n"),
            options(),
        );
        symlink(outside.path(), env.path("customers")).unwrap();
        let output = env.run(&["validate"]);
        assert_hides(&output, "canary-outside");
    }
}

#[test]
fn hidden_file_is_no_configuration_and_no_table() {
    let secret = "customers: [{name: acme, note: canary-hidden}]\n";
    let tables = "version: 1\ntemplates: {t: {parameters: {name: {}}, customer: {name: \"{{ name }}\"}}}\n\
                  customers_from: [{table: FILE, format: csv, template: t}]\n";
    for project in ["version: 1\ninclude: [FILE]\n", tables] {
        for path in [".git/config.yaml", ".env", "linked.yaml"] {
            let env = TestEnv::with(&project.replace("FILE", path), options());
            env.write(".git/config.yaml", secret);
            env.write(".env", secret);
            symlink(env.path(".git/config.yaml"), env.path("linked.yaml")).unwrap();
            let output = env.run(&["validate"]);
            output.exits(1);
            assert_code(&output, "include_outside");
            assert_hides(&output, "canary-hidden");
        }
    }
}

#[test]
fn file_with_credentials_is_no_table() {
    let project = "version: 1\ntemplates:\n  t:\n    parameters: {type: {}, private_key: {}}\n    customer: {name: \"{{ type                    }}-{{ private_key }}\"}\ncustomers_from: [{table: TABLE, format: jsonl, template: t}]\n";
    let rows = [
        ("login.json", "canary-of-the-run"),
        ("prod.env", "canary-of-the-run"),
        ("kubeconfig", "canary-of-the-run"),
        ("key.jsonl", "-----BEGIN PRIVATE KEY-----canary-of-the-run"),
    ];
    for (name, key) in rows {
        let mut env = TestEnv::with(&project.replace("TABLE", name), options());
        let row = json!({"type": "service_account", "private_key": key});
        env.write(name, &row.to_string());
        let login = env.path("login.json");
        env.set("GOOGLE_APPLICATION_CREDENTIALS", login.to_str().unwrap());
        let output = env.run(&["plan", "--no-secrets"]);
        output.exits(1);
        assert_code(&output, "protected_file");
        assert_hides(&output, "canary-of-the-run");
    }
}

#[test]
fn customer_file_cannot_replace_the_policy_of_its_project() {
    let env = project_with_policy();
    let own = "version: 1\nguards: {max_deletes: 1000}\n";
    let foreign = customer_file("acme", "secrets/globex/token");
    env.write("customers/acme.yaml", &format!("{own}{foreign}"));
    for files in ["customers/acme.yaml", "customers"] {
        let output = env.run(&["plan", "-f", files]);
        output.exits(1);
        assert_code(&output, "project_key_elsewhere");
    }
}

#[test]
fn option_that_names_a_fifo_is_refused() {
    let env = TestEnv::applied();
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    for name in ["fifo.json", "fifo"] {
        let fifo = env.path(name);
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    }
    for arguments in [
        &["adopt", "fifo.json"][..],
        &["apply", "--auto-approve", "--retry", "fifo"],
        &["plan", "--target-file", "fifo"],
        &["drift", "--allow", "fifo"],
    ] {
        env.run(arguments).complains("not a regular file");
    }
}

#[test]
fn address_of_a_ledger_with_a_password_is_not_shown() {
    let mut env = TestEnv::new();
    env.set(
        "AWS_ENDPOINT_URL",
        "http://user:canary-password@127.0.0.1:9",
    );
    for ledger in ["s3://user:canary-password@bucket/x", "s3://bucket/x"] {
        let output = env.run(&["plan", "--ledger", ledger]);
        output.exits(1).complains("has a user or a password");
        assert_hides(&output, "canary-password");
    }
}

#[test]
fn files_of_a_mounted_volume_are_read() {
    let env = TestEnv::with("version: 1\ninclude: [customers/*.yaml]\n", options());
    env.write(
        "customers/..2026_11_30/a.yaml",
        "customers: [{name: acme}]\n",
    );
    symlink("..2026_11_30", env.path("customers/..data")).unwrap();
    symlink("..data/a.yaml", env.path("customers/a.yaml")).unwrap();
    env.run(&["validate"]).exits(0).says("1 customer");
}

/// Writes the project of case 11: a policy in one file of a directory, and two customer files.
fn project_in_directory(env: &TestEnv) {
    let policy = "version: 1\nsecret_policy:\n  - {files: acme.yaml, allow: [\"env:ACME_\"]}\n  - \
                  {files: globex.yaml, allow: [\"env:GLOBEX_\"]}\n";
    env.write("p/00-project.yaml", policy);
    for name in ["acme", "globex"] {
        let text = format!(
            "customers: [{{name: {name}, connectors: [{{name: Hub, type: github, credentials: \
             {{token: \"${{env:GLOBEX_T}}\"}}}}]}}]\n"
        );
        env.write(&format!("p/{name}.yaml"), &text);
    }
}

#[test]
fn second_project_file_in_directory_is_rejected() {
    let mut env = TestEnv::with("version: 1\n", options());
    env.set("GLOBEX_T", "value-of-globex");
    project_in_directory(&env);
    let output = env.run(&["validate", "-f", "p"]);
    output.exits(1);
    assert_code(&output, "reference_not_allowed");
    for name in ["airlift.yaml", "zz.yaml"] {
        let text = "version: 1\ninclude: [\"acme.yaml\", \"globex.yaml\"]\n";
        env.write(&format!("p/{name}"), text);
        for arguments in [
            &["validate", "-f", "p"][..],
            &["plan", "-f", "p"],
            &["apply", "-f", "p", "--auto-approve"],
        ] {
            let output = env.run(arguments);
            output.exits(1);
            assert_code(&output, "project_key_elsewhere");
        }
        std::fs::remove_file(env.path(format!("p/{name}"))).unwrap();
    }
    assert_eq!(env.world().connectors().count(), 0);
}

#[test]
fn project_file_in_subdirectory_does_not_replace_the_policy() {
    let mut env = TestEnv::with("version: 1\n", options());
    env.set("GLOBEX_T", "value-of-globex");
    project_in_directory(&env);
    env.write("p/sub/airlift.yaml", "version: 1\ncustomers: []\n");
    let output = env.run(&["validate", "-f", "p"]);
    output.exits(1);
    assert_code(&output, "reference_not_allowed");
}

/// The project is not tracked by git, unless a test makes it so.
#[test]
fn ledger_that_git_tracks_is_refused() {
    let env = TestEnv::with(PROJECT, options());
    env.converge(&[]);
    let git = |arguments: &[&str]| {
        let status = std::process::Command::new("git")
            .current_dir(env.root())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .args(arguments)
            .output();
        status.is_ok_and(|output| output.status.success())
    };
    if !git(&["init", "-q"]) {
        return;
    }
    env.assert_converged(&[]);
    assert!(git(&["add", "-f", ".airlift"]));
    super::assert_refused(&env, "ledger_tracked");
    assert!(Path::new(&env.path(".airlift")).exists());
    // The key of the sandbox's ledger is tracked, and its ledger is not.
    env.run(&["apply", "--auto-approve", "--sandbox"]).exits(0);
    assert!(git(&["reset", "-q"]) && git(&["add", "-f", ".airlift/sandbox.key"]));
    env.run(&["plan", "--sandbox"])
        .exits(1)
        .complains("ledger_tracked");
}
