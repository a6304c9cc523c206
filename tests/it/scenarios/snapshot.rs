//! Tests of plans from a snapshot, and of signatures.

use crate::support::TestEnv;
use serde_json::json;
use std::process::Command;

/// A key, and a file of allowed signers with it.
fn signers(env: &TestEnv, name: &str) {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(env.path(name))
        .status();
    assert!(made.unwrap().success());
    let public = std::fs::read_to_string(env.path(format!("{name}.pub"))).unwrap();
    env.write(
        &format!("{name}.signers"),
        &format!("reviewer@example.com {public}"),
    );
}

/// Takes the credentials of the API and the secrets away.
fn offline(env: &mut TestEnv) {
    for name in ["AIRBYTE_CLIENT_ID", "AIRBYTE_CLIENT_SECRET", "ACME_GITHUB"] {
        env.unset(name);
    }
    env.set("AIRBYTE_API_HOST", "http://127.0.0.1:9");
}

#[test]
fn plan_from_snapshot_needs_no_credentials_and_verifies_no_secret() {
    let mut env = TestEnv::applied();
    let snapshot = env.run(&["snapshot", "--out", "snapshot.json"]);
    snapshot.exits(0).complains("airlift plan --snapshot");
    let text = std::fs::read_to_string(env.path("snapshot.json")).unwrap();
    assert!(text.contains("Acme GitHub") && text.contains("\"fingerprints\""));
    offline(&mut env);
    let plan = env.run(&["plan", "--snapshot", "snapshot.json", "--format", "json"]);
    let unchanged = plan.exits(0).json();
    assert_eq!(unchanged["changes"], json!([]));
    assert!(!unchanged["unverified"].as_array().unwrap().is_empty());
    env.edit("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z");
    let text = env.run(&["plan", "--snapshot", "snapshot.json"]);
    text.exits(0).says("2026-02-01").complains("min old");
    text.complains("not verified");
    let altered = std::fs::read_to_string(env.path("snapshot.json")).unwrap();
    env.write("altered.json", &altered.replacen("acme", "acmf", 1));
    env.run(&["plan", "--snapshot", "altered.json"])
        .exits(1)
        .complains("error[snapshot_altered]");
}

#[test]
fn literal_of_the_credentials_cannot_be_verified_in_a_plan_from_a_snapshot() {
    let mut env = TestEnv::applied();
    env.run(&["snapshot", "--out", "snapshot.json"]).exits(0);
    offline(&mut env);
    let plan = env.run(&["plan", "--snapshot", "snapshot.json"]);
    plan.exits(0).says("[not_in_snapshot]");
    assert!(!plan.stdout.contains("--no-secrets"), "{}", plan.stdout);
    let comment = env.run(&[
        "plan",
        "--snapshot",
        "snapshot.json",
        "--format",
        "markdown",
    ]);
    comment
        .exits(0)
        .says("Planned from a snapshot of")
        .says("not verified");
}

#[test]
fn snapshot_of_another_organization_is_refused() {
    let env = TestEnv::applied();
    env.run(&["snapshot", "--out", "snapshot.json"]).exits(0);
    let other = "version: 1\norganization_id: 1b5c6f0e-6a51-4f2f-9d0e-0a8a5f4b7c19\n";
    env.edit("version: 1\n", other);
    env.run(&["plan", "--snapshot", "snapshot.json"])
        .exits(3)
        .complains("error[wrong_organization]");
}

#[test]
fn signature_of_plan_and_snapshot_is_checked_against_the_allowed_signers() {
    let env = TestEnv::applied();
    env.edit("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z");
    signers(&env, "key");
    signers(&env, "other");
    let plan = ["plan", "--out", "plan.json", "--sign"];
    env.run(&[&plan[..], &["key"]].concat()).exits(0);
    let show = ["show", "plan.json", "--allowed-signers"];
    env.run(&[&show[..], &["key.signers"]].concat())
        .exits(0)
        .says("valid, by reviewer@example.com");
    let refused = env.run(&[&show[..], &["other.signers"]].concat());
    refused.exits(5).complains("error[signature_invalid]");
    let missing = env.run(&[&show[..], &["no.signers"]].concat());
    missing.exits(1).complains("error[signature_unchecked]");
    let snapshot = ["snapshot", "--out", "snapshot.json"];
    env.run(&snapshot).exits(0);
    let from = [
        "plan",
        "--snapshot",
        "snapshot.json",
        "--allowed-signers",
        "key.signers",
    ];
    env.run(&from).exits(5).complains("error[unsigned]");
    env.run(&[&snapshot[..], &["--sign", "key"]].concat())
        .exits(0);
    env.run(&from)
        .exits(0)
        .complains("signed by reviewer@example.com");
    let absent = env.run(&[&plan[..], &["absent"]].concat());
    absent.exits(1).complains("error[signing_failed]");
    let apply = ["apply", "plan.json", "--allowed-signers", "key.signers"];
    env.run(&apply)
        .exits(0)
        .complains("signed by reviewer@example.com");
}
