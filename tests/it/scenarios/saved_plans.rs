//! Tests of saved plans: what was approved is what is applied.

use crate::support::{TestEnv, files, options};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const NEW: &str = "
  - name: initech
    connectors:
      - name: Initech GitHub
        type: github
        credentials: {token: \"${env:ACME_GITHUB}\"}
";

/// An applied project with a pending change of `acme`, a new secret of `globex` and a new customer.
fn pending() -> TestEnv {
    let env = TestEnv::applied();
    env.edit("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z");
    env.write("stripe-key", "sk_another_value_of_globex");
    let yaml = std::fs::read_to_string(env.path("airlift.yaml")).unwrap();
    env.write("airlift.yaml", &(yaml + NEW));
    env
}

fn save(env: &TestEnv) -> String {
    let plan = env.run(&["plan", "--out", "plan.json", "--format", "json"]);
    let plan = plan.exits(0).json();
    plan["saved"]["id"].as_str().unwrap().to_owned()
}

fn error_code(env: &TestEnv, arguments: &[&str], exit: i32) -> Value {
    let output = env.run(&[arguments, &["--format", "json"]].concat());
    output.exits(exit).json()["error"]["code"].clone()
}

/// The addresses of the steps of a report that no longer fit.
fn stale(report: &Value) -> Vec<&Value> {
    let operations = report["operations"].as_array().unwrap().iter();
    operations
        .filter(|operation| operation["outcome"] == "stale")
        .map(|operation| &operation["address"])
        .collect()
}

#[test]
fn saved_plan_is_applied_exactly_and_then_nothing_is_left() {
    let env = pending();
    let id = save(&env);
    let text = env.run(&["plan", "--out", "again.json"]);
    text.exits(0).says("Saved as again.json, valid until");
    text.says("Next: `airlift apply again.json --expect");
    let shown = env.run(&["show", "plan.json"]);
    shown.exits(0).says(&id).says("acme/Acme GitHub");
    shown.says("initech/Initech GitHub");
    let applied = env.run(&["apply", "plan.json", "--expect", &id]);
    applied.exits(0).says("Apply complete!");
    env.assert_converged(&[]);
    let (again, traffic) = env.run_with_traffic(&["apply", "plan.json", "--format", "json"]);
    traffic.assert_only_reads();
    let again = again.exits(0).json();
    assert_eq!(again["operations"], json!([]));
    assert_eq!(again["already_done"].as_array().unwrap().len(), 4);
}

#[test]
fn saved_plan_that_was_altered_is_refused() {
    let env = pending();
    let id = save(&env);
    let text = std::fs::read_to_string(env.path("plan.json")).unwrap();
    for (from, to) in [
        ("2026-02-01", "2026-03-01"),
        ("\"airlift_plan\":1", "\"airlift_plan\": 1"),
        (
            id.as_str(),
            &id.replace(&id[..1], "0").replace(&id[1..2], "1"),
        ),
        ("\n", ""),
    ] {
        env.write("altered.json", &text.replacen(from, to, 1));
        let code = error_code(&env, &["apply", "altered.json"], 1);
        assert_eq!(code, "plan_altered", "{from}");
        assert_eq!(
            error_code(&env, &["show", "altered.json"], 1),
            "plan_altered"
        );
    }
    let other = "0".repeat(64);
    let code = error_code(&env, &["apply", "plan.json", "--expect", &other], 5);
    assert_eq!(code, "plan_unexpected");
    assert_eq!(
        error_code(&env, &["apply", "absent.json"], 1),
        "plan_unreadable"
    );
    let options = ["apply", "plan.json", "--target", "acme"];
    assert_eq!(error_code(&env, &options, 64), "options_of_plan");
    env.traffic().assert_only_reads();
}

#[test]
fn saved_plan_of_another_key_or_target_is_refused() {
    let mut env = pending();
    env.set(
        "AIRLIFT_LEDGER_KEY",
        "a ledger key of the test, which is 40 bytes",
    );
    let dir = env.path("elsewhere");
    let ledger = dir.to_str().unwrap();
    env.run(&["plan", "--ledger", ledger, "--adopt", "--out", "plan.json"])
        .exits(0);
    env.run(&["show", "plan.json"])
        .exits(0)
        .says("MAC is valid");
    env.set(
        "AIRLIFT_LEDGER_KEY",
        "another key of the test, which is 40 bytes",
    );
    let apply = ["apply", "plan.json", "--ledger", ledger];
    assert_eq!(error_code(&env, &apply, 1), "plan_altered");
    env.unset("AIRLIFT_LEDGER_KEY");
    env.unset("AIRBYTE_CLIENT_SECRET");
    env.run(&["show", "plan.json"])
        .exits(0)
        .says("MAC not checked");
    let other = TestEnv::with(crate::support::PROJECT, options());
    let text = std::fs::read_to_string(env.path("plan.json")).unwrap();
    other.write("plan.json", &text);
    let code = error_code(&other, &["apply", "plan.json"], 1);
    assert_eq!(code, "plan_altered");
}

#[test]
fn steps_that_no_longer_fit_are_skipped_and_the_rest_is_applied() {
    let env = pending();
    save(&env);
    let github = env.connector("Acme GitHub").id;
    let changed = json!({"replication_config": {"repositories": ["acme/api"], "start_date": "2026-07-01T00:00:00Z"}});
    env.remote().change_connector(github, &changed);
    let fail = error_code(&env, &["apply", "plan.json", "--on-stale", "fail"], 10);
    assert_eq!(fail, "plan_stale");
    let report = env.run(&["apply", "plan.json", "--format", "json"]);
    let report = report.exits(4).json();
    assert_eq!(stale(&report), ["acme/Acme GitHub"]);
    assert!(env.world().workspace("initech").is_some());
    let live = env.connector("Acme GitHub").replication_config;
    assert_eq!(live["start_date"], "2026-07-01T00:00:00Z");
}

#[test]
fn secret_with_another_value_than_approved_is_not_sent() {
    let env = pending();
    save(&env);
    env.write("stripe-key", "sk_a_third_value_of_globex");
    let report = env.run(&["apply", "plan.json", "--format", "json"]);
    let report = report.exits(4).json();
    assert_eq!(report["summary"]["stale"], 1);
    let stale = report["operations"].as_array().unwrap().last().unwrap();
    assert_eq!(stale["address"], "globex/Globex Stripe");
    let message = stale["message"].as_str().unwrap();
    assert!(message.contains("another value"), "{message}");
    env.run(&["plan"]).exits(0).says("globex/Globex Stripe");
}

#[test]
fn change_that_is_not_in_the_saved_plan_is_not_made() {
    let env = pending();
    save(&env);
    let yaml = std::fs::read_to_string(env.path("airlift.yaml")).unwrap();
    env.write("airlift.yaml", &(yaml + &NEW.replace("nitech", "nnotech")));
    let output = env.run(&["apply", "plan.json"]);
    output.exits(0).complains("not in the saved plan");
    assert!(env.world().workspace("innotech").is_none());
    assert!(env.world().workspace("initech").is_some());
}

#[test]
fn saved_plan_of_a_file_that_changed_since_leaves_its_object_alone() {
    let env = pending();
    save(&env);
    env.edit("2026-02-01T00:00:00Z", "2026-01-01T00:00:00Z");
    let output = env.run(&["apply", "plan.json"]);
    output.exits(4).says("the files declare it differently");
}

#[test]
fn plan_saved_beside_the_ledger_is_applied_by_its_id() {
    let env = pending();
    let saved = env.run(&["plan", "--save", "--format", "json"]);
    let saved = saved.exits(0).json();
    let id = saved["saved"]["id"].as_str().unwrap();
    let text = env.run(&["plan", "--save"]);
    text.exits(0).says("Next: `airlift apply --plan");
    let unknown = ["apply", "--plan", &"0".repeat(64)];
    assert_eq!(error_code(&env, &unknown, 1), "plan_unknown");
    let is_saved = |path: &std::path::Path| path.to_str().unwrap().contains(id);
    let path = &files(&env.path(".airlift"), &is_saved)[0];
    let end = if id.ends_with('0') { '1' } else { '0' };
    let twin = format!("{}{end}", &id[..63]);
    let twin = path.to_str().unwrap().replace(id, &twin);
    std::fs::copy(path, twin).unwrap();
    let start = &id[..12];
    assert_eq!(
        error_code(&env, &["apply", "--plan", start], 1),
        "plan_ambiguous"
    );
    env.run(&["apply", "--plan", id]).exits(0);
    env.assert_converged(&[]);
}

#[test]
fn plan_saved_beside_the_ledger_is_shown_without_credentials() {
    let mut env = pending();
    let saved = env.run(&["plan", "--save", "--format", "json"]);
    let id = saved.exits(0).json()["saved"]["id"].clone();
    let id = id.as_str().unwrap();
    env.set("AIRBYTE_API_HOST", "http://127.0.0.1:9");
    env.unset("AIRBYTE_CLIENT_ID");
    env.unset("AIRBYTE_CLIENT_SECRET");
    for format in ["text", "json", "markdown", "html"] {
        let shown = env.run(&["show", &id[..12], "--format", format]);
        shown.exits(0).says(id).says("initech");
    }
    env.run(&["show", "ffffffff"])
        .exits(1)
        .complains("plan_unknown");
}

#[test]
fn approval_of_a_larger_plan_covers_a_part_of_it_and_no_other_step() {
    let env = pending();
    save(&env);
    let part = ["apply", "--approved", "plan.json", "--target", "acme"];
    env.run(&part).exits(0).says("1 changed");
    let yaml = std::fs::read_to_string(env.path("airlift.yaml")).unwrap();
    let more = yaml.clone() + &NEW.replace("nitech", "nnotech");
    env.write("airlift.yaml", &more);
    let approved = ["apply", "--approved", "plan.json"];
    assert_eq!(error_code(&env, &approved, 5), "plan_not_approved");
    assert!(env.world().workspace("initech").is_none());
    env.write("airlift.yaml", &yaml);
    env.write("stripe-key", "sk_a_third_value_of_globex");
    assert_eq!(error_code(&env, &approved, 5), "plan_not_approved");
    env.write("stripe-key", "sk_another_value_of_globex");
    env.run(&approved).exits(0);
    env.assert_converged(&[]);
}

#[test]
fn replan_is_limited_to_the_steps_that_no_longer_fit() {
    let env = pending();
    save(&env);
    let replan = ["replan", "--from", "plan.json", "--format", "json"];
    assert_eq!(env.run(&replan).exits(0).json()["changes"], json!([]));
    let github = env.connector("Acme GitHub").id;
    let changed = json!({"replication_config": {"repositories": ["acme/api"], "start_date": "2026-07-01T00:00:00Z"}});
    env.remote().change_connector(github, &changed);
    let plan = env.run(&[&replan[..], &["--out", "moved.json"]].concat());
    let planned = plan.exits(0).json();
    let addresses: Vec<&Value> = planned["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| &change["address"])
        .collect();
    assert_eq!(addresses, ["acme/Acme GitHub"]);
    let moved = env.run(&["apply", "moved.json"]);
    moved.exits(0).complains("not in the saved plan");
    env.run(&["apply", "plan.json"]).exits(0);
    env.assert_converged(&[]);
}

#[test]
fn start_of_an_expected_id_is_refused_and_the_message_says_so() {
    let env = pending();
    let id = save(&env);
    let short = ["apply", "plan.json", "--expect", &id[..12]];
    env.run(&short).exits(5).complains("64 digits");
}

#[test]
fn signers_and_signatures_without_a_saved_plan_are_refused() {
    let env = pending();
    for line in [
        &["apply", "--allowed-signers", "signers", "--auto-approve"][..],
        &["plan", "--sign", "key"],
        &["plan", "--valid-for", "3"],
    ] {
        let (output, traffic) = env.run_with_traffic(line);
        output.exits(64);
        assert!(traffic.0.is_empty(), "{line:?}");
    }
}

#[test]
fn saved_plan_of_another_organization_is_refused_before_its_mac_is_checked() {
    let env = pending();
    let id = save(&env);
    let text = std::fs::read_to_string(env.path("plan.json")).unwrap();
    let plan: Value = serde_json::from_str(&text).unwrap();
    let organization = plan["content"]["plan"]["organization_id"].as_str().unwrap();
    let other = text.replace(organization, "1b5c6f0e-6a51-4f2f-9d0e-0a8a5f4b7c19");
    let start = other.find("\"content\":").unwrap() + "\"content\":".len();
    let end = other.rfind(",\"id\":\"").unwrap();
    let digest = Sha256::digest(&other.as_bytes()[start..end]);
    let digest: Vec<String> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    env.write("other.json", &other.replace(&id, &digest.concat()));
    let code = error_code(&env, &["apply", "other.json"], 3);
    assert_eq!(code, "plan_of_other_target");
}

#[test]
fn change_in_place_of_a_customer_that_was_renamed_by_others_is_not_done() {
    let env = TestEnv::applied();
    env.edit("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z");
    save(&env);
    let id = env.world().workspace("acme").unwrap().id;
    env.remote()
        .change_customer(id, &json!({"name": "acme-moved"}));
    env.run(&["apply", "plan.json", "--on-stale", "fail"])
        .exits(10)
        .complains("plan_stale");
    let report = env.run(&["apply", "plan.json", "--format", "json"]);
    let report = report.exits(4).json();
    assert_eq!(stale(&report).len(), 1, "{report}");
    assert_eq!(report["already_done"], json!([]));
}

#[test]
fn steps_of_a_customer_that_was_renamed_by_others_are_skipped_and_the_rest_is_applied() {
    let env = pending();
    save(&env);
    let globex = env.world().workspace("globex").unwrap().id;
    env.remote()
        .change_customer(globex, &json!({"name": "globex-eu"}));
    let report = env.run(&["apply", "plan.json", "--format", "json"]);
    let report = report.exits(4).json();
    assert_eq!(stale(&report), ["globex/Globex Stripe"]);
    assert!(env.world().workspace("initech").is_some());
}
