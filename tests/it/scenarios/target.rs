//! Runs for a part of the files.

use crate::support::TestEnv;

#[test]
fn a_target_is_done_and_nothing_else() {
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
fn the_excluded_is_left_out() {
    let env = TestEnv::new();
    let (output, _) = env.converge(&["--exclude", "acme/Acme Zendesk", "--exclude", "globex"]);
    output.ends_with("Apply complete! Resources: 2 added, 0 changed, 0 destroyed.");
    let (output, _) = env.converge(&[]);
    output.ends_with("Apply complete! Resources: 3 added, 0 changed, 0 destroyed.");
}

#[test]
fn a_secret_outside_the_part_is_not_missed() {
    let mut env = TestEnv::new();
    env.unset("ACME_ZENDESK");
    env.converge(&["--target", "globex"]);
}

#[test]
fn a_part_deletes_nothing_by_absence() {
    let env = TestEnv::applied();
    env.cut("- name: Acme Zendesk", Some("- name: globex"));
    for part in [["--target", "acme"], ["--exclude", "globex"]] {
        let more = [&["--prune"][..], &part].concat();
        let (output, traffic) = env.apply(&more);
        output.exits(0);
        traffic.only_reads();
    }
    env.connector("Acme Zendesk");
}
