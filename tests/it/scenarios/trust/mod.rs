//! Tests of trust boundaries: a pull request, a bucket, a server or another user of the machine must
//! not be able to use airlift against its owner. Each test asserts that nothing foreign changes, that
//! no secret is displayed, and that a code says why.

mod damaged;
mod files;
mod ledger;
mod secrets;
mod server;

use crate::support::{Output, TestEnv};

/// Commands that read the project, the ledger and the API.
const COMMANDS: [&[&str]; 7] = [
    &["plan"],
    &["plan", "--no-secrets"],
    &["plan", "--format", "json", "-vv"],
    &["drift"],
    &["drift", "--format", "json"],
    &["export"],
    &["doctor"],
];

/// Asserts that neither stream contains a text.
fn assert_hides(output: &Output, secret: &str) {
    assert!(!output.to_string().contains(secret), "{output}");
}

/// Asserts that a code is displayed on either stream.
fn assert_code(output: &Output, code: &str) {
    assert!(output.to_string().contains(code), "no {code}:\n{output}");
}

/// Runs `plan` and `apply` with all permissions, and asserts that both fail with a code and change
/// nothing remotely.
fn assert_refused(env: &TestEnv, code: &str) {
    let before = env.world();
    for arguments in [
        &["plan", "--prune"][..],
        &["apply", "--auto-approve"],
        &[
            "apply",
            "--auto-approve",
            "--prune",
            "--allow-delete",
            "100%",
        ],
    ] {
        let output = env.run(arguments);
        assert_ne!(output.code, Some(0), "{arguments:?}\n{output}");
        assert_code(&output, code);
        assert_eq!(env.world(), before, "{arguments:?}\n{output}");
    }
}
