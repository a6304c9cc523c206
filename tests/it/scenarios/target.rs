//! Tests of `--target` and `--exclude`.

use crate::support::TestEnv;

#[test]
fn target_applies_only_the_target() {
    let env = TestEnv::new();
    let (output, _) = env.converge(&["--target", "acme/Acme GitHub"]);
    output.ends_with("Apply complete! Resources: 2 added, 0 changed, 0 destroyed.");
    let world = env.world();
    assert_eq!(world.workspace("acme").unwrap().connectors.len(), 1);
    assert!(world.workspace("globex").is_none());
    let (output, _) = env.converge(&["--target", "globex"]);
    output.ends_with("Apply complete! Resources: 2 added, 0 changed, 0 destroyed.");
    let (output, _) = env.converge(&[]);
    output.ends_with("Apply complete! Resources: 1 added, 0 changed, 0 destroyed.");
}

#[test]
fn exclude_leaves_out_its_objects() {
    let env = TestEnv::new();
    let (output, _) = env.converge(&["--exclude", "acme/Acme Zendesk", "--exclude", "globex"]);
    output.ends_with("Apply complete! Resources: 2 added, 0 changed, 0 destroyed.");
    let (output, _) = env.converge(&[]);
    output.ends_with("Apply complete! Resources: 3 added, 0 changed, 0 destroyed.");
}

#[test]
fn target_needs_no_secrets_of_others() {
    let mut env = TestEnv::new();
    env.unset("ACME_ZENDESK");
    env.converge(&["--target", "globex"]);
}

#[test]
fn target_with_prune_deletes_nothing_in_partial_plan() {
    let env = TestEnv::applied();
    env.remove_lines("- name: Acme Zendesk", Some("- name: globex"));
    for part in [["--target", "acme"], ["--exclude", "globex"]] {
        let more = [&["--prune"][..], &part].concat();
        let (output, traffic) = env.apply(&more);
        output.exits(0);
        traffic.assert_only_reads();
    }
    env.connector("Acme Zendesk");
}
