//! Tests of `--target` and `--exclude`.

use crate::support::{Output, PROJECT, TestEnv, options};
use std::time::Duration;

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

#[test]
fn selector_that_names_nothing_is_refused() {
    let env = TestEnv::applied();
    for arguments in [
        &["plan", "--target", "acmee"][..],
        &["plan", "--exclude", "acmee"],
        &["plan", "--target", "acme", "--exclude", "acmee"],
        &["plan", "--target", "ACME"],
        &["plan", "--target", "acme/Acme Gitlab"],
        &["plan", "--exclude", "acme/*Hub*", "--exclude", "acmee*"],
        &["apply", "--auto-approve", "--target", "acmee"],
        &["apply", "--auto-approve", "--exclude", "\"acme\""],
        &["rotate", "acmee", "--auto-approve"],
        &["drift", "--target", "acmee"],
        &["drift", "--exclude", "acmee"],
        &["export", "--target", "acmee"],
        &["adopt", "acmee", "--auto-approve"],
        &["ledger", "show", "acmee"],
        &["ledger", "trust", "acmee", "--auto-approve"],
    ] {
        let (output, traffic) = env.run_with_traffic(arguments);
        output.exits(64).complains("unknown_selector");
        traffic.assert_only_reads();
        if !arguments.concat().contains('*') {
            output.complains("did you mean acme");
        }
    }
}

#[test]
fn selector_in_project_without_customers_is_refused() {
    let env = TestEnv::with("version: 1\ncustomers: []\n", options());
    for flag in ["--target", "--exclude"] {
        env.run(&["plan", flag, "*"])
            .exits(64)
            .complains("unknown_selector");
    }
}

#[test]
fn exclude_that_leaves_nothing_is_refused() {
    let env = TestEnv::applied();
    for arguments in [
        &["plan", "--target", "acme", "--exclude", "acme"][..],
        &["plan", "--exclude", "*"],
        &["drift", "--target", "acme/*", "--exclude", "acme"],
    ] {
        env.run(arguments).exits(64).complains("nothing_selected");
    }
}

#[test]
fn target_of_customer_that_only_the_api_has_is_refused() {
    let env = TestEnv::applied();
    env.remote().customer("initech");
    env.run(&["plan", "--target", "initech"])
        .exits(64)
        .complains("unknown_selector");
}

#[test]
fn target_of_customer_that_only_the_ledger_has_removes_nothing() {
    let env = TestEnv::applied();
    env.remove_lines("- name: globex", None);
    let (output, traffic) = env.apply(&["--target", "globex", "--prune"]);
    output
        .exits(0)
        .says("Nothing that was selected is in the files, and a narrowed run removes nothing.");
    traffic.assert_only_reads();
}

#[test]
fn pattern_selects_what_it_matches() {
    let env = TestEnv::new();
    let (output, _) = env.converge(&["--target", "*/Acme *", "--exclude", "*/*Zendesk"]);
    output.says("[needed_by_selection]");
    output.ends_with("Apply complete! Resources: 2 added, 0 changed, 0 destroyed.");
    env.run(&["plan", "--target", "*/Acme [!Z]*"])
        .exits(0)
        .says("The selected connector matches the files.");
    env.converge(&[]);
    env.run(&["plan", "--target", "acme"])
        .exits(0)
        .says("The 2 selected connectors match the files.");
    env.run(&["drift", "--target", "*"])
        .exits(0)
        .says("The 3 selected connectors match the last apply.");
    let export = env.run(&["export", "--target", "glob*"]);
    export.exits(0).says("- name: globex");
    assert!(!export.stdout.contains("acme"), "{export}");
}

#[test]
fn selector_of_name_with_special_characters_selects_it() {
    let env = TestEnv::with(PROJECT, options());
    env.edit("- name: globex", "- name: globex [eu]*");
    for selector in ["globex [eu]*", "globex [[]eu][*]"] {
        let plan = env.run(&["plan", "--target", selector]);
        plan.exits(0).says("Customers: 1 touched of 1 selected.");
    }
}

#[test]
fn customer_file_alone_is_planned_within_its_project() {
    let env = TestEnv::with("version: 1\ninclude: [customers/*.yaml]\n", options());
    for name in ["acme", "globex"] {
        let text = format!("customers: [{{name: {name}}}]\n");
        env.write(&format!("customers/{name}.yaml"), &text);
    }
    env.write("other.yaml", "customers: [{name: initech}]\n");
    let (output, _) = env.converge(&["-f", "customers/acme.yaml"]);
    output.ends_with("Apply complete! Resources: 1 added, 0 changed, 0 destroyed.");
    assert!(env.world().workspace("globex").is_none());
    // The ledger is that of the project.
    env.run(&["plan", "-f", "customers"])
        .exits(0)
        .says("Plan: 1 to add, 0 to change, 0 to destroy.");
    env.run(&["plan", "-f", "customers/acme.yaml", "--target", "globex"])
        .exits(64)
        .complains("unknown_selector");
    env.run(&["plan", "-f", "other.yaml"])
        .exits(64)
        .complains("file_not_in_project");
    env.converge(&[]);
    let (output, traffic) = env.run_with_traffic(&["plan", "-f", "customers/acme.yaml"]);
    output.exits(0);
    assert_eq!(traffic.count("list_workspaces"), 1);
    // A customer that is absent from the named file is not removed.
    env.write("customers/globex.yaml", "customers: [{name: globex-2}]\n");
    let flags = ["--prune", "--delete-customers", "--allow-delete", "100%"];
    let named = [&["plan", "-f", "customers/globex.yaml"][..], &flags].concat();
    env.run(&named)
        .exits(0)
        .says("1 to add, 0 to change, 0 to destroy");
}

#[test]
fn project_is_found_above_the_current_directory() {
    let env = TestEnv::with("version: 1\ninclude: [customers/*.yaml]\n", options());
    env.write("customers/acme.yaml", "customers: [{name: acme}]\n");
    env.converge(&[]);
    for directory in ["customers", "docs/more"] {
        std::fs::create_dir_all(env.path(directory)).unwrap();
        let mut command = env.command(&["plan"]);
        command.current_dir(env.path(directory));
        let output = Output::run(&mut command, Duration::from_secs(30));
        output.exits(0).says("The customer matches the files.");
        output.complains("the project is ..");
    }
}
