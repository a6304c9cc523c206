//! Source templates of the organization: copied, required, chosen among several, and listed.

use crate::support::{TestEnv, options};
use reqwest::Method;
use serde_json::{Value, json};

const TEMPLATES: &str = "/api/v1/integrations/templates/sources";
const COPY: &str = "create_integrations_templates_sources";

/// A project with one GitHub connector, one that waits for a consent, and these source templates.
fn project(templates: &str) -> String {
    format!(
        "version: 1
source_templates: {templates}
customers:
  - name: acme
    connectors:
      - name: Code
        type: github
        credentials: {{token: '${{env:TOKEN}}'}}
        replication_config: none
      - name: CRM
        type: hubspot
        oauth: {{consent: customer}}
"
    )
}

fn env(templates: &str) -> TestEnv {
    let mut env = TestEnv::with(&project(templates), options());
    env.set("TOKEN", "value-of-the-github-token");
    env
}

/// The number of successful copies.
fn copies(env: &TestEnv) -> usize {
    let log = env.sandbox().log();
    let copies = log.iter().filter(|r| r.operation.as_deref() == Some(COPY));
    copies.filter(|r| r.status.is_some_and(|s| s < 300)).count()
}

/// Copies the vendor's template of a type, as another tool does.
fn copied_by_others(env: &TestEnv, kind: &str) -> String {
    let target = format!("{TEMPLATES}?use_global=true");
    let listed = env.remote().send(Method::GET, &target, None);
    let listed = listed["data"].as_array().unwrap();
    let is_of_kind = |template: &&Value| {
        let name = template["name"].as_str().unwrap_or_default();
        name.eq_ignore_ascii_case(kind)
    };
    let original = &listed.iter().find(is_of_kind).unwrap()["id"];
    let body = json!({"original_source_template_id": original});
    let created = env.remote().send(Method::POST, TEMPLATES, Some(&body));
    created["id"].as_str().unwrap().to_owned()
}

#[test]
fn template_to_clone_is_planned_and_copied_once() {
    let env = env("{hubspot: clone}");
    let plan = env.run(&["plan", "--detailed-exitcode"]);
    plan.exits(2)
        .says("Source templates (1 template)")
        .says("+ copy hubspot")
        .says("Source templates: 1 to copy.");
    let json = env.run(&["plan", "--format", "json"]).json();
    assert_eq!(json["source_templates"], json!(["hubspot"]));
    for format in ["markdown", "html"] {
        env.run(&["plan", "--format", format]).says("hubspot");
    }
    env.run(&["plan", "--json"])
        .says("source template of hubspot: copy");
    assert_eq!(copies(&env), 0);
    env.converge(&[]);
    assert_eq!(copies(&env), 1);
    // Only the template is missing.
    env.edit("{hubspot: clone}", "{hubspot: clone, slack: clone}");
    env.run(&["plan", "--detailed-exitcode"]).exits(2);
    env.converge(&[]);
    assert_eq!(copies(&env), 2);
    env.write("airlift.yaml", &project("{}"));
    env.run(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn saved_plan_and_part_of_the_files_copy_nothing() {
    let env = env("{hubspot: clone, github: require}");
    env.run(&["plan", "--target", "acme"]).exits(0);
    env.run(&["apply", "--auto-approve", "--target", "acme"])
        .exits(0);
    env.edit(", github: require", "");
    env.run(&["plan", "--out", "plan.json"]).exits(0);
    let applied = env.run(&["apply", "plan.json"]);
    applied.complains("copies of source templates are left");
    assert_eq!(copies(&env), 0);
}

#[test]
fn connect_copies_template_that_the_files_have_cloned() {
    let env = env("{}");
    env.converge(&[]);
    env.edit("source_templates: {}", "source_templates: {hubspot: clone}");
    let line = ["connect", "acme/CRM", "--no-browser", "--timeout", "1"];
    env.run(&line).exits(5).complains("consent_timeout");
    assert_eq!(copies(&env), 1);
}

#[test]
fn required_template_that_is_missing_refuses_the_plan() {
    let env = env("{hubspot: require}");
    let plan = env.run(&["plan"]);
    plan.exits(5).says("source_template").says("require");
    let apply = env.run(&["apply", "--auto-approve"]);
    apply.exits(5);
    assert_eq!(env.world().connectors().count(), 0);
    copied_by_others(&env, "hubspot");
    env.converge(&[]);
}

#[test]
fn template_is_chosen_among_several_for_connectors_of_the_type() {
    let env = env("{github: require}");
    let ids = [0, 1].map(|_| copied_by_others(&env, "github"));
    let plan = env.run(&["plan"]);
    plan.exits(5).says(&ids[0]).says(&ids[1]);
    env.write("airlift.yaml", &project(&format!("{{github: {}}}", ids[1])));
    env.converge(&[]);
    let other = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff";
    env.write("airlift.yaml", &project(&format!("{{github: {other}}}")));
    env.run(&["plan"]).exits(5).says(other);
}

#[test]
fn shards_leave_templates_and_apps_to_the_first() {
    let mut env = env("{hubspot: clone}");
    env.set("APP", "value-of-the-secret-of-the-app");
    let app = "version: 1\noauth_apps:\n  hubspot: {client_id: app, client_secret: '${env:APP}'}";
    env.edit("version: 1", app);
    for (shard, changes) in [("1/2", false), ("0/2", true)] {
        let plan = env.run(&["plan", "--shard", shard]).exits(0).stdout.clone();
        assert_eq!(plan.contains("OAuth apps"), changes, "{plan}");
        assert_eq!(plan.contains("Source templates"), changes, "{plan}");
        let line = [
            "apply",
            "--auto-approve",
            "--allow-oauth-apps",
            "--shard",
            shard,
        ];
        env.run(&line).exits(0);
        assert_eq!(copies(&env), usize::from(changes));
    }
}

#[test]
fn rotation_needs_no_source_template() {
    let env = env("{}");
    env.converge(&[]);
    env.write("airlift.yaml", &project("{slack: require}"));
    env.run(&["plan"]).exits(5);
    let rotated = env.run(&["rotate", "acme/Code", "--auto-approve"]);
    rotated.exits(0);
    env.run(&["rotate", "--all", "--auto-approve"]).exits(0);
}

#[test]
fn template_of_a_type_that_the_policy_forbids_is_not_copied() {
    let mut env = env("{hubspot: clone}");
    let outside = tempfile::tempdir().unwrap();
    let path = outside.path().join("policy.yaml");
    std::fs::write(&path, "version: 1\nallowed_types: [github]\n").unwrap();
    env.set("AIRLIFT_POLICY", path.to_str().unwrap());
    env.run(&["apply", "--auto-approve"]).exits(5);
    assert_eq!(copies(&env), 0);
}

#[test]
fn template_that_cannot_be_copied_ends_the_run_before_its_customers() {
    let mut env = TestEnv::with(
        &project("{hubspot: clone}"),
        crate::support::faulty("create_integrations_templates_sources:1:403"),
    );
    env.set("TOKEN", "value-of-the-github-token");
    env.run(&["apply", "--auto-approve"]).exits(3);
    assert_eq!(env.world().workspaces.len(), 1);
    env.converge(&[]);
}

#[test]
fn types_lists_templates_of_the_organization_first() {
    let env = env("{}");
    let id = copied_by_others(&env, "slack");
    let listed = env.run(&["types", "--templates"]);
    listed.exits(0).says(&id);
    assert!(listed.stdout.starts_with("slack"), "{listed}");
    let json = env
        .run(&["types", "--templates", "--format", "json"])
        .json();
    assert_eq!(json["types"][0]["template_id"], json!(id));
    assert_eq!(json["types"][1]["template_id"], Value::Null);
}

#[test]
fn template_that_the_vendor_does_not_have_is_refused_in_the_plan() {
    let env = env("{hubspot: clone, 11111111-1111-4111-8111-111111111111: clone}");
    for command in ["plan", "apply"] {
        let mut arguments = vec![command];
        arguments.extend((command == "apply").then_some("--auto-approve"));
        let refused = env.run(&arguments);
        assert_eq!(refused.code, Some(5), "{refused}");
        assert!(refused.stdout.contains("nothing to copy"), "{refused}");
    }
    assert_eq!(copies(&env), 0);
}
