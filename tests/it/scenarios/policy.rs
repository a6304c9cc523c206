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
fn policy_with_max_deletes_only_caps_allow_delete() {
    let (env, _policy) = with_policy("{version: 1, max_deletes: 0}");
    let before = env.world();
    let (output, _) = env.apply(&["--prune", "--allow-delete", "20"]);
    output.exits(5).says("too_many_deletes");
    assert_eq!(env.world(), before);
}

#[test]
fn policy_above_the_deletions_allows_them() {
    let (env, _policy) = with_policy("{version: 1, max_allow_delete: 20}");
    env.apply(&["--prune"]).0.exits(0);
}

#[test]
fn policy_with_max_id_changes_caps_the_files_and_the_flag() {
    let (env, _policy) = with_policy("{version: 1, max_id_changes: 0}");
    env.write("stripe-key", "sk_another_value_of_globex");
    let yaml = env.path("airlift.yaml");
    std::fs::write(&yaml, crate::support::PROJECT).unwrap();
    for more in [&[][..], &["--allow-id-changes", "5"]] {
        let (output, _) = env.apply(more);
        output.exits(5).says("too_many_id_changes");
    }
}

#[test]
fn rotation_above_max_id_changes_is_refused_and_the_flag_allows_it() {
    let env = TestEnv::applied();
    env.edit("version: 1\n", "version: 1\nguards: {max_id_changes: 0}\n");
    let rotate = ["rotate", "--all", "--auto-approve"];
    let refused = env.run(&rotate);
    refused.exits(5).says("too_many_id_changes");
    let old = env.connector("Acme GitHub").id.to_string();
    let more = ["--allow-id-changes", "9", "--format", "json"];
    let report = env.run(&[&rotate[..], &more].concat());
    let report = report.exits(0).json();
    let operations = report["operations"].as_array().unwrap();
    let is_acme = |operation: &&serde_json::Value| operation["address"] == "acme/Acme GitHub";
    let rotated = operations.iter().find(is_acme).unwrap();
    assert_eq!(rotated["previous_id"], old.as_str());
    assert_ne!(rotated["id"], old.as_str());
}

#[test]
fn policy_with_unknown_key_is_refused_by_code() {
    let (env, _policy) = with_policy("{version: 1, max_delete: 0}");
    env.run(&["plan"])
        .exits(1)
        .complains("error[policy_invalid]");
}

#[test]
fn policy_with_a_mistyped_type_is_refused() {
    for rule in [
        "limits: {types: {githb: {new: 0}}}",
        "allowed_types: [githb]",
    ] {
        let (env, _policy) = with_policy(&format!("version: 1\n{rule}\n"));
        env.run(&["plan"])
            .exits(1)
            .complains("error[policy_invalid]")
            .complains("did you mean `github`?");
    }
}

#[test]
fn policy_inside_the_project_is_refused() {
    let env = TestEnv::new();
    env.write("policy.txt", "version: 1");
    env.run(&["plan", "--policy", "policy.txt"])
        .exits(1)
        .complains("policy_untrusted");
}

/// The project has a reference to the policy file, which lies below an allowed root.
#[test]
fn policy_file_is_no_secret_of_a_customer() {
    let mut env = TestEnv::new();
    let outside = tempfile::tempdir().unwrap();
    let policy = outside.path().join("policy.json");
    std::fs::write(&policy, "{\"version\": 1}").unwrap();
    let policy = policy.to_str().unwrap();
    env.set("AIRLIFT_SECRET_ROOTS", outside.path().to_str().unwrap());
    env.write(
        "airlift.yaml",
        &format!(
            "version: 1\ncustomers: [{{name: acme, connectors: [{{name: Hub, type: github, \
             credentials: {{token: \"${{file:{policy}}}\"}}}}]}}]\n"
        ),
    );
    env.run(&["validate"]).exits(0);
    for command in ["plan", "apply"] {
        env.run(&[command, "--policy", policy])
            .exits(1)
            .complains("error[protected_file]");
    }
    env.set("AIRLIFT_POLICY", policy);
    env.run(&["validate"])
        .exits(1)
        .says("error[protected_file]");
}

#[test]
fn allow_delete_below_the_limit_of_the_files_refuses_the_plan() {
    let env = TestEnv::applied();
    env.remove_lines("  - name: globex", None);
    let before = env.world();
    env.run(&["plan", "--prune"]).exits(0).says("`guards`");
    let (output, _) = env.apply(&["--prune", "--allow-delete", "0"]);
    output.exits(5).says("are allowed by `--allow-delete`");
    assert_eq!(env.world(), before);
}

/// Plans the project with a policy, and returns the messages of the refusals.
fn refused(env: &mut TestEnv, policy: &str) -> (String, tempfile::TempDir) {
    let outside = tempfile::tempdir().unwrap();
    let path = outside.path().join("policy.yaml");
    std::fs::write(&path, policy).unwrap();
    env.set("AIRLIFT_POLICY", path.to_str().unwrap());
    let plan = env.run(&["plan", "--format", "json"]);
    let plan = plan.exits(5).json();
    let refusals = plan["refusals"].as_array().unwrap();
    let messages = refusals.iter().map(|refusal| {
        assert_eq!(refusal["code"], "policy_violated");
        refusal["message"].as_str().unwrap().to_owned()
    });
    (messages.collect::<Vec<_>>().join("\n"), outside)
}

#[test]
fn policy_rules_refuse_a_plan_that_violates_them() {
    let mut env = TestEnv::new();
    for (policy, part) in [
        ("limits: {run: {new: 4}}", "5 new in this run"),
        ("limits: {customer: {new: 2}}", "of customer \"acme\""),
        ("limits: {types: {github: {new: 0}}}", "of type \"github\""),
        (
            "limits: {types: {EF69EF6E-AA7F-4AF1-A01D-EF775033524E: {new: 0}}}",
            "of type \"EF69EF6E-AA7F-4AF1-A01D-EF775033524E\"",
        ),
        (
            "allowed_types: [github, stripe]",
            "the type \"zendesk-support\"",
        ),
        (
            "allowed_types: [EF69EF6E-AA7F-4AF1-A01D-EF775033524E, zendesk-support]",
            "the type \"stripe\"",
        ),
        ("allowed_regions: [eu]", "the region \"none\""),
        ("customer_names: [acme*]", "matches acme*: globex"),
        ("connector_names: ['Acme *']", "globex/Globex Stripe"),
    ] {
        let (messages, _outside) = refused(&mut env, &format!("version: 1\n{policy}\n"));
        assert!(messages.contains(part), "{policy}: {messages}");
        assert_eq!(messages.lines().count(), 1, "{messages}");
    }
    let (_, _outside) = refused(&mut env, "{version: 1, allowed_types: []}");
    env.apply(&[]).0.exits(5);
    assert_eq!(env.world().connectors().count(), 0);
}

#[test]
fn policy_limit_on_removed_connectors_of_a_type_counts_deletions() {
    for more in [&[][..], &["--delete-customers"]] {
        let (env, _policy) = with_policy("{version: 1, limits: {types: {stripe: {removed: 0}}}}");
        let before = env.world();
        let prune = [&["--prune", "--allow-delete", "20"], more].concat();
        let (output, _) = env.apply(&prune);
        if more.is_empty() {
            // A suspended customer keeps its connectors.
            output.exits(0);
        } else {
            output.exits(5).says("of type \"stripe\"");
            assert_eq!(env.world(), before);
        }
    }
    let (env, _policy) =
        with_policy("{version: 1, limits: {types: {zendesk-support: {removed: 0}}}}");
    env.remove_lines("- name: Acme Zendesk", None);
    env.apply(&["--prune", "--allow-delete", "20"])
        .0
        .exits(5)
        .says("of type \"zendesk-support\"");
}

#[test]
fn policy_window_refuses_apply_and_a_reason_overrides_it() {
    let mut env = TestEnv::new();
    let outside = tempfile::tempdir().unwrap();
    let path = outside.path().join("policy.yaml");
    std::fs::write(
        &path,
        "{version: 1, change_windows: {zone: UTC, deny: [{}]}}",
    )
    .unwrap();
    env.set("AIRLIFT_POLICY", path.to_str().unwrap());
    let plan = env.run(&["plan"]);
    plan.exits(0)
        .says("change_window")
        .says("denies changes at this time");
    let plan = env.run(&["plan", "--format", "json"]).exits(0).json();
    assert_eq!(plan["warnings"][0]["code"], "change_window");
    // A plan can be applied in a later window.
    assert_eq!(plan["applyable"], true);
    env.run(&["doctor"])
        .exits(1)
        .says("fail  change window")
        .says("Not ready.");
    env.apply(&[]).0.exits(5).complains("error[change_window]");
    assert_eq!(env.world().connectors().count(), 0);
    let override_window = ["--override-window", "an urgent repair"];
    let (output, _) = env.apply(&override_window);
    output.exits(0).complains("an urgent repair");
}

#[test]
fn change_window_is_not_overridden_without_a_reason() {
    let env = TestEnv::new();
    for reason in ["", "  "] {
        env.run(&["apply", "--auto-approve", "--override-window", reason])
            .exits(64)
            .complains("at least one word");
    }
}
