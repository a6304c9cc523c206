//! Tests of selecting by type, label, file, change and report.

use crate::support::{PROJECT, TestEnv, options};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

/// Customers with labels, all of them applied.
fn labelled() -> TestEnv {
    let project = PROJECT
        .replace(
            "- name: acme\n",
            "- name: acme\n    labels: {tier: gold, team: a}\n",
        )
        .replace(
            "- name: globex\n",
            "- name: globex\n    labels: {tier: trial}\n",
        );
    TestEnv::with(&project, options())
}

#[test]
fn label_and_type_select_what_both_name() {
    let env = labelled();
    let (output, _) = env.converge(&["--label", "tier=gold", "--type", "GitHub"]);
    output.ends_with("Apply complete! Resources: 2 added, 0 changed, 0 destroyed.");
    assert_eq!(env.world().workspace("acme").unwrap().connectors.len(), 1);
    let (output, _) = env.converge(&["--label", "tier=gold", "--label", "team=a"]);
    output.ends_with("Apply complete! Resources: 1 added, 0 changed, 0 destroyed.");
    assert!(env.world().workspace("globex").is_none());
    for arguments in [
        &["plan", "--label", "tier=gold", "--label", "team=b"][..],
        &["plan", "--type", "githb"],
        &["plan", "--target", "globex", "--label", "tier=gold"],
    ] {
        let (output, traffic) = env.run_with_traffic(arguments);
        output.exits(64).complains("nothing_selected");
        assert_eq!(traffic.count("list_workspaces"), 0);
    }
    env.run(&["plan", "--label", "tier"]).exits(64);
    let types = env.run(&["plan", "--type", "github", "--type", "githb"]);
    types.exits(64).complains("did you mean --type github?");
    let label = env.run(&["plan", "--label", "tier=god"]);
    label.exits(64).complains("did you mean --label tier=gold?");
    let other = env.run(&["plan", "--type", "xyz"]);
    other.exits(64).complains("the files declare github");
}

#[test]
fn target_file_and_exclude_file_select_their_lines() {
    let env = TestEnv::new();
    env.write("targets.txt", "\nacme\r\nglobex\n");
    env.write("excluded.txt", "acme/*Zendesk\n");
    let targets = env.path("targets.txt");
    let excluded = env.path("excluded.txt");
    let (targets, excluded) = (targets.to_str().unwrap(), excluded.to_str().unwrap());
    let (output, _) = env.converge(&["--target-file", targets, "--exclude-file", excluded]);
    output.ends_with("Apply complete! Resources: 4 added, 0 changed, 0 destroyed.");
    env.write("empty.txt", "\n");
    let empty = env.path("empty.txt");
    let nothing = env.run(&["plan", "--target-file", empty.to_str().unwrap()]);
    nothing.exits(0).complains("nothing is selected");
    env.write("everything.txt", "*\n");
    let everything = env.path("everything.txt");
    let refused = env.run(&["plan", "--exclude-file", everything.to_str().unwrap()]);
    refused.exits(64).complains("nothing_selected");
    let missing = env.run(&["plan", "--target-file", "absent.txt"]);
    missing.exits(64).complains("bad_selection_file");
    env.write("targets.txt", "acme/\n");
    let wrong = env.run(&["plan", "--target-file", targets]);
    wrong.exits(64).complains("targets.txt:1:");
}

#[cfg(unix)]
#[test]
fn selection_file_that_is_a_link_of_the_repository_is_refused() {
    let env = TestEnv::new();
    env.write("login/secret", "org-client-secret-0123456789\n");
    for (link, target) in [("list", "login/secret"), ("directory", "login")] {
        std::os::unix::fs::symlink(env.path(target), env.path(link)).unwrap();
    }
    for file in ["list", "directory/secret", "./login/../list"] {
        let refused = env.run(&["plan", "--target-file", file]);
        refused.exits(64).complains("a link in a repository");
        assert!(!refused.stderr.contains("org-client"), "{refused}");
    }
    let plain = env.run(&["plan", "--target-file", "login/secret"]);
    plain.exits(64).complains("org-client-secret");
}

#[test]
fn run_with_a_selection_reads_only_the_selected_customers() {
    let mut project = "version: 1\ncustomers:\n".to_owned();
    for number in 0..30 {
        let _ = writeln!(
            project,
            "  - name: customer-{number}\n    connectors:\n      - {{name: Stripe, type: stripe, \
             credentials: {{api_key: \"${{file:stripe-key}}\"}}}}"
        );
    }
    let env = TestEnv::with(&project, options());
    env.apply(&[]).0.exits(0);
    let (output, all) = env.run_with_traffic(&["plan"]);
    output.exits(0);
    let (output, selected) = env.run_with_traffic(&["plan", "--target", "customer-7"]);
    output.exits(0);
    let operation = "list_integrations_connectors";
    assert_eq!((all.count(operation), selected.count(operation)), (30, 1));
}

#[test]
fn retry_reads_and_writes_only_what_did_not_succeed() {
    let mut env = TestEnv::new();
    env.unset("ACME_ZENDESK");
    let (output, _) = env.apply(&["--keep-going", "--format", "json"]);
    output.exits(4);
    env.write("report.json", &output.stdout);
    env.set("ACME_ZENDESK", "value-of-acme-zendesk");
    let report = env.path("report.json");
    let (output, traffic) = env.apply(&["--format", "json", "--retry", report.to_str().unwrap()]);
    output.exits(0);
    assert_eq!(traffic.count("create_integrations_connectors"), 1);
    env.connector("Acme Zendesk");
    env.assert_converged(&[]);
    env.write("report.json", &output.stdout);
    let (output, traffic) = env.apply(&["--retry", report.to_str().unwrap()]);
    output.exits(0).complains("nothing is selected");
    traffic.assert_only_reads();
    env.write("report.json", "{}");
    let wrong = env.run(&["plan", "--retry", report.to_str().unwrap()]);
    wrong.exits(64).complains("bad_report");
}

fn git(directory: &Path, arguments: &[&str]) {
    let status = Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
        .args(arguments)
        .current_dir(directory)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .status()
        .unwrap();
    assert!(status.success());
}

/// A committed project with a file for each of two customers and a table of two more.
fn committed() -> TestEnv {
    let project = "\
version: 1
include: [customers/*.yaml]
templates:
  standard:
    parameters: {id: {}}
    customer: {name: \"row-{{ row.id }}\"}
customers_from: [{table: table.csv, template: standard}]
";
    let env = TestEnv::with(project, options());
    for name in ["acme", "globex"] {
        let text = format!(
            "customers:\n- name: {name}\n  connectors: [{{name: Stripe, type: stripe, \
             credentials: {{api_key: \"${{file:{name}-key}}\"}}}}]\n"
        );
        env.write(&format!("customers/{name}.yaml"), &text);
        env.write(&format!("{name}-key"), &format!("value-of-{name}-stripe\n"));
    }
    env.write("table.csv", "id\n1\n2\n");
    git(&env.path(""), &["init", "-q"]);
    git(
        &env.path(""),
        &["add", "airlift.yaml", "customers", "table.csv"],
    );
    git(&env.path(""), &["add", "acme-key", "globex-key"]);
    git(&env.path(""), &["commit", "-q", "-m", "first"]);
    env
}

#[test]
fn changed_since_selects_the_customers_of_changed_files() {
    let env = committed();
    let plan = || env.run(&["plan", "--changed-since", "HEAD"]);
    let (output, traffic) = env.run_with_traffic(&["plan", "--changed-since", "HEAD"]);
    output.exits(0).complains("nothing is selected");
    assert!(output.stdout.starts_with("No changes."), "{output}");
    assert_eq!(traffic.count("list_integrations_connectors"), 0);
    env.write("acme-key", "another-value-of-acme\n");
    plan().ends_with(
        "Customers: 1 touched of 1 selected. Partial: the rest of the files was left out.",
    );
    env.write("table.csv", "id\n1\n2\n3\n");
    plan().ends_with(
        "Customers: 4 touched of 4 selected. Partial: the rest of the files was left out.",
    );
    env.run(&["plan", "--changed-since", "HEAD", "--target", "row-*"])
        .ends_with(
            "Customers: 3 touched of 3 selected. Partial: the rest of the files was left out.",
        );
    env.write("customers/hooli.yaml", "customers: [{name: hooli}]\n");
    plan().ends_with(
        "Customers: 5 touched of 5 selected. Partial: the rest of the files was left out.",
    );
}

#[test]
fn changed_since_with_changed_project_file_selects_all() {
    let env = committed();
    let text = std::fs::read_to_string(env.path("airlift.yaml")).unwrap();
    env.write(
        "airlift.yaml",
        &format!("{text}guards: {{max_deletes: 1}}\n"),
    );
    env.run(&["plan", "--changed-since", "HEAD"])
        .ends_with("Customers: 4 touched of 4.");
}

#[test]
fn changed_since_names_removed_files_and_deletes_nothing() {
    let env = committed();
    env.apply(&[]).0.exits(0);
    std::fs::remove_file(env.path("customers/globex.yaml")).unwrap();
    let (output, traffic) = env.apply(&["--changed-since", "HEAD", "--prune"]);
    output.exits(0).complains("customers/globex.yaml");
    traffic.assert_only_reads();
}

#[test]
fn changed_since_names_customers_that_a_file_no_longer_declares() {
    let env = committed();
    env.apply(&[]).0.exits(0);
    env.write("table.csv", "id\n2\n");
    env.write("customers/globex.yaml", "customers: [{name: hooli}]\n");
    env.run(&["plan", "--changed-since", "HEAD", "--prune"])
        .exits(0)
        .says("Plan: 1 to add, 0 to change, 0 to destroy.")
        .complains("globex, row-1;");
}

#[test]
fn changed_since_selects_the_customers_of_removed_secret_files() {
    let env = committed();
    std::fs::remove_file(env.path("acme-key")).unwrap();
    env.run(&["plan", "--changed-since", "HEAD"])
        .says("touched of 1 selected.");
}

#[cfg(unix)]
#[test]
fn changed_since_selects_the_customers_of_secrets_behind_a_changed_link() {
    use std::os::unix::fs::symlink;
    let env = committed();
    for (directory, value) in [("secrets", "a"), ("others", "b"), ("outside", "c")] {
        let text = format!("value-of-linked-stripe-{value}\n");
        env.write(&format!("{directory}/key"), &text);
    }
    env.write(
        "customers/acme.yaml",
        "customers:\n- name: acme\n  connectors: [{name: Stripe, type: stripe, \
         credentials: {api_key: \"${file:secrets/key}\"}}]\n",
    );
    let commit = |message: &str| {
        git(&env.path(""), &["add", "customers", "secrets", "others"]);
        git(&env.path(""), &["commit", "-q", "-m", message]);
    };
    commit("second");
    let plan = || env.run(&["plan", "--changed-since", "HEAD"]);
    let acme_only =
        "Customers: 1 touched of 1 selected. Partial: the rest of the files was left out.";
    std::fs::remove_dir_all(env.path("secrets")).unwrap();
    symlink("others", env.path("secrets")).unwrap();
    plan().ends_with(acme_only);
    commit("third");
    plan().complains("nothing is selected");
    env.write("others/key", "value-of-linked-stripe-d\n");
    plan().ends_with(acme_only);
    std::fs::remove_file(env.path("secrets")).unwrap();
    symlink("outside", env.path("secrets")).unwrap();
    plan().ends_with(acme_only);
}

#[test]
fn changed_since_of_no_commit_is_refused() {
    let env = committed();
    for revision in ["absent", "--output=x", "HEAD:airlift.yaml", ""] {
        let argument = format!("--changed-since={revision}");
        let (output, traffic) = env.run_with_traffic(&["plan", &argument]);
        output.exits(64).complains("bad_revision");
        assert_eq!(traffic.count("list_workspaces"), 0);
    }
    let outside = labelled().run(&["plan", "--changed-since", "HEAD"]);
    outside.exits(64).complains("not in a git repository");
}

#[test]
fn changed_since_runs_no_program_of_the_repository() {
    let env = committed();
    let marker = env.path("marker");
    let command = format!("touch {}; cat", marker.display());
    for key in [
        "core.fsmonitor",
        "filter.x.clean",
        "diff.external",
        "diff.x.textconv",
    ] {
        git(&env.path(""), &["config", key, &command]);
    }
    env.write(".gitattributes", "* filter=x diff=x\n");
    env.write("table.csv", "id\n1\n2\n3\n");
    env.run(&["plan", "--changed-since", "HEAD"]).exits(0);
    assert!(!marker.exists());
}
