//! Tests of files that a pull request can commit: links, further project files, special files.

use super::{assert_code, assert_hides};
use crate::support::{TestEnv, options};
use std::os::unix::fs::symlink;

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
        let output = env.run(arguments);
        assert_ne!(output.code, Some(0), "{arguments:?}\n{output}");
        output.complains("error[");
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
    env.run(&["validate"]).exits(1);
    std::fs::remove_file(&fifo).unwrap();
    let outside = tempfile::tempdir().unwrap();
    let target = outside.path().join("a.yaml");
    std::fs::write(&target, "customers: [{name: acme, note: canary-outside}]\n").unwrap();
    symlink(&target, &fifo).unwrap();
    let output = env.run(&["validate"]);
    output.exits(1);
    assert_hides(&output, "canary-outside");
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
fn project_file_in_subdirectory_does_not_replace_the_policy() {
    let mut env = TestEnv::with("version: 1\n", options());
    env.set("GLOBEX_T", "value-of-globex");
    project_in_directory(&env);
    env.write("p/sub/airlift.yaml", "version: 1\ncustomers: []\n");
    let output = env.run(&["validate", "-f", "p"]);
    output.exits(1);
    assert_code(&output, "reference_not_allowed");
}
