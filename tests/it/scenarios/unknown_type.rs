//! Tests of connectors whose type neither the catalog nor the API has.

use crate::support::{PROJECT, TestEnv, options};

/// [`PROJECT`] with a mistyped type of one connector.
fn env() -> TestEnv {
    let project = PROJECT.replace("type: zendesk-support", "type: zendesk_suport");
    TestEnv::with(&project, options())
}

#[test]
fn connector_of_unknown_type_is_blocked_and_the_others_are_created() {
    let env = env();
    for command in [&["plan"][..], &["plan", "--no-secrets"]] {
        let plan = env.run(command);
        plan.exits(4)
            .says("acme/Acme Zendesk [unknown_type]")
            .says("did you mean zendesk-support")
            .says("+ acme/Acme GitHub");
        assert!(!plan.stderr.contains("error["), "{plan}");
    }
    let (apply, _) = env.apply(&[]);
    apply.exits(4).says("Blocked: 1.");
    assert_eq!(env.world().connectors().count(), 2);
    env.run(&["plan"]).exits(4).says("No changes.");
}

#[test]
fn json_of_unknown_type_agrees_with_the_exit_code() {
    let env = env();
    let plan = env.run(&["plan", "--format", "json"]);
    let document = plan.exits(4).json();
    assert_eq!(document["applyable"], true, "{plan}");
    assert_eq!(document["blocked"][0]["code"], "unknown_type");
    let (apply, _) = env.apply(&["--format", "json"]);
    let report = apply.exits(4).json();
    assert_eq!(report["blocked"][0]["address"], "acme/Acme Zendesk");
    let plan = env.run(&["plan", "--format", "json"]);
    assert_eq!(plan.exits(4).json()["applyable"], false, "{plan}");
}

#[test]
fn types_of_unknown_name_is_a_wrong_command_line() {
    let env = TestEnv::new();
    let output = env.run(&["types", "gitub"]);
    output.exits(64).complains("error[unknown_type]");
    output.complains("did you mean `github`?");
    env.run(&["types", "qqqqqq"]).exits(64);
}
