//! Tests of the ids that programs read.

use crate::support::TestEnv;
use serde_json::Value;

#[test]
fn outputs_name_every_managed_object_and_follow_their_schema() {
    let env = TestEnv::applied();
    let outputs = env.run(&["outputs", "--format", "json"]);
    let outputs = outputs.exits(0).json();
    let acme = &outputs["customers"]["acme"];
    let world = env.world();
    let workspace = world.workspace("acme").unwrap().id.to_string();
    assert_eq!(acme["workspace_id"], workspace);
    let github = env.connector("Acme GitHub").id.to_string();
    assert_eq!(acme["connectors"]["Acme GitHub"]["id"], github);
    let schema = env.run(&["schema", "outputs"]);
    let schema = schema.exits(0).json();
    assert!(jsonschema::is_valid(&schema, &outputs));
    let text = env.run(&["outputs", "--target", "globex"]);
    text.exits(0).says("Globex Stripe");
    assert!(!text.stdout.contains("acme"), "{text}");
    env.run(&["outputs", "--format", "dotenv"])
        .exits(0)
        .says(&format!("AIRLIFT_CONNECTOR_ACME__ACME_GITHUB={github}"));
    for format in ["yaml", "k8s"] {
        env.run(&["outputs", "--format", format])
            .exits(0)
            .says(&github);
    }
    env.run(&["plan", "--format", "k8s"]).exits(64);
    env.run(&["plan", "--comment", "gitlab"]).exits(64);
    env.run(&["--format", "markdown", "outputs"]).exits(64);
}

#[test]
fn file_of_outputs_has_the_ids_after_the_run() {
    let env = TestEnv::applied();
    let before = env.connector("Globex Stripe").id.to_string();
    env.write("stripe-key", "sk_another_value_of_globex");
    env.apply(&["--outputs-file", "ids.json"]).0.exits(0);
    let text = std::fs::read_to_string(env.path("ids.json")).unwrap();
    let outputs: Value = serde_json::from_str(&text).unwrap();
    let after = env.connector("Globex Stripe").id.to_string();
    assert_ne!(before, after);
    let globex = &outputs["customers"]["globex"]["connectors"];
    assert_eq!(globex["Globex Stripe"]["id"], after);
}

#[test]
fn plan_as_markdown_has_the_steps_and_no_secret() {
    let env = TestEnv::new();
    let plan = env.run(&["plan", "--format", "markdown"]);
    plan.exits(0).says("<!-- airlift plan -->").says("`acme`");
    assert!(plan.stdout.contains("## Plan: 5 to add"), "{plan}");
}

#[test]
fn outputs_and_status_without_the_key_of_the_ledger_need_unverified() {
    let mut env = TestEnv::applied();
    env.set(
        "AIRLIFT_LEDGER_KEY",
        "another-key-of-another-host-0123456789",
    );
    for command in ["outputs", "status"] {
        let refused = env.run(&[command]);
        refused.exits(1).complains("ledger_key_changed");
        assert!(!refused.stdout.contains("acme"), "{refused}");
        let shown = env.run(&[command, "--unverified"]);
        shown.complains("are not verified").says("Acme GitHub");
    }
    let outputs = env.run(&["outputs", "--unverified", "--format", "json"]);
    let github = env.connector("Acme GitHub").id.to_string();
    let outputs = outputs.exits(0).json();
    assert_eq!(
        outputs["customers"]["acme"]["connectors"]["Acme GitHub"]["id"],
        github
    );
}

#[test]
fn outputs_file_that_cannot_be_written_is_refused_before_the_apply() {
    let env = TestEnv::new();
    env.write("notes.txt", "my notes\n");
    for path in ["notes.txt", "absent/ids.json"] {
        let (refused, traffic) = env.apply(&["--outputs-file", path]);
        refused.exits(1).complains("cannot_write");
        traffic.assert_only_reads();
    }
}

#[test]
fn unverified_outputs_need_no_credentials_and_no_request() {
    let mut env = TestEnv::applied();
    let github = env.connector("Acme GitHub").id.to_string();
    for name in ["AIRBYTE_CLIENT_ID", "AIRBYTE_CLIENT_SECRET"] {
        env.unset(name);
    }
    let (output, traffic) = env.run_with_traffic(&["outputs", "--unverified"]);
    output.exits(0).says(&github).complains("are not verified");
    assert!(traffic.0.is_empty());
    env.run(&["outputs", "--unverified", "--target", "globex"])
        .exits(0)
        .says("Globex Stripe");
    env.run(&["outputs"]).exits(3).complains("no_credentials");
}

#[test]
fn unverified_outputs_with_the_key_are_verified_without_a_request() {
    let env = TestEnv::applied();
    let (output, traffic) = env.run_with_traffic(&["outputs", "--unverified"]);
    output.exits(0).says("Acme GitHub");
    assert!(!output.stderr.contains("are not verified"), "{output}");
    assert!(traffic.0.is_empty());
}
