//! Tests of the policy file, which lies outside the project.

use crate::support::TestEnv;

/// A project whose second customer is no longer declared, with a policy file outside of it.
fn with_policy(text: &str) -> (TestEnv, tempfile::TempDir) {
    let mut env = TestEnv::applied();
    env.remove_lines("  - name: globex", None);
    let outside = tempfile::tempdir().unwrap();
    let path = outside.path().join("policy.yaml");
    std::fs::write(&path, text).unwrap();
    env.set("AIRLIFT_POLICY", path.to_str().unwrap());
    (env, outside)
}

#[test]
fn policy_below_allow_delete_refuses_the_plan() {
    let (env, _policy) = with_policy("{version: 1, max_allow_delete: 0}");
    let before = env.world();
    let (output, _) = env.apply(&["--prune", "--allow-delete", "20"]);
    output.exits(5);
    assert_eq!(env.world(), before);
}

#[test]
fn policy_above_the_deletions_allows_them() {
    let (env, _policy) = with_policy("{version: 1, max_allow_delete: 20}");
    env.apply(&["--prune"]).0.exits(0);
}

#[test]
fn policy_with_unknown_key_is_refused_by_code() {
    let (env, _policy) = with_policy("{version: 1, max_delete: 0}");
    env.run(&["plan"])
        .exits(1)
        .complains("error[policy_invalid]");
}

#[test]
fn policy_inside_the_project_is_refused() {
    let env = TestEnv::new();
    env.write("policy.txt", "version: 1");
    env.run(&["plan", "--policy", "policy.txt"])
        .exits(1)
        .complains("policy_untrusted");
}
