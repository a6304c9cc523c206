//! Tests of the next steps that a plan, a report and a failure name: they fit the run, and they work.

use crate::support::{Output, PROJECT, TestEnv, options};
use serde_json::json;

/// The command in backticks after a text, as arguments.
fn command_in(text: &str, start: &str) -> Vec<String> {
    let (_, rest) = text.split_once(start).expect(start);
    let command = rest.split('`').next().unwrap();
    command.split_whitespace().map(str::to_owned).collect()
}

fn run(env: &TestEnv, arguments: &[String]) -> Output {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    env.run(&arguments)
}

#[test]
fn command_of_the_guard_on_deletions_works() {
    let env = TestEnv::applied();
    env.edit("version: 1\n", "version: 1\nguards: {max_deletes: 1}\n");
    env.remove_lines("- name: globex", None);
    env.remove_lines("- name: Acme Zendesk", None);
    for flags in [&["--prune"][..], &["--prune", "--delete-customers"]] {
        let refused = env.run(&[&["plan"], flags].concat());
        refused.exits(5).complains("guard_refused");
        let mut command = command_in(&refused.stdout, "with `airlift ");
        assert_eq!(command[0], "apply", "{refused}");
        command[0] = "plan".to_owned();
        run(&env, &command)
            .exits(0)
            .says("Deletions and suspensions:");
    }
}

#[test]
fn command_of_a_message_repeats_the_options_of_the_run() {
    let env = TestEnv::applied();
    let ledger = env.path(".airlift/ledger").display().to_string();
    let heads = crate::support::files(&env.path(".airlift/ledger"), &|path| {
        path.ends_with("head.json")
    });
    for head in heads {
        std::fs::write(head, "{").unwrap();
    }
    let failed = env.run(&["plan", "-f", "airlift.yaml", "--ledger", &ledger]);
    failed.exits(1).complains("error[ledger_failed]");
    failed.complains(&format!(
        "`airlift ledger sign -f airlift.yaml --ledger {ledger}`"
    ));
    let arguments = [
        "plan",
        "-f",
        "airlift.yaml",
        "--ledger",
        &ledger,
        "--format",
        "json",
    ];
    let json = env.run(&arguments).json();
    let hints = json["error"]["hints"].to_string();
    let command = format!("`airlift ledger sign -f airlift.yaml --ledger {ledger}`");
    assert!(hints.contains(&command), "{hints}");
    let events = env.run(&["plan", "-f", "airlift.yaml", "--ledger", &ledger, "--json"]);
    events.exits(1).says(&command);
}

#[test]
fn rotation_of_connectors_that_do_not_exist_names_apply() {
    let env = TestEnv::new();
    for selector in ["acme", "acme/Acme GitHub", "--all"] {
        let rotate = env.run(&["rotate", selector, "--auto-approve"]);
        rotate.exits(64).complains("error[nothing_to_rotate]");
        rotate.complains("`airlift apply` creates them");
        assert!(!rotate.stdout.contains("No changes"), "{rotate}");
    }
    env.converge(&[]);
    let rotate = env.run(&["rotate", "--all", "--auto-approve"]);
    rotate.exits(0).says("Plan: 3 to add");
    assert!(!rotate.stdout.contains("Partial:"), "{rotate}");
    let rotate = env.run(&["rotate", "acme", "--auto-approve"]);
    rotate.exits(0).says("Partial: the rest of the files");
}

#[test]
fn wrong_values_of_waves_and_proxy_are_refused() {
    let env = TestEnv::new();
    for arguments in [
        &["rotate", "--all", "--waves", "0"][..],
        &["rotate", "--all", "--waves", "1,0%"],
        &["plan", "--proxy", "foo"],
        &["doctor", "--proxy", "localhost:3128"],
    ] {
        env.run(arguments).exits(64);
    }
}

#[test]
fn plan_says_what_an_apply_needs_beside_approval() {
    let mut env = TestEnv::new();
    env.run(&["plan", "--no-secrets"])
        .exits(0)
        .says("not checked (--no-secrets");
    env.unset("ACME_GITHUB");
    env.run(&["plan"]).exits(0).says("Apply would stop");
    let (apply, _) = env.apply(&["--keep-going"]);
    apply.exits(4).says("are skipped.");
    assert!(!apply.stdout.contains("would stop"), "{apply}");
    env.set("ACME_GITHUB", "value-of-acme-github");
    env.converge(&[]);
    env.edit("{subdomain: acme}", "{subdomain: acme-eu}");
    env.run(&["plan"]).exits(0).says("needs --allow-replace");
    env.apply(&[]).0.exits(5).complains("replace_not_allowed");
}

#[test]
fn missing_reference_is_named_once_with_what_uses_it() {
    let mut project = PROJECT.replace("${file:stripe-key}", "${env:ACME_GITHUB}");
    let shop = |n: usize| {
        format!(
            "      - {{name: Shop {n}, type: stripe, credentials: {{api_key: \"${{env:ACME_GITHUB}}\"}}}}\n"
        )
    };
    project.extend((0..9).map(shop));
    project += "      - {name: Other, type: stripe, credentials: {api_key: \"${env:NOT_SET}\"}}\n";
    let mut env = TestEnv::with(&project, options());
    env.unset("ACME_GITHUB");
    let plan = env.run(&["plan"]);
    plan.exits(0).says("${env:NOT_SET}: the environment");
    let reference = "${env:ACME_GITHUB}: the environment";
    assert_eq!(plan.stdout.matches(reference).count(), 1, "{plan}");
    plan.says("acme/Acme GitHub: credentials.token;")
        .says("and 8 more");
}

#[test]
fn warning_of_deceptive_names_is_shown_by_plan() {
    let project = PROJECT.replace("name: globex", "name: \u{430}cme");
    let env = TestEnv::with(&project, options());
    env.run(&["plan"])
        .exits(0)
        .complains("warning[deceptive_name]");
}

#[test]
fn failed_operation_has_a_code_in_json() {
    let env = TestEnv::with(
        PROJECT,
        crate::support::faulty("create_integrations_connectors:1:400"),
    );
    let (apply, _) = env.apply(&["--format", "json", "--parallelism", "1"]);
    let report = apply.exits(4).json();
    let operations = report["operations"].as_array().unwrap();
    let failed: Vec<_> = operations
        .iter()
        .filter(|operation| operation["outcome"] == "failed")
        .collect();
    assert_eq!(failed.len(), 1, "{apply}");
    assert_eq!(failed[0]["code"], "remote_failed");
    let done = operations
        .iter()
        .find(|operation| operation["outcome"] == "done");
    assert_eq!(done.unwrap()["code"], json!(null));
}

#[test]
fn blocked_customers_of_a_drift_are_not_compared() {
    let env = TestEnv::applied();
    let faults = "list_integrations_connectors@acme:*:403".parse().unwrap();
    env.sandbox().set_faults(faults).unwrap();
    let drift = env.run(&["drift"]);
    drift.exits(4).says("Blocked: not compared");
    assert!(!drift.stdout.contains("cannot be planned"), "{drift}");
}
