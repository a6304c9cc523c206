//! Tests of the formats that CI systems read.

use crate::support::TestEnv;

#[test]
fn findings_are_written_for_ci_systems() {
    let mut env = TestEnv::new();
    env.edit(
        "        type: stripe",
        "        type: stripe\n        note: none",
    );
    let sarif = env.run(&["validate", "--format", "sarif"]);
    let sarif = sarif.exits(1).json();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let result = results
        .iter()
        .find(|result| result["ruleId"] == "unknown_field")
        .unwrap();
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "airlift.yaml");
    assert!(place["region"]["startLine"].as_u64().unwrap() > 1);
    let junit = env.run(&["validate", "--format", "junit"]);
    junit.exits(1).says("<failure type=\"unknown_field\"");
    let text = env.run(&["validate"]);
    assert!(!text.exits(1).stdout.contains("::error"), "{text}");
    env.set("GITHUB_ACTIONS", "true");
    env.run(&["validate"])
        .exits(1)
        .says("::error file=airlift.yaml,line=");
}

#[test]
fn problems_of_a_plan_are_written_for_ci_systems() {
    let env = TestEnv::new();
    env.remote().customer("acme");
    let github = serde_json::json!({"token": "t"});
    for _ in 0..2 {
        env.remote()
            .connector("acme", "Acme GitHub", "github", &github);
    }
    let sarif = env.run(&["plan", "--adopt", "--format", "sarif"]);
    let sarif = sarif.exits(4).json();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let blocked = results
        .iter()
        .find(|result| result["ruleId"] == "ambiguous_match")
        .unwrap();
    let place = &blocked["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "airlift.yaml");
    env.run(&["plan", "--adopt", "--format", "junit"])
        .exits(4)
        .says("ambiguous_match");
}

#[test]
fn pages_of_plans_drifts_and_reports_are_written() {
    let env = TestEnv::new();
    let page = env.run(&["plan", "--out", "plan.json", "--format", "html"]);
    page.exits(0).says("<h1>Plan: 5 to add").says("Acme GitHub");
    env.run(&["show", "plan.json", "--format", "html"])
        .exits(0)
        .says("Valid until");
    env.run(&["apply", "plan.json", "--format", "html"])
        .exits(0)
        .says("<h1>Apply complete!");
    env.run(&["drift", "--format", "html"])
        .exits(0)
        .says("<h1>No drift.");
    env.run(&["outputs", "--format", "html"])
        .exits(64)
        .complains("invalid value 'html'");
}
